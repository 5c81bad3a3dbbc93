"""Diagnostics: numbers by hand, and the curve whose zero is missing at random."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimation.populations import population
from silentnps.estimation.assumptions import missing_at_random_nps
from silentnps.estimation.diagnostics import (
    diagnose,
    effective_sample_size,
    sensitivity_curve,
    standardised_differences,
    tipping_point,
)
from silentnps.estimation.point import Sample, estimate_point, select
from silentnps.estimation.selection import prior_covariance


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
    # Respondents 0 and 2, silents 1 and 3: variances 1 and 1. (1 - 2) / 1; weighted 1/4, 3/4: (1.5 - 2) / 1.
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
    halved = diagnose(point, drawn.sample, gammas / 2, prior_sd=0.5)
    assert halved["gamma_prior_share"] == pytest.approx(got["gamma_prior_share"] / 4)


def test_the_curve_falls_and_is_missing_at_random_at_zero():
    drawn = population(2000, np.random.default_rng(3))
    curve = sensitivity_curve(drawn.probabilities, drawn.sample)
    assert (np.diff(curve["nps_silent"]) < 0).all()
    at_zero = curve.loc[curve["class_step"] == 0.0, "nps_silent"].item()
    assert at_zero == pytest.approx(missing_at_random_nps(drawn.probabilities, drawn.sample)[1], abs=1e-12)


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


def test_of_two_crossings_the_nearer_to_missing_at_random_is_told():
    curve = pd.DataFrame({"class_step": [-1.0, -0.5, 0.0, 0.5, 1.0], "nps_silent": [-5.0, 5.0, 5.0, 5.0, -5.0]})
    assert tipping_point(curve, 0.0) == pytest.approx(0.75)
    nearer = curve.assign(nps_silent=[-5.0, 5.0, -5.0, -5.0, -5.0])
    assert tipping_point(nearer, 0.0) == pytest.approx(-0.25)
