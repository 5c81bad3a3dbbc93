"""The balance of respondents and silent customers: numbers by hand, identities, and a weighting that works."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from populations import population

from silentnps.estimation.checks.balance import COLUMNS, balance_table
from silentnps.estimation.checks.diagnostics import standardised_differences
from silentnps.estimation.formulas.doubly_robust import Sample, estimate_point, select
from silentnps.numerics.arrays import Floats

ROLES = {"days": "driver", "late": "shadow"}


def sample_of(classes: list[int]) -> Sample:
    n = len(classes)
    return Sample(np.array(classes), np.ones(n, dtype=np.bool_), np.zeros((n, 0)), np.ones(n))


def table_of(features: pd.DataFrame, sample: Sample, corrections: Floats, *, min_level_n: int = 1) -> pd.DataFrame:
    table = balance_table(features, sample, corrections, roles=ROLES, min_level_n=min_level_n)
    assert not table.isna().any(axis=None)
    return table.set_index(["feature", "level"])


FOUR = sample_of([0, 2, -1, -1])
WEIGHTS = np.array([0.25, 0.75, 0.0, 0.0])


def test_a_number_by_hand():
    # Respondents 0 and 2, silent customers 1 and 3: both variances 1. (1 - 2) / 1; weighted 1.5: (1.5 - 2) / 1.
    row = table_of(pd.DataFrame({"days": [0.0, 2.0, 1.0, 3.0]}), FOUR, WEIGHTS).loc[("days", "")]
    assert row.tolist() == ["driver", 1.0, 2.0, -1.0, -0.5]


def test_levels_of_a_category_by_hand():
    # Respondents a b, silent a a: shares 1/2 and 1, variances 1/4 and 0, sd sqrt(1/8). Weighted share of a: 1/4.
    table = table_of(pd.DataFrame({"shop": ["a", "b", "a", "a"]}), FOUR, WEIGHTS)
    assert table.loc[("shop", "a")].tolist()[:3] == ["neither", 0.5, 1.0]
    assert table.loc[("shop", "a"), "difference_before"] == pytest.approx(-0.5 / 0.125**0.5)
    assert table.loc[("shop", "a"), "difference_after"] == pytest.approx(-0.75 / 0.125**0.5)
    assert table.loc[("shop", "b"), "difference_after"] == pytest.approx(0.75 / 0.125**0.5)


def test_missing_values_have_their_own_row_and_the_number_is_of_the_known():
    features = pd.DataFrame({"late": [4.0, np.nan, 1.0, 3.0], "shop": ["a", None, "a", "a"]})
    table = table_of(features, FOUR, WEIGHTS)
    assert table.loc[("late", "")].tolist() == ["shadow", 4.0, 2.0, 2.0 / 0.5**0.5, 2.0 / 0.5**0.5]
    missing = table.loc[("late", "(missing)"), ["mean_respondents", "mean_silent", "difference_after"]]
    assert missing.tolist() == pytest.approx([0.5, 0.0, 0.75 / 0.125**0.5])
    assert table.loc[("shop", "(missing)")].tolist()[1:] == table.loc[("late", "(missing)")].tolist()[1:]


def test_a_number_unknown_to_a_whole_group_is_compared_by_its_missing_values_only():
    table = table_of(pd.DataFrame({"late": [np.nan, np.nan, 1.0, 3.0]}), FOUR, WEIGHTS)
    assert table.index.tolist() == [("late", "(missing)")]
    # No spread in either group: the standard deviation is that of both together, 1/2.
    assert table["difference_before"].tolist() == [2.0]


def test_rare_levels_are_pooled():
    features = pd.DataFrame({"shop": ["a", "b", "a", "c"]})
    assert table_of(features, FOUR, WEIGHTS, min_level_n=2).index.get_level_values("level").tolist() == [
        "a",
        "(other)",
    ]
    assert len(table_of(features, FOUR, WEIGHTS, min_level_n=1)) == 3


def mixed(n: int, rng: np.random.Generator) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "days": rng.gamma(2.0, size=n),
            "late": np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n)),
            "shop": rng.choice(["web", "store", None], n, p=[0.6, 0.3, 0.1]),
            "constant": np.full(n, 0.1),
        }
    )


def test_equal_weights_change_nothing():
    rng = np.random.default_rng(0)
    sample = sample_of(rng.choice([-1, 0, 1, 2], 400).tolist())
    table = table_of(mixed(400, rng), sample, np.where(sample.answered, 0.3, 0.0))
    np.testing.assert_allclose(table["difference_before"], table["difference_after"], atol=1e-12)
    assert table["difference_before"].abs().max() > 0.01
    assert table.loc[("constant", ""), ["difference_before", "difference_after"]].tolist() == [0.0, 0.0]


def test_silent_customers_who_are_copies_of_respondents_do_not_differ():
    rng = np.random.default_rng(1)
    features = mixed(100, rng)
    classes = rng.choice([0, 1, 2], 100)
    twice = pd.concat([features, features], ignore_index=True)
    table = table_of(twice, sample_of([*classes, *[-1] * 100]), np.repeat([1.0, 0.0], 100))
    np.testing.assert_allclose(table[["difference_before", "difference_after"]], 0.0, atol=1e-12)


def test_numbers_agree_with_the_design_matrix_of_the_diagnostics():
    drawn = population(2000, np.random.default_rng(2))
    sample = drawn.sample
    point = estimate_point(drawn.probabilities, sample, select(drawn.probabilities, sample, prior_sd=0.5))
    features = pd.DataFrame(drawn.drivers, columns=["days"])
    before, after = standardised_differences(drawn.drivers, sample, point.corrections)
    row = table_of(features, sample, point.corrections).iloc[0]
    assert [row["difference_before"], row["difference_after"]] == pytest.approx([before[0], after[0]])
    assert abs(row["difference_after"]) < 0.1 < abs(row["difference_before"])


def test_only_the_invited_are_compared():
    features = pd.DataFrame({"days": [0.0, 2.0, 1.0, 3.0, 900.0]})
    sample = replace(sample_of([0, 2, -1, -1, -1]), invited=np.array([True, True, True, True, False]))
    row = table_of(features, sample, np.append(WEIGHTS, 0.0)).iloc[0]
    assert row["mean_silent"] == 2.0


def test_frequency_weights_of_respondents_are_copies():
    features = pd.DataFrame({"days": [0.0, 2.0, 1.0, 3.0], "shop": ["a", "b", "a", "b"]})
    heavy = replace(FOUR, weights=np.array([1.0, 2.0, 1.0, 1.0]))
    copied = table_of(features.iloc[[0, 1, 1, 2, 3]], sample_of([0, 2, 2, -1, -1]), np.array([2, 1, 1, 0, 0.0]))
    weighted = table_of(features, heavy, np.array([2, 2, 0, 0.0]))
    pd.testing.assert_frame_equal(weighted, copied.reindex(weighted.index))  # levels come by their rows


def test_without_silent_customers_there_is_nothing_to_compare():
    table = balance_table(pd.DataFrame({"days": [1.0, 2.0]}), sample_of([0, 1]), np.full(2, 0.5), roles={})
    assert table.empty
    assert tuple(table.columns) == COLUMNS
