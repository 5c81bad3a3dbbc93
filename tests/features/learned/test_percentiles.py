"""Percentiles: mid-ranks by scipy, a frozen grid that is near the whole base, and segments."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import percentileofscore

from silentnps.errors import ModelError
from silentnps.features.learned.percentiles import (
    GRID_POINTS,
    MIN_SEGMENT,
    fit_grid,
    fit_percentiles,
    percentiles_from_dict,
)


def mid_rank(base: np.ndarray, amounts: np.ndarray) -> np.ndarray:
    """The share below plus half of the share of equals."""
    strict, weak = (percentileofscore(base, amounts, kind=kind) for kind in ("strict", "weak"))
    return (strict + weak) / 200


@given(st.lists(st.integers(0, 30), min_size=1, max_size=200))
def test_a_small_base_has_its_own_mid_ranks_exactly(amounts):
    base = np.array(amounts, dtype=float)
    grid = fit_grid(base)
    assert grid.percentile(base) == pytest.approx(mid_rank(base, base), abs=1e-12)
    between = np.setdiff1d(np.arange(-1.5, 32), base)
    assert grid.percentile(between) == pytest.approx(mid_rank(base, between), abs=1e-12)


def test_a_large_base_is_wrong_by_one_step_of_the_grid_at_most():
    rng = np.random.default_rng(0)
    base = np.concatenate([rng.lognormal(3, 1, 20_000), np.full(4000, 25.0), np.zeros(500)])
    grid = fit_grid(base)
    assert len(grid.values) <= GRID_POINTS
    others = rng.lognormal(3, 1.5, 3000)
    assert np.abs(grid.percentile(others) - mid_rank(base, others)).max() <= 1 / (GRID_POINTS - 1) + 1e-12
    popular = np.array([25.0, 0.0, base.max(), *grid.values[5:9]])
    assert grid.percentile(popular) == pytest.approx(mid_rank(base, popular), abs=1e-12)


def test_the_base_itself_has_the_mean_percentile_one_half():
    base = np.round(np.random.default_rng(1).gamma(2, 20, 300), 0)
    assert fit_grid(base).percentile(base).mean() == pytest.approx(0.5, abs=1e-12)


def test_percentiles_rise_with_the_amount_and_stay_within_zero_and_one():
    grid = fit_grid(np.random.default_rng(2).lognormal(3, 1, 5000))
    shares = grid.percentile(np.linspace(-5, 2000, 50_000))
    assert (np.diff(shares) >= 0).all()
    assert (shares[0], shares[-1]) == (0, 1)


def test_corners_one_amount_and_unknown_ones():
    grid = fit_grid(np.array([7.0, 7.0]))
    assert grid.percentile(np.array([6.0, 7.0, 8.0])).tolist() == [0, 0.5, 1]
    assert np.isnan(grid.percentile(np.array([np.nan, 7.0]))).tolist() == [True, False]


def frame() -> tuple[np.ndarray, pd.DataFrame]:
    """Amounts of two large segments, of a small one and of nobody's."""
    rng = np.random.default_rng(3)
    region = np.repeat(["north", "south", "tiny", ""], [150, 200, MIN_SEGMENT - 1, 20])
    amounts = rng.gamma(2, 10, len(region)) * np.where(region == "north", 3, 1)
    amounts[::10] = np.nan
    return amounts, pd.DataFrame(
        {"region": pd.Series(region).replace("", None), "tier": np.resize([1.0, 2.0], 469)}
    )


def test_each_segment_has_its_own_percentiles_and_the_others_those_of_the_base():
    amounts, features = frame()
    fitted = fit_percentiles(amounts, features, segment="region")
    assert set(fitted.segments) == {"north", "south"}
    got, known = fitted.apply(amounts, features), ~np.isnan(amounts)
    for name in ("north", "south"):
        rows = known & (features.region == name).to_numpy()
        assert got[rows] == pytest.approx(mid_rank(amounts[rows], amounts[rows]), abs=1e-12)
    rest = known & ~features.region.isin(["north", "south"]).to_numpy()
    assert got[rest] == pytest.approx(mid_rank(amounts[known], amounts[rest]), abs=1e-12)
    assert np.isnan(got[~known]).all()
    unseen = features.assign(region="west")
    np.testing.assert_array_equal(fitted.apply(amounts, unseen), fitted.whole.percentile(amounts))


def test_a_segment_of_numbers_or_categories_is_the_same_however_it_is_stored():
    amounts, features = frame()
    by_number = fit_percentiles(amounts, features, segment="tier")
    assert set(by_number.segments) == {"1.0", "2.0"}
    whole_numbers = features.astype({"tier": "int64"})
    np.testing.assert_array_equal(by_number.apply(amounts, whole_numbers), by_number.apply(amounts, features))
    by_text = fit_percentiles(amounts, features, segment="region")
    for dtype in ("category", "object", "str"):
        stored = features.astype({"region": dtype})
        np.testing.assert_array_equal(by_text.apply(amounts, stored), by_text.apply(amounts, features))


def test_a_row_alone_has_the_percentile_that_it_has_in_the_batch():
    amounts, features = frame()
    fitted = fit_percentiles(amounts, features, segment="region")
    batch = fitted.apply(amounts, features)
    alone = [fitted.apply(amounts[k : k + 1], features.iloc[k : k + 1])[0] for k in range(len(amounts))]
    np.testing.assert_array_equal(alone, batch)


def test_percentiles_go_through_json_bit_for_bit():
    amounts, features = frame()
    fitted = fit_percentiles(amounts, features, segment="region")
    assert percentiles_from_dict(json.loads(json.dumps(asdict(fitted)))) == fitted


def test_a_base_without_an_amount_is_refused():
    with pytest.raises(ModelError, match="percentiles need customers with an order"):
        fit_percentiles(np.full(3, np.nan), pd.DataFrame(index=range(3)), segment=None)
