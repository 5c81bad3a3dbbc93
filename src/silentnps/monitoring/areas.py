"""The area under the ROC curve with its standard error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.special import expit, logit

from silentnps.numerics.arrays import Booleans, Floats


@dataclass(frozen=True)
class Area:
    """An AUC with its standard error and interval, of so many rows of each kind."""

    value: float
    se: float
    low: float
    high: float
    n_positive: int
    n_negative: int


def area_of(scores: Floats, positive: Booleans, *, confidence_level: float = 0.95) -> Area:
    """Return the AUC of scores, shape (n,); both kinds of rows must occur.

    The standard error is that of DeLong, DeLong and Clarke-Pearson (1988, Biometrics 44), the interval is
    normal in log odds (Pepe 2003, section 5.2.5); it has no width where the two kinds do not overlap.

    Examples
    --------
    >>> area_of(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True])).value
    0.75
    """
    high, low = scores[positive], scores[~positive]
    m, n = len(high), len(low)
    all_ranks = stats.rankdata(np.concatenate([high, low]))
    above = (all_ranks[:m] - stats.rankdata(high)) / n
    below = 1 - (all_ranks[m:] - stats.rankdata(low)) / m
    value = float(above.mean())
    se = float(np.sqrt(_mean_variance(above) + _mean_variance(below)))
    low_end, high_end = _interval(value, se, confidence_level)
    return Area(value, se, low_end, high_end, m, n)


def _interval(value: float, se: float, confidence_level: float) -> tuple[float, float]:
    if not 0 < value < 1:
        return value, value
    half = float(stats.norm.ppf(0.5 + confidence_level / 2)) * se / (value * (1 - value))
    return float(expit(logit(value) - half)), float(expit(logit(value) + half))


def _mean_variance(placements: Floats) -> float:
    return float(placements.var(ddof=1) / len(placements)) if len(placements) > 1 else 0.25
