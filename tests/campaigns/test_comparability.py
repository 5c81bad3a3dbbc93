"""Overlap and balance."""

from __future__ import annotations

import numpy as np
import pytest

from silentnps.campaigns.comparability import balance, comparable, effective_n


def test_who_was_certain_to_be_treated_has_no_counterpart():
    assert comparable(np.array([0.2, 0.95, 0.951])).tolist() == [True, True, False]


def test_effective_numbers():
    assert effective_n(np.ones(7)) == pytest.approx(7.0)
    assert effective_n(np.zeros(7)) == 0.0


def test_differences_by_hand_before_and_after_weighting():
    treated = np.array([True, True, False, False])
    design = np.column_stack([[1.0, 3.0, 0.0, 2.0], [5.0, 5.0, 5.0, 5.0]])
    propensity = np.array([0.5, 0.5, 0.25, 0.75])  # odds of the untreated: 1/3 and 3
    table = balance(design, ("spend", "constant"), treated, propensity).set_index("feature")
    assert table.loc["spend", "difference_before"] == pytest.approx(1.0)
    assert table.loc["spend", "difference_after"] == pytest.approx(2.0 - 1.8)
    assert table.loc["constant"].tolist() == [0.0, 0.0]


def test_a_feature_of_several_columns_is_named_once_with_its_worst():
    treated = np.arange(8) < 4
    design = np.column_stack([np.arange(8.0), np.arange(8.0) % 2])
    table = balance(design, ("tier", "tier"), treated, np.full(8, 0.5))
    assert len(table) == 1
    assert abs(table["difference_after"][0]) > 1


def test_true_propensities_balance_what_they_depend_on():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(20_000, 2))
    propensity = 1 / (1 + np.exp(1.0 - x[:, 0]))
    treated = rng.random(len(x)) < propensity
    table = balance(x, ("driver", "other"), treated, propensity).set_index("feature")
    assert table.loc["driver", "difference_before"] > 0.8
    assert abs(table.loc["driver", "difference_after"]) < 0.1
