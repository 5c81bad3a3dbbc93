"""Who answers, by rule: mechanisms that hide known answers, kept apart from the estimator.

Numeric drivers are z-scores clipped at 4, categories one-hot (levels under 300 rows pooled), coefficients are
N(0, 0.3^2) drawn anew in each replication, the effect of satisfaction is per class step (detractor -1, passive
0, promoter +1), and the intercept makes the response rate what was asked, by bisection.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit


@dataclass(frozen=True)
class Mechanism:
    """Effects on the log odds of answering of drivers (scale) and of each class."""

    drivers: float
    classes: tuple[float, float, float]


CORE = {
    "mar": Mechanism(1.0, (0.0, 0.0, 0.0)),
    "label_shift": Mechanism(0.0, (-0.5, 0.0, 0.5)),
    "drivers_and_mild": Mechanism(1.0, (-0.25, 0.0, 0.25)),
    "drivers_and_satisfaction": Mechanism(1.0, (-0.5, 0.0, 0.5)),
    "drivers_and_reversed": Mechanism(1.0, (0.4, 0.0, -0.4)),
}
"""The five mechanisms over which the worst case is taken."""


def driver_scores(drivers: pd.DataFrame) -> np.ndarray:
    """Return the design of the drivers as the mechanisms use it, shape (n, columns)."""
    columns = []
    for name in drivers:
        column = drivers[name]
        if pd.api.types.is_numeric_dtype(column):
            filled = column.fillna(column.mean()).to_numpy(dtype=float)
            columns.append(np.clip((filled - filled.mean()) / filled.std(), -4, 4))
        else:
            text = column.astype("object").where(column.notna(), "(missing)").astype(str)
            counts = text.value_counts()
            pooled = text.where(text.map(counts) >= 300, "(pooled)")
            columns.extend((pooled == level).to_numpy(dtype=float) for level in sorted(pooled.unique()))
    return np.column_stack(columns)


def draw_answers(
    drivers: pd.DataFrame, classes: np.ndarray, mechanism: Mechanism, *, rate: float, seed: int
) -> np.ndarray:
    """Return who answers, shape (n,), drawn by a mechanism at a mean response rate."""
    rng = np.random.default_rng(seed)
    scores = driver_scores(drivers)
    effect = mechanism.drivers * scores @ rng.normal(0.0, 0.3, scores.shape[1])
    effect = effect + np.array(mechanism.classes)[classes]
    intercept = brentq(lambda a: expit(a + effect).mean() - rate, -30, 30)
    return rng.random(len(classes)) < expit(intercept + effect)
