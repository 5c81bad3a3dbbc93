"""Early answers against answers after reminders: a hint of what silence may hide, never part of the estimate."""

from __future__ import annotations

import numpy as np
import pandas as pd

from silentnps.estimation.formulas.nps_estimate import NPSEstimate, nps_of_classes
from silentnps.estimation.formulas.verdict import MATTERS, judge
from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.numerics.nps import SILENT

COLUMNS = ("group", "n", "value", "low", "high", "standard_error", "confidence_level", "verdict")

NO_REMINDER, NOT_RECORDED, DIFFERENCE = "no reminder", "not recorded", "late less early"
"""Names of rows that other modules look up. The last is the difference of two groups."""

_GROUPS = ((NO_REMINDER, 0.0, 0.0), ("1 reminder", 1.0, 1.0), ("2 or more reminders", 2.0, np.inf))


def early_late(
    classes: Integers, reminders: Floats, *, confidence_level: float = 0.95, matters: float = MATTERS
) -> pd.DataFrame:
    """Compare the NPS of answers by the number of reminders that had been sent.

    Parameters
    ----------
    classes
        0, 1, 2, or -1 for silent customers, who are left out, shape (n,).
    reminders
        Reminders sent before the answer, shape (n,); NaN where not recorded.
    matters
        The least difference that matters, in points.

    Returns
    -------
    DataFrame
        One row per group that occurs (no reminder, 1 reminder, 2 or more reminders), then "not recorded" if such
        answers were left out, then "late less early": answers after a reminder less those without. Columns: group,
        n answers, value, low, high, standard_error (points; empty for "not recorded", and for "late less early" if
        a side has no answers), confidence_level, verdict (of "late less early", see
        `silentnps.estimation.formulas.verdict.judge`; empty for other rows).

    Notes
    -----
    Each group has the interval of Rocks (2016), and the difference has the interval that combines two such
    intervals (Zou and Donner 2008, Statistics in Medicine 27). The idea that late respondents resemble
    nonrespondents, a continuum of resistance, is old and often wrong: Lin and Schaeffer (1995), Public Opinion
    Quarterly 59, found that neither it nor classes of nonrespondents described nonrespondents well.
    """
    known = (classes != SILENT) & ~np.isnan(reminders)
    n_unknown = int(((classes != SILENT) & np.isnan(reminders)).sum())
    rows = [
        _row(name, nps_of_classes(classes[chosen], confidence_level=confidence_level), "")
        for name, fewest, most in _GROUPS
        if (chosen := known & (reminders >= fewest) & (reminders <= most)).any()
    ]
    if n_unknown:
        rows.append({"group": NOT_RECORDED, "n": n_unknown, "verdict": ""})
    early, late = known & (reminders == 0), known & (reminders > 0)
    rows.append(_comparison(classes, early, late, confidence_level, matters))
    return pd.DataFrame(rows, columns=list(COLUMNS)).assign(confidence_level=confidence_level)


def difference(first: NPSEstimate, second: NPSEstimate) -> NPSEstimate:
    """Return `first` less `second`, two independent estimates, with the interval that combines theirs.

    Examples
    --------
    >>> from silentnps.estimation.formulas.nps_estimate import nps_of_counts
    >>> first = nps_of_counts(promoters=50, passives=30, detractors=20)
    >>> print(difference(first, nps_of_counts(promoters=30, passives=30, detractors=40)))
    +40.0 [+17.2, +61.2]
    """
    value = first.value - second.value
    down = np.hypot(first.value - first.low, second.high - second.value)
    up = np.hypot(first.high - first.value, second.value - second.low)
    error = float(np.hypot(first.standard_error, second.standard_error))
    n = first.n + second.n
    return NPSEstimate(value, float(value - down), float(value + up), error, n, first.confidence_level)


def _comparison(
    classes: Integers,
    early: Booleans,
    late: Booleans,
    confidence_level: float,
    matters: float,
) -> dict[str, object]:
    n = int(early.sum() + late.sum())
    if not early.any() or not late.any():
        return {"group": DIFFERENCE, "n": n, "verdict": ""}
    gap = difference(
        nps_of_classes(classes[late], confidence_level=confidence_level),
        nps_of_classes(classes[early], confidence_level=confidence_level),
    )
    return _row(DIFFERENCE, gap, judge(gap.low, gap.high, matters=matters))


def _row(group: str, estimate: NPSEstimate, verdict: str) -> dict[str, object]:
    return {"group": group, **estimate.to_dict(), "verdict": verdict}
