"""Tipping points: levels, odds and words."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from silentnps.estimation.tipping import COLUMNS, tipping_points

CURVE = pd.DataFrame({"class_step": [-1.0, -0.5, 0.0, 0.5, 1.0], "nps_silent": [30.0, 20.0, 10.0, -10.0, -20.0]})


def points(**options: float) -> pd.DataFrame:
    table = tipping_points(CURVE, **options)
    assert tuple(table.columns) == COLUMNS
    return table.set_index("name")


def test_levels_by_hand():
    table = points(survey=15.0, target=-15.0)
    assert table["level"].tolist() == [0.0, 15.0, -15.0]
    assert table["class_step"].tolist() == pytest.approx([0.25, -0.25, 0.75])
    assert table["odds_ratio"].tolist() == pytest.approx([math.exp(0.25), math.exp(-0.25), math.exp(0.75)])
    assert table["reachable"].all()


def test_a_target_is_told_only_where_there_is_one():
    assert points(survey=15.0).index.tolist() == ["sign", "survey"]


def test_the_words_say_who_answers_more_readily():
    words = points(survey=15.0, target=10.0)["words"]
    assert words["sign"] == (
        "The NPS of the silent would change its sign if, among customers otherwise alike, the odds of answering of "
        "a promoter were 1.28 times those of a passive, and those of a passive as many times those of a detractor."
    )
    assert "equal the survey's +15.0" in words["survey"]
    assert "of a detractor were 1.28 times those of a passive" in words["survey"]
    assert words["target"] == (
        "The NPS of the silent would meet the target of +10.0 if satisfaction did not drive answering at all."
    )


def test_a_level_out_of_reach_has_a_reason():
    row = points(survey=-40.0).loc["survey"]
    assert not row["reachable"]
    assert math.isnan(row["class_step"])
    assert math.isnan(row["odds_ratio"])
    assert row["words"] == (
        "The NPS of the silent does not reach the survey's −40.0: from odds of answering 0.37 times to 2.72 times "
        "as high with each class upward it stays between −20.0 and +30.0."
    )


def test_without_a_curve_nothing_is_reachable():
    table = tipping_points(CURVE.head(0), survey=5.0)
    assert not table["reachable"].any()
    assert set(table["words"]) == {"There is no curve: nobody stayed silent."}
