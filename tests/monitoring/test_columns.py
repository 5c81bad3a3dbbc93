"""The population stability index: by hand, without chance, with an interval; and its p-value."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from silentnps.monitoring.columns import compare_columns, compare_counts


def test_the_index_is_that_of_the_formula() -> None:
    # with half a case added: 60.5, 40.5 of 101 and 40.5, 60.5 of 101; 2 * 20/101 * log(60.5/40.5) - 1 * 2/100
    moved = compare_counts(np.array([60, 40]), np.array([40, 60]))
    assert moved.psi == pytest.approx(2 * 20 / 101 * np.log(60.5 / 40.5) - 2 / 100)
    assert moved.p_value == pytest.approx(stats.fisher_exact([[60, 40], [40, 60]]).pvalue)


def test_equal_counts_have_not_moved_and_order_of_cells_does_not_matter() -> None:
    equal = compare_counts(np.array([10, 20, 30]), np.array([10, 20, 30]))
    assert (equal.psi, equal.p_value) == (0.0, 1.0)
    one = compare_counts(np.array([10, 200, 300]), np.array([100, 150, 90]))
    other = compare_counts(np.array([300, 10, 200]), np.array([90, 100, 150]))
    assert one.psi == pytest.approx(other.psi)
    assert one.p_value == pytest.approx(other.p_value)


def test_one_cell_and_no_rows_are_no_difference() -> None:
    for before, now in (([5], [900]), ([5, 6], [0, 0]), ([0, 0], [0, 0])):
        moved = compare_counts(np.array(before), np.array(now))
        assert (moved.psi, moved.p_value) == (0.0, 1.0)


def test_the_index_of_samples_of_one_law_is_about_zero_on_average() -> None:
    rng = np.random.default_rng(1)
    law = np.array([0.5, 0.2, 0.15, 0.1, 0.05])
    pairs = rng.multinomial(300, law, size=(400, 2))
    raw = [float(_raw(before, now)) for before, now in pairs]
    assert np.mean(raw) == pytest.approx(4 * 2 / 300, rel=0.15)  # what is taken off


def _raw(before: np.ndarray, now: np.ndarray) -> float:
    p, q = before / before.sum(), now / now.sum()
    return float(((q - p) * np.log(q / p)).sum())


def test_intervals_cover_a_known_index() -> None:
    rng = np.random.default_rng(2)
    p, q = np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.25, 0.25, 0.3, 0.2])
    truth = float(((q - p) * np.log(q / p)).sum())
    hits = 0
    for _ in range(300):
        moved = compare_counts(rng.multinomial(800, p), rng.multinomial(600, q))
        hits += moved.low <= truth <= moved.high
    # 0.95 is refused at 1 in 1,000 only
    assert stats.binomtest(hits, 300, 0.95).pvalue > 0.001


def test_a_missing_value_and_a_new_level_are_cells() -> None:
    numbers = pd.Series(np.arange(200.0))
    assert compare_columns(numbers, numbers.where(numbers < 100)).psi > 0.25
    levels = pd.Series(["north", "south"] * 100, dtype="category")
    there = pd.Series(["north", "east"] * 100, dtype="category")
    assert compare_columns(levels, there).psi > 0.25
    assert compare_columns(levels, levels).psi == 0.0


def test_a_column_without_a_value_is_compared() -> None:
    empty, full = pd.Series([np.nan] * 50), pd.Series(np.arange(50.0))
    assert compare_columns(empty, empty).psi == 0.0
    assert compare_columns(empty, full).psi > 0.25
