"""Differences in differences: against another program, by identities, and by how often intervals cover."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.linear_model import LinearRegression, LogisticRegression

from silentnps.campaigns.differences import (
    Difference,
    Period,
    difference_of_answers,
    difference_of_changes,
    odds_weights,
)

# Golden numbers: drdid 1.1.7 (PyPI; equations of R's DRDID 1.4.0), `_estimators.drdid_panel(y1, y0, D, X)` and
# `drdid_rc(y, post, D, X)`, X = [1, x]. Its standard errors include how nuisances were estimated; that part is 0
# for an x of two values, and of repeated cross-sections if x is also balanced between before and after (BLOCKS).
N = 40
PLACE = np.arange(float(N))
TREATED = np.cos(1.7 * PLACE) + 0.4 * np.sin(PLACE) > 0.1
BEFORE = 3 + np.sin(PLACE) + np.cos(3 * PLACE)


def after_if(treated: np.ndarray) -> np.ndarray:
    return BEFORE + 1 + 0.5 * np.sin(PLACE) + 2 * treated + np.sin(5 * PLACE)


AFTER = after_if(TREATED)
SINE, HALVES = np.sin(PLACE), (PLACE % 4 > 1) * 1.0
SECOND = PLACE % 2 == 1
BLOCKS = np.where(HALVES > 0, PLACE // 4 < 6, PLACE // 4 < 4)
"""Who is treated, with as many of either x before as after."""
GOLD = {
    "sine": (2.21767969248484, 0.2197581045951177, 1.7889238151556157, 0.5380408793689657),
    "halves": (2.2967744073805294, 0.2648508840082042, 2.084757056610746, None),
    "balanced": (None, None, 1.5017755803914272, 0.8397012899008162),
}
"""By x: effect and standard error from changes, effect and standard error from one of both answers."""


def propensity_of(x: np.ndarray, treated: np.ndarray = TREATED) -> np.ndarray:
    fit = LogisticRegression(C=np.inf, tol=1e-12, max_iter=1000).fit(x[:, None], treated)
    return fit.predict_proba(x[:, None])[:, 1]


def line(x: np.ndarray, y: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return LinearRegression().fit(x[rows, None], y[rows]).predict(x[:, None])


def of_changes(x: np.ndarray) -> Difference:
    change = AFTER - BEFORE
    return difference_of_changes(change, TREATED, propensity_of(x), line(x, change, ~TREATED))


def of_answers(x: np.ndarray, treated: np.ndarray = TREATED) -> Difference:
    periods = []
    for answered, y in ((~SECOND, BEFORE), (SECOND, after_if(treated))):
        expected = (line(x, y, answered & side) for side in (treated, ~treated))
        periods.append(Period(answered, y, np.full(N, 0.5), *expected))
    return difference_of_answers(*periods, treated, propensity_of(x, treated))


def test_the_change_of_everybody_equals_drdid():
    assert of_changes(SINE).value == pytest.approx(GOLD["sine"][0], abs=1e-6)
    halves = of_changes(HALVES)
    assert halves.value == pytest.approx(GOLD["halves"][0], abs=1e-6)
    assert halves.standard_error == pytest.approx(GOLD["halves"][1], abs=1e-6)


def test_answers_of_some_equal_drdid_of_repeated_cross_sections():
    assert of_answers(SINE).value == pytest.approx(GOLD["sine"][2], abs=1e-6)
    assert of_answers(HALVES).value == pytest.approx(GOLD["halves"][2], abs=1e-6)
    balanced = of_answers(HALVES, BLOCKS)
    assert balanced.value == pytest.approx(GOLD["balanced"][2], abs=1e-6)
    assert balanced.standard_error == pytest.approx(GOLD["balanced"][3], abs=1e-6)


def test_without_features_it_is_the_difference_of_mean_changes():
    change = AFTER - BEFORE
    effect = difference_of_changes(change, TREATED, np.full(N, 0.3), np.zeros(N))
    assert effect.value == pytest.approx(change[TREATED].mean() - change[~TREATED].mean())
    welch = change[TREATED].var() / TREATED.sum() + change[~TREATED].var() / (~TREATED).sum()
    assert effect.standard_error == pytest.approx(np.sqrt(welch))


def test_swapping_the_groups_negates_the_effect_at_equal_weights():
    change, half, nothing = AFTER - BEFORE, np.full(N, 0.5), np.zeros(N)
    one = difference_of_changes(change, TREATED, half, nothing)
    other = difference_of_changes(change, ~TREATED, half, nothing)
    assert other.value == pytest.approx(-one.value)
    assert other.standard_error == pytest.approx(one.standard_error)


def test_when_everybody_answers_answers_are_as_good_as_changes():
    everybody, half = np.ones(N, dtype=bool), np.full(N, 0.4)
    zero = np.zeros(N)
    periods = [Period(everybody, y, np.ones(N), zero, zero) for y in (BEFORE, AFTER)]
    one = difference_of_answers(*periods, TREATED, half)
    other = difference_of_changes(AFTER - BEFORE, TREATED, half, zero)
    assert one.value == pytest.approx(other.value)
    assert one.standard_error == pytest.approx(other.standard_error)


def test_swapping_before_and_after_negates_the_effect():
    zero, half = np.zeros(N), np.full(N, 0.4)
    first, second = (Period(answered, y, half, zero, zero) for answered, y in ((~SECOND, BEFORE), (SECOND, AFTER)))
    one = difference_of_answers(first, second, TREATED, half)
    other = difference_of_answers(second, first, TREATED, half)
    assert other.value == pytest.approx(-one.value)
    assert other.standard_error == pytest.approx(one.standard_error)


def test_values_of_the_silent_do_not_matter():
    half = np.full(N, 0.5)
    spoilt = np.where(SECOND, AFTER, np.nan)
    results = [
        difference_of_answers(
            Period(~SECOND, BEFORE, half, half, half), Period(SECOND, y, half, half, half), TREATED, half
        )
        for y in (AFTER, spoilt)
    ]
    assert results[0].value == results[1].value


def test_weights_are_the_odds_of_the_untreated():
    assert odds_weights(np.array([True, False]), np.array([0.5, 0.75])).tolist() == [0.0, 3.0]


def test_the_smallest_visible_effect_is_seen_in_80_of_100_samples():
    error = 2.0
    influence = np.array([-1.0, 1.0]) * error * np.sqrt(2)
    visible = Difference(0.0, influence).smallest_visible(0.95)
    rng = np.random.default_rng(0)
    seen = (rng.normal(visible, error, 20_000) > 1.959964 * error).sum()
    assert binomtest(int(seen), 20_000, 0.8).pvalue > 1e-4


@pytest.mark.parametrize("confidence_level", [0.8, 0.95])
def test_the_interval_grows_with_the_confidence_level(confidence_level):
    low, high = Difference(1.0, np.array([-1.0, 1.0])).interval(confidence_level)
    assert low + high == pytest.approx(2.0)
    assert high - low == pytest.approx({0.8: 2 * 1.281552, 0.95: 2 * 1.959964}[confidence_level] / np.sqrt(2))


def test_nothing_varies():
    assert Difference(0.0, np.zeros(3)).p_value == 1.0
    assert Difference(1.0, np.zeros(3)).p_value == 0.0


REPLICATIONS, SIZE = 600, 400


def draw(rng: np.random.Generator, effect: float) -> tuple[Difference, Difference, float]:
    """Draw customers whose trend and treatment depend on x; return both estimates, and the naive one."""
    x = rng.normal(size=SIZE)
    propensity = 1 / (1 + np.exp(-(-0.7 + 0.8 * x)))
    treated = rng.random(SIZE) < propensity
    before = 40 * x + rng.normal(0, 30, SIZE)
    trend = 6 + 10 * x
    after = before + trend + effect * treated + rng.normal(0, 30, SIZE)
    change = after - before
    panel = difference_of_changes(change, treated, propensity, trend)
    periods = []
    for y, expected in ((before, 40 * x), (after, 40 * x + trend)):
        chance = 1 / (1 + np.exp(-(-0.3 + 0.6 * x + 0.3 * treated)))
        answered = rng.random(SIZE) < chance
        periods.append(Period(answered, y, chance, expected + effect, expected))
    survey = difference_of_answers(*periods, treated, propensity)
    return panel, survey, float(change[treated].mean() - change[~treated].mean())


@pytest.mark.parametrize("effect", [0.0, 3.0, 8.0])
def test_intervals_cover_planted_effects(effect):
    rng = np.random.default_rng([int(effect), 5])
    drawn = [draw(rng, effect) for _ in range(REPLICATIONS)]
    for place in (0, 1):
        intervals = np.array([each[place].interval(0.95) for each in drawn])
        covered = int(((intervals[:, 0] <= effect) & (effect <= intervals[:, 1])).sum())
        assert binomtest(covered, REPLICATIONS, 0.93, "less").pvalue > 0.01
        errors = np.array([each[place].standard_error for each in drawn])
        values = np.array([each[place].value for each in drawn])
        assert abs(values.mean() - effect) < 4 * values.std() / np.sqrt(REPLICATIONS)
        assert errors.mean() == pytest.approx(values.std(), rel=0.12)  # four standard errors of a deviation
    assert np.mean([each[2] for each in drawn]) - effect > 5  # the groups are not alike
