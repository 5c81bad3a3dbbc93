"""The sentences on the test of the shadows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from silentnps.estimation.formulas.verdict import MATTERS
from silentnps.estimation.wording.numbers import size_in_points


def describe_shadow_test(table: pd.DataFrame, *, matters: float = MATTERS) -> pd.DataFrame:
    """Return the table of `shadow_test` with a column `words` in place of the change's interval and verdict.

    `matters` is the size, in points, that the test was made with.
    """
    words = [_sentence(row, matters) for row in table.to_dict("records")]
    return table.drop(columns=["change_low", "change_high", "verdict"]).assign(words=words)


def _sentence(row: Mapping[Any, Any], matters: float) -> str:
    size = f"{row['change']:+.1f} points if {row['shadow']} counts as a response driver"
    if row["verdict"] == "contradicts":
        return f"{size}: the shadows disagree. Check which of them drives answering."
    span = f"{row['change_low']:+.1f} to {row['change_high']:+.1f}"
    if row["verdict"] == "agrees":
        return f"{size} ({span}): within {size_in_points(matters)}, it agrees with the others"
    return f"{size} ({span}): these data cannot tell whether it drives answering"
