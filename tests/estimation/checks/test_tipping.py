"""Tipping points: levels, odds and words."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from silentnps.estimation.checks.tipping import COLUMNS, tipping_points
from silentnps.numerics.nps import NPSEstimate

CURVE = pd.DataFrame({"class_step": [-1.0, -0.5, 0.0, 0.5, 1.0], "nps_silent": [30.0, 20.0, 10.0, -10.0, -20.0]})


def points(**options: Any) -> pd.DataFrame:
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


def test_the_words_count_the_interval_of_the_headline():
    # Half an interval of 35: of the curve's ends, -20 and +30, the survey's +60 lies 30 away, +100 lies 70 away.
    silent = NPSEstimate(10.0, -25.0, 45.0, 17.0, 100, 0.95)
    words = points(survey=60.0, target=100.0, silent=silent)["words"]
    assert words["sign"].endswith("interval (−25.0 to +45.0) holds zero as it is, so these data cannot tell.")
    assert words["survey"].endswith("as long as the headline's it may reach the survey's +60.0 all the same.")
    assert words["target"].endswith("stays between −20.0 and +30.0.")
    sure = NPSEstimate(10.0, 9.0, 11.0, 0.5, 100, 0.95)
    assert points(survey=60.0, silent=sure)["words"].tolist() == points(survey=60.0)["words"].tolist()


def test_without_a_curve_nothing_is_reachable():
    table = tipping_points(CURVE.head(0), survey=5.0)
    assert not table["reachable"].any()
    assert set(table["words"]) == {"There is no curve: nobody stayed silent."}
