"""Early answers against answers after reminders: a hint at what silence may hide, never part of the estimate."""

from __future__ import annotations

import numpy as np
import pandas as pd

from silentnps.estimation.formulas.verdict import MATTERS, judged
from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.numerics.nps import SILENT, NPSEstimate, nps_of_classes

COLUMNS = ("group", "n", "value", "low", "high", "standard_error", "confidence_level", "verdict")

NO_REMINDER, NOT_RECORDED, DIFFERENCE = "no reminder", "not recorded", "late less early"
"""Names of groups that others ask for; the last is the difference of two."""

_GROUPS = ((NO_REMINDER, 0.0, 0.0), ("1 reminder", 1.0, 1.0), ("2 or more reminders", 2.0, np.inf))


def early_late(
    classes: Integers, reminders: Floats, *, confidence_level: float = 0.95, matters: float = MATTERS
) -> pd.DataFrame:
    """Compare the NPS of answers by the number of reminders that had been sent.

    Parameters
    ----------
    classes
        0, 1, 2, or -1 for the silent, who are left out, shape (n,).
    reminders
        Reminders sent before the answer, shape (n,); NaN where not recorded.
    matters
        The least difference that matters, in points.

    Returns
    -------
    DataFrame
        One row per group that occurs (no reminder, 1 reminder, 2 or more reminders), then "not recorded" where
        such answers were left out, then "late less early": answers after a reminder less those without. Columns:
        group, n answers, value, low, high, standard_error (points; empty of "not recorded", and of "late less
        early" where a side has no answer), confidence_level, verdict (of "late less early", see
        `silentnps.estimation.formulas.verdict.judged`; else empty).

    Notes
    -----
    Each group has the interval of Rocks (2016), the difference the interval that joins two such intervals (Zou
    and Donner 2008, Statistics in Medicine 27). The idea that late respondents are nearer to
    nonrespondents, a continuum of resistance, is old and often wrong: Lin and Schaeffer (1995), Public Opinion
    Quarterly 59, found that neither it nor classes of nonrespondents described the nonrespondents well.
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


def difference(one: NPSEstimate, other: NPSEstimate) -> NPSEstimate:
    """Return `one` less `other`, two independent estimates, with the interval that joins theirs; n is of both.

    Examples
    --------
    >>> from silentnps.numerics.nps import nps_of_counts
    >>> one = nps_of_counts(promoters=50, passives=30, detractors=20)
    >>> print(difference(one, nps_of_counts(promoters=30, passives=30, detractors=40)))
    +40.0 [+17.2, +61.2]
    """
    value = one.value - other.value
    down = np.hypot(one.value - one.low, other.high - other.value)
    up = np.hypot(one.high - one.value, other.value - other.low)
    error = float(np.hypot(one.standard_error, other.standard_error))
    n = one.n + other.n
    return NPSEstimate(value, float(value - down), float(value + up), error, n, one.confidence_level)


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
    return _row(DIFFERENCE, gap, judged(gap.low, gap.high, matters=matters))


def _row(group: str, estimate: NPSEstimate, verdict: str) -> dict[str, object]:
    return {"group": group, **estimate.to_dict(), "verdict": verdict}
