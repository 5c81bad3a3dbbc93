"""An interval of an area under the ROC curve."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from silentnps.numerics.distributions import normal_quantile

_SMALLEST = 1e-12


def auc_interval(
    auc: float, n_positive: int, n_negative: int, *, confidence_level: float = 0.95
) -> tuple[float, float]:
    """Return the ends of an interval of an area under the ROC curve, in [0, 1].

    Newcombe (2006, Statistics in Medicine 25, 559-573), method 5: it holds every A whose distance from `auc` is at
    most z times the standard error of A itself by Hanley and McNeil (1982), the root of A (1 - A) (1 + (N - 1) ((1
    - A) / (2 - A) + A / (1 + A))) / (n_positive n_negative), where N is (n_positive + n_negative) / 2.

    Notes
    -----
    An AUC of 1 from few cases therefore has a wide interval too. Assumes independent cases and roughly exponential
    scores.

    Examples
    --------
    >>> [round(end, 3) for end in auc_interval(1.0, 15, 15)]
    [0.865, 1.0]
    """
    z = normal_quantile(0.5 + confidence_level / 2)
    pairs, half = n_positive * n_negative, (n_positive + n_negative) / 2

    def standard_error(a: float) -> float:
        spread = 1 + (half - 1) * ((1 - a) / (2 - a) + a / (1 + a))
        return float(np.sqrt(a * (1 - a) * spread / pairs))

    def end(border: float) -> float:
        if auc == border:
            return border
        side = 1.0 if border > auc else -1.0
        inside = min(max(auc, _SMALLEST), 1 - _SMALLEST)  # at 0 and 1 themselves the standard error is 0
        return float(brentq(lambda a: side * (a - auc) - z * standard_error(a), border, inside))

    return end(0.0), end(1.0)
