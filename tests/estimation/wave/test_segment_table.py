"""Differences between segments: identities with the table, what is left out, and anchors of calls."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from surveys import survey, wave_of

from silentnps.estimation.formulas.nps_estimate import normal_estimate
from silentnps.estimation.wave.bootstrap import BootstrapDraw
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.repeat_estimate import (
    RepeatEstimate,
    estimate_repeats,
    segment_estimates,
    segment_weights,
)
from silentnps.estimation.wave.segment_table import DIFFERENCE_COLUMNS, segment_differences, segment_table
from silentnps.numerics.arrays import Floats

DATA = survey(900)


Carriers = tuple[CrossFittedWave, list[RepeatEstimate], list[BootstrapDraw]]


def cut_of(n_segments: int, draws: Floats | None = None, *, small: int = 0, **options: object) -> Carriers:
    """Return a wave in equal segments, the first with `small` customers; `draws` move its composites."""
    codes = np.arange(900) % n_segments
    codes[small:][codes[small:] == 0] = 1 if small else 0
    segments = pd.DataFrame({"cut": [f"s{code:02}" for code in codes]})
    wave = wave_of(DATA, segments=segments, **{"min_segment_n": 30, **options})
    repeats = estimate_repeats(wave)
    return wave, repeats, draws_around(wave, repeats, draws)


def draws_around(wave: CrossFittedWave, repeats: list[RepeatEstimate], draws: Floats | None) -> list[BootstrapDraw]:
    seen = segment_estimates(repeats[0], wave, weights=segment_weights(wave, repeats))[0].composite
    moves = np.random.default_rng(1).normal(0, 4, (12, len(seen))) if draws is None else draws
    return [
        BootstrapDraw({"selection": repeats[0].point.nps + move.mean()}, np.zeros(3), (seen + move,), np.zeros(0))
        for move in moves
    ]


def with_settings(carriers: Carriers, **settings: object) -> Carriers:
    wave, repeats, draws = carriers
    return replace(wave, estimation=wave.estimation.model_copy(update=settings)), repeats, draws


def test_a_difference_is_that_of_the_two_values():
    cut = cut_of(4)
    table = segment_table(*cut).set_index("segment")["value"]
    got = segment_differences(*cut)
    assert list(got.columns) == list(DIFFERENCE_COLUMNS)
    assert len(got) == 6
    for _, row in got.iterrows():
        assert row["difference"] == pytest.approx(table[row["segment"]] - table[row["other"]], abs=1e-12)
        half = (row["high"] - row["low"]) / 2
        assert row["low"] + half == pytest.approx(row["difference"])
        assert half == pytest.approx(2.200985 * row["standard_error"], rel=1e-6)  # t quantile, 11 degrees


def test_naming_the_segments_the_other_way_round_changes_the_sign_only():
    wave, repeats, draws = with_settings(cut_of(2), confidence_level=0.9)
    (segmentation,) = wave.segmentations
    turned = replace(wave, segmentations=(replace(segmentation, codes=1 - segmentation.codes),))
    turned_draws = [replace(draw, segments=(draw.segments[0][::-1],)) for draw in draws]
    one = segment_differences(wave, repeats, draws).iloc[0]
    two = segment_differences(turned, repeats, turned_draws).iloc[0]
    assert two["difference"] == pytest.approx(-one["difference"], abs=1e-9)
    assert two["low"] == pytest.approx(-one["high"], abs=1e-9)
    assert two["standard_error"] == pytest.approx(one["standard_error"], rel=1e-9)


def test_what_moves_both_sides_is_not_in_the_interval_of_their_difference():
    # Replicates that move all segments alike leave what they do not show: (1 - weight)^2 A and the own draws.
    alike = np.repeat(np.linspace(-20, 20, 12)[:, None], 3, axis=1)
    cut = cut_of(3, alike)
    (weight,) = segment_weights(*cut[:2])
    seen = segment_estimates(cut[1][0], cut[0], weights=(weight,))[0]
    unseen = (1.0 - weight) ** 2 * seen.between_variance + seen.own_variance
    got = segment_differences(*cut)
    assert got["standard_error"].iloc[0] ** 2 == pytest.approx(unseen[0] + unseen[1])
    errors = segment_table(*cut)["standard_error"]
    assert got["standard_error"].iloc[0] < 0.7 * np.hypot(errors[0], errors[1])


def test_what_moves_one_side_is_in_the_interval():
    apart = np.zeros((12, 3))
    apart[:, 0] = np.linspace(-20, 20, 12)
    one, two = (segment_differences(*cut_of(3, draws))["standard_error"] for draws in (apart, np.zeros((12, 3))))
    assert one[0] ** 2 - two[0] ** 2 == pytest.approx(apart[:, 0].var(ddof=1))
    assert one[2] == two[2]


@pytest.mark.parametrize(("n_segments", "rows"), [(20, 190), (21, 21)])
def test_of_many_segments_each_stands_against_all_silents(n_segments: int, rows: int):
    cut = cut_of(n_segments)
    got = segment_differences(*cut)
    assert len(got) == rows
    assert (set(got["other"]) == {"(all silent)"}) == (n_segments == 21)
    if n_segments == 21:
        values = segment_table(*cut)["value"].to_numpy()
        assert got["difference"].to_numpy() == pytest.approx(values - cut[1][0].point.nps, abs=1e-9)


def test_segments_that_are_suppressed_or_have_no_silents_have_no_difference():
    cut = cut_of(3, small=60)  # 20 customers in the first
    got = segment_differences(*cut)
    assert got[["segment", "other"]].to_numpy().tolist() == [["s01", "s02"]]
    assert len(segment_differences(*with_settings(cut, min_segment_n=20))) == 3
    assert segment_table(*cut)["suppressed"].tolist() == [True, False, False]


def test_an_anchor_shifts_the_segments_to_it_and_leaves_their_differences():
    cut = cut_of(3)
    anchor = normal_estimate(-7.0, 3.0, n=int((~DATA.answered).sum()), confidence_level=0.95)
    plain, moved = (segment_table(*cut, anchor=each) for each in (None, anchor))
    silent = plain["n"] - plain["n_respondents"]
    assert (moved["value"] @ silent) / silent.sum() == pytest.approx(-7.0, abs=1e-9)
    assert np.ptp(moved["value"] - plain["value"]) < 1e-9
    one, two = (segment_differences(*cut, anchor=each) for each in (None, anchor))
    assert two["difference"].to_numpy() == pytest.approx(one["difference"].to_numpy(), abs=1e-9)
    assert two["standard_error"].to_numpy() == pytest.approx(one["standard_error"].to_numpy(), rel=1e-9)
    assert (moved["standard_error"] > 2.5).all()
