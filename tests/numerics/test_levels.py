"""Levels of a feature: rare ones pooled, missing apart, numbers in readable ranges."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silentnps.numerics.levels import category_levels, number_levels


def test_levels_come_by_frequency_with_rare_and_missing_ones_last():
    column = pd.Series(["y"] * 3 + ["x"] * 3 + ["big"] * 5 + ["rare", "odd", None])
    codes, labels = category_levels(column, min_level_n=3)
    assert labels == ("big", "x", "y", "(other)", "(missing)")
    assert np.bincount(codes).tolist() == [5, 3, 3, 2, 1]


def test_the_pool_depends_on_its_size():
    column = pd.Series(["a"] * 60 + ["b"] * 40)
    assert category_levels(column)[1] == ("a", "(other)")
    assert category_levels(column, min_level_n=40)[1] == ("a", "b")


def test_levels_that_no_row_has_are_left_out():
    column = pd.Series(["a", "a"], dtype=pd.CategoricalDtype(["a", "ghost"]))
    assert category_levels(column, min_level_n=1)[1] == ("a",)
    assert category_levels(column, min_level_n=0)[1] == ("a",)
    assert category_levels(pd.Series([True, False, True]), min_level_n=1)[1] == ("True", "False")
    assert category_levels(pd.Series([None, None], dtype="object"))[1] == ("(missing)",)
    assert category_levels(pd.Series([], dtype="object"))[1] == ()


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([1, 2, 3, 4, 5, 6, 7, 8], ("1 to 2", "3 to 4", "5 to 6", "7 to 8")),
        ([0, 0, 0, 0, 0, 0, 3, 25_000], ("0", "3 to 25,000")),
        ([7, 7, 7], ("7",)),
        ([0.111, 0.222, 0.333, 0.4444], ("0.111", "0.222", "0.333", "0.444")),
        ([1.00001, 1.00002, 1.00003, 1.00004], ("1.00001", "1.00002", "1.00003", "1.00004")),
        ([-2.5, -1.0, 1e-7, 1e20], ("-2.5", "-1", "1e-07", "1e+20")),
        ([1, 2, 3, 4, np.nan], ("1", "2", "3", "4", "(missing)")),
        ([np.nan, np.nan], ("(missing)",)),
        ([], ()),
    ],
)
def test_quarters_are_named_by_their_ranges(values: list[float], labels: tuple[str, ...]):
    assert number_levels(pd.Series(values, dtype="float64"))[1] == labels


@given(st.lists(st.one_of(st.none(), st.floats(-1e12, 1e12, allow_subnormal=False)), max_size=60))
def test_every_number_has_one_quarter_in_the_order_of_its_size(values: list[float | None]):
    column = pd.Series(values, dtype="float64")
    codes, labels = number_levels(column)
    assert len(set(labels)) == len(labels) <= 5
    assert sorted(set(codes.tolist())) == list(range(len(labels)))
    known = column.notna().to_numpy()
    order = np.argsort(column[known].to_numpy(), kind="stable")
    assert (np.diff(codes[known][order]) >= 0).all()
    assert (codes[~known] == len(labels) - 1).all()
