"""The selection model: derivatives, limits, symmetry, corners, and gamma found where it is known."""

from __future__ import annotations

import numpy as np
import pytest
from populations import GAMMA, population
from scipy.optimize import approx_fprime
from scipy.special import expit
from scipy.stats import ttest_1samp
from sklearn.linear_model import LogisticRegression

from silentnps.estimation.formulas.selection import (
    SelectionModel,
    SelectionProblem,
    fit_selection,
    tilt,
    tilt_log_mass,
)
from silentnps.numerics.arrays import Floats

ZEROS = np.zeros(3)


def problem(*, fixed_gamma: Floats | None = None) -> SelectionProblem:
    rng = np.random.default_rng(3)
    drawn = population(300, rng)
    drivers = np.column_stack([drawn.drivers, rng.normal(size=300)])
    weights = rng.integers(0, 4, 300).astype(np.float64)
    mean = np.array([0.3, -0.2])
    return SelectionProblem(drawn.probabilities, drivers, drawn.silent, weights, 0.5, mean, fixed_gamma)


@pytest.mark.parametrize("fixed_gamma", [None, GAMMA])
def test_derivatives_equal_numeric_ones(fixed_gamma: Floats | None):
    one = problem(fixed_gamma=fixed_gamma)
    theta = np.random.default_rng(5).normal(scale=0.5, size=one.size)
    gradient = approx_fprime(theta, lambda x: one.loss_and_gradient(x)[0], 1e-6)
    hessian = approx_fprime(theta, lambda x: one.loss_and_gradient(x)[1], 1e-6)
    assert one.loss_and_gradient(theta)[1] == pytest.approx(gradient, abs=2e-3)
    assert one.hessian(theta) == pytest.approx(hessian, abs=2e-3)


def test_the_loss_is_minus_the_log_likelihood_and_half_the_squared_prior_distance():
    one = problem()
    theta = np.array([0.2, -0.3, 0.1, 0.5, -0.6])
    gamma = np.array([0.5, 0.0, -0.6])
    odds = np.exp(theta[0] + one.drivers @ theta[1:3]) * (one.probabilities @ np.exp(gamma))
    chance = odds / (1 + odds)
    log_likelihood = one.weights @ np.where(one.silent > 0, np.log(chance), np.log(1 - chance))
    gap = theta[3:] - np.array([0.3, -0.2])
    # the inverse of 0.25 * [[1, -0.5], [-0.5, 1]] is (16/3) * [[1, 0.5], [0.5, 1]]
    squared = 16 / 3 * (gap[0] ** 2 + gap[0] * gap[1] + gap[1] ** 2) + 0.5 * (0.3**2 + 0.1**2)
    assert one.loss_and_gradient(theta)[0] == pytest.approx(-log_likelihood + squared / 2, rel=1e-12)


def test_gamma_zero_is_the_logistic_propensity_on_the_drivers():
    drawn = population(2000, np.random.default_rng(0))
    fitted = fit_selection(drawn.probabilities, drawn.drivers, drawn.silent, fixed_gamma=ZEROS)
    other = LogisticRegression(C=2.0, tol=1e-12, max_iter=1000).fit(drawn.drivers, drawn.silent)
    assert fitted.alpha == pytest.approx(float(other.intercept_[0]), abs=1e-5)
    assert fitted.beta == pytest.approx(other.coef_[0], abs=1e-5)
    silence = fitted.silence(drawn.probabilities, drawn.drivers)
    assert silence == pytest.approx(other.predict_proba(drawn.drivers)[:, 1], abs=1e-5)


@pytest.mark.parametrize("prior_sd", [0.5, np.inf])
def test_the_fit_is_the_minimum_to_seven_digits(prior_sd: float):
    drawn = population(1500, np.random.default_rng(1))
    fitted = fit_selection(drawn.probabilities, drawn.drivers, drawn.silent, prior_sd=prior_sd)
    one = SelectionProblem(drawn.probabilities, drawn.drivers, drawn.silent, None, prior_sd, None, None)
    theta = np.concatenate([[fitted.alpha], fitted.beta, fitted.gamma[[0, 2]]])
    newton = np.linalg.solve(one.hessian(theta), one.loss_and_gradient(theta)[1])
    assert np.abs(newton).max() < 1e-6


def test_weights_equal_copies_of_rows():
    rng = np.random.default_rng(2)
    drawn = population(400, rng)
    counts = rng.integers(0, 4, 400)
    copies = np.repeat(np.arange(400), counts)
    weighted = fit_selection(drawn.probabilities, drawn.drivers, drawn.silent, weights=counts.astype(np.float64))
    copied = fit_selection(drawn.probabilities[copies], drawn.drivers[copies], drawn.silent[copies])
    assert weighted.alpha == pytest.approx(copied.alpha, abs=1e-9)
    assert weighted.beta == pytest.approx(copied.beta, abs=1e-9)
    assert weighted.gamma == pytest.approx(copied.gamma, abs=1e-9)


def test_swapping_the_extremes_swaps_gamma():
    drawn = population(1000, np.random.default_rng(4))
    one = fit_selection(drawn.probabilities, drawn.drivers, drawn.silent)
    other = fit_selection(drawn.probabilities[:, ::-1], drawn.drivers, drawn.silent)
    assert other.gamma[::-1] == pytest.approx(one.gamma, abs=1e-6)
    assert other.alpha == pytest.approx(one.alpha, abs=1e-6)


def test_a_tighter_prior_pulls_gamma_to_its_mean():
    drawn = population(1000, np.random.default_rng(4))
    mean = np.array([0.2, 0.1])

    def distance(sd: float) -> float:
        fitted = fit_selection(drawn.probabilities, drawn.drivers, drawn.silent, prior_sd=sd, prior_mean=mean)
        return float(np.abs(fitted.gamma[[0, 2]] - mean).sum())

    assert distance(1e-4) < 1e-4 < distance(0.1) < distance(1.0) < distance(np.inf)


def test_without_information_gamma_is_its_prior():
    rng = np.random.default_rng(0)
    flat = np.tile([0.2, 0.3, 0.5], (500, 1))
    fitted = fit_selection(flat, np.zeros((500, 0)), rng.random(500) < 0.4, prior_mean=np.array([0.3, -0.1]))
    assert fitted.gamma == pytest.approx([0.3, 0.0, -0.1], abs=1e-5)


def test_a_constant_driver_changes_nothing():
    drawn = population(600, np.random.default_rng(6))
    plain = fit_selection(drawn.probabilities, drawn.drivers, drawn.silent)
    for constant in (0.0, 1.0):
        drivers = np.column_stack([drawn.drivers, np.full(600, constant)])
        fitted = fit_selection(drawn.probabilities, drivers, drawn.silent)
        assert fitted.gamma == pytest.approx(plain.gamma, abs=1e-5)
        assert fitted.log_odds(drivers) == pytest.approx(plain.log_odds(drawn.drivers), abs=1e-4)


def test_a_driver_that_separates_perfectly_gives_finite_odds():
    drawn = population(400, np.random.default_rng(7))
    drivers = np.where(drawn.silent, 1.0, -1.0)[:, None]
    fitted = fit_selection(drawn.probabilities, drivers, drawn.silent)
    assert 2 < fitted.beta[0] < 20
    assert np.isfinite(fitted.gamma).all()
    assert np.isfinite(fitted.odds_of_answers(drawn.truth, drivers)).all()


def test_no_driver_gives_the_share_of_the_silent():
    drawn = population(500, np.random.default_rng(8))
    fitted = fit_selection(drawn.probabilities, np.zeros((500, 0)), drawn.silent, fixed_gamma=ZEROS)
    assert expit(fitted.alpha) == pytest.approx(drawn.silent.mean(), abs=1e-6)


def test_all_silent_gives_a_finite_model():
    drawn = population(100, np.random.default_rng(8))
    fitted = fit_selection(drawn.probabilities, drawn.drivers, np.ones(100, dtype=np.bool_))
    assert np.isfinite([fitted.alpha, *fitted.beta, *fitted.gamma]).all()


def test_nobody_silent_gives_a_finite_model():
    drawn = population(100, np.random.default_rng(8))
    fitted = fit_selection(drawn.probabilities, drawn.drivers, np.zeros(100, dtype=np.bool_))
    assert np.isfinite([fitted.alpha, *fitted.beta, *fitted.gamma]).all()


def test_a_tilt_by_hand():
    # (0.2 * 3, 0.3, 0.5 * 1/5) = (0.6, 0.3, 0.1), which sums to 1.
    gamma = np.log([3.0, 1.0, 0.2])
    probabilities = np.array([[0.2, 0.3, 0.5]])
    assert tilt(probabilities, gamma)[0] == pytest.approx([0.6, 0.3, 0.1])
    assert tilt_log_mass(probabilities, gamma)[0] == pytest.approx(0.0)


def test_silence_is_the_mean_over_classes_by_bayes():
    # P(answer | x) = 1 / sum_y p(y | x) (1 + O(u, y)) from p(y | x) of respondents.
    model = SelectionModel(0.4, np.array([0.5]), GAMMA)
    probabilities, drivers = np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]]), np.array([[1.0], [-2.0]])
    odds = np.exp(0.4 + 0.5 * drivers + GAMMA)
    answer = 1 / (probabilities * (1 + odds)).sum(axis=1)
    assert model.silence(probabilities, drivers) == pytest.approx(1 - answer)
    assert model.odds_of_answers(np.array([0, 2]), drivers) == pytest.approx([odds[0, 0], odds[1, 2]])


def test_gamma_is_unbiased_under_a_flat_prior():
    # False alarm 1 %: t tests of 0.5 % for two parameters on 40 data sets; errors under 0.04 make them tell.
    draws = []
    for seed in range(40):
        drawn = population(12_000, np.random.default_rng(seed))
        fitted = fit_selection(drawn.probabilities, drawn.drivers, drawn.silent, prior_sd=np.inf)
        draws.append([fitted.gamma[0], fitted.gamma[2], fitted.beta[0]])
    errors = np.array(draws)[:, :2] - GAMMA[[0, 2]]
    assert (errors.std(axis=0) / 40**0.5 < 0.04).all()
    assert (ttest_1samp(errors, 0.0, axis=0).pvalue > 0.005).all()
    assert np.mean(draws, axis=0)[2] == pytest.approx(0.7, abs=0.02)
