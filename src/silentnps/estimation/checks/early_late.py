"""Early answers against answers after reminders: a hint at what silence may hide, never part of the estimate."""

from __future__ import annotations

import numpy as np
import pandas as pd

from silentnps.estimation.formulas.verdict import MATTERS, judged, told
from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.numerics.nps import SILENT, NPSEstimate, nps_of_classes

COLUMNS = ("group", "n", "value", "low", "high", "standard_error", "confidence_level", "words")

_GROUPS = (("no reminder", 0.0, 0.0), ("1 reminder", 1.0, 1.0), ("2 or more reminders", 2.0, np.inf))
_CAUTION = "Later answers need not be like silence: this is a hint and no part of the estimate."


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
        early" where a side has no answer: `words` says so), confidence_level, words.

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
        words = f"Answers left out because their number of reminders is not recorded: {n_unknown:,}."
        rows.append({"group": "not recorded", "n": n_unknown, "words": words})
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
        side = "without a reminder" if late.any() else "after a reminder"
        words = f"No answer is known to have come {side}: early and late cannot be compared."
        return {"group": "late less early", "n": n, "words": words if n else "No reminders are recorded."}
    gap = difference(
        nps_of_classes(classes[late], confidence_level=confidence_level),
        nps_of_classes(classes[early], confidence_level=confidence_level),
    )
    return _row("late less early", gap, _words(gap, matters))


def _words(gap: NPSEstimate, matters: float) -> str:
    size = f"{abs(gap.value):.1f} points {'lower' if gap.value < 0 else 'higher'}"
    opening = f"Answers after a reminder gave an NPS {size} ({gap.low:+.1f} to {gap.high:+.1f}) than those without"
    verdict = judged(gap.low, gap.high, matters=matters)
    if verdict == "agrees":
        return f"{opening}: less than {told(matters)} either way. {_CAUTION}"
    if verdict == "cannot tell":
        return f"{opening}, too few to tell whether they differ by {told(matters)} or not at all. {_CAUTION}"
    mood = "unhappier" if gap.value < 0 else "happier"
    return f"{opening}: customers who needed a reminder are {mood}. {_CAUTION}"


def _row(group: str, estimate: NPSEstimate, words: str) -> dict[str, object]:
    return {"group": group, **estimate.to_dict(), "words": words}
