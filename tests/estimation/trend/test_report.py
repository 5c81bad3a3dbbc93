"""The tables of a trend: periods, suppressed segments, what is not known, and the sentences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from planted_waves import estimated, in_time, planted, true_margins

from silentnps.estimation.trend.every_wave import EstimatedWave
from silentnps.estimation.trend.groups import Group
from silentnps.estimation.trend.report import CHANGE, Period, TrendReport, trend_report
from silentnps.estimation.trend.wave_groups import ALL, Groups, groups_of_wave
from silentnps.estimation.trend.words import sentences, story
from silentnps.numerics.segmentation import segmentation_of

NAMES = ("first", "second", "third")
DATA = in_time(*(planted(500, seed, late=late, wish=0.4) for seed, late in ((0, 0.0), (1, 0.1), (2, 1.2))))
WAVES = estimated(DATA, true_margins(DATA))


def with_segments(each: EstimatedWave) -> EstimatedWave:
    """Cut a wave into customers of the store, others, and 20 customers who are too few."""
    channel = each.wave.data.features["channel"].iloc[each.wave.rows].astype(str).to_numpy(dtype=object)
    channel[:20] = "few"
    cut = segmentation_of(pd.Series(channel, name="channel"))
    return replace(each, wave=replace(each.wave, segmentations=(cut,)))


GROUPS = [groups_of_wave(with_segments(each)) for each in WAVES]


def report_of(periods: list[Period], **options: object) -> TrendReport:
    settings = {"attributes": ["channel", "tenure"], "confidence_level": 0.95, "min_n": 30, **options}
    return trend_report(periods, WAVES[0].bootstrap.plan, **settings)


def period(name: str, waves: list[int], groups: list[Groups] = GROUPS) -> Period:
    return Period.of(name, [NAMES[i] for i in waves], [groups[i] for i in waves], [WAVES[i] for i in waves])


REPORT = report_of([period(name, [i]) for i, name in enumerate(NAMES)])


def test_segments_that_are_too_few_are_listed_without_numbers() -> None:
    few = REPORT.levels[REPORT.levels["segment"] == "few"]
    assert few["suppressed"].all()
    assert (few["n"] == 20).all()
    assert few[["survey", "silent", "base", "answer_rate"]].isna().all().all()
    changes = REPORT.changes[REPORT.changes["segment"] == "few"]
    assert len(changes) == 9
    assert changes[["change", "low", "p_value"]].isna().all().all()
    everybody = report_of([period(name, [i]) for i, name in enumerate(NAMES)], min_n=20)
    assert not everybody.levels["suppressed"].any()


def test_segments_average_to_all_customers() -> None:
    for name in NAMES:
        rows = REPORT.levels[REPORT.levels["period"] == name]
        total, cut = rows[rows["segmentation"] == ""].iloc[0], rows[rows["segmentation"] == "channel"]
        assert cut["n"].sum() == total["n"]
    everybody = report_of([period("all", [0, 1, 2])], min_n=1).levels
    cut, total = everybody.iloc[1:], everybody.iloc[0]
    assert (cut["silent"] * cut["n_silent"]).sum() / cut["n_silent"].sum() == pytest.approx(
        total["silent"], abs=1e-6
    )


def test_the_confidence_level_moves_the_intervals_alone() -> None:
    narrow = report_of([period(name, [i]) for i, name in enumerate(NAMES)], confidence_level=0.8)
    assert narrow.changes["change"].to_numpy() == pytest.approx(REPORT.changes["change"].to_numpy(), nan_ok=True)
    known = ~REPORT.changes["suppressed"]
    widths = [(one.changes["high"] - one.changes["low"])[known] for one in (narrow, REPORT)]
    assert (widths[0] < widths[1]).all()


def test_waves_of_a_period_are_together() -> None:
    report = report_of([period("both", [0, 1]), period("third", [2])])
    first = report.levels[report.levels["segmentation"] == ""].iloc[0]
    one, two = (REPORT.levels[(REPORT.levels["period"] == name)].iloc[0] for name in NAMES[:2])
    assert first["waves"] == "first, second"
    assert first["n"] == one["n"] + two["n"]
    assert first["base"] == pytest.approx((one["n"] * one["base"] + two["n"] * two["base"]) / first["n"])
    parts = report.why[report.why["of"] == "base"].set_index("part")["points"]
    assert parts.drop(CHANGE).sum() == pytest.approx(parts[CHANGE], abs=1e-9)


def test_a_wave_of_which_the_survey_alone_is_known_has_no_parts() -> None:
    known = GROUPS[1][ALL]
    alone: Groups = {ALL: Group(known.n, known.n_invited, known.answers, None)}
    periods = [period("first", [0]), Period.of("second", ["second"], [alone], [None]), period("third", [2])]
    report = report_of(periods)
    level = report.levels[report.levels["segmentation"] == ""].set_index("period")
    assert np.isfinite(level.loc["second", "survey"])
    assert np.isnan(level.loc["second", "base"])
    pairs = report.changes[report.changes["of"] == "base"][["before", "after"]]
    assert set(map(tuple, pairs.to_numpy())) == {("first", "third")}
    assert report.why.empty
    assert report.no_change == {}


def test_one_period_has_levels_alone() -> None:
    report = report_of([period("first", [0])])
    assert len(report.levels) == 4
    assert report.changes.empty
    assert report.why.empty
    assert sentences(report) == []


def test_late_deliveries_of_the_last_wave_are_more_than_chance() -> None:
    change = REPORT.changes[(REPORT.changes["after"] == "third") & (REPORT.changes["of"] == "base")].iloc[0]
    assert change["p_value"] < 0.05
    told = sentences(REPORT)
    assert told[0].startswith("From second to third the NPS of the whole base changed by -")
    assert "more than chance" in told[0]
    assert f"is {change['smallest_change']:.1f} points" in told[0]
    assert told[1].startswith("Over all periods the NPS of the whole base changed more than chance")


def test_a_change_that_may_be_chance_is_told_so() -> None:
    first = REPORT.changes[(REPORT.changes["after"] == "second") & (REPORT.changes["of"] == "base")]
    quiet = replace(
        REPORT, levels=REPORT.levels[REPORT.levels["period"] != "third"], changes=first, no_change={"base": 0.4}
    )
    told = sentences(quiet)
    assert "no more than chance may bring" in told[0]
    assert "(p = 0.400" in told[1]


def test_the_story_goes_from_the_base_to_the_survey() -> None:
    (before, after, rows), _ = story(REPORT.why)
    assert (before, after) == ("first", "second")
    points = rows["points"].tolist()
    assert sum(points[:3]) == pytest.approx(points[3], abs=1e-9)
    assert points[3] + points[4] == pytest.approx(points[5], abs=1e-9)
    assert rows["words"].tolist()[3:] == ["= change of the whole base", "who answers", "= change of the survey"]
