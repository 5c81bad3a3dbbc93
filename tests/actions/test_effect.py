"""What acting did: by hand, by identities, by coverage with planted effects, and in the corners."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import binomtest, ttest_ind

from silentnps.actions.effect import Effect, effect_of

FALSE_ALARM = 1e-4
Draw = Callable[[np.random.Generator, np.ndarray], np.ndarray]


def experiment(
    seed: int, draw: Draw, planted: float, *, n: int = 80, held_out: int = 12, strata: int = 1
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return outcome, arm, stratum and covariates of a draw with a planted effect, the same for everybody."""
    rng = np.random.default_rng([seed, n, strata])
    covariates = rng.normal(size=(n, 1))
    stratum = np.arange(n) % strata
    treated = np.ones(n, dtype=bool)
    for each in range(strata):
        treated[rng.choice(np.flatnonzero(stratum == each), held_out // strata, replace=False)] = False
    return draw(rng, covariates[:, 0]) + planted * treated, treated, stratum, covariates


def found_in(seed: int, draw: Draw, planted: float, *, strata: int = 1, permutations: int = 199) -> Effect:
    y, treated, stratum, covariates = experiment(seed, draw, planted, strata=strata)
    rng = np.random.default_rng(seed)
    return effect_of(y, treated, stratum, covariates, rng=rng, permutations=permutations)


def skewed(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    return np.exp(0.7 * x + rng.normal(size=len(x)))


def rare(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    return (rng.random(len(x)) < 1 / (1 + np.exp(1.5 - x))).astype(float)


def without_covariates(y: list[float], treated: list[bool], **options: object) -> Effect:
    n, rng = len(y), np.random.default_rng(0)
    return effect_of(
        np.array(y),
        np.array(treated),
        np.zeros(n, dtype=int),
        np.empty((n, 0)),
        rng=rng,
        **options,  # type: ignore[arg-type]
    )


def test_without_covariates_it_is_the_difference_of_means_with_the_error_of_welch() -> None:
    rng = np.random.default_rng(3)
    y = np.concatenate([rng.normal(1, 2, size=40), rng.normal(0, 1, size=15)])
    treated = [True] * 40 + [False] * 15
    found = without_covariates(y.tolist(), treated)
    assert found.difference == pytest.approx(y[:40].mean() - y[40:].mean())
    # HC2 with two arms is Welch's standard error (Imbens and Kolesar 2016, section 2)
    error = found.difference / ttest_ind(y[:40], y[40:], equal_var=False).statistic
    assert found.smallest_seen == pytest.approx((1.959964 + 0.841621) * error, rel=1e-5)
    assert (found.n_treated, found.n_holdout) == (40, 15)
    assert found.mean_holdout == pytest.approx(y[40:].mean())


def test_six_customers_by_hand() -> None:
    """An effect of less than 8 leaves 2, 3, 4 or more against 0, 1, 2: of 20 draws none other is as far apart.

    From 8 on, exchanging the two that meet is as far: 2 of 20 are 10 %, more than the tail of 7.5 %.
    """
    found = without_covariates([10.0, 11, 12, 0, 1, 2], [True] * 3 + [False] * 3, confidence_level=0.85)
    assert [found.low, found.difference, found.high] == pytest.approx([8, 10, 12], abs=1e-6)
    assert without_covariates([10.0, 11, 12, 0, 1, 2], [True] * 3 + [False] * 3).low == -np.inf


def test_a_shift_of_the_treated_shifts_the_interval_and_a_scale_scales_it() -> None:
    y, treated, stratum, covariates = experiment(1, skewed, 0.0)
    base, moved, scaled = (
        effect_of(each, treated, stratum, covariates, rng=np.random.default_rng(0), permutations=199)
        for each in (y, y + 5 * treated, 3 * y)
    )
    assert [moved.low, moved.difference, moved.high] == pytest.approx(
        [base.low + 5, base.difference + 5, base.high + 5], abs=1e-6
    )
    assert [scaled.low, scaled.high] == pytest.approx([3 * base.low, 3 * base.high], rel=1e-6)


def test_swapped_arms_negate_the_interval() -> None:
    y, treated, stratum, covariates = experiment(2, skewed, 1.0)
    one, other = (
        effect_of(y, arm, stratum, covariates, rng=np.random.default_rng(0), permutations=1999)
        for arm in (treated, ~treated)
    )
    assert one.difference == pytest.approx(-other.difference)
    assert [one.low, one.high] == pytest.approx([-other.high, -other.low], rel=0.1)


def test_what_covariates_explain_narrows_the_interval() -> None:
    y, treated, stratum, covariates = experiment(4, lambda rng, x: 5 * x + rng.normal(size=len(x)), 1.0)
    alone = without_covariates(y.tolist(), treated.tolist())
    adjusted = effect_of(y, treated, stratum, covariates, rng=np.random.default_rng(0))
    assert adjusted.high - adjusted.low < 0.5 * (alone.high - alone.low)


def test_a_stratum_of_other_customers_moves_nothing() -> None:
    """Lists of very different customers and shares held out: the difference between lists is no effect."""
    rng = np.random.default_rng(5)
    stratum = np.repeat([0, 1], [60, 40])
    treated = np.concatenate([np.arange(60) >= 30, np.arange(40) >= 4])
    y = 100.0 * stratum + rng.normal(size=100)
    found = effect_of(y, treated, stratum, np.empty((100, 0)), rng=rng)
    assert abs(found.difference) < 1


def test_an_outcome_that_is_the_same_for_all_has_no_interval() -> None:
    found = without_covariates([1.0] * 30, [True] * 20 + [False] * 10)
    assert found.difference == pytest.approx(0)
    assert np.isnan([found.low, found.high]).all()


def test_a_higher_level_gives_a_wider_interval_and_the_same_draws_the_same() -> None:
    y, treated, stratum, covariates = experiment(6, skewed, 1.0)
    low, high, again = (
        effect_of(y, treated, stratum, covariates, rng=np.random.default_rng(0), confidence_level=level)
        for level in (0.8, 0.99, 0.8)
    )
    assert high.low < low.low < low.high < high.high
    assert again == low


@pytest.mark.parametrize(
    ("draw", "planted", "strata"), [(skewed, 0.0, 1), (skewed, 1.5, 2), (rare, 0.0, 1), (rare, 0.3, 1)]
)
@pytest.mark.slow
def test_the_interval_covers_a_planted_effect(draw: Draw, planted: float, strata: int) -> None:
    """False alarm 1e-4 each. The test is exact, so that 95 % is the floor; ties of a rare outcome give more."""
    found = [found_in(seed, draw, planted, strata=strata) for seed in range(500)]
    hits = sum(each.low <= planted <= each.high for each in found)
    assert binomtest(hits, len(found), 0.95, alternative="less").pvalue > FALSE_ALARM
    assert hits < len(found) or draw is rare
    if draw is skewed:
        assert binomtest(hits, len(found), 0.95, alternative="greater").pvalue > FALSE_ALARM


def test_a_few_intervals_cover() -> None:
    """False alarm 1e-4: the fast part of the simulation."""
    hits = sum(each.low <= 1.5 <= each.high for each in (found_in(seed, skewed, 1.5) for seed in range(40)))
    assert binomtest(hits, 40, 0.95).pvalue > FALSE_ALARM
