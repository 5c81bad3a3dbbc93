"""The sentences on early and late answers dare no more than the interval."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from silentnps.estimation.checks.early_late import early_late
from silentnps.estimation.formulas.verdict import MATTERS
from silentnps.estimation.wording.early_late import describe_early_late


def table_of(classes: list[int], reminders: list[float], *, matters: float = MATTERS) -> pd.DataFrame:
    table = early_late(np.array(classes), np.array(reminders, dtype=np.float64), matters=matters)
    return describe_early_late(table, matters=matters).set_index("group")


def test_words_stand_in_place_of_the_verdict():
    table = table_of([2, 2, 0, 1, 0, 0, 2, -1], [0, 0, 0, 1, 2, 5, np.nan, 3])
    assert table.columns.tolist() == ["n", "value", "low", "high", "standard_error", "confidence_level", "words"]
    assert table["words"].tolist()[:3] == ["", "", ""]
    assert table.loc["not recorded", "words"] == (
        "Answers left out because their number of reminders is not recorded: 1."
    )


def test_the_words_dare_no_more_than_the_interval():
    clear = table_of([2] * 60 + [0] * 60, [0] * 60 + [1] * 60).loc["late less early", "words"]
    assert "200.0 points lower" in clear
    assert "unhappier" in clear
    assert "no part of the estimate" in clear
    unclear = table_of([2, 0, 0, 2, 1, 0], [0, 0, 0, 1, 1, 1]).loc["late less early", "words"]
    assert "too few to tell" in unclear
    many = [0, 1, 2] * 20_000
    same = table_of(many * 2, [0] * len(many) + [1] * len(many))
    assert "less than 5 points either way" in same.loc["late less early", "words"]
    strict = table_of(many * 2, [0] * len(many) + [1] * len(many), matters=0.5)
    assert "too few to tell" in strict.loc["late less early", "words"]


@pytest.mark.parametrize(
    ("reminders", "words"),
    [
        ([0.0, 0.0], "No answer is known to have come after a reminder: early and late cannot be compared."),
        ([1.0, 2.0], "No answer is known to have come without a reminder: early and late cannot be compared."),
        ([np.nan, np.nan], "No reminders are recorded."),
    ],
)
def test_where_a_side_is_empty_the_words_say_so(reminders: list[float], words: str):
    row = table_of([0, 2], reminders).loc["late less early"]
    assert row["words"] == words
