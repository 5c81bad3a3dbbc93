"""What customers did after a moment, by the class that was predicted or answered then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from silentnps.estimation.checks.response_rates import wilson_interval
from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.schema import NPS_CLASSES

FEWEST_EVENTS = 5.0
"""With fewer (expected) events in a class, and fewer customers without, no lift is told."""

EVERYBODY = "all"
"""In place of a class: every customer."""

COLUMNS = (
    "nps_class",
    "n",
    "n_of_class",
    "share",
    "low",
    "high",
    "lift",
    "lift_low",
    "lift_high",
    "beyond_recency",
    "beyond_recency_low",
    "beyond_recency_high",
    "confidence_level",
)


@dataclass(frozen=True)
class Followed:
    """Customers who were followed for some time: one row per customer and moment.

    `classes` has shape (n, 3): how much each row counts as of each class, which are its probabilities, or 1 for the
    class that was answered. `happened` says of whom the outcome is true, `strata` code how recent the last order
    was, and `persons` the customers, each of shape (n,).
    """

    classes: Floats
    happened: Booleans
    strata: Integers
    persons: Integers

    def take(self, rows: Booleans | Integers) -> Followed:
        """Return chosen rows."""
        return Followed(self.classes[rows], self.happened[rows], self.strata[rows], self.persons[rows])


def shares_by_class(followed: Followed, *, confidence_level: float = 0.95) -> pd.DataFrame:
    """Return of how many the outcome became true, of each class and of everybody.

    Returns
    -------
    DataFrame
        `COLUMNS`, a row for everybody and one per class. `share` is the mean of the outcome weighted by how much
        each row counts, `n_of_class` the sum of these weights; `lift` is the share over that of everybody;
        `beyond_recency` is the share over what the class would have if only the recency of its last order
        mattered. NaN where there are too few events.

    Notes
    -----
    Weighted by probabilities, the share is that of the class if nothing but what the model sees ties behaviour to
    the class; otherwise it is closer to that of everybody than the true one. `beyond_recency` is an indirectly
    standardised ratio: observed over expected events, these by the share of each stratum. Intervals of shares are
    Wilson's (1927) with the effective number of customers, those of ratios are symmetric in their logarithms; both
    by linearisation, with all rows of a person together (Kish and Frankel 1974). The probabilities are taken as
    they are.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> classes = np.eye(3)[rng.integers(3, size=3000)]
    >>> happened = rng.random(3000) < classes @ [0.4, 0.2, 0.1]
    >>> one = Followed(classes, happened, np.zeros(3000, dtype=int), np.arange(3000))
    >>> shares_by_class(one).set_index("nps_class")["share"].round(1).to_dict()
    {'all': 0.2, 'detractor': 0.4, 'passive': 0.2, 'promoter': 0.1}
    """
    happened = followed.happened.astype(np.float64)
    rows = [_row(EVERYBODY, np.ones(len(happened)), happened, followed, confidence_level)]
    for name, weights in zip(NPS_CLASSES, followed.classes.T, strict=True):
        rows.append(_row(name, weights, happened, followed, confidence_level))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(name: str, weights: Floats, happened: Floats, followed: Followed, level: float) -> dict[str, Any]:
    total = float(weights.sum())
    row: dict[str, Any] = {"nps_class": name, "n": len(happened), "n_of_class": total, "confidence_level": level}
    if total <= 0.0:
        return row
    share, low, high = _share(weights, happened, followed.persons, level)
    row |= {"share": share, "low": low, "high": high}
    if name == EVERYBODY or min(total * share, total * (1.0 - share)) < FEWEST_EVENTS:
        return row
    one = np.zeros(len(happened), dtype=np.int64)
    for key, strata in (("lift", one), ("beyond_recency", followed.strata)):
        row[key], row[f"{key}_low"], row[f"{key}_high"] = ratio_to_expected(
            weights, happened, strata, followed.persons, confidence_level=level
        )
    return row


def _share(weights: Floats, happened: Floats, persons: Integers, level: float) -> tuple[float, float, float]:
    total = weights.sum()
    share = float(weights @ happened / total)
    variance = _by_person(weights * (happened - share) / total, persons)
    kish = float(total**2 / (weights**2).sum())
    n = share * (1.0 - share) / variance if variance > 0.0 else kish
    low, high = wilson_interval(np.array([share * n]), np.array([n]), confidence_level=level)
    return share, min(float(low[0]), share), max(float(high[0]), share)


def ratio_to_expected(
    weights: Floats, happened: Floats, strata: Integers, persons: Integers, *, confidence_level: float = 0.95
) -> tuple[float, float, float]:
    """Return the weighted number of events over the number expected by the strata, with its interval.

    Each row is expected to have the share of events of its stratum, of all rows, whatever their weight. With one
    stratum the ratio is the lift. NaN without events.

    Notes
    -----
    With m_s the share of stratum s, W_s its weight and n_s its rows, the ratio is A / B, A = sum w y and
    B = sum_s W_s m_s. A row adds w y / A - (w m_s + (W_s / n_s) (y - m_s)) / B to its logarithm.
    """
    n_of = np.bincount(strata)
    share_of = np.bincount(strata, weights=happened) / np.maximum(n_of, 1)
    weight_of = np.bincount(strata, weights=weights) / np.maximum(n_of, 1)
    observed, expected = float(weights @ happened), float(weights @ share_of[strata])
    if observed <= 0.0:
        return float("nan"), float("nan"), float("nan")
    m, mean_weight = share_of[strata], weight_of[strata]
    parts = weights * happened / observed - (weights * m + mean_weight * (happened - m)) / expected
    half = float(stats.norm.ppf(0.5 + confidence_level / 2)) * np.sqrt(_by_person(parts, persons))
    ratio = observed / expected
    return ratio, float(ratio * np.exp(-half)), float(ratio * np.exp(half))


def _by_person(parts: Floats, persons: Integers) -> float:
    """Return the variance of a sum of parts, those of a person together."""
    sums = np.bincount(np.unique(persons, return_inverse=True)[1], weights=parts)
    return float((sums**2).sum()) * len(sums) / max(len(sums) - 1, 1)


def recency_strata(days_since_last: Floats, *, parts: int = 5) -> Integers:
    """Return codes of equally large parts of the days since the last order; a code of its own without an order.

    Examples
    --------
    >>> recency_strata(np.array([1.0, 2.0, 3.0, 4.0, np.nan]), parts=2).tolist()
    [0, 0, 1, 1, 2]
    """
    known = ~np.isnan(days_since_last)
    codes = np.full(len(days_since_last), parts, dtype=np.int64)
    if known.any():
        edges = np.quantile(days_since_last[known], np.linspace(0, 1, parts + 1)[1:-1])
        codes[known] = np.searchsorted(edges, days_since_last[known])
    return codes
