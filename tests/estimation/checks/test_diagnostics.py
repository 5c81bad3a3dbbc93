"""Diagnostics: numbers by hand, and the curve whose zero is missing at random."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from populations import population

from silentnps.estimation.checks.diagnostics import (
    diagnose,
    effective_sample_size,
    sensitivity_curve,
    standardised_differences,
    tipping_point,
)
from silentnps.estimation.checks.overlap import invited_overlap_share
from silentnps.estimation.formulas.assumptions import missing_at_random
from silentnps.estimation.formulas.doubly_robust import (
    PointEstimate,
    Sample,
    estimate_point,
    fit_invitation,
    select,
)
from silentnps.estimation.formulas.selection import prior_covariance


def test_kish_by_hand():
    assert effective_sample_size(np.array([1.0, 1.0, 2.0])) == pytest.approx(16 / 6)


@given(st.lists(st.floats(0.01, 100.0), min_size=1, max_size=30), st.floats(0.1, 10.0))
def test_the_effective_sample_is_at_most_the_sample_and_has_no_scale(weights: list[float], factor: float):
    array = np.array(weights)
    size = effective_sample_size(array)
    assert 1.0 - 1e-9 <= size <= len(weights) * (1 + 1e-9)
    assert effective_sample_size(array * factor) == pytest.approx(size)
    assert effective_sample_size(np.full(len(weights), factor)) == pytest.approx(len(weights))


def test_standardised_differences_by_hand():
    # Respondents 0 and 2, silent 1 and 3: variances 1 and 1. (1 - 2) / 1; weighted 1/4, 3/4: (1.5 - 2) / 1.
    sample = Sample(
        np.array([0, 2, -1, -1]),
        np.ones(4, dtype=np.bool_),
        np.array([[0.0, 7.0], [2.0, 7.0], [1.0, 7.0], [3.0, 7.0]]),
        np.ones(4),
    )
    before, after = standardised_differences(sample.drivers, sample, np.array([0.25, 0.75, 0.0, 0.0]))
    assert before == pytest.approx([-1.0, 0.0])
    assert after == pytest.approx([-0.5, 0.0])


def test_weighting_takes_away_differences_of_the_drivers():
    drawn = population(6000, np.random.default_rng(0))
    point = estimate_point(
        drawn.probabilities, drawn.sample, select(drawn.probabilities, drawn.sample, prior_sd=0.5)
    )
    before, after = standardised_differences(drawn.drivers, drawn.sample, point.corrections)
    assert abs(before[0]) > 0.5
    assert abs(after[0]) < 0.1


def test_gamma_draws_from_the_prior_say_that_the_data_said_nothing():
    drawn = population(500, np.random.default_rng(1), invitation=(1.0, 0.0))
    selection = select(drawn.probabilities, drawn.sample, prior_sd=0.5)
    point = estimate_point(drawn.probabilities, drawn.sample, selection)
    draws = np.random.default_rng(2).multivariate_normal(np.zeros(2), prior_covariance(0.5), 20_000)
    gammas = np.insert(draws, 1, 0.0, axis=1)
    got = diagnose(point, drawn.sample, gammas, prior_sd=0.5)
    assert got["gamma_prior_share"] == pytest.approx(1.0, abs=0.03)
    assert got["gamma_detractor_standard_error"] == pytest.approx(0.5, abs=0.02)
    assert (got["gamma_detractor"], got["gamma_promoter"]) == (selection.gamma[0], selection.gamma[2])
    assert got["n_invited"] == drawn.invited.sum()
    assert got["response_rate"] == pytest.approx((~drawn.silent).sum() / drawn.invited.sum())
    assert 1 <= got["effective_sample_size"] <= (~drawn.silent).sum()
    assert got["gamma_prior_distance"] == pytest.approx(distance_by_hand(*selection.gamma[[0, 2]]))
    halved = diagnose(point, drawn.sample, gammas / 2, prior_sd=0.5)
    assert halved["gamma_prior_share"] == pytest.approx(got["gamma_prior_share"] / 4)


def distance_by_hand(detractor: float, promoter: float) -> float:
    # The inverse of 0.25 * [[1, -0.5], [-0.5, 1]] is 4 / 0.75 * [[1, 0.5], [0.5, 1]].
    return (4 / 0.75 * (detractor**2 + detractor * promoter + promoter**2)) ** 0.5


def fitted(prior_sd: float = 0.5, **options: object) -> tuple[PointEstimate, Sample]:
    drawn = population(800, np.random.default_rng(5), **options)
    selection = select(drawn.probabilities, drawn.sample, prior_sd=prior_sd)
    return estimate_point(drawn.probabilities, drawn.sample, selection), drawn.sample


DRAWS = np.array([[0.2, 0.0, -0.5], [0.4, 0.0, -0.1], [0.9, 0.0, 0.3]])


def test_gamma_has_the_t_interval_of_its_draws():
    point, sample = fitted()
    got = diagnose(point, sample, DRAWS, prior_sd=0.5)
    # Draws 0.2, 0.4, 0.9: standard deviation sqrt(0.13); t with 2 degrees of freedom at 0.975 is 4.302653.
    assert got["gamma_detractor_standard_error"] == pytest.approx(0.13**0.5)
    half = 4.302653 * 0.13**0.5
    assert got["gamma_detractor_low"] == pytest.approx(got["gamma_detractor"] - half, abs=1e-6)
    assert got["gamma_detractor_high"] == pytest.approx(got["gamma_detractor"] + half, abs=1e-6)
    assert got["gamma_promoter_high"] - got["gamma_promoter_low"] == pytest.approx(2 * 4.302653 * 0.4, abs=1e-6)
    assert got["gamma_confidence_level"] == 0.95
    narrow = diagnose(point, sample, DRAWS, prior_sd=0.5, confidence_level=0.5)
    assert narrow["gamma_detractor_high"] < got["gamma_detractor_high"]
    assert narrow["gamma_confidence_level"] == 0.5


def test_the_diagnostics_are_numbers_and_those_of_gamma_only_where_it_is_fitted():
    point, sample = fitted()
    free, fixed = (diagnose(point, sample, each, prior_sd=0.5) for each in (DRAWS, np.zeros((3, 3))))
    assert all(isinstance(value, float) and np.isfinite(value) for value in free.values())
    only_fitted = {"confidence_level", "prior_share", "prior_distance"} | {
        f"{name}_{each}" for name in ("detractor", "promoter") for each in ("standard_error", "low", "high")
    }
    assert set(free) - set(fixed) == {f"gamma_{name}" for name in only_fitted}


def test_overlap_and_weights_are_reported():
    point, sample = fitted()
    got = diagnose(point, sample, DRAWS, prior_sd=0.5)
    weights = point.corrections[sample.answered]
    assert got["largest_weight"] == pytest.approx(weights.max() / weights.mean())
    assert 1 < got["weight_95th_percentile"] < got["largest_weight"]
    assert 0 < got["outside_overlap_share"] < 0.3
    assert "invited_overlap_share" not in got
    point, sample = fitted(invitation=(0.5, 0.0))
    assert 0.9 < diagnose(point, sample, DRAWS, prior_sd=0.5)["invited_overlap_share"] <= 1.0


def test_the_curve_falls_and_is_missing_at_random_at_zero():
    drawn = population(2000, np.random.default_rng(3))
    curve = sensitivity_curve(drawn.probabilities, drawn.sample)
    assert (np.diff(curve["nps_silent"]) < 0).all()
    at_zero = curve.loc[curve["class_step"] == 0.0, "nps_silent"].item()
    assert at_zero == pytest.approx(missing_at_random(drawn.probabilities, drawn.sample).nps, abs=1e-5)


def test_each_point_of_the_curve_is_an_estimate_of_its_own_where_not_all_were_asked():
    drawn = population(1500, np.random.default_rng(4), invitation=(0.3, 0.5))
    curve = sensitivity_curve(drawn.probabilities, drawn.sample, steps=np.array([-0.5, 0.0, 0.4]))
    for step, nps in curve.itertuples(index=False):
        gamma = np.array([step, 0.0, -step])
        selection = select(drawn.probabilities, drawn.sample, prior_sd=1.0, fixed_gamma=gamma)
        assert nps == pytest.approx(estimate_point(drawn.probabilities, drawn.sample, selection).nps, abs=1e-5)


def test_who_was_never_invited_is_fitted_once_for_the_estimate_its_curve_and_its_overlap():
    point, sample = fitted(invitation=(0.5, 0.4))
    drawn = population(1500, np.random.default_rng(4), invitation=(0.3, 0.5))
    known = fit_invitation(drawn.sample)
    steps = np.array([-0.5, 0.0])
    pd.testing.assert_frame_equal(
        sensitivity_curve(drawn.probabilities, drawn.sample, invitation=known, steps=steps),
        sensitivity_curve(drawn.probabilities, drawn.sample, steps=steps),
    )
    assert point.invitation is not None
    share = diagnose(point, sample, DRAWS, prior_sd=0.5)["invited_overlap_share"]
    assert share == invited_overlap_share(sample)


def test_the_curve_is_asked_where_it_is_wanted():
    drawn = population(500, np.random.default_rng(3))
    curve = sensitivity_curve(drawn.probabilities, drawn.sample, steps=np.array([-0.3, 0.6]))
    assert curve["class_step"].tolist() == [-0.3, 0.6]


CURVE = pd.DataFrame({"class_step": [-1.0, -0.5, 0.0, 0.5, 1.0], "nps_silent": [30.0, 20.0, 10.0, -10.0, -20.0]})


@pytest.mark.parametrize(
    ("level", "step"), [(0.0, 0.25), (15.0, -0.25), (20.0, -0.5), (-15.0, 0.75), (10.0, 0.0), (30.0, -1.0)]
)
def test_a_tipping_point_is_interpolated(level: float, step: float):
    assert tipping_point(CURVE, level) == pytest.approx(step)


def test_a_level_that_is_never_reached_has_no_tipping_point():
    assert tipping_point(CURVE, 31.0) is None
    assert tipping_point(CURVE, -21.0) is None


def test_of_two_crossings_the_nearer_to_missing_at_random_is_returned():
    curve = pd.DataFrame({"class_step": [-1.0, -0.5, 0.0, 0.5, 1.0], "nps_silent": [-5.0, 5.0, 5.0, 5.0, -5.0]})
    assert tipping_point(curve, 0.0) == pytest.approx(0.75)
    uneven = curve.assign(nps_silent=[9.0, 9.0, -1.0, -4.0, 4.0])  # crossings at -0.05 and 0.75
    assert tipping_point(uneven, 0.0) == pytest.approx(-0.05)
    past_zero = curve.assign(nps_silent=[9.0, 9.0, -1.0, -1.0, 9.0], class_step=[-1.0, -0.6, 0.4, 0.5, 1.0])
    assert tipping_point(past_zero, 0.0) == pytest.approx(0.3)
    nearer = curve.assign(nps_silent=[-5.0, 5.0, -5.0, -5.0, -5.0])
    assert tipping_point(nearer, 0.0) == pytest.approx(-0.25)
