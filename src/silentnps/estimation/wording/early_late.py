"""The sentences on early and late answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from silentnps.estimation.checks.early_late import DIFFERENCE, NO_REMINDER, NOT_RECORDED
from silentnps.estimation.formulas.verdict import MATTERS
from silentnps.estimation.wording.numbers import size_in_points

_CAUTION = "Later answers need not be like silence: this is a hint and no part of the estimate."


def describe_early_late(table: pd.DataFrame, *, matters: float = MATTERS) -> pd.DataFrame:
    """Return the table of `early_late` with a column `words` in place of the code `verdict`.

    `matters` is the size, in points, that the table was made with.
    """
    has_early = bool((table["group"] == NO_REMINDER).any())
    words = [_sentence(row, has_early, matters) for row in table.to_dict("records")]
    return table.drop(columns="verdict").assign(words=words)


def _sentence(row: Mapping[Any, Any], has_early: bool, matters: float) -> str:
    if row["group"] == NOT_RECORDED:
        return f"Answers left out because their number of reminders is not recorded: {row['n']:,}."
    if row["group"] != DIFFERENCE:
        return ""
    if row["verdict"]:
        return _comparison(row, matters)
    if row["n"] == 0:
        return "No reminders are recorded."
    side = "after a reminder" if has_early else "without a reminder"
    return f"No answer is known to have come {side}: early and late cannot be compared."


def _comparison(row: Mapping[Any, Any], matters: float) -> str:
    size = f"{abs(row['value']):.1f} points {'lower' if row['value'] < 0 else 'higher'}"
    span = f"{row['low']:+.1f} to {row['high']:+.1f}"
    size_that_matters = size_in_points(matters)
    opening = f"Answers after a reminder gave an NPS {size} ({span}) than those without"
    if row["verdict"] == "agrees":
        return f"{opening}: less than {size_that_matters} either way. {_CAUTION}"
    if row["verdict"] == "cannot tell":
        return f"{opening}, too few to tell whether they differ by {size_that_matters} or not at all. {_CAUTION}"
    mood = "unhappier" if row["value"] < 0 else "happier"
    return f"{opening}: customers who needed a reminder are {mood}. {_CAUTION}"
