"""What is logged of a training and of an estimate; nothing here waits for MLflow."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from silentnps.numerics.additive_design import is_category
from silentnps.numerics.arrays import Integers

if TYPE_CHECKING:
    from silentnps.estimation.value.spend_report import SpendReport

HELD_OUT = "held_out/predictions.parquet"

BUNDLE_DIGEST = "silentnps.bundle_sha256"
"""The tag of a version with the SHA-256 of its bundle.json, which has the digests of the other files."""

_MAIN = frozenset({"rps", "log_loss", "auc_detractor", "lift_at_10_detractor"})
"""The metrics on answers that come first."""


@dataclass(frozen=True)
class InputTable:
    """A table that was trained on: its number of rows, a digest of all, and the few that tell its schema."""

    few: pd.DataFrame
    n_rows: int
    digest: str

    @classmethod
    def of(cls, frame: pd.DataFrame) -> InputTable:
        """Describe a table; categories are objects."""
        plain = frame.astype({key: "object" for key, column in frame.items() if is_category(column)})
        return cls(plain.iloc[_telling_rows(plain)], len(plain), _digest(plain))


@dataclass(frozen=True)
class TrainingRecord:
    """What is logged about a training.

    `candidates` has one row per candidate, columns `candidate` and metrics; `trials` one row per trial of a search,
    columns number, state, rps (missing if pruned) and parameters; `files` are pairs of artifact folder and file;
    `inputs` are the training tables by name, of which the digest and schema are logged, not the rows;
    `version_tags` are the tags of the registered version; `description` is shown with run and version, with links
    to `pages`, the artifact paths by their words.
    """

    name: str
    bundle_folder: Path
    background: Path
    params: Mapping[str, Any]
    metrics: Mapping[str, float]
    candidates: pd.DataFrame
    example: pd.DataFrame
    trials: pd.DataFrame = field(default_factory=pd.DataFrame)
    required: Sequence[str] = ()
    files: Sequence[tuple[str, Path]] = ()
    inputs: Mapping[str, InputTable] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    version_tags: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    pages: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class EstimateRecord:
    """What is added to the run of a model: numbers, (artifact folder, file) pairs, tables and a description.

    `tables` are shown by the UI as tables, by artifact path; `pages` are linked from the description.
    """

    metrics: Mapping[str, float] = field(default_factory=dict)
    files: Sequence[tuple[str, Path]] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    description: str = ""
    pages: Mapping[str, str] = field(default_factory=dict)


LOWEST, HIGHEST = -100.0, 100.0
"""The interval of an NPS of which nothing is known yet."""


def metrics_of_estimate(
    *, silent: float, base: float, survey: float, low: float = LOWEST, high: float = HIGHEST
) -> dict[str, float]:
    """Return the metrics of an estimate that are known, in the order in which the page of a run has them.

    MLflow keeps the place of a metric that is logged again and appends new ones. So a training logs them all, the
    interval as the whole range, and the estimate replaces them.

    Examples
    --------
    >>> list(metrics_of_estimate(silent=1.5, base=float("nan"), survey=9.0).values())
    [1.5, -100.0, 100.0, 9.0]
    """
    metrics = {
        "silent/nps": silent,
        "silent/nps_low": low,
        "silent/nps_high": high,
        "base/nps": base,
        "survey/nps": survey,
    }
    return {name: value for name, value in metrics.items() if math.isfinite(value)}


def metrics_by_spend(found: SpendReport | None) -> dict[str, float]:
    """Return the metrics of an estimate by spend; none where spend is not known."""
    if found is None:
        return {}
    grown = {} if found.growth is None else {"by_spend/revenue_retention": found.growth.retention}
    if found.growth is not None and found.growth.rate is not None:
        grown["by_spend/earned_growth"] = found.growth.rate
    return {
        **grown,
        "by_spend/nps": found.base.value,
        "by_spend/nps_low": found.base.low,
        "by_spend/nps_high": found.base.high,
        "by_spend/answered_share": found.answered_share,
        "by_spend/at_risk_share": found.at_risk / found.total,
    }


def name_in_cross_validation(metric: str) -> str:
    """Return the name in MLflow of a metric on answers; MLflow sorts by name, so those that matter come early.

    Examples
    --------
    >>> name_in_cross_validation("rps"), name_in_cross_validation("brier")
    ('cv/rps', 'validation/brier')
    """
    return f"{'cv' if metric in _MAIN else 'validation'}/{metric}"


def _telling_rows(frame: pd.DataFrame) -> Integers:
    """Return rows that have a value of each column, and a missing one where any is missing."""
    missing = [column.isna().to_numpy() for _, column in frame.items()]
    rows = [place for each in missing for place in (each.argmax(), each.argmin())]
    return np.unique(np.array(rows, dtype=np.int64))[: len(frame)]


def _digest(frame: pd.DataFrame) -> str:
    """Return a digest of all rows; that of MLflow covers only the first 10,000."""
    hashes = pd.util.hash_pandas_object(frame, index=False)
    return hashlib.sha256(hashes.to_numpy().tobytes()).hexdigest()[:16]
