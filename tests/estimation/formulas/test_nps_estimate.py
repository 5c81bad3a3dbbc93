"""NPS of counted answers: by hand, identities, corners."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from silentnps.estimation.formulas.nps_estimate import (
    NPSEstimate,
    census,
    mix,
    normal_estimate,
    nps_of_classes,
    nps_of_counts,
)


def test_the_interval_of_ten_answers_by_hand():
    # 5 promoters, 3 passives, 2 detractors; with 3/4, 3/2, 3/4 added of 13: p = 5.75/13, d = 2.75/13.
    # Center p - d = 3/13 = 0.2307692; variance (8.5/13 - 9/169) / 13 = 0.04619936; its root 0.2149404.
    # 1.959964 * 0.2149404 = 0.4212754, so -0.1905062 to 0.6520446; the value itself is 5/10 - 2/10.
    got = nps_of_counts(promoters=5, passives=3, detractors=2)
    assert got.value == pytest.approx(30.0)
    assert got.standard_error == pytest.approx(21.494037, abs=1e-6)
    assert (got.low, got.high) == pytest.approx((-19.050615, 65.204462), abs=1e-6)
    assert (got.n, got.confidence_level) == (10, 0.95)


def test_the_confidence_level_moves_the_interval_only():
    # 1.644854 * 21.494037 = 35.354546
    got = nps_of_counts(promoters=5, passives=3, detractors=2, confidence_level=0.9)
    assert got.high - 300 / 13 == pytest.approx(35.354546, abs=1e-5)
    assert got.value == pytest.approx(30.0)


def test_swapping_promoters_and_detractors_negates_everything():
    one = nps_of_counts(promoters=17, passives=9, detractors=4)
    other = nps_of_counts(promoters=4, passives=9, detractors=17)
    assert (one.value, one.low, one.high) == pytest.approx((-other.value, -other.high, -other.low))
    assert one.standard_error == pytest.approx(other.standard_error)


def test_many_answers_have_the_plain_wald_interval():
    got = nps_of_counts(promoters=500_000, passives=300_000, detractors=200_000)
    plain = (0.7 - 0.3**2) ** 0.5 / 1000 * 100
    assert got.standard_error == pytest.approx(plain, rel=1e-4)


def test_one_class_only_keeps_an_interval_within_the_scale():
    got = nps_of_counts(promoters=2, passives=0, detractors=0)
    assert got.value == 100.0
    assert got.low < 100.0 == got.high


def test_the_interval_covers_as_often_as_it_says():
    # False alarm 1 %: an exact binomial test of 0.94 on 4,000 intervals of 60 answers.
    rng = np.random.default_rng(0)
    shares = np.array([0.25, 0.35, 0.4])
    draws = rng.multinomial(60, shares, size=4000)
    intervals = [nps_of_counts(detractors=d, passives=a, promoters=p) for d, a, p in draws.tolist()]
    covered = sum(one.low <= 15.0 <= one.high for one in intervals)
    assert binomtest(covered, len(intervals), 0.94, alternative="less").pvalue > 0.01


def test_silent_codes_are_left_out_of_the_counts():
    classes = np.array([2, -1, 2, 1, 0, -1, -1])
    assert nps_of_classes(classes) == nps_of_counts(promoters=2, passives=1, detractors=1)


def test_a_census_has_no_error():
    got = census(np.array([0, 2, 2, 1]), confidence_level=0.9)
    assert got == NPSEstimate(25.0, 25.0, 25.0, 0.0, 4, 0.9)


def test_a_mix_weighs_by_sizes():
    # 1 known of 50 and 3 estimated of -10: (50 - 30) / 4 = 5; the error counts for 3/4.
    known = census(np.array([2, 1]), confidence_level=0.95)
    got = mix(known, NPSEstimate(-10.0, -20.0, 4.0, 8.0, 6, 0.95))
    assert (got.value, got.low, got.high, got.standard_error) == pytest.approx((5.0, -2.5, 15.5, 6.0))
    assert got.n == 8


def test_a_mix_with_nobody_is_the_known_group():
    known = census(np.array([2, 1]), confidence_level=0.95)
    assert mix(known, census(np.array([], dtype=np.int64), confidence_level=0.95)) == known


def test_a_t_interval_by_hand_and_cut_at_the_ends():
    # The 0.975 quantile of t with 9 degrees is 2.262157 (tables).
    got = normal_estimate(90.0, 10.0, n=7, confidence_level=0.95, degrees=9)
    assert got.low == pytest.approx(90 - 22.62157, abs=1e-4)
    assert got.high == 100.0
