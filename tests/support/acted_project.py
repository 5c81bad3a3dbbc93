"""A project whose scores and features are made up: some hundred customers of each class, without any training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from silentnps.config import load_config
from silentnps.workflow.artifacts.project import Project

AS_OF = pd.Timestamp("2025-06-30 12:00:00")
REASONS = (
    "two late deliveries in the last 90 days (-14.2 points); one open case (-3.1 points)",
    "two support cases that are open (-9.0 points)",
    "one return in the last 90 days (-8.1 points)",
    "200 days since the last order (-7.0 points)",
    "no visit or click for 90 days (-6.0 points)",
    "tier: basic (-5.0 points)",
    "",
)
FOR = ("three friends referred (+11.0 points)", "tier: gold (+5.0 points)")


def scores_of(n: int) -> pd.DataFrame:
    """Return made-up scores of `n` customers; every tenth has answered."""
    rng = np.random.default_rng(0)
    p = rng.dirichlet([1.0, 1.0, 1.0], size=n)
    classes = np.array(["detractor", "passive", "promoter"])[p.argmax(axis=1)]
    return pd.DataFrame(
        {
            "customer_id": [f"C{i:05d}" for i in range(n)],
            "wave": "2025-Q2",
            "as_of": pd.Series([AS_OF] * n).dt.tz_localize("UTC"),
            "source": np.where(np.arange(n) % 10 == 9, "survey", "model"),
            "p_detractor": p[:, 0],
            "p_passive": p[:, 1],
            "p_promoter": p[:, 2],
            "expected_nps": 100 * (p[:, 2] - p[:, 0]),
            "nps_class": classes,
            "nps_band": np.where(p.max(axis=1) > 0.5, classes, "uncertain"),
            "reasons_for": [FOR[i % len(FOR)] for i in range(n)],
            "reasons_against": [REASONS[i % len(REASONS)] for i in range(n)],
        }
    )


def features_of(scores: pd.DataFrame) -> pd.DataFrame:
    """Return made-up features: spend, the last order, answered messages."""
    rng = np.random.default_rng(1)
    n = len(scores)
    return pd.DataFrame(
        {
            "customer_id": scores["customer_id"],
            "wave": scores["wave"],
            "orders_amount_365d": np.round(rng.lognormal(5, 1, size=n), 2),
            "orders_days_since_last": np.where(rng.random(n) < 0.1, np.nan, rng.integers(1, 90, size=n)),
            "outreach_email_count_365d": 4.0,
            "outreach_email_answer_share_365d": np.where(np.arange(n) % 4 == 0, 0.5, 0.0),
        }
    )


def write_acted(
    folder: Path,
    n: int = 400,
    *,
    ids: dict[int, str] | None = None,
    opted_out: tuple[int, ...] = (),
    **changes: Any,
) -> Project:
    """Write scores, features and the table of customers; `ids` replaces some ids by their place."""
    scores = scores_of(n)
    scores["customer_id"] = scores["customer_id"].where(
        ~scores.index.isin(ids or {}), pd.Series(ids or {}, dtype="object")
    )
    (folder / "out" / "scores").mkdir(parents=True)
    scores.to_parquet(folder / "out" / "scores" / "part-00000.parquet", index=False)
    features_of(scores).to_parquet(folder / "out" / "features.parquet", index=False)
    people = pd.DataFrame({"customer_id": scores["customer_id"], "opted_out": scores.index.isin(opted_out)})
    people.to_parquet(folder / "customers.parquet", index=False)
    tables = {"customers": {"path": "customers.parquet"}, **changes.pop("tables", {})}
    config = {"name": "acted", "output": "out", "timezone": "UTC", "tables": tables, **changes}
    (folder / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return Project(load_config(folder / "config.yaml"))
