"""What-ifs: the model's response to changed features, and nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from silentnps.errors import ConfigError
from silentnps.explanation.what_if import (
    AtMost,
    Scenario,
    gains,
    gains_of_rows,
    improvements,
    scenarios_of,
    with_values,
)
from silentnps.models.bundle import Bundle, expected_nps
from silentnps.models.survey import SurveyData

LATE = "delivery_days_late"


def test_a_gain_is_the_written_score_of_the_changed_rows_less_the_written_score(
    bundle: Bundle, data: SurveyData
) -> None:
    rows, invited = data.features.iloc[:80], data.invited[:80]
    changed = rows.assign(**{LATE: 0.0, "channel": "app"})
    expected = expected_nps(bundle.silent_probabilities(changed, invited))
    expected -= expected_nps(bundle.silent_probabilities(rows, invited))
    found = gains(bundle, rows, {LATE: 0.0, "channel": "app"}, invited)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    assert found.mean() > 5


def test_values_of_all_kinds(data: SurveyData) -> None:
    rows = data.features.iloc[:50]
    found = with_values(rows, {LATE: AtMost(1.0), "channel": None, "tenure_days": 3})
    assert found[LATE].max() == 1.0
    assert found[LATE].isna().equals(rows[LATE].isna())
    assert (found[LATE][rows[LATE] <= 1.0] == rows[LATE][rows[LATE] <= 1.0]).all()
    assert found["channel"].isna().all()
    assert (found["tenure_days"] == 3.0).all()
    assert rows.equals(data.features.iloc[:50])


@pytest.mark.parametrize(
    ("values", "words"),
    [({"shoe_size": 1.0}, "got 'shoe_size'"), ({LATE: "soon"}, "got 'soon'"), ({LATE: np.inf}, "finite number")],
)
def test_a_what_if_that_cannot_be_is_refused(data: SurveyData, values: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        with_values(data.features, values)


def test_scenarios_are_the_declared_ones_and_the_best_common_value_of_what_is_actionable(
    bundle: Bundle, data: SurveyData
) -> None:
    declared = {"late_and_new": {LATE: 5.0, "tenure_days": 1.0}}
    found = scenarios_of(bundle, data.features, actionable=(LATE, "channel"), declared=declared)
    by_name = {each.name: each for each in found}
    assert list(by_name) == ["late_and_new", LATE, "channel"]
    assert by_name[LATE].values[LATE] <= 1.0
    assert by_name["channel"].values == {"channel": "app"}
    assert by_name["channel"].words == "channel: app"
    assert scenarios_of(bundle, data.features) == []


def test_improvements_are_sorted_means_of_the_gains(bundle: Bundle, data: SurveyData) -> None:
    scenarios = [Scenario("worse", "worse", {LATE: 6.0}), Scenario("better", "better", {LATE: 0.0})]
    by_row = gains_of_rows(bundle, data.features.iloc[:200], scenarios)
    table = improvements(by_row, scenarios)
    assert table["scenario"].tolist() == ["better", "worse"]
    assert table["points"].tolist() == pytest.approx([by_row["better"].mean(), by_row["worse"].mean()])
    assert table["share_better"].iloc[0] == pytest.approx((by_row["better"] >= 1).mean())
    assert (table["n"] == 200).all()
    assert improvements(pd.DataFrame(index=[0, 1]), []).empty
