"""Gamma of several waves: held to integrals over a dense grid, to limits, and to drawn paths."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.stats import kstest, multivariate_normal

from silentnps.estimation.formulas.drift import Drift, Evidence
from silentnps.estimation.formulas.gamma_prior import GammaPrior, prior_covariance
from silentnps.numerics.arrays import Floats

PRIOR = GammaPrior.of(0.5)


def evidence_at(mean: Floats, variance: float) -> Evidence:
    """Return the evidence of a measurement of gamma with an error of this variance in both classes."""
    return Evidence(mean / variance, np.eye(2) / variance)


def test_evidence_is_the_posterior_without_its_prior():
    measured, error = np.array([0.4, -0.7]), np.array([[0.09, 0.02], [0.02, 0.05]])
    before, own = np.linalg.inv(PRIOR.covariance), np.linalg.inv(error)
    covariance = np.linalg.inv(before + own)
    got = Evidence.of(covariance @ own @ measured, covariance, PRIOR)
    assert got.precision == pytest.approx(own)
    assert got.pull == pytest.approx(own @ measured)
    elsewhere = GammaPrior(np.array([0.3, 0.1]), PRIOR.covariance)
    moved = got.moved(covariance @ (own @ measured + before @ elsewhere.mean), elsewhere)
    assert moved.pull == pytest.approx(own @ measured)


def test_a_posterior_as_wide_as_its_prior_is_no_evidence():
    got = Evidence.of(np.zeros(2), 1.1 * PRIOR.covariance, PRIOR)
    assert got.precision == pytest.approx(np.zeros((2, 2)), abs=1e-9)
    cavity = Drift.learned([got] * 3, sd=0.5).cavity([got] * 3, 0)
    assert cavity.mean == pytest.approx(np.zeros(2), abs=1e-9)
    assert cavity.covariance == pytest.approx(PRIOR.covariance, rel=1e-6)


def test_a_wave_without_others_has_its_own_prior():
    got = Drift.learned([evidence_at(np.ones(2), 0.1)], sd=0.5).cavity([evidence_at(np.ones(2), 0.1)], 0)
    assert got.mean == pytest.approx(np.zeros(2))
    assert got.covariance == pytest.approx(prior_covariance(0.5))


def test_two_waves_by_hand():
    # gamma_2 = gamma_1 + N(0, step^2 C); the first is measured with error V: Kalman's filter in one line
    measured, error, step = np.array([0.6, -0.2]), 0.04, 0.3
    first = prior_covariance(0.5)
    gain = first @ np.linalg.inv(first + error * np.eye(2))
    got = Drift.declared(step, sd=0.5).cavity([evidence_at(measured, error), evidence_at(np.ones(2), 0.01)], 1)
    assert got.mean == pytest.approx(gain @ measured)
    assert got.covariance == pytest.approx(first - gain @ first + step**2 * prior_covariance(1.0))


def test_waves_after_count_as_those_before():
    evidence = [evidence_at(np.array([0.5, -0.5]), 0.02), evidence_at(np.zeros(2), 0.02)]
    drift = Drift.declared(1e-4, sd=50.0)  # without a prior, and without drift, they are one measurement
    for wave in (0, 1):
        assert drift.cavity(evidence, wave).mean == pytest.approx([0.5, -0.5][:2] if wave else [0.0, 0.0], abs=1e-3)


def test_the_path_of_a_prior_moves_the_cavity_as_it_would_without_evidence():
    nothing = Evidence(np.zeros(2), np.zeros((2, 2)))
    drift = Drift.declared(0.2, sd=0.5)
    path = drift.path(np.array([[0.3, -0.1], [1.0, 2.0], [-1.0, 0.0]]))
    assert path == pytest.approx(np.array([[0.3, -0.1], [0.5, 0.3], [0.3, 0.3]]))
    for wave in range(3):
        assert drift.cavity([nothing] * 3, wave, path=path).mean == pytest.approx(path[wave])


def test_the_weights_of_steps_are_those_of_integrals_over_all_paths():
    evidence = [evidence_at(np.array([x, -x / 2]), 0.05) for x in (0.1, 0.7, 0.4)]
    got = Drift.learned(evidence, sd=0.5)
    gradient = np.gradient(got.steps)
    values = []
    for step in got.steps:
        covariance = np.kron(
            np.array([[0.25 + step**2 * min(s, t) for s in range(3)] for t in range(3)]), prior_covariance(1.0)
        )
        observed = np.concatenate([each.pull * 0.05 for each in evidence])
        law = multivariate_normal(np.zeros(6), covariance + 0.05 * np.eye(6))
        values.append(law.pdf(observed) * 0.05 ** (step / 0.5))
    wanted = np.array(values) * gradient
    assert got.weights == pytest.approx(wanted / wanted.sum(), rel=1e-9)


@pytest.mark.parametrize(("step", "low", "high"), [(0.0, 0.0, 0.2), (0.4, 0.25, 0.6)])
def test_the_step_is_learned(step: float, low: float, high: float):
    rng = np.random.default_rng(1)
    steps = []
    for _ in range(40):
        path = np.cumsum(rng.multivariate_normal(np.zeros(2), step**2 * prior_covariance(1.0), 8), axis=0)
        path += rng.multivariate_normal(np.zeros(2), prior_covariance(0.5))
        measured = path + rng.normal(scale=0.2, size=path.shape)
        steps.append(Drift.learned([evidence_at(each, 0.04) for each in measured], sd=0.5).step)
    assert low < np.mean(steps) < high


def test_the_cavity_covers_drawn_paths():
    """Of paths drawn from the prior, the distance of the truth from the cavity has its chi-square law."""
    rng = np.random.default_rng(2)
    tail = []
    for _ in range(400):
        drift = Drift.declared(0.3, sd=0.5)
        draws = np.vstack(
            [
                rng.multivariate_normal(np.zeros(2), prior_covariance(0.5), 1),
                rng.multivariate_normal(np.zeros(2), prior_covariance(1.0), 3),
            ]
        )
        path = drift.path(draws)
        measured = path + rng.normal(scale=0.25, size=path.shape)
        cavity = drift.cavity([evidence_at(each, 0.0625) for each in measured], 2)
        gap = path[2] - cavity.mean
        tail.append(np.exp(-0.5 * gap @ np.linalg.solve(cavity.covariance, gap)))
    assert kstest(tail, "uniform").pvalue > 0.001


def test_the_law_is_the_mean_of_the_steps_laws():
    evidence = [evidence_at(np.array(pair), 0.1) for pair in product((0.0, 0.8), (0.2, -0.4))]
    both = Drift(0.5, np.array([0.1, 0.6]), np.array([0.3, 0.7])).cavity(evidence, 1)
    each = [Drift.declared(step, sd=0.5).cavity(evidence, 1) for step in (0.1, 0.6)]
    second = [one.covariance + np.outer(one.mean, one.mean) for one in each]
    assert both.mean == pytest.approx(0.3 * each[0].mean + 0.7 * each[1].mean)
    wanted = 0.3 * second[0] + 0.7 * second[1]
    assert both.covariance + np.outer(both.mean, both.mean) == pytest.approx(wanted)
