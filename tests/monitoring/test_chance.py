"""P-values: adjusted for many, valid at every look, and of customers who are in one wave only."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from silentnps.monitoring.chance import MIXING, always_valid, apart, holm


def test_holm_by_hand() -> None:
    # 4 * 0.01, 3 * 0.02, 2 * 0.03 and 1 * 0.04, none smaller than the one before
    assert holm(np.array([0.04, 0.01, 0.03, 0.02])) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert len(holm(np.zeros(0))) == 0


def test_an_always_valid_p_value_is_the_inverse_of_a_mixed_likelihood_ratio() -> None:
    # the ratio of N(theta, 1) to N(0, 1) for a mean z / sqrt(n), integrated over theta ~ N(0, 1 / MIXING)
    n, z = 250, 2.5
    theta = np.linspace(-1, 1, 200_001)
    log_ratio = theta * z * np.sqrt(n) - n * theta**2 / 2
    prior = stats.norm.pdf(theta, scale=1 / np.sqrt(MIXING))
    mixed = float((np.exp(log_ratio) * prior).sum() * (theta[1] - theta[0]))
    assert always_valid(z**2, n) == pytest.approx(min(1 / mixed, 1.0), rel=1e-4)


def test_degrees_of_freedom_multiply() -> None:
    one = always_valid(12.0, 400)
    assert always_valid(24.0, 400, df=2) == pytest.approx(one**2)


def test_looking_every_night_keeps_the_rate_of_false_alarms() -> None:
    rng, runs, alpha = np.random.default_rng(3), 400, 0.05
    alarms = 0
    for _ in range(runs):
        sums = np.cumsum(rng.normal(size=1500))
        looks = range(30, 1501, 15)
        alarms += any(always_valid(sums[n - 1] ** 2 / n, n) <= alpha for n in looks)
    assert stats.binomtest(alarms, runs, alpha, alternative="greater").pvalue > 0.001


def test_a_p_value_of_one_look_is_never_smaller_than_the_usual_one() -> None:
    for z in (0.5, 2.0, 4.0):
        for n in (30, 300, 30_000):
            assert always_valid(z**2, n) >= 2 * stats.norm.sf(z)


def test_every_customer_is_in_one_of_two_waves() -> None:
    before, now = np.array(["a", "b", "c", "d", "x"]), np.array(["d", "c", "b", "a", "y"])
    first, second = apart(before, now, random_state=0)
    assert not set(before[first]) & set(now[second])
    assert set(before[first]) | set(now[second]) == {"a", "b", "c", "d", "x", "y"}
    other = [tuple(apart(before, now, random_state=seed)[0]) for seed in range(9)]
    assert len(set(other)) > 1
