"""Overlap: shares in closed form, and none where nobody differs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from populations import population
from scipy.stats import norm

from silentnps.estimation.checks.overlap import (
    hardly_overlap,
    invited_overlap_share,
    outside_overlap_share,
    weight_multiples,
)
from silentnps.estimation.formulas.doubly_robust import PointEstimate, Sample, estimate_point, select


def fitted(sample: Sample, probabilities: np.ndarray, **options: object) -> PointEstimate:
    return estimate_point(probabilities, sample, select(probabilities, sample, prior_sd=0.5, **options))


def two_groups(n: int, shift: float) -> Sample:
    """Half answer, with a standard normal driver; the silent have it shifted: log odds are linear in it."""
    rng = np.random.default_rng(0)
    drivers = np.r_[rng.normal(size=n), rng.normal(shift, size=n)][:, None]
    return Sample(np.repeat([1, -1], n), np.ones(2 * n, dtype=np.bool_), drivers, np.ones(2 * n))


@pytest.mark.parametrize("shift", [0.5, 1.5, 3.0])
def test_the_share_of_a_shifted_normal_is_known(shift: float):
    sample = two_groups(20_000, shift)
    flat = np.full((40_000, 3), 1 / 3)
    share = outside_overlap_share(fitted(sample, flat, fixed_gamma=np.zeros(3)), sample)
    assert share == pytest.approx(norm.sf(norm.ppf(0.995) - shift), abs=0.02)


def test_without_drivers_or_selection_no_customer_is_outside():
    drawn = population(1000, np.random.default_rng(0), beta=0.0)
    point = fitted(drawn.sample, drawn.probabilities, fixed_gamma=np.zeros(3))
    assert outside_overlap_share(point, drawn.sample) == 0.0


def test_the_probability_of_silence_is_that_of_the_selection_model():
    # The share is found from the law of the silent alone: p(y | x) is not passed, and gamma is far from 0.
    drawn = population(4000, np.random.default_rng(1), gamma=np.array([2.0, 0.0, -2.0]), beta=0.0)
    point = fitted(drawn.sample, drawn.probabilities)
    silence = point.selection.silence(drawn.probabilities, drawn.drivers)
    limit = np.quantile(silence[~drawn.silent], 0.995)
    wanted = np.mean(silence[drawn.silent] > limit)
    assert outside_overlap_share(point, drawn.sample) == pytest.approx(wanted, abs=1e-3)
    assert wanted > 0.004


def test_where_all_answered_there_is_no_share_of_the_silent():
    sample = replace(two_groups(50, 0.0), classes=np.tile([0, 1], 50))
    point = PointEstimate(np.full(3, 1 / 3), None, np.full((100, 3), 1 / 3), np.full(100, 0.01), 0.0)
    assert np.isnan(outside_overlap_share(point, sample))


def test_the_never_invited_overlap_where_invitation_is_by_chance_and_not_where_it_is_by_driver():
    by_chance = population(4000, np.random.default_rng(2), invitation=(0.0, 0.0)).sample
    by_driver = population(4000, np.random.default_rng(2), invitation=(0.0, -6.0)).sample
    assert invited_overlap_share(by_chance) > 0.98
    assert invited_overlap_share(by_driver) < 0.9
    assert invited_overlap_share(population(100, np.random.default_rng(2)).sample) is None


def test_weights_in_multiples_of_their_mean():
    largest, percentile = weight_multiples(np.arange(1.0, 102.0))
    assert (largest, percentile) == pytest.approx((101 / 51, 96 / 51))
    assert weight_multiples(np.full(3, 0.2)) == pytest.approx((1.0, 1.0))


@pytest.mark.parametrize(
    ("outside", "effective", "n_answers", "hardly"),
    [
        (0.30, 300.0, 1000, False),
        (0.34, 300.0, 1000, True),
        (0.01, 31.0, 1000, False),
        (0.01, 29.0, 1000, True),
        (0.01, 290.0, 10_000, True),
        (0.01, 12.0, 45, False),
        (0.01, 11.0, 45, True),
    ],
)
def test_hardly_any_overlap_is_found_by_either_measure(
    outside: float, effective: float, n_answers: int, hardly: bool
):
    values = {"outside_overlap_share": outside, "effective_sample_size": effective}
    assert hardly_overlap(values, n_answers=n_answers) == hardly
