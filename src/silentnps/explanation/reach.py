"""Reach and points: how many silent customers a key driver lowers, by how much, and what that makes of the NPS."""

from __future__ import annotations

import numpy as np
import pandas as pd

from silentnps.explanation.contributions.explain import Explanation
from silentnps.explanation.contributions.refits import MIN_CUSTOMERS, RefitContributions
from silentnps.explanation.topics import merge_by_topic, merge_refits_by_topic
from silentnps.numerics.arrays import Floats

CONCERNS_POINTS = 1.0
"""A driver concerns the customers whose score it lowers by this much or more."""

START, SCORE = "(start)", "(mean score)"
"""The rows of what all drivers start from, and of what they add up to."""

_NUMBERS = ("reach", "points", "total")
COLUMNS = (
    "driver",
    *(f"{name}{end}" for name in _NUMBERS for end in ("", "_low", "_high")),
    *("others", "together", "n", "confidence_level"),
)


def driver_reach(
    explanation: Explanation, models: RefitContributions, *, confidence_level: float = 0.95
) -> pd.DataFrame:
    """Return one row per key driver, columns `COLUMNS`, those that cost most points first.

    A driver is a topic: what its features contribute together. `reach` is the share of the silent customers whose
    score it lowers by a point or more, `points` its mean contribution to these (NaN without any), and `total` =
    `reach` * `points` what that makes of the NPS. `others` is what it makes by all other customers, and `together`
    = `total` + `others` its mean contribution. The rows `START` and `SCORE` have `together` alone: the score that
    contributions start from, and the mean score that they add up to.

    Notes
    -----
    Intervals are those of refitted models (Student's t), around the numbers of the model itself. They are NaN with
    fewer than two refits or 20 customers, and those of `points` where a refit lowers nobody by so much.

    Examples
    --------
    >>> points = pd.DataFrame({"late": [-4.0, 1.0], "tier": [0.5, -0.5]})
    >>> found = Explanation(10.0, points, np.array([6.5, 10.5]))
    >>> table = driver_reach(found, RefitContributions(np.zeros((0, 2, 2)), points.index, ("late", "tier")))
    >>> table[["driver", "reach", "points", "total", "others", "together"]].round(2).values.tolist()[0]
    ['late', 0.5, -4.0, -2.0, 0.5, -1.5]
    >>> float(table["together"].iloc[:-1].sum()), float(table["together"].iloc[-1])
    (8.5, 8.5)
    """
    refits = merge_refits_by_topic(models, explanation.topics)
    explanation = merge_by_topic(explanation)
    names = [str(name) for name in explanation.contributions.columns]
    points = explanation.contributions.to_numpy(dtype=np.float64)
    own = _numbers(points)
    half = refits.critical_value(confidence_level) * _errors(refits, names)
    table = pd.DataFrame({"driver": names, "together": points.mean(axis=0) if len(points) else np.nan})
    for name, values, width in zip(_NUMBERS, own, half, strict=True):
        lowest, highest = (0.0, 1.0) if name == "reach" else (-200.0, 0.0)
        table[name] = values
        table[f"{name}_low"] = np.clip(values - width, lowest, highest)
        table[f"{name}_high"] = np.clip(values + width, lowest, highest)
    table["others"] = table["together"] - table["total"]
    table = table.sort_values("total", kind="stable")
    ends = {"driver": [START, SCORE], "together": [explanation.base_value, explanation.expected_nps.mean()]}
    whole = pd.concat([table, pd.DataFrame(ends)], ignore_index=True)
    return whole.assign(n=len(points), confidence_level=confidence_level)[list(COLUMNS)]


def _numbers(points: Floats) -> Floats:
    """Return reach, points and total of contributions of shape (customers, drivers): shape (3, drivers)."""
    lowered = points <= -CONCERNS_POINTS
    n, sums = lowered.sum(axis=0), np.where(lowered, points, 0.0).sum(axis=0)
    of_lowered = np.divide(sums, n, out=np.full(len(n), np.nan), where=n > 0)
    return np.stack([n / len(points), of_lowered, sums / len(points)])


def _errors(models: RefitContributions, names: list[str]) -> Floats:
    """Return the standard errors of `_numbers` over refits, shape (3, drivers)."""
    if models.n_refits < 2 or len(models.rows) < MIN_CUSTOMERS:
        return np.full((3, len(names)), np.nan)
    by_refit = np.stack([_numbers(points.astype(np.float64)) for points in models.points])
    errors = pd.DataFrame(by_refit.std(axis=0, ddof=1), columns=list(models.columns))
    return errors.reindex(columns=names).to_numpy(dtype=np.float64)
