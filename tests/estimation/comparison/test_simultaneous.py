"""Many differences at once: against tables of others, identities, and family-wise error counted."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from silentnps.estimation.comparison import simultaneous as module
from silentnps.estimation.comparison.simultaneous import Simultaneous, simultaneous
from silentnps.numerics.arrays import Floats


def drawn(k: int, *, n: int = 32, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(size=(n, k))


def joint_t(found: Simultaneous) -> Floats:
    return found.joint_half_widths / found.errors


def test_the_quantile_for_comparisons_with_one_control_is_that_of_dunnett() -> None:
    # Dunnett (1964), Biometrics 20, table II: two-sided 5 %, infinitely many degrees: 2.21 for 2, 2.35 for 3
    for k, expected in ((2, 2.21), (3, 2.35)):
        against_first = np.column_stack([-np.ones(k), np.eye(k)])
        found = simultaneous(np.zeros(k), 1e-6 * drawn(k + 1, n=40), unseen=np.ones(k + 1), weights=against_first)
        assert joint_t(found) == pytest.approx(expected, abs=0.06)
        assert found.errors == pytest.approx(2**0.5)


def test_independent_estimates_cost_what_sidak_says() -> None:
    found = simultaneous(np.zeros(10), 1e-6 * drawn(10, n=40), unseen=np.ones(10))
    assert joint_t(found) == pytest.approx(stats.norm.ppf(0.5 + 0.95**0.1 / 2), abs=0.06)  # 2.80


def test_copies_of_one_estimate_cost_nothing() -> None:
    found = simultaneous(np.zeros(8), np.repeat(drawn(1), 8, axis=1))
    assert joint_t(found) == pytest.approx(stats.t.ppf(0.975, 31), rel=0.04)


def test_of_one_estimate_both_intervals_and_p_values_are_those_of_student() -> None:
    found = simultaneous(np.array([1.0]), drawn(1))
    assert found.half_widths[0] == pytest.approx(2.039513 * drawn(1).std(ddof=1), rel=1e-6)  # R: qt(.975, 31)
    assert found.joint_half_widths[0] == pytest.approx(found.half_widths[0], rel=0.04)
    assert found.p_values[0] == pytest.approx(2 * stats.t.sf(1.0 / found.errors[0], 31))
    assert found.p_adjusted[0] == pytest.approx(found.p_values[0], abs=0.03)


def test_variance_that_no_draw_shows_is_added_by_part() -> None:
    draws, weights = drawn(2), np.array([[1.0, -1.0]])
    found = simultaneous(np.zeros(1), draws, unseen=np.array([3.0, 4.0]), weights=weights)
    assert found.errors[0] ** 2 == pytest.approx((draws[:, 0] - draws[:, 1]).var(ddof=1) + 7.0)


def test_turning_every_estimate_round_changes_no_width_and_no_p_value() -> None:
    values = np.array([3.0, -1.0, 0.2])
    one, two = (simultaneous(sign * values, drawn(3)) for sign in (1.0, -1.0))
    for name in ("half_widths", "joint_half_widths", "p_values", "p_adjusted", "detectable"):
        assert np.array_equal(getattr(one, name), getattr(two, name))


def test_corrected_p_values_are_no_smaller_and_go_with_the_joint_interval() -> None:
    values = np.linspace(0.0, 5.0, 60)
    found = simultaneous(values, drawn(60))
    assert (found.p_adjusted >= found.p_values).all()
    t = values / found.errors
    order = np.argsort(t)
    assert (np.diff(found.p_adjusted[order]) <= 0).all()
    outside = values > found.joint_half_widths
    assert outside.any()
    assert found.p_adjusted[outside].max() <= 0.0505
    assert found.p_adjusted[~outside].min() >= 0.0495
    assert (found.detectable > found.joint_half_widths).all()


def test_a_higher_confidence_level_gives_longer_intervals() -> None:
    low, high = (simultaneous(np.zeros(4), drawn(4), confidence_level=level) for level in (0.8, 0.99))
    assert (low.half_widths < high.half_widths).all()
    assert (low.joint_half_widths < high.joint_half_widths).all()


def test_the_seed_decides_the_simulation_alone() -> None:
    one, same, other = (simultaneous(np.zeros(4), drawn(4), seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(one.joint_half_widths, same.joint_half_widths)
    assert not np.array_equal(one.joint_half_widths, other.joint_half_widths)
    assert other.joint_half_widths == pytest.approx(one.joint_half_widths, rel=0.05)


def test_an_estimate_without_any_variance_is_never_told_from_zero() -> None:
    found = simultaneous(np.zeros(2), np.column_stack([np.zeros(32), drawn(1)[:, 0]]))
    assert found.p_adjusted[0] == 1.0
    assert found.joint_half_widths[0] == 0.0


def test_of_no_estimates_there_is_nothing() -> None:
    found = simultaneous(np.zeros(0), np.zeros((32, 0)))
    assert len(found.p_adjusted) == len(found.joint_half_widths) == 0


def family_wise_errors(repetitions: int, simulations: int, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Count surveys in which some difference is told from 0 though all are 0, with the correction and without.

    Five segments that move together, against the others, 24 draws, and variance that these do not show.
    """
    monkeypatch.setattr(module, "_SIMULATIONS", simulations)
    rng, weights = np.random.default_rng(7), 1.25 * (np.eye(5) - np.full((5, 5), 0.2))
    joint = single = 0
    for _ in range(repetitions):
        mix, unseen = rng.normal(size=(5, 5)), rng.exponential(size=5)
        parts = rng.normal(size=5) @ mix + rng.normal(size=5) * np.sqrt(unseen)
        draws = rng.normal(size=(24, 5)) @ mix
        found = simultaneous(weights @ parts, draws, unseen=unseen, weights=weights)
        joint += bool((found.p_adjusted < 0.05).any())
        single += bool((found.p_values < 0.05).any())
    return joint, single


def test_the_family_wise_error_is_at_most_5_percent(monkeypatch: pytest.MonkeyPatch) -> None:
    joint, single = family_wise_errors(150, 300, monkeypatch)
    assert stats.binomtest(joint, 150, 0.05, alternative="greater").pvalue > 0.001
    assert (
        stats.binomtest(single, 150, 0.05, alternative="greater").pvalue < 0.001
    )  # without a correction it is not


@pytest.mark.slow
def test_the_family_wise_error_is_near_5_percent_in_many_surveys(monkeypatch: pytest.MonkeyPatch) -> None:
    joint, _ = family_wise_errors(1_000, 600, monkeypatch)
    assert stats.binomtest(joint, 1_000, 0.05, alternative="greater").pvalue > 0.001
    assert stats.binomtest(joint, 1_000, 0.03, alternative="less").pvalue > 0.001  # nor is it bought with width
