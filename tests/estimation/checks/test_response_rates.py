"""Response rates by driver: counts by hand, Wilson's interval as scipy has it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from silentnps.estimation.checks.response_rates import COLUMNS, response_rates, wilson_interval
from silentnps.estimation.formulas.doubly_robust import Sample


def sample_of(classes: list[int], invited: list[bool] | None = None) -> Sample:
    n = len(classes)
    asked = np.ones(n, dtype=np.bool_) if invited is None else np.array(invited)
    return Sample(np.array(classes), asked, np.zeros((n, 0)), np.ones(n))


DRIVERS = pd.DataFrame({"days": [1.0, 2.0, 3.0, 4.0, np.nan, 900.0], "shop": ["a", "a", "a", "b", None, "c"]})
SAMPLE = sample_of([0, -1, 2, -1, 1, -1], [True] * 5 + [False])


def test_counts_by_hand_with_the_never_invited_left_out():
    table = response_rates(DRIVERS, SAMPLE, min_level_n=1).set_index(["feature", "level"])
    assert table[["n_invited", "n_answers"]].apply(tuple, axis=1).to_dict() == {
        ("days", "1"): (1, 1),
        ("days", "2"): (1, 0),
        ("days", "3"): (1, 1),
        ("days", "4"): (1, 0),
        ("days", "(missing)"): (1, 1),
        ("shop", "a"): (3, 2),
        ("shop", "b"): (1, 0),
        ("shop", "(missing)"): (1, 1),
    }
    assert table.loc[("shop", "a"), "response_rate"] == pytest.approx(2 / 3)
    assert not table.isna().any(axis=None)


def test_rare_levels_are_pooled():
    levels = response_rates(DRIVERS, SAMPLE, min_level_n=3).query("feature == 'shop'")["level"]
    assert levels.tolist() == ["a", "(other)", "(missing)"]


@pytest.mark.parametrize("confidence_level", [0.8, 0.95])
def test_intervals_are_those_of_scipy(confidence_level: float):
    rng = np.random.default_rng(0)
    drivers = pd.DataFrame({"days": rng.normal(size=300), "shop": rng.choice(["a", "b", None], 300)})
    sample = sample_of(rng.choice([-1, -1, -1, 0, 2], 300).tolist())
    table = response_rates(drivers, sample, confidence_level=confidence_level)
    assert table.groupby("feature")["n_invited"].sum().tolist() == [300, 300]
    for row in table.itertuples():
        wanted = binomtest(row.n_answers, row.n_invited).proportion_ci(confidence_level, method="wilson")
        assert (row.low, row.high) == pytest.approx((wanted.low, wanted.high), abs=1e-12)


def test_shares_of_none_and_all_have_intervals_inside_zero_and_one():
    low, high = wilson_interval(np.array([0.0, 7.0]), np.array([7.0, 7.0]), confidence_level=0.95)
    assert (low[0], high[1]) == pytest.approx((0.0, 1.0))
    assert 0 < high[0] < 1
    assert 0 < low[1] < 1


def test_without_drivers_the_table_is_empty():
    table = response_rates(DRIVERS[[]], SAMPLE)
    assert table.empty
    assert tuple(table.columns) == COLUMNS
