"""The report: the trend over waves, and what the model says would be otherwise."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from written_report import IMPROVEMENTS, TREND, content, page, told, waves

from silentnps.report.trend import movement, trend
from silentnps.report.what_if import what_if

NOTHING = (np.nan,) * 9


# --- the trend ----------------------------------------------------------------------------------------------------


def test_every_wave_has_its_survey_and_the_last_one_its_estimate() -> None:
    found = trend(content(**told()))
    first, last = found.rows
    assert (first.survey.text, first.survey.range_text, first.n_answers) == ("+30.0", "+26.0 to +34.0", "1,200")
    assert (first.silent.text, first.base.text) == ("–", "–")
    assert (last.silent.text, last.silent.range_text, last.base.text) == ("+8.1", "+1.2 to +14.9", "+10.8")
    assert "2024-Q1, silent customers: +8.1 (+1.2 to +14.9)" in found.chart.spoken
    assert [place.tone for place in found.chart.places] == ["survey", "survey", "base", "silent"]


def test_a_higher_nps_is_higher_up_and_a_later_wave_is_further_right() -> None:
    chart = trend(content(**told())).chart
    before, now, _, silent = chart.places
    assert before.x < now.x < silent.x
    assert before.y < now.y < silent.y
    assert all(place.high < place.y < place.low for place in chart.places)
    assert chart.lines[0].pieces == [(before.x, before.y, now.x, now.y)]


def test_one_wave_is_no_trend() -> None:
    text = page(**told(trend=waves(TREND[1:]))).text
    assert "There is one wave, 2024-Q1, so there is no trend yet." in text
    assert "NPS by wave" not in text


@pytest.mark.parametrize("survey", [np.nan, 0.0])
def test_a_last_wave_without_answers_has_a_dash(survey: float) -> None:
    """Also where the survey NPS of nobody came as a number."""
    none = ("2024-Q2", 0, survey, np.nan, np.nan, *NOTHING[3:])
    found = trend(content(**told(trend=waves([*TREND, none]))))
    assert (found.rows[-1].survey.text, found.rows[-1].n_answers) == ("–", "0")
    assert "2024-Q2" not in found.chart.spoken
    assert len(found.chart.lines[0].pieces) == 1


def test_a_wave_without_answers_leaves_a_gap_in_the_line() -> None:
    rows = [TREND[0], ("between", 0, *NOTHING), TREND[1]]
    chart = trend(content(**told(trend=waves(rows)))).chart
    assert chart.lines[0].pieces == []
    assert [label for _, label in chart.across] == ["2023-Q4", "between", "2024-Q1"]


def test_waves_that_nobody_answered_are_no_trend() -> None:
    rows = [("a", 0, *NOTHING), ("b", 0, *NOTHING)]
    assert "No wave has an NPS" in page(**told(trend=waves(rows))).text


def test_many_waves_are_cut_and_few_of_them_labelled() -> None:
    rows = [(f"wave {i:02d}", *TREND[0][1:]) for i in range(60)]
    found = trend(content(**told(trend=waves(rows))))
    assert (len(found.rows), found.n_more) == (24, 36)
    assert len(found.chart.across) <= 6
    assert found.chart.across[-1][1] == "wave 59"
    assert "36 earlier waves are in drivers/trend.csv" in page(**told(trend=waves(rows))).text


def test_without_estimates_only_the_survey_has_a_column() -> None:
    rows = [TREND[0], (*TREND[1][:5], *NOTHING[3:])]
    found = trend(content(**told(trend=waves(rows))))
    assert not found.has_estimates
    assert "whole base ●" not in page(**told(trend=waves(rows))).text


# --- changes and why ---------------------------------------------------------------------------------------------


def moved(n: int) -> dict[str, pd.DataFrame]:
    """Return changes and reasons between `n` + 1 quarters: the survey by 1 point, the base by 3."""
    pairs = [(f"{2020 + i // 4}-Q{1 + i % 4}", f"{2020 + (i + 1) // 4}-Q{1 + (i + 1) % 4}") for i in range(n)]
    ends = {"low": -2.0, "high": 8.5, "p_value": 0.21, "smallest_change": 9.04}
    change = [
        {"before": a, "after": b, "segmentation": "", "of": of, "change": points, **ends}
        for a, b in pairs
        for of, points in (("survey", 1.0), ("base", 3.0))
    ]
    points = {("base", "mix"): 1.0, ("base", "behaviour"): -1.5, ("base", "rest"): 3.5, ("base", "change"): 3.0}
    points |= {("survey", "who_answers"): -2.0, ("survey", "change"): 1.0}
    why = [
        {"before": a, "after": b, "of": of, "part": part, "points": value, "low": value - 1, "high": value + 1}
        for a, b in pairs
        for (of, part), value in points.items()
    ]
    return {"trend_changes": pd.DataFrame(change), "trend_why": pd.DataFrame(why)}


def test_changes_and_reasons_are_on_the_page() -> None:
    text = page(**told(**moved(1), trend_sentences=("It changed by -3.0 points.",))).text
    for words in ("How it changed", "It changed by −3.0 points.", "9.0", "0.210", "From 2020-Q1 to 2020-Q2"):
        assert words in text
    assert "Whether two waves differ is told below" in text
    found = movement(content(**told(**moved(1))))
    assert [(name, value.text) for name, value in found.why[0].rows] == [
        ("who the customers are (mix)", "+1.0"),
        ("what happened to them (behaviour)", "−1.5"),
        ("rest: same customers, other opinion", "+3.5"),
        ("= change of the whole base", "+3.0"),
        ("who answers", "−2.0"),
        ("= change of the survey", "+1.0"),
    ]


def test_of_many_periods_the_last_changes_are_shown() -> None:
    found = movement(content(**told(**moved(10))))
    assert (found.n_more, len(found.changes), len(found.why)) == (8, 12, 3)
    assert found.why[-1].title == "From 2022-Q2 to 2022-Q3"
    assert "8 earlier changes are in trend/changes.csv" in page(**told(**moved(10))).text


def test_without_a_trend_the_page_says_nothing_of_changes() -> None:
    assert movement(content(**told())) is None
    assert "How it changed" not in page(**told()).text


# --- what if ------------------------------------------------------------------------------------------------------


def test_scenarios_are_ordered_by_points_and_small_ones_are_left_out() -> None:
    found = what_if(content(**told()))
    assert [(row.name, row.gain.text, row.share_better.text) for row in found.scenarios] == [
        ("every case closed", "+6.5", "5.0 %"),
        ("every delivery on time", "+4.2", "40 %"),
    ]
    text = page(**told()).text
    assert "The model's response, not an effect." in text
    assert "fewer messages" not in text


def test_no_more_than_eight_scenarios_are_shown() -> None:
    table = told()["improvements"]
    many = pd.concat([table[table["segmentation"] == ""]] * 6, ignore_index=True)
    assert len(what_if(content(**told(improvements=many))).scenarios) == 8


def test_each_segment_has_its_best_scenario_or_none() -> None:
    best = what_if(content(**told())).best
    assert [(row.segment, row.scenario, row.gain.text) for row in best] == [
        ("north", "every delivery on time", "+5.0"),
        ("south", "none that the model responds to", "–"),
    ]


def test_a_table_that_was_read_from_a_file_says_the_same() -> None:
    """An empty segmentation is read as missing."""
    table = pd.DataFrame(IMPROVEMENTS, columns=told()["improvements"].columns)
    read = table.assign(segmentation=table["segmentation"].replace("", np.nan))
    assert what_if(content(improvements=read)) == what_if(content(improvements=table))


def test_where_the_model_answers_to_nothing_there_is_no_what_if() -> None:
    table = told()["improvements"].assign(points=0.01)
    assert what_if(content(improvements=table)) is None
    assert "would be otherwise" not in page(**told(improvements=table)).text
