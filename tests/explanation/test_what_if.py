"""What-ifs: the model's response to changed features, and nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from silentnps.bundle.bundle import Bundle, expected_nps
from silentnps.errors import ConfigError
from silentnps.explanation.what_if import (
    AtMost,
    Scenario,
    _level,
    gains_by_customer,
    list_scenarios,
    refuse_unknown_changes,
    scenario_gains,
    summarize_gains,
    with_changed_values,
)
from silentnps.outcome.survey_data import SurveyData

LATE = "delivery_days_late"


def test_a_gain_is_the_written_score_of_the_changed_rows_less_the_written_score(
    bundle: Bundle, data: SurveyData
) -> None:
    rows, invited = data.features.iloc[:80], data.invited[:80]
    changed = rows.assign(**{LATE: 0.0, "channel": "app"})
    expected = expected_nps(bundle.silent_probabilities(changed, invited))
    expected -= expected_nps(bundle.silent_probabilities(rows, invited))
    found = scenario_gains(bundle, rows, {LATE: 0.0, "channel": "app"}, invited)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    assert found.mean() > 5


def test_values_of_all_kinds(bundle: Bundle, data: SurveyData) -> None:
    rows = data.features.iloc[:50]
    found = with_changed_values(bundle, rows, {LATE: AtMost(1.0), "channel": None, "tenure_days": 3})
    assert found[LATE].max() == 1.0
    assert found[LATE].isna().equals(rows[LATE].isna())
    assert (found[LATE][rows[LATE] <= 1.0] == rows[LATE][rows[LATE] <= 1.0]).all()
    assert found["channel"].isna().all()
    assert (found["tenure_days"] == 3.0).all()
    assert rows.equals(data.features.iloc[:50])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"shoe_size": 1.0}, "got 'shoe_size'"),
        ({LATE: "soon"}, "got 'soon'"),
        ({LATE: np.inf}, "finite number"),
        ({LATE: True}, "finite number"),
        ({"channel": "App"}, "the model knows: app, store, web; got 'App'"),
    ],
)
def test_a_what_if_that_cannot_be_is_refused(
    bundle: Bundle, data: SurveyData, values: dict[str, object], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        with_changed_values(bundle, data.features, values)
    with pytest.raises(ConfigError, match=words):
        refuse_unknown_changes({"fine": {"channel": "app"}, "wrong": values}, data.features)


@pytest.mark.parametrize("value", ["app", None])
def test_scenarios_that_a_model_can_be_asked_about_are_not_refused(
    bundle: Bundle, data: SurveyData, value: str | None
) -> None:
    refuse_unknown_changes({"one": {"channel": value}}, data.features)
    changed = with_changed_values(bundle, data.features, {"channel": value})["channel"]
    assert changed.isna().all() if value is None else (changed == value).all()


def test_a_column_that_is_no_feature_is_refused(bundle: Bundle, data: SurveyData) -> None:
    with pytest.raises(ConfigError, match="got 'rating'"):
        scenario_gains(bundle, data.features.assign(rating=9.0), {"rating": 10.0})


@pytest.mark.parametrize(("value", "level"), [(1.0, "1"), ("1", "1"), ("01", "01"), (True, "true"), (None, None)])
def test_levels_are_found_however_they_are_written(value: object, level: str | None) -> None:
    assert _level("card", value, ("01", "1", "true")) == level


def test_a_declared_scenario_takes_the_place_of_one_of_its_name(bundle: Bundle, data: SurveyData) -> None:
    found = list_scenarios(bundle, data.features, actionable=(LATE,), declared={LATE: {LATE: 4.0}})
    assert [each.values for each in found] == [{LATE: 4.0}]


def test_scenarios_are_the_declared_ones_and_the_best_common_value_of_what_is_actionable(
    bundle: Bundle, data: SurveyData
) -> None:
    declared = {"late_and_new": {LATE: 5.0, "tenure_days": 1.0}}
    found = list_scenarios(bundle, data.features, actionable=(LATE, "channel"), declared=declared)
    by_name = {each.name: each for each in found}
    assert list(by_name) == ["late_and_new", LATE, "channel"]
    assert by_name[LATE].values[LATE] <= 1.0
    assert by_name["channel"].values == {"channel": "app"}
    assert by_name["channel"].words == "channel: app"
    assert list_scenarios(bundle, data.features) == []


def test_improvements_are_sorted_means_of_the_gains(bundle: Bundle, data: SurveyData) -> None:
    scenarios = [Scenario("worse", "worse", {LATE: 6.0}), Scenario("better", "better", {LATE: 0.0})]
    by_row = gains_by_customer(bundle, data.features.iloc[:200], scenarios)
    table = summarize_gains(by_row, scenarios)
    assert table["scenario"].tolist() == ["better", "worse"]
    assert table["points"].tolist() == pytest.approx([by_row["better"].mean(), by_row["worse"].mean()])
    assert table["share_better"].iloc[0] == pytest.approx((by_row["better"] >= 1).mean())
    assert (table["n"] == 200).all()
    assert summarize_gains(pd.DataFrame(index=[0, 1]), []).empty
