"""Differences between segments: identities with the table, what is left out, and anchors of calls."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from surveys import survey

from silentnps.estimation.wave.analysis import Repeat, analyse, wave_of
from silentnps.estimation.wave.bootstrap import Plan, Replicate, cut_into_segments
from silentnps.estimation.wave.segment_table import DIFFERENCE_COLUMNS, Cut, segment_differences, segment_table
from silentnps.numerics.arrays import Floats
from silentnps.numerics.nps import normal_estimate
from silentnps.numerics.segmentation import Segmentation
from silentnps.outcome.cross_fitting import OutcomeDesign
from silentnps.outcome.ordinal import OrdinalClassifier

DATA = survey(900)


def cut_of(n_segments: int, draws: Floats | None = None, *, small: int = 0) -> Cut:
    """Return a cut into equal segments, the first with `small` customers; `draws` move its composites."""
    codes = np.arange(900) % n_segments
    codes[small:][codes[small:] == 0] = 1 if small else 0
    labels = tuple(f"s{code:02}" for code in range(n_segments))
    segmentation = Segmentation("cut", codes.astype(np.int64), labels)
    weights = (np.full(n_segments, 0.5),)
    wave = wave_of(DATA)
    plan = Plan(DATA, OutcomeDesign.of(DATA), wave, (1,), OrdinalClassifier(), (), 0.5, (segmentation,), weights)
    margins = np.random.default_rng(0).normal(size=(900, 2, 2))
    repeat = analyse(margins, wave, (1,), prior_sd=0.5)
    return Cut(plan, [repeat], replicates_of(plan, repeat, draws))


def replicates_of(plan: Plan, repeat: Repeat, draws: Floats | None) -> list[Replicate]:
    seen = cut_into_segments(repeat, plan.wave, plan)[0].composite
    moves = np.random.default_rng(1).normal(0, 4, (12, len(seen))) if draws is None else draws
    return [
        Replicate({"selection": repeat.point.nps + move.mean()}, np.zeros(3), (seen + move,), np.zeros(0))
        for move in moves
    ]


def test_a_difference_is_that_of_the_two_values():
    cut = cut_of(4)
    table = segment_table(cut, confidence_level=0.95, min_n=30).set_index("segment")["value"]
    got = segment_differences(cut, confidence_level=0.95, min_n=30)
    assert list(got.columns) == list(DIFFERENCE_COLUMNS)
    assert len(got) == 6
    for _, row in got.iterrows():
        assert row["difference"] == pytest.approx(table[row["segment"]] - table[row["other"]], abs=1e-12)
        half = (row["high"] - row["low"]) / 2
        assert row["low"] + half == pytest.approx(row["difference"])
        assert half == pytest.approx(2.200985 * row["standard_error"], rel=1e-6)  # t quantile, 11 degrees


def test_naming_the_segments_the_other_way_round_changes_the_sign_only():
    cut = cut_of(2)
    segmentation = cut.plan.segmentations[0]
    turned = replace(segmentation, codes=1 - segmentation.codes)
    draws = [replace(one, segments=(one.segments[0][::-1],)) for one in cut.replicates]
    other = Cut(replace(cut.plan, segmentations=(turned,)), cut.repeats, draws)
    one, two = (segment_differences(each, confidence_level=0.9, min_n=30).iloc[0] for each in (cut, other))
    assert two["difference"] == pytest.approx(-one["difference"], abs=1e-9)
    assert two["low"] == pytest.approx(-one["high"], abs=1e-9)
    assert two["standard_error"] == pytest.approx(one["standard_error"], rel=1e-9)


def test_what_moves_both_sides_is_not_in_the_interval_of_their_difference():
    # Replicates that move all segments alike leave what they do not show: (1 - weight)^2 A and the own draws.
    alike = np.repeat(np.linspace(-20, 20, 12)[:, None], 3, axis=1)
    cut = cut_of(3, alike)
    seen = cut_into_segments(cut.repeats[0], cut.plan.wave, cut.plan)[0]
    unseen = 0.25 * seen.between_variance + seen.own_variance
    got = segment_differences(cut, confidence_level=0.95, min_n=30)
    assert got["standard_error"].iloc[0] ** 2 == pytest.approx(unseen[0] + unseen[1])
    errors = segment_table(cut, confidence_level=0.95, min_n=30)["standard_error"]
    assert got["standard_error"].iloc[0] < 0.7 * np.hypot(errors[0], errors[1])


def test_what_moves_one_side_is_in_the_interval():
    apart = np.zeros((12, 3))
    apart[:, 0] = np.linspace(-20, 20, 12)
    one, two = (
        segment_differences(cut_of(3, draws), confidence_level=0.95, min_n=30)["standard_error"]
        for draws in (apart, np.zeros((12, 3)))
    )
    assert one[0] ** 2 - two[0] ** 2 == pytest.approx(apart[:, 0].var(ddof=1))
    assert one[2] == two[2]


@pytest.mark.parametrize(("n_segments", "rows"), [(20, 190), (21, 21)])
def test_of_many_segments_each_stands_against_all_silents(n_segments: int, rows: int):
    cut = cut_of(n_segments)
    got = segment_differences(cut, confidence_level=0.95, min_n=30)
    assert len(got) == rows
    assert (set(got["other"]) == {"(all silent)"}) == (n_segments == 21)
    if n_segments == 21:
        values = segment_table(cut, confidence_level=0.95, min_n=30)["value"].to_numpy()
        assert got["difference"].to_numpy() == pytest.approx(values - cut.repeats[0].point.nps, abs=1e-9)


def test_segments_that_are_suppressed_or_have_no_silents_have_no_difference():
    cut = cut_of(3, small=60)  # 20 customers in the first
    got = segment_differences(cut, confidence_level=0.95, min_n=30)
    assert got[["segment", "other"]].to_numpy().tolist() == [["s01", "s02"]]
    assert len(segment_differences(cut, confidence_level=0.95, min_n=20)) == 3
    assert segment_table(cut, confidence_level=0.95, min_n=30)["suppressed"].tolist() == [True, False, False]


def test_an_anchor_shifts_the_segments_to_it_and_leaves_their_differences():
    cut = cut_of(3)
    anchor = normal_estimate(-7.0, 3.0, n=int((~DATA.answered).sum()), confidence_level=0.95)
    anchored = replace(cut, anchor=anchor)
    plain, moved = (segment_table(each, confidence_level=0.95, min_n=30) for each in (cut, anchored))
    silent = plain["n"] - plain["n_respondents"]
    assert (moved["value"] @ silent) / silent.sum() == pytest.approx(-7.0, abs=1e-9)
    assert np.ptp(moved["value"] - plain["value"]) < 1e-9
    one, two = (segment_differences(each, confidence_level=0.95, min_n=30) for each in (cut, anchored))
    assert two["difference"].to_numpy() == pytest.approx(one["difference"].to_numpy(), abs=1e-9)
    assert two["standard_error"].to_numpy() == pytest.approx(one["standard_error"].to_numpy(), rel=1e-9)
    assert (moved["standard_error"] > 2.5).all()
