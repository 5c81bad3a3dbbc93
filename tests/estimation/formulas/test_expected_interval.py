"""The planning formula is as written, follows the prior, and agrees with intervals that were measured."""

from __future__ import annotations

import math
from statistics import NormalDist

import pytest

from silentnps.estimation.formulas.expected_interval import (
    answers_needed,
    expected_interval,
    expected_segment_interval,
    variance_of_answers,
)


def test_a_case_worked_by_hand() -> None:
    # 100 detractors and 100 promoters: V = 10,000; V D / n = 75; gradients -50 and 50,
    # S^2 = 0.25 * (2500 + 2500 + 2500) = 1,875; selection = 1 / (1 / 1875 + 200 / 80000) = 329.67 with K = 8.
    expected = expected_interval([100, 0, 100], prior_sd=0.5)
    assert expected is not None
    assert expected.typical == pytest.approx(1.959964 * math.sqrt(75 + 329.6703), abs=1e-4)


def test_promoters_and_detractors_are_alike() -> None:
    assert expected_interval([50, 80, 300], prior_sd=0.5) == expected_interval([300, 80, 50], prior_sd=0.5)


def test_more_answers_better_features_and_a_narrower_prior_narrow_it() -> None:
    few, many = (expected_interval([n, n, 2 * n], prior_sd=0.5) for n in (100, 1000))
    narrow = expected_interval([100, 100, 200], prior_sd=0.1)
    assert few is not None
    assert many is not None
    assert narrow is not None
    assert many.typical < few.typical
    assert few.strong < few.typical < few.weak
    assert narrow.typical < few.typical


@pytest.mark.parametrize(
    ("answers", "low", "high"),
    [(2588, 8.0, 11.0), (600, 18.0, 24.0)],  # half the widths of the simulated retailer: 9.5, and 20.5 to 23.5
)
def test_the_simulated_retailer_is_as_measured(answers: int, low: float, high: float) -> None:
    counts = [round(share * answers) for share in (0.25, 0.3, 0.45)]
    expected = expected_interval(counts, prior_sd=0.5)
    assert expected is not None
    assert low < expected.typical < high


@pytest.mark.parametrize(("half_width", "level", "prior_sd"), [(20, 0.95, 0.5), (7.5, 0.8, 1.0), (40, 0.95, 0.2)])
def test_the_answers_that_are_needed_are_the_fewest(half_width: float, level: float, prior_sd: float) -> None:
    counts = [50_000, 60_000, 90_000]
    needed = answers_needed(counts, half_width, prior_sd=prior_sd, confidence_level=level)

    z, variance = NormalDist().inv_cdf(0.5 + level / 2), variance_of_answers(counts)
    gradients = -100 * 0.25 * 1.2, 100 * 0.45 * 0.8
    prior = prior_sd**2 * (gradients[0] ** 2 + gradients[1] ** 2 - gradients[0] * gradients[1])

    def by_hand(n: int) -> float:
        return z * math.sqrt(1.5 * variance / n + 1 / (1 / prior + n / (8 * variance)))

    assert by_hand(needed) <= half_width < by_hand(needed - 1)


@pytest.mark.parametrize("counts", [[0, 0, 0], [5, 5, 10], [0, 0, 100]])
def test_too_few_answers_or_one_class_have_none(counts: list[int]) -> None:
    assert expected_interval(counts, prior_sd=0.5) is None
    assert expected_segment_interval(counts, 5, prior_sd=0.5) is None


def test_a_segment_is_wider_than_its_wave_but_borrows_from_it() -> None:
    counts = [250, 300, 450]
    wave = expected_interval(counts, prior_sd=0.5)
    small, none = (expected_segment_interval(counts, n, prior_sd=0.5) for n in (100, 0))
    assert wave is not None
    assert small is not None
    assert none is not None
    assert wave.typical < small.typical < none.typical
    own = 1.5 * variance_of_answers(counts) / 1000  # of the wave; without own answers it is 10 points squared
    assert none.typical**2 - wave.typical**2 == pytest.approx(1.959964**2 * (100 - own), rel=1e-5)


def test_the_variance_is_that_of_the_answers() -> None:
    values = [-100] * 3 + [0] * 2 + [100] * 5
    mean = sum(values) / 10
    assert variance_of_answers([3, 2, 5]) == pytest.approx(sum((v - mean) ** 2 for v in values) / 10)
