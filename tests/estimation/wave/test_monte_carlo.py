"""A sample of silent customers with a control: what is estimated, and how far it may be off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from surveys import cross_fitted, survey

from silentnps.config import ModelConfig
from silentnps.estimation.formulas.doubly_robust import PointEstimate, estimate_point
from silentnps.estimation.formulas.small_areas import estimate_segments
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.monte_carlo import sampling_variance, sampling_variance_of_segments
from silentnps.estimation.wave.repeat_estimate import RepeatEstimate, estimate_repeats
from silentnps.numerics.arrays import Booleans, Floats
from silentnps.numerics.nps import CLASS_VALUES
from silentnps.numerics.segmentation import Segmentation, SilentBySegment
from silentnps.numerics.silent_population import SilentPopulation, strata

N_SEGMENTS, SEEDS = 3, 40


def whole_wave() -> tuple[CrossFittedWave, RepeatEstimate]:
    data = survey(4000, intercept=-1.6)
    invited = data.answered | (np.random.default_rng(3).random(4000) < 0.5)
    wave = cross_fitted(replace(data, invited=invited), ModelConfig(repeats=1, folds=2, trees=5))
    return wave, estimate_repeats(wave)[0]


WAVE, REPEAT = whole_wave()
CODES = np.random.default_rng(4).integers(0, N_SEGMENTS, 4000)
CONTROL = np.where(WAVE.silent[:, None], 0.7 * REPEAT.point.silent_probabilities + 0.1, 0.0)
GROUPS = strata(WAVE.sample.answered, WAVE.sample.invited)


def drawn(seed: int, *shares: float) -> Booleans:
    """Return who is held: all answers, and shares of the invited silent customers and of those never invited."""
    place = np.random.default_rng([seed, 7]).random(4000)
    return WAVE.sample.answered | (place < np.where(WAVE.sample.invited, *shares))


def sampled(held: Booleans) -> tuple[CrossFittedWave, RepeatEstimate]:
    """Return the wave with the rows that are held, estimated with the models of all rows."""
    rows = np.flatnonzero(held)
    n, means = [group.sum() for group in GROUPS], np.array([CONTROL[group].mean(axis=0) for group in GROUPS])
    population = SilentPopulation(np.array(n), held[rows], CONTROL[rows], means)
    wave = replace(WAVE, sample=replace(WAVE.sample.take(rows), population=population))
    invitation = REPEAT.point.invitation
    uninvited = None if invitation is None else invitation.log_odds(wave.sample.drivers)
    point = estimate_point(REPEAT.probabilities[rows], wave.sample, REPEAT.point.selection, uninvited=uninvited)
    return wave, replace(REPEAT, point=point)


def cut(held: Booleans) -> Segmentation:
    expected = CONTROL @ CLASS_VALUES
    n = np.array([np.bincount(CODES[group], minlength=N_SEGMENTS) for group in GROUPS])
    sums = np.array([np.bincount(CODES[group], expected[group], N_SEGMENTS) for group in GROUPS])
    return Segmentation("third", CODES[held], ("a", "b", "c"), SilentBySegment(n, sums / n))


def synthetic(point: PointEstimate, wave: CrossFittedWave, cut_of: Segmentation) -> Floats:
    return estimate_segments(point, wave.sample, cut_of.codes, N_SEGMENTS, everybody=cut_of.everybody).synthetic


def test_where_everybody_is_held_nothing_changes():
    held = np.ones(4000, dtype=np.bool_)
    wave, repeat = sampled(held)
    assert repeat.point.nps == pytest.approx(REPEAT.point.nps, abs=1e-10)
    assert sampling_variance(wave, [repeat]) == 0.0
    assert (sampling_variance_of_segments(wave, [repeat], cut(held)) == 0.0).all()
    plain = Segmentation("third", CODES, ("a", "b", "c"))
    assert synthetic(repeat.point, wave, cut(held)) == pytest.approx(
        synthetic(REPEAT.point, WAVE, plain), abs=1e-10
    )


def test_without_a_population_there_is_no_such_variance():
    assert sampling_variance(WAVE, [REPEAT]) == 0.0
    plain = Segmentation("third", CODES, ("a", "b", "c"))
    assert (sampling_variance_of_segments(WAVE, [REPEAT], plain) == 0.0).all()


def test_estimates_of_samples_are_off_by_as_much_as_is_said():
    # 40 samples: a sum of squared z between the 0.05 % and the 99.95 % point of chi-square, in 1 of 1,000 it is not
    squares = []
    for seed in range(SEEDS):
        wave, repeat = sampled(drawn(seed, 0.3, 0.1))
        squares.append((repeat.point.nps - REPEAT.point.nps) ** 2 / sampling_variance(wave, [repeat]))
    low, high = stats.chi2.ppf([0.0005, 0.9995], SEEDS)
    assert low < sum(squares) < high


def test_segments_of_samples_are_off_by_as_much_as_is_said():
    truth = synthetic(REPEAT.point, WAVE, Segmentation("third", CODES, ("a", "b", "c")))
    squares = []
    for seed in range(SEEDS):
        held = drawn(seed, 0.3, 0.1)
        wave, repeat = sampled(held)
        variance = sampling_variance_of_segments(wave, [repeat], cut(held))
        squares.extend((synthetic(repeat.point, wave, cut(held)) - truth) ** 2 / variance)
    low, high = stats.chi2.ppf([0.0005, 0.9995], N_SEGMENTS * SEEDS)
    assert low < sum(squares) < high


def test_a_better_control_leaves_less_variance():
    held = drawn(0, 0.3, 0.1)
    wave, repeat = sampled(held)
    population = wave.sample.population
    assert population is not None
    without = SilentPopulation.counted(*population.n, population.uniform)
    plain = replace(wave, sample=replace(wave.sample, population=without))
    ratio = sampling_variance(wave, [repeat]) / sampling_variance(plain, [repeat])
    assert ratio == pytest.approx(0.3**2, rel=1e-9)  # of what the control leaves, 0.3 of the law


def test_numbers_are_those_of_everybody():
    wave, _ = sampled(drawn(0, 0.3, 0.1))
    assert wave.sample.n_silent.tolist() == WAVE.sample.n_silent.tolist()
    assert cut(drawn(0, 0.3, 0.1)).n_silent(wave.silent).tolist() == np.bincount(CODES[WAVE.silent]).tolist()
