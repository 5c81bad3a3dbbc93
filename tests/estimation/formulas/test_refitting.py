"""Replicates with newly learned probabilities: the original where nothing changed, and no noise counted twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from silentnps.estimation.formulas.doubly_robust import Sample, invited_problem, select
from silentnps.estimation.formulas.refitting import OriginalFit
from silentnps.estimation.formulas.selection import SelectionModel, tilt_log_mass
from silentnps.numerics.arrays import Booleans, Floats
from silentnps.numerics.nps import SILENT

PRIOR = {"prior_sd": 1.0}


def sample_of(probabilities: Floats, rng: np.random.Generator, gamma: tuple[float, float, float]) -> Sample:
    """Return customers whose silence depends on one driver and on their class probabilities."""
    n = len(probabilities)
    drivers = rng.normal(size=(n, 1))
    odds = 0.5 + 0.7 * drivers[:, 0] + tilt_log_mass(probabilities, np.array(gamma))
    silent = rng.random(n) < expit(odds)
    classes = np.where(silent, SILENT, rng.integers(0, 3, n))
    return Sample(classes, np.ones(n, dtype=np.bool_), drivers, np.ones(n))


def noise(n: int, rng: np.random.Generator, sd: float = 0.6) -> Floats:
    """Return class probabilities that vary by chance alone."""
    odds = np.exp(rng.normal(0.0, sd, (n, 3)))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def original_of(probabilities: Floats, sample: Sample) -> OriginalFit:
    return OriginalFit(probabilities, select(probabilities, sample, **PRIOR))


def nps_contrast(model: SelectionModel) -> float:
    return float(model.gamma[0] - model.gamma[2])


def test_with_the_same_probabilities_and_weights_the_original_comes_again():
    rng = np.random.default_rng(0)
    probabilities = noise(3000, rng)
    sample = sample_of(probabilities, rng, (0.6, 0.0, -0.6))
    original = original_of(probabilities, sample)
    again = select(probabilities, sample, **PRIOR, original=original)
    assert again.gamma == pytest.approx(original.selection.gamma, abs=1e-5)
    assert again.beta == pytest.approx(original.selection.beta, abs=1e-5)


def test_with_the_same_probabilities_weights_act_as_in_a_plain_fit():
    # To first order: both solve a weighted score whose slopes are the original's.
    rng = np.random.default_rng(1)
    probabilities = noise(3000, rng)
    sample = sample_of(probabilities, rng, (0.6, 0.0, -0.6))
    original = original_of(probabilities, sample)
    weighted = replace(sample, weights=rng.gamma(100.0, size=3000) / 100.0)
    plain = select(probabilities, weighted, **PRIOR).gamma - original.selection.gamma
    again = select(probabilities, weighted, **PRIOR, original=original).gamma - original.selection.gamma
    assert np.abs(plain).max() > 0.005
    assert again == pytest.approx(plain, abs=0.1 * np.abs(plain).max())


def test_derivatives_are_those_of_the_loss():
    rng = np.random.default_rng(2)
    probabilities = noise(200, rng)
    sample = sample_of(probabilities, rng, (0.3, 0.0, 0.2))
    original = original_of(probabilities, sample)
    problem = invited_problem(noise(200, rng), sample, prior_sd=0.5, original=original)
    theta = np.array([0.2, -0.1, 0.4, -0.3])
    steps = 1e-6 * np.eye(4)
    slopes = [
        (problem.loss_and_gradient(theta + h)[0] - problem.loss_and_gradient(theta - h)[0]) / 2e-6 for h in steps
    ]
    bends = [
        (problem.loss_and_gradient(theta + h)[1] - problem.loss_and_gradient(theta - h)[1]) / 2e-6 for h in steps
    ]
    assert problem.loss_and_gradient(theta)[1] == pytest.approx(slopes, abs=1e-5)
    assert problem.hessian(theta) == pytest.approx(np.array(bends), abs=1e-4)


def test_more_drivers_behind_those_of_the_original_have_no_effect_there():
    rng = np.random.default_rng(3)
    probabilities = noise(2000, rng)
    sample = sample_of(probabilities, rng, (0.5, 0.0, -0.5))
    original = original_of(probabilities, sample)
    wide = replace(sample, drivers=np.hstack([sample.drivers, rng.normal(size=(2000, 1))]))
    problem = invited_problem(probabilities, wide, **PRIOR, original=original)
    plain = invited_problem(probabilities, wide, **PRIOR)
    theta = problem.padded(original.selection)
    assert problem.loss_and_gradient(theta)[1] == pytest.approx(plain.loss_and_gradient(theta)[1], abs=1e-8)


def spreads(rng: np.random.Generator, *, recentred: bool, n: int = 1500, rounds: int = 150) -> tuple[float, float]:
    """Return variances of the contrast of gamma: over new samples, and over replicates of one each.

    Probabilities are noise that is relearned in each sample and, as much again, in each replicate.
    """
    truth, moves = [], []
    for _ in range(rounds):
        probabilities = noise(n, rng)
        sample = sample_of(probabilities, rng, (0.0, 0.0, 0.0))
        original = original_of(probabilities, sample)
        truth.append(nps_contrast(original.selection))
        renewed = _jittered(probabilities, rng)
        weighted = replace(sample, weights=rng.gamma(4.0, size=n) / 4.0)
        options = {"original": original} if recentred else {}
        again = select(renewed, weighted, **PRIOR, **options)
        moves.append(2.0 * (nps_contrast(again) - truth[-1]))
    return float(np.var(truth)), float(np.mean(np.square(moves)))


def _jittered(probabilities: Floats, rng: np.random.Generator) -> Floats:
    """Return probabilities moved by half their own noise, as weights of standard deviation 0.5 move them."""
    odds = probabilities * np.exp(rng.normal(0.0, 0.3, probabilities.shape))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


@pytest.mark.parametrize(("recentred", "low", "high"), [(True, 0.75, 1.35), (False, 1.5, 3.0)])
def test_noise_of_learned_probabilities_is_counted_once(recentred: bool, low: float, high: float):
    # A ratio of two variances from 150 rounds each has a standard error of 0.16; doubled noise gives about 2.
    truth, replicates = spreads(np.random.default_rng(4), recentred=recentred)
    assert low < replicates / truth < high


def test_rows_of_weight_zero_and_never_invited_are_left_out():
    rng = np.random.default_rng(5)
    probabilities = noise(2000, rng)
    sample = sample_of(probabilities, rng, (0.5, 0.0, -0.5))
    kept: Booleans = np.arange(2000) % 3 > 0
    fewer = replace(sample, weights=kept.astype(np.float64))
    original = original_of(probabilities, fewer)
    strange = np.where(kept[:, None], probabilities, np.array([0.9, 0.05, 0.05]))
    again = select(strange, fewer, **PRIOR, original=replace(original, probabilities=strange))
    assert again.gamma == pytest.approx(original.selection.gamma, abs=1e-5)
