"""The smallest project that can be trained: customers with one telling attribute, and answers, as CSV files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from empty_store import add_store

from silentnps.config import load_config
from silentnps.workflow.artifacts.project import Project

QUICK: dict[str, Any] = {
    "model": {"candidates": ["logistic"], "repeats": 1, "folds": 3, "trees": 5, "learning_curve": False},
    "estimation": {"replicates": 10, "segments": ["region"]},
    "explanation": {"refits": 0, "reference_rows": 0},
}


def customers(n: int, *, seed: int = 0) -> pd.DataFrame:
    """Return `n` customers with `usage`, which goes with the rating, and their rating."""
    rng = np.random.default_rng(seed)
    usage = rng.normal(size=n)
    rating = np.clip(np.round(7.8 + 2 * (0.7 * usage + 0.7 * rng.normal(size=n))), 0, 10).astype(int)
    region = np.where(np.arange(n) % 3 > 0, "south", "north")
    ids = [f"K{i:05d}" for i in range(n)]
    return pd.DataFrame({"customer_id": ids, "usage": usage.round(3), "region": region, "rating": rating})


def answers_of(people: pd.DataFrame) -> pd.DataFrame:
    """Return an answer of each of `people`, all at one moment."""
    return people[["customer_id", "rating"]].assign(responded_at="2025-03-01 10:00:00")


def write_tiny(folder: Path, people: pd.DataFrame, answers: pd.DataFrame, **changes: Any) -> Project:
    """Write the tables, the configuration and MLflow's empty store into `folder`.

    `changes` are sections of the configuration.
    """
    people.drop(columns="rating", errors="ignore").to_csv(folder / "customers.csv", index=False)
    answers.to_csv(folder / "responses.csv", index=False)
    config = {
        "name": "tiny",
        "output": "out",
        "timezone": "UTC",
        "tables": {"customers": {"path": "customers.csv"}, "responses": {"path": "responses.csv"}},
        **QUICK,
        **changes,
    }
    if "tracking" not in changes:
        add_store(folder / config["output"])
    (folder / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return Project(load_config(folder / "config.yaml"))
