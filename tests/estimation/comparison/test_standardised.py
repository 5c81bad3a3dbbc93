"""Features as standardised columns: mean 0, sd 1, levels, what is constant, what is unknown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from silentnps.estimation.comparison.standardised import Standardised

N = 200
FRAME = pd.DataFrame(
    {
        "spend": np.where(np.arange(N) % 4 == 0, np.nan, np.arange(N, dtype=float)),
        "always": 7.0,
        "never": np.nan,
        "tier": pd.Categorical(["gold"] * 60 + ["basic"] * 130 + ["rare"] * 10),
        "one": pd.Categorical(["same"] * N),
    }
)


def test_columns_have_mean_0_and_sd_1_over_what_is_known() -> None:
    columns = Standardised.of(FRAME, np.ones(N))
    values, known = columns.transform(FRAME)
    assert columns.names == ("spend", "tier", "tier", "tier")
    assert columns.levels == (None, "basic", "gold", "(other)")
    for place in range(4):
        seen = values[known[:, place] > 0, place]
        assert seen.mean() == pytest.approx(0.0, abs=1e-12)
        assert seen.std() == pytest.approx(1.0)
    assert known[:, 0].sum() == 150
    assert (values[known == 0] == 0).all()
    assert columns.means[1:] == pytest.approx([0.65, 0.3, 0.05])


def test_features_that_are_the_same_for_everybody_are_named() -> None:
    assert Standardised.of(FRAME, np.ones(N)).constant == ("always", "never", "one")


def test_rows_count_for_the_customers_they_stand_for() -> None:
    columns = Standardised.of(FRAME, np.where(np.arange(N) < 60, 3.0, 1.0))
    assert columns.means[2] == pytest.approx(180 / 320)


def test_rows_of_another_frame_are_measured_by_the_first() -> None:
    columns = Standardised.of(FRAME, np.ones(N))
    values, _ = columns.transform(pd.DataFrame({"spend": [columns.means[0]], "tier": ["unheard of"]}))
    assert values[0, 0] == pytest.approx(0.0)
    assert values[0, 3] == pytest.approx((1 - 0.05) / np.sqrt(0.05 * 0.95))


def test_a_level_needs_so_many_rows() -> None:
    assert "rare" in Standardised.of(FRAME, np.ones(N), min_level_n=10).levels


def test_a_missing_category_is_a_level() -> None:
    half = FRAME[["tier"]].where(np.arange(N)[:, None] % 2 == 0)
    assert "(missing)" in Standardised.of(half, np.ones(N)).levels
