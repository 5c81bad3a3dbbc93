"""Reasons in words: every feature of the catalogue can be said of one, of several, of none, and where unknown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import silentnps.features.engine.build  # noqa: F401 - fills the catalogue
from silentnps.explanation.contributions.explain import NEVER_INVITED, Explanation
from silentnps.explanation.phrases import _COUNTED, phrase, singular, words_of
from silentnps.explanation.reasons import REASONS, reasons_in_words
from silentnps.features.catalog import CATALOG

COUNTS = [name for name, one in CATALOG.items() if one.unit in _COUNTED and one.empty == 0]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("orders_late_count_90d", 2.0, "two late deliveries in the last 90 days"),
        ("orders_late_count_90d", 1.0, "one late delivery in the last 90 days"),
        ("orders_late_count_90d", 0.0, "no late deliveries in the last 90 days"),
        ("orders_count_total", 1234.0, "1,234 orders so far"),
        ("support_open_cases", 1.0, "one support case that is open"),
        ("orders_days_since_last_late", 1.0, "1 day since the last order that came late"),
        ("orders_days_since_last_late", np.nan, "no order that came late so far"),
        ("orders_late_share_180d", 0.25, "share of late deliveries in the last 180 days: 25 %"),
        ("orders_average_amount", 83.456, "average order value: 83.5"),
        ("engagement_dormant_90d", 1.0, "no visit or click for 90 days"),
        ("engagement_dormant_90d", 0.0, "a visit or click in the last 90 days"),
        ("orders_single_purchase", 0.0, "has not bought exactly once"),
        ("responses_previous_rating", None, "previous rating: unknown"),
        ("customers_tenure_band", "1 to 2 years", "band of time as a customer: 1 to 2 years"),
        ("loyalty_card", True, "loyalty card: True"),
        ("loyalty_card", 12_345, "loyalty card: 12,345"),
        ("loyalty_card", pd.NA, "loyalty card: unknown"),
    ],
)
def test_a_feature_and_its_value_read_as_people_speak(name: str, value: object, words: str) -> None:
    assert phrase(name, value) == words


@pytest.mark.parametrize("name", COUNTS)
def test_whatever_is_counted_can_be_said_of_one(name: str) -> None:
    assert singular(CATALOG[name].words) != CATALOG[name].words
    assert phrase(name, 1.0).startswith("one ")


@pytest.mark.parametrize("name", list(CATALOG))
def test_every_feature_has_words_with_any_value(name: str) -> None:
    for value in (0.0, 1.0, 2.5, None, np.nan):
        assert "nan" not in phrase(name, value).lower().split()
    assert words_of(name) == CATALOG[name].words


def test_reasons_are_the_largest_for_and_against_and_leave_out_what_rounds_to_nothing() -> None:
    features = pd.DataFrame({"orders_late_count_90d": [2.0, 0.0], "tier": ["gold", None], "age": [40.0, np.nan]})
    points = pd.DataFrame(
        {
            "orders_late_count_90d": [-14.2, 0.04],
            "tier": [3.25, -0.04],
            "age": [5.0, 0.0],
            NEVER_INVITED: [9.0, 9.0],
        }
    )
    found = reasons_in_words(Explanation(0.0, points, np.zeros(2)), features, n=2)
    assert tuple(found.columns) == REASONS
    assert found.iloc[0].tolist() == [
        "age: 40 (+5.0 points); tier: gold (+3.2 points)",
        "two late deliveries in the last 90 days (-14.2 points)",
    ]
    assert found.iloc[1].tolist() == ["", ""]
    once = reasons_in_words(Explanation(0.0, points, np.zeros(2)), features, n=1)
    assert once.iloc[0, 0] == "age: 40 (+5.0 points)"
