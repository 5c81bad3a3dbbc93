"""Classes of the same customers in two waves: of those who answered both, and as scores moved."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from silentnps.estimation.checks.response_rates import wilson_interval
from silentnps.numerics.arrays import Floats, Integers
from silentnps.schema import NPS_CLASSES

TRANSITION_COLUMNS = ("from_class", "to_class", "n", "n_from", "share", "low", "high", "confidence_level")
SHIFT_COLUMNS = ("nps_class", "n", "before", "after", "shift", "low", "high", "confidence_level")


def answered_twice(
    before: Integers, after: Integers, *, fewest: int = 1, confidence_level: float = 0.95
) -> pd.DataFrame:
    """Return how those who answered two waves moved between the classes.

    `before` and `after` are classes 0, 1, 2 of the same customers, shape (n,).

    Returns
    -------
    DataFrame
        `TRANSITION_COLUMNS`, nine rows: `share` of the `n_from` who were of the first class, with Wilson's
        interval; NaN where these are fewer than `fewest`.

    Examples
    --------
    >>> answered_twice(np.array([0, 0, 2]), np.array([0, 2, 2]))["n"].tolist()
    [1, 0, 1, 0, 0, 0, 0, 0, 1]
    """
    counts = np.bincount(3 * before + after, minlength=9).reshape(3, 3)
    rows: list[dict[str, Any]] = []
    for name, of_class in zip(NPS_CLASSES, counts, strict=True):
        n_from = int(of_class.sum())
        told = n_from >= max(fewest, 1)
        low = high = np.full(3, np.nan)
        if told:
            n = np.full(3, float(n_from))
            low, high = wilson_interval(of_class.astype(np.float64), n, confidence_level=confidence_level)
        for k, to_class in enumerate(NPS_CLASSES):
            share = of_class[k] / n_from if told else np.nan
            numbers = {"n": int(of_class[k]), "n_from": n_from, "share": share, "low": low[k], "high": high[k]}
            rows.append({"from_class": name, "to_class": to_class, **numbers})
    return pd.DataFrame(rows).assign(confidence_level=confidence_level)[list(TRANSITION_COLUMNS)]


def mean_shift(before: Floats, after: Floats, *, confidence_level: float = 0.95) -> pd.DataFrame:
    """Return by how much the mean probabilities of the same customers moved between two moments.

    `before` and `after` have shape (n, 3) and come from one model, so that only the customers moved.

    Returns
    -------
    DataFrame
        `SHIFT_COLUMNS`, one row per class: the mean probabilities, and their difference with a paired t interval.

    Notes
    -----
    The product of two probabilities is no probability of a move, as both know the same customer; the mean shift
    needs none. The interval is that of customers like these, with the model taken as it is.

    Examples
    --------
    >>> before, after = np.array([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]]), np.array([[0.6, 0.2, 0.2], [0.2, 0.2, 0.6]])
    >>> mean_shift(before, after)["shift"].round(2).tolist()
    [0.1, -0.05, -0.05]
    """
    n, shifts = len(before), after - before
    errors = shifts.std(axis=0, ddof=1) / np.sqrt(n) if n > 1 else np.full(3, np.nan)
    half = stats.t.ppf(0.5 + confidence_level / 2, max(n - 1, 1)) * errors
    middle = shifts.mean(axis=0)
    table = pd.DataFrame(
        {
            "nps_class": list(NPS_CLASSES),
            "n": n,
            "before": before.mean(axis=0),
            "after": after.mean(axis=0),
            "shift": middle,
            "low": middle - half,
            "high": middle + half,
            "confidence_level": confidence_level,
        }
    )
    return table[list(SHIFT_COLUMNS)]
