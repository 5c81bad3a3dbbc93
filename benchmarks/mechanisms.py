"""Who answers, by rule: mechanisms that hide known answers, kept apart from the estimator.

Numeric drivers are z-scores clipped at 4, categories one-hot (levels under 300 rows pooled), coefficients are
N(0, 0.3^2) drawn anew in each replication, the effect of satisfaction is by class (log odds of answering of a
detractor, a passive and a promoter), and the intercept makes the response rate what was asked, by bisection.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit


@dataclass(frozen=True)
class Mechanism:
    """Effects on the log odds of answering.

    `drivers` scales the linear effect of the drivers, `classes` are the effects of each class; `squares` scales a
    quadratic effect of the numeric drivers, `interaction` makes the class step grow with the first numeric driver,
    `shadow` is the effect per standard deviation of one shadow that was declared wrongly; `rate` and `answers`
    override the response rate.
    """

    drivers: float
    classes: tuple[float, float, float]
    squares: float = 0.0
    interaction: float = 0.0
    shadow: float = 0.0
    rate: float | None = None
    answers: int | None = None


CORE = {
    "mar": Mechanism(1.0, (0.0, 0.0, 0.0)),
    "label_shift": Mechanism(0.0, (-0.5, 0.0, 0.5)),
    "drivers_and_mild": Mechanism(1.0, (-0.25, 0.0, 0.25)),
    "drivers_and_satisfaction": Mechanism(1.0, (-0.5, 0.0, 0.5)),
    "drivers_and_reversed": Mechanism(1.0, (0.4, 0.0, -0.4)),
}
"""The five mechanisms over which the worst case is taken."""

STRESS = {
    "both_extremes": Mechanism(1.0, (0.6, 0.0, 0.6)),
    "detractors_most": Mechanism(1.0, (0.8, 0.0, 0.3)),
    "drivers_squared": Mechanism(1.0, (-0.5, 0.0, 0.5), squares=0.15),
    "drivers_times_class": Mechanism(1.0, (-0.5, 0.0, 0.5), interaction=0.2),
    "shadow_wrongly_declared": Mechanism(1.0, (-0.5, 0.0, 0.5), shadow=0.3),
    "three_percent": Mechanism(1.0, (-0.5, 0.0, 0.5), rate=0.03),
    "three_hundred_answers": Mechanism(1.0, (-0.5, 0.0, 0.5), answers=300),
}
"""Mechanisms outside the selection model, or with few answers."""

MECHANISMS = CORE | STRESS


@dataclass(frozen=True)
class Scores:
    """The standardised columns that a mechanism acts on: all of the drivers, the numeric ones, one shadow."""

    drivers: np.ndarray
    numeric: np.ndarray
    shadow: np.ndarray


def scores_of(drivers: pd.DataFrame, shadow: pd.Series | None = None) -> Scores:
    """Return the design of the drivers and of one shadow as the mechanisms use it."""
    columns: list[np.ndarray] = []
    numeric: list[np.ndarray] = []
    for name in drivers:
        if pd.api.types.is_numeric_dtype(drivers[name]):
            numeric.append(_z(drivers[name]))
            columns.append(numeric[-1])
        else:
            columns.extend(_levels(drivers[name]))
    return Scores(_stacked(columns, drivers), _stacked(numeric, drivers), _shadow_score(shadow, drivers))


def log_odds_of_answering(
    drivers: pd.DataFrame,
    classes: np.ndarray,
    mechanism: Mechanism,
    *,
    rate: float,
    rng: np.random.Generator,
    shadow: pd.Series | None = None,
) -> np.ndarray:
    """Return the log odds of answering of everybody had they been of each class, shape (n, 3).

    The coefficients are drawn from `rng`; the intercept makes the mean over the true `classes` the response rate.
    """
    scores = scores_of(drivers, shadow)
    effect = mechanism.drivers * scores.drivers @ rng.normal(0.0, 0.3, scores.drivers.shape[1])
    by_class = effect[:, None] + np.array(mechanism.classes) + mechanism.shadow * scores.shadow[:, None]
    if scores.numeric.shape[1]:
        by_class += mechanism.squares * (np.minimum(scores.numeric, 3.0) ** 2 - 1.0).sum(axis=1)[:, None]
        by_class += mechanism.interaction * scores.numeric[:, :1] * np.array([-1, 0, 1])
    own = by_class[np.arange(len(classes)), classes]
    wanted = mechanism.answers / len(classes) if mechanism.answers else mechanism.rate or rate
    return by_class + brentq(lambda a: expit(a + own).mean() - wanted, -60, 60)


def draw_answers(
    drivers: pd.DataFrame,
    classes: np.ndarray,
    mechanism: Mechanism,
    *,
    rate: float,
    seed: int,
    shadow: pd.Series | None = None,
) -> np.ndarray:
    """Return who answers, shape (n,), drawn by a mechanism at a mean response rate."""
    rng = np.random.default_rng(seed)
    log_odds = log_odds_of_answering(drivers, classes, mechanism, rate=rate, rng=rng, shadow=shadow)
    return rng.random(len(classes)) < expit(log_odds[np.arange(len(classes)), classes])


def _z(column: pd.Series) -> np.ndarray:
    filled = column.fillna(column.mean()).to_numpy(dtype=float)
    return np.clip((filled - filled.mean()) / filled.std(), -4, 4)


def _levels(column: pd.Series) -> list[np.ndarray]:
    text = column.astype("object").where(column.notna(), "(missing)").astype(str)
    counts = text.value_counts()
    pooled = text.where(text.map(counts) >= 300, "(pooled)")
    return [(pooled == level).to_numpy(dtype=float) for level in sorted(pooled.unique())]


def _stacked(columns: list[np.ndarray], frame: pd.DataFrame) -> np.ndarray:
    return np.column_stack(columns) if columns else np.zeros((len(frame), 0))


def _shadow_score(shadow: pd.Series | None, frame: pd.DataFrame) -> np.ndarray:
    if shadow is None:
        return np.zeros(len(frame))
    if pd.api.types.is_numeric_dtype(shadow):
        return _z(shadow)
    return _z(pd.Series(pd.factorize(shadow, sort=True)[0], dtype=float))
