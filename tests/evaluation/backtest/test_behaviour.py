"""What customers did, by class: shares, lifts, and what is beyond the recency of the last order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from silentnps.evaluation.backtest.behaviour import (
    EVERYBODY,
    Followed,
    ratio_to_expected,
    recency_strata,
    shares_by_class,
)

SIMULATIONS, FALSE_ALARMS = 400, 0.001


def followed(n: int, *, seed: int = 0) -> Followed:
    """Draw customers whose class goes with how recent their last order was, and orders with both."""
    rng = np.random.default_rng(seed)
    strata = rng.integers(3, size=n)
    classes = rng.dirichlet([1.0, 1.0, 1.0], n)
    classes[:, 2] += 0.3 * strata
    classes /= classes.sum(axis=1, keepdims=True)
    happened = rng.random(n) < 0.2 + 0.2 * strata * classes[:, 2]
    return Followed(classes, happened, strata, np.arange(n))


def test_shares_and_ratios_are_those_worked_by_hand() -> None:
    classes = np.repeat(np.eye(3), [40, 40, 20], axis=0)
    happened = np.repeat([True, False, True, False, True, False], [20, 20, 10, 30, 10, 10])
    strata = np.repeat([0, 1], 50)  # of the first, 30 of 50 and of the second 10 of 50 bought
    table = shares_by_class(Followed(classes, happened, strata, np.arange(100))).set_index("nps_class")
    assert table["share"].to_dict() == pytest.approx(
        {EVERYBODY: 0.4, "detractor": 0.5, "passive": 0.25, "promoter": 0.5}
    )
    assert table.loc["passive", "lift"] == pytest.approx(0.25 / 0.4)
    assert table.loc["detractor", "beyond_recency"] == pytest.approx(20 / (40 * 0.6))
    assert table.loc["passive", "beyond_recency"] == pytest.approx(10 / (10 * 0.6 + 30 * 0.2))
    assert table["n_of_class"].to_dict() == {EVERYBODY: 100, "detractor": 40, "passive": 40, "promoter": 20}
    # Wilson's interval of 20 of 40, whose variance is 99/100 of that of the linearisation
    assert (table.loc["detractor", "low"], table.loc["detractor", "high"]) == pytest.approx(
        (0.352, 0.648), abs=2e-3
    )
    assert np.isnan(table.loc[EVERYBODY, "lift"])


def test_with_one_stratum_nothing_is_beyond_the_lift() -> None:
    one = followed(500)
    table = shares_by_class(replace(one, strata=np.zeros(500, dtype=np.int64)))
    for end in ("", "_low", "_high"):
        np.testing.assert_allclose(table[f"beyond_recency{end}"], table[f"lift{end}"], rtol=1e-12)


def test_what_recency_settles_is_no_effect_of_the_class() -> None:
    one = followed(500)
    settled = replace(one, happened=one.strata == 2)
    table = shares_by_class(settled).set_index("nps_class")
    assert table.loc["promoter", "lift"] > 1.1
    np.testing.assert_allclose(table["beyond_recency"].iloc[1:].to_numpy(dtype=float), 1.0, rtol=1e-12)


def test_seeing_a_customer_twice_makes_nothing_surer() -> None:
    one = followed(400)
    twice = one.take(np.tile(np.arange(400), 2))
    first, second = shares_by_class(one), shares_by_class(twice)
    same = [name for name in first.columns if name not in ("n", "n_of_class", "nps_class")]
    np.testing.assert_allclose(first[same].to_numpy(dtype=float), second[same].to_numpy(dtype=float), rtol=1e-9)
    assert (second["n_of_class"] == 2 * first["n_of_class"]).all()


def test_too_few_events_have_a_share_and_no_lift() -> None:
    none = replace(followed(300), happened=np.zeros(300, dtype=np.bool_))
    table = shares_by_class(none)
    assert (table["share"] == 0.0).all()
    assert (table["high"] > 0.0).all()
    assert table["lift"].isna().all()
    assert np.isnan(ratio_to_expected(np.ones(3), np.zeros(3), np.zeros(3, dtype=np.int64), np.arange(3))).all()


def test_the_older_the_last_order_the_higher_the_code_and_none_has_its_own() -> None:
    days = np.array([5.0, 100.0, np.nan, 1.0, 300.0, 30.0])
    codes = recency_strata(days, parts=5)
    assert codes[2] == 5
    assert codes[np.argsort(days)][:5].tolist() == [0, 1, 2, 3, 4]
    assert recency_strata(np.full(3, np.nan)).tolist() == [5, 5, 5]


def test_intervals_hold_where_recency_alone_matters() -> None:
    """The ratio is 1; persons are seen three times with the same habits."""
    covered = {"lift": 0, "beyond": 0}
    for seed in range(SIMULATIONS):
        rng = np.random.default_rng(seed)
        persons = np.repeat(np.arange(200), 3)
        habit = rng.random(200)[persons]
        strata = (habit > 0.5).astype(np.int64)
        weights = np.where(habit > 0.5, 0.7, 0.3)
        happened = (rng.random(200)[persons] < 0.2 + 0.4 * strata).astype(np.float64)
        # true: the mean of the class is (0.7 * 0.6 + 0.3 * 0.2) / 1.0, that of all 0.4
        for name, codes, truth in (("lift", np.zeros_like(strata), 0.48 / 0.4), ("beyond", strata, 1.0)):
            _, low, high = ratio_to_expected(weights, happened, codes, persons)
            covered[name] += low <= truth + 1e-12 and truth - 1e-12 <= high
    assert stats.binomtest(covered["lift"], SIMULATIONS, 0.93, alternative="less").pvalue > FALSE_ALARMS, covered
    assert stats.binomtest(covered["lift"], SIMULATIONS, 0.97, alternative="greater").pvalue > FALSE_ALARMS, covered
    assert stats.binomtest(covered["beyond"], SIMULATIONS, 0.93, alternative="less").pvalue > FALSE_ALARMS, covered
