"""Columns of features are numbers or levels: what looks like neither is refused, and numbers are numbers."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from silentnps import estimate_nps
from silentnps.errors import DataError
from silentnps.outcome.survey_data import tidy_features

RATING = pd.Series([9.0, 3.0, np.nan, 7.0] * 20)


@pytest.mark.parametrize(
    "column",
    [
        pd.date_range("2025-01-01", periods=80),
        pd.date_range("2025-01-01", periods=80, tz="UTC"),
        pd.to_timedelta(np.arange(80), unit="D"),
        pd.period_range("2025-01-01", periods=80),
    ],
)
def test_moments_are_no_levels(column: pd.Index) -> None:
    features = pd.DataFrame({"usage": np.arange(80.0), "since": column})
    with pytest.raises(DataError, match=r"feature 'since' must hold numbers, text"):
        estimate_nps(features, RATING)


def test_decimals_of_a_database_are_numbers() -> None:
    given = pd.DataFrame({"amount": [Decimal("1.50"), None, Decimal("20"), 3]}, dtype=object)
    assert tidy_features(given)["amount"].dtype == np.float64
    np.testing.assert_array_equal(tidy_features(given)["amount"], [1.5, np.nan, 20.0, 3.0])


@pytest.mark.parametrize("values", [["a", 1, None], [True, False, None], ["1", "2", None]])
def test_other_objects_stay_levels(values: list[object]) -> None:
    assert isinstance(
        tidy_features(pd.DataFrame({"x": pd.Series(values, dtype=object)}))["x"].dtype, pd.CategoricalDtype
    )


@pytest.mark.parametrize("name", ["features", "rating"])
def test_an_array_is_refused_with_what_to_pass(name: str) -> None:
    given = {"features": pd.DataFrame({"usage": np.arange(80.0)}), "rating": RATING}
    with pytest.raises(DataError, match=rf"{name} must be a pandas .*got numpy\.ndarray\. Pass"):
        estimate_nps(**{**given, name: given[name].to_numpy()})
