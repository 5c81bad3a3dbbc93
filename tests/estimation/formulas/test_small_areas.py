"""Segments: they add up, borrow where they are small, and stand alone where they are large."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from populations import population
from scipy.optimize import minimize_scalar

from silentnps.estimation.formulas.doubly_robust import PointEstimate, Sample, estimate_point, select
from silentnps.estimation.formulas.selection import SelectionModel
from silentnps.estimation.formulas.small_areas import between_variance, estimate_segments, own_draws_variance
from silentnps.numerics.arrays import Integers
from silentnps.numerics.nps import CLASS_VALUES


def estimated(n: int = 4000, seed: int = 0) -> tuple[PointEstimate, Sample]:
    drawn = population(n, np.random.default_rng(seed))
    selection = select(drawn.probabilities, drawn.sample, prior_sd=0.5)
    return estimate_point(drawn.probabilities, drawn.sample, selection), drawn.sample


def segments_of(sample: Sample, n_segments: int, seed: int = 1) -> Integers:
    return np.random.default_rng(seed).integers(0, n_segments, len(sample.classes))


@pytest.mark.parametrize("n_segments", [1, 2, 3, 12])
def test_composites_add_up_to_the_base(n_segments: int):
    point, sample = estimated()
    codes = segments_of(sample, n_segments)
    got = estimate_segments(point, sample, codes, n_segments)
    n_silent = np.bincount(codes[~sample.answered], minlength=n_segments)
    assert got.composite @ n_silent / n_silent.sum() == pytest.approx(point.nps, abs=1e-9)


def test_composites_add_up_at_the_end_of_the_scale():
    n = 400
    law = np.where(np.arange(n)[:, None] < 200, [0.01, 0.01, 0.98], [0.4, 0.2, 0.4])
    classes = np.where(np.arange(n) % 2 == 0, 2, -1)
    everybody = np.ones(n, dtype=np.bool_)
    sample = Sample(classes, everybody, np.zeros((n, 0)), np.ones(n))
    point = estimate_point(law, sample, SelectionModel(0.0, np.zeros(0), np.zeros(3)))
    point = replace(point, shares=np.array([0.15, 0.1, 0.75]))
    codes = (np.arange(n) >= 200).astype(np.int64)
    got = estimate_segments(point, sample, codes, 2, weight=np.zeros(2))
    assert got.composite.mean() == pytest.approx(60.0, abs=1e-9)


def test_one_segment_is_the_base():
    point, sample = estimated()
    got = estimate_segments(point, sample, np.zeros(len(sample.classes), dtype=np.int64), 1)
    assert got.composite[0] == pytest.approx(point.nps, abs=1e-9)
    assert got.synthetic[0] == pytest.approx(point.nps, abs=1e-9)
    assert got.direct[0] == pytest.approx(point.nps, abs=1e-9)


def test_a_segment_without_answers_gets_the_synthetic_estimate():
    point, sample = estimated()
    codes = segments_of(sample, 6)
    codes[sample.answered & (codes == 3)] = 0
    got = estimate_segments(point, sample, codes, 6)
    law = point.silent_probabilities[~sample.answered & (codes == 3)]
    everybody = point.silent_probabilities[~sample.answered]
    shift = point.nps - float((everybody @ CLASS_VALUES).mean())
    assert got.weight[3] == 0.0
    assert got.synthetic[3] == pytest.approx(float((law @ CLASS_VALUES).mean()) + shift, abs=1e-9)
    benchmark = got.composite - (got.weight * got.direct + (1 - got.weight) * got.synthetic)
    assert np.ptp(benchmark) < 1e-9


def test_a_segment_without_silent_customers_does_not_move_the_others():
    point, sample = estimated()
    codes = segments_of(sample, 4)
    codes[~sample.answered & (codes == 3)] = 0
    got = estimate_segments(point, sample, codes, 4)
    n_silent = np.bincount(codes[~sample.answered], minlength=4)
    assert n_silent[3] == 0
    assert got.composite @ n_silent / n_silent.sum() == pytest.approx(point.nps, abs=1e-9)


def test_the_weight_is_a_share_and_grows_with_the_segment():
    point, sample = estimated(8000)
    codes = np.repeat(np.arange(4), [50, 250, 1300, 6400])
    got = estimate_segments(point, sample, codes.astype(np.int64), 4)
    assert ((got.weight >= 0) & (got.weight <= 1)).all()
    assert (np.diff(got.weight) > 0).all()


def test_the_weight_knows_the_error_of_a_weighted_mean():
    # weight = A / (A + D) gives D, which is about sum w^2 (residual - mean)^2 / (sum w)^2 of the segment's answers.
    point, sample = estimated(8000)
    codes = segments_of(sample, 4)
    got = estimate_segments(point, sample, codes, 4)
    error = got.between_variance * (1 - got.weight) / got.weight
    for code in range(4):
        rows = sample.answered & (codes == code)
        weights = point.corrections[rows] / point.corrections[rows].sum()
        residual = CLASS_VALUES[sample.classes[rows]] - point.silent_probabilities[rows] @ CLASS_VALUES
        sandwich = (weights**2 * (residual - weights @ residual) ** 2).sum()
        assert error[code] == pytest.approx(sandwich, rel=0.25)


def test_a_large_segment_that_the_model_misses_follows_its_answers():
    point, sample = estimated(8000)
    codes = segments_of(sample, 5)
    classes = np.where(sample.answered & (codes == 2), 0, sample.classes)
    got = estimate_segments(point, replace(sample, classes=classes), codes, 5)
    assert got.direct[2] < got.synthetic[2] - 30
    assert got.weight[2] > 0.9
    assert got.composite[2] < got.synthetic[2] - 25


def test_weights_of_another_estimate_are_kept():
    point, sample = estimated()
    weight = np.array([0.0, 0.25, 1.0])
    got = estimate_segments(point, sample, segments_of(sample, 3), 3, weight=weight)
    assert got.weight is weight
    mixed = weight * got.direct + (1 - weight) * got.synthetic
    assert np.ptp(got.composite - mixed) < 1e-9


def test_thebetween_variance_by_hand():
    # Four segments of variance 100, squares that sum to 400: with T = A + 100 the slope of
    # log A - 2 log T - 200 / T is zero where 2 T^2 - 800 T + 40000 = 0, so T = 200 + sqrt(20000), A = 241.4214.
    got = between_variance(np.array([10.0, -10.0, 10.0, -10.0]), np.full(4, 100.0))
    assert got == pytest.approx(100 + 20000**0.5, rel=1e-4)


def test_thebetween_variance_is_the_maximum_of_the_adjusted_likelihood():
    rng = np.random.default_rng(2)
    gap, variance = rng.normal(0, 12, 9), rng.uniform(20, 300, 9)

    def loss(a: float) -> float:
        return float(-np.log(a) + 0.5 * np.log(a + variance).sum() + 0.5 * (gap**2 / (a + variance)).sum())

    other = minimize_scalar(loss, bounds=(0.01, 3000), method="bounded", options={"xatol": 1e-8})
    assert between_variance(gap, variance) == pytest.approx(other.x, rel=1e-3)


@pytest.mark.parametrize("n_segments", [3, 5, 9])
def test_thebetween_variance_stays_positive_without_any_gap(n_segments: int):
    assert between_variance(np.zeros(n_segments), np.full(n_segments, 50.0)) > 1.0


def test_unknown_variances_do_not_count_in_thebetween_variance():
    gap, variance = np.array([5.0, -9.0, 3.0, 80.0]), np.array([30.0, 40.0, 20.0, np.inf])
    assert between_variance(gap, variance) == between_variance(gap[:3], variance[:3])


@pytest.mark.parametrize("n_segments", [1, 2])
def test_thebetween_variance_of_two_segments_has_the_size_of_their_gaps(n_segments: int):
    assert between_variance(np.zeros(n_segments), np.full(n_segments, 50.0)) < 1000.0


def test_own_draws_by_hand():
    # p = (1/4, 1/2, 1/4): variance 10000 / 2 - 0; of two such customers' mean 2500.
    assert own_draws_variance(np.tile([0.25, 0.5, 0.25], (2, 1))) == pytest.approx(2500.0)
    assert own_draws_variance(np.array([[0.0, 0.0, 1.0]])) == 0.0


def test_own_variance_is_that_of_each_segments_silent_customers():
    point, sample = estimated()
    codes = segments_of(sample, 3)
    got = estimate_segments(point, sample, codes, 3)
    for code in range(3):
        mine = point.silent_probabilities[~sample.answered & (codes == code)]
        assert got.own_variance[code] == pytest.approx(own_draws_variance(mine), rel=1e-12)
