"""The estimate by spend of a wave: equal spend is the plain estimate, with or without segments or calls."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from surveys import QUICK, cross_fitted, survey

from silentnps.estimation.value.spend import Spend
from silentnps.estimation.wave.bootstrap import Bootstrap, bootstrap
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.estimate_nps import estimate_again
from silentnps.estimation.wave.nps_report import NPSReport
from silentnps.estimation.wave.repeat_estimate import RepeatEstimate, estimate_repeats
from silentnps.numerics.arrays import Floats
from silentnps.outcome.survey_data import FollowUp

N = 700
Made = tuple[CrossFittedWave, list[RepeatEstimate], Bootstrap]


@pytest.fixture(scope="module")
def made() -> Made:
    data = survey(N)
    asked = data.answered | (np.random.default_rng(3).random(N) < 0.7)
    cut = pd.DataFrame({"half": (np.arange(N) % 2).astype(str)})
    wave = cross_fitted(replace(data, invited=asked), QUICK.model_copy(update={"repeats": 2}), segments=cut)
    repeats = estimate_repeats(wave)
    return wave, repeats, bootstrap(wave, repeats, replicates=10)


def estimate(made: Made, values: Floats | None, **changes: object) -> NPSReport:
    wave, repeats, drawn = made
    spend = None if values is None else Spend.of(values, "spend")
    with_spend = replace(wave, spend=spend, **changes)
    return estimate_again(with_spend, [repeat.models for repeat in repeats], drawn)


def test_equal_spend_is_the_plain_estimate_with_its_interval(made: Made):
    for segmentations in (made[0].segmentations, ()):
        got = estimate(made, np.full(N, 12.5), segmentations=segmentations)
        for name in ("silent", "base", "respondents"):
            plain, found = getattr(got, name), getattr(got.by_spend, name)
            for number in ("value", "low", "high", "standard_error", "n"):
                assert getattr(found, number) == pytest.approx(getattr(plain, number), abs=1e-9), (name, number)
        assert got.by_spend.answered_share == pytest.approx(got.by_spend.customers_answered_share)


def test_nothing_else_in_the_estimate_changes(made: Made):
    plain, got = estimate(made, None), estimate(made, np.random.default_rng(0).exponential(size=N))
    values = got.to_dict()
    assert values.pop("by_spend")["silent"]["value"] != plain.silent.value
    assert values == plain.to_dict()
    pd.testing.assert_frame_equal(got.segments, plain.segments, check_exact=True)
    pd.testing.assert_frame_equal(got.segment_differences, plain.segment_differences, check_exact=True)


def test_equal_spend_rests_on_calls_where_the_headline_does(made: Made):
    wave = made[0]
    silent = np.flatnonzero(~wave.data.answered)
    called, classes = np.zeros(N, dtype=np.bool_), np.full(N, -1)
    called[silent[:80]] = True
    classes[silent[:80]] = np.arange(80) % 3
    data = replace(wave.data, follow_up=FollowUp(called, classes))
    got = estimate(made, np.full(N, 12.5), data=data)
    assert got.headline == "follow_up"
    assert got.by_spend.silent.value == pytest.approx(got.silent.value, abs=1e-9)
    assert got.by_spend.silent.standard_error == pytest.approx(got.silent.standard_error, abs=1e-9)


def test_spend_of_one_segment_is_near_that_segment_and_has_a_longer_interval_than_all(made: Made):
    half = (np.arange(N) % 2 == 1).astype(np.float64)
    got = estimate(made, half)
    segment = got.segments.set_index("segment").loc["1"]
    assert abs(got.by_spend.silent.value - segment["value"]) < segment["standard_error"]
    assert got.by_spend.silent.standard_error > got.silent.standard_error
    assert 0.5 < got.by_spend.silent.standard_error / segment["standard_error"] < 2.0


def test_silent_customers_who_spent_nothing_leave_no_estimate_by_spend():
    data = survey(N)
    wave = cross_fitted(data, QUICK)
    nothing = Spend.of(np.where(data.answered, 3.0, 0.0), "spend")
    assert nothing.of_silent(wave.sample).sum() == 0.0
    assert (
        type(wave)
        .of(
            data,
            wave.design,
            wave.margins,
            components=wave.components,
            model=QUICK,
            estimation=wave.estimation,
            spend=nothing,
            random_state=0,
        )
        .spend
        is None
    )
