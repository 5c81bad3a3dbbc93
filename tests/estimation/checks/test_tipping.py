"""Tipping points: levels, odds and how certain they are."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from silentnps.estimation.checks.tipping import COLUMNS, tipping_points
from silentnps.estimation.formulas.nps_estimate import NPSEstimate

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


def test_a_target_has_a_row_only_if_there_is_one():
    assert points(survey=15.0).index.tolist() == ["sign", "survey"]


def test_a_level_out_of_reach_has_no_step():
    row = points(survey=-40.0).loc["survey"]
    assert not row["reachable"]
    assert math.isnan(row["class_step"])
    assert math.isnan(row["odds_ratio"])


def test_the_interval_of_the_headline_says_how_certain_a_crossing_is():
    # Half an interval of 35: of the curve's ends, -20 and +30, the survey's +60 lies 30 away, +100 lies 70 away.
    silent = NPSEstimate(10.0, -25.0, 45.0, 17.0, 100, 0.95)
    certainty = points(survey=60.0, target=100.0, silent=silent)["certainty"]
    assert certainty.tolist() == ["interval holds the level", "within an interval", "point value"]
    sure = NPSEstimate(10.0, 9.0, 11.0, 0.5, 100, 0.95)
    assert set(points(survey=60.0, silent=sure)["certainty"]) == {"point value"}


def test_without_a_curve_nothing_is_reachable():
    assert not tipping_points(CURVE.head(0), survey=5.0)["reachable"].any()
