"""The sentences on tipping points."""

from __future__ import annotations

import pandas as pd

from silentnps.estimation.checks.tipping import tipping_points
from silentnps.estimation.formulas.nps_estimate import NPSEstimate
from silentnps.estimation.wording.tipping import describe_tipping_points

CURVE = pd.DataFrame({"class_step": [-1.0, -0.5, 0.0, 0.5, 1.0], "nps_silent": [30.0, 20.0, 10.0, -10.0, -20.0]})


def words_on(
    *, survey: float, target: float | None = None, silent: NPSEstimate | None = None, curve: pd.DataFrame = CURVE
) -> pd.Series:
    table = tipping_points(curve, survey=survey, target=target, silent=silent)
    described = describe_tipping_points(table, curve, silent=silent)
    assert described.columns.tolist() == ["name", "level", "class_step", "odds_ratio", "reachable", "words"]
    return described.set_index("name")["words"]


def test_the_words_say_who_answers_more_readily():
    words = words_on(survey=15.0, target=10.0)
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
    assert words_on(survey=-40.0)["survey"] == (
        "The NPS of the silent does not reach the survey's −40.0: from odds of answering 0.37 times to 2.72 times "
        "as high with each class upward it stays between −20.0 and +30.0."
    )


def test_the_words_count_the_interval_of_the_headline():
    # Half an interval of 35: of the curve's ends, -20 and +30, the survey's +60 lies 30 away, +100 lies 70 away.
    silent = NPSEstimate(10.0, -25.0, 45.0, 17.0, 100, 0.95)
    words = words_on(survey=60.0, target=100.0, silent=silent)
    assert words["sign"].endswith("interval (−25.0 to +45.0) holds zero as it is, so these data cannot tell.")
    assert words["survey"].endswith("as long as the headline's it may reach the survey's +60.0 all the same.")
    assert words["target"].endswith("stays between −20.0 and +30.0.")
    sure = NPSEstimate(10.0, 9.0, 11.0, 0.5, 100, 0.95)
    assert words_on(survey=60.0, silent=sure).tolist() == words_on(survey=60.0).tolist()


def test_without_a_curve_the_words_say_why():
    assert set(words_on(survey=5.0, curve=CURVE.head(0))) == {"There is no curve: nobody stayed silent."}
