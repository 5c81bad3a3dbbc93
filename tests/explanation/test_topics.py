"""Features that speak of one thing are one reason: for or against, and everything still adds up."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silentnps.explanation.contributions.explain import NEVER_INVITED, Explanation
from silentnps.explanation.contributions.margins import Background
from silentnps.explanation.contributions.refits import RefitContributions
from silentnps.explanation.group_difference import Group, explain_difference
from silentnps.explanation.phrases import phrase
from silentnps.explanation.reasons import reasons_in_words
from silentnps.explanation.topics import (
    group_by_topic,
    merge_by_topic,
    merge_refits_by_topic,
    topic_of,
    topics_from_clusters,
)
from silentnps.features.catalog import CATALOG

RETURNS = ("returns_count_365d", "returns_days_since_last", "returns_refund_share_365d")
DECLARED = {"arrival_delay": "delay", "departure_delay": "delay"}
NAMES = (*RETURNS, "orders_count_365d", "orders_days_since_last", "arrival_delay", "departure_delay", "tier")
POINTS = st.lists(st.floats(-40, 40).map(lambda x: round(x, 3)), min_size=len(NAMES), max_size=len(NAMES))


def explanation(rows: list[list[float]]) -> Explanation:
    points = pd.DataFrame(rows, columns=list(NAMES))
    return Explanation(5.0, points, 5.0 + points.sum(axis=1).to_numpy(), DECLARED)


def features(n: int) -> pd.DataFrame:
    return pd.DataFrame({name: [float(i + 1)] * n for i, name in enumerate(NAMES)})


def told(text: str) -> list[tuple[str, float]]:
    """Return topic and points of each reason of a text."""
    phrases = {phrase(name, features(1)[name][0]): topic_of(name, DECLARED) for name in NAMES}
    found = [re.fullmatch(r"(.+) \(([+-][\d.]+) points\)", one) for one in text.split("; ") if one]
    return [(phrases[one[1]], float(one[2])) for one in found if one]


def test_one_topic_is_one_reason_in_the_words_of_the_feature_that_leads_it() -> None:
    # 74 days since the last return -13.7, one return in the last year +2.2: together -11.5, and nothing for it.
    row = dict.fromkeys(NAMES, 0.0) | {"returns_days_since_last": -13.7, "returns_count_365d": 2.2}
    values = features(1).assign(returns_days_since_last=74.0, returns_count_365d=1.0)
    found = reasons_in_words(explanation([list(row.values())]), values).iloc[0]
    assert found.tolist() == ["", "74 days since the last return (-11.5 points)"]


def test_the_words_are_of_the_largest_in_the_direction_of_the_sum() -> None:
    row = dict.fromkeys(NAMES, 0.0) | dict(zip(RETURNS, (3.0, -5.0, 4.0), strict=True))
    found = reasons_in_words(explanation([list(row.values())]), features(1)).iloc[0]
    assert found.tolist() == [f"{phrase(RETURNS[2], 3.0)} (+2.0 points)", ""]


@settings(max_examples=60)
@given(st.lists(POINTS, min_size=1, max_size=4), st.integers(1, 9))
def test_no_topic_is_told_twice_or_both_ways_and_the_largest_come_first(rows: list[list[float]], n: int) -> None:
    made = explanation(rows)
    for _, texts in reasons_in_words(made, features(len(rows)), n=n).iterrows():
        both = [told(text) for text in texts]
        topics = [topic for one in both for topic, _ in one]
        assert len(topics) == len(set(topics))
        assert all(points > 0 for _, points in both[0])
        assert all(points < 0 for _, points in both[1])
        for one in both:
            sizes = [abs(points) for _, points in one]
            assert sizes == sorted(sizes, reverse=True)
            assert len(one) <= n
    whole = merge_by_topic(made)
    assert whole.base_value + whole.contributions.sum(axis=1).to_numpy() == pytest.approx(made.expected_nps)


@settings(max_examples=30)
@given(st.lists(POINTS, min_size=6, max_size=6))
def test_differences_are_shared_out_over_topics_and_add_up(rows: list[list[float]]) -> None:
    made = explanation(rows)
    members = np.array([True, True, False, False, False, False])
    models = RefitContributions(
        np.stack([made.contributions.to_numpy()] * 3).astype(np.float32), pd.RangeIndex(6), NAMES
    )
    table = explain_difference(made, Group(members, 12.0), Group(~members, 2.0), models)
    assert table["points"].sum() == pytest.approx(10.0)
    topics = [topic_of(name, DECLARED) for name in table["driver"].iloc[:-1]]
    assert len(topics) == len(set(topics)) == 4
    assert set(table["driver"].iloc[:-1]) <= set(NAMES)


def test_refits_are_told_in_the_same_topics() -> None:
    made = explanation(np.arange(2.0 * len(NAMES)).reshape(2, -1).tolist())
    models = RefitContributions(made.contributions.to_numpy(dtype=np.float32)[None], pd.RangeIndex(2), NAMES)
    found = merge_refits_by_topic(models, DECLARED)
    assert found.columns == group_by_topic(made).names
    np.testing.assert_allclose(found.points[0], group_by_topic(made).points)


def test_every_feature_of_a_family_is_of_one_topic_and_no_attribute_of_any() -> None:
    by_family: dict[str, set[str]] = {}
    for name, each in CATALOG.items():
        by_family.setdefault(each.family, set()).add(topic_of(name))
    assert all(len(topics) == 1 for topics in by_family.values())
    assert topic_of(NEVER_INVITED) == NEVER_INVITED
    assert topic_of("home_store") == "home_store"


def test_correlated_attributes_are_one_topic_and_join_that_of_the_catalogue() -> None:
    clusters = {"arrival_delay": 1, "departure_delay": 1, "tier": 2, "my_returns": 3, RETURNS[0]: 3}
    mixed = {"x": 4, RETURNS[1]: 4, "orders_count_365d": 4}
    found = topics_from_clusters(clusters | mixed)
    assert found == {
        "arrival_delay": "arrival_delay",
        "departure_delay": "arrival_delay",
        "my_returns": "returns",
        "x": "x",
    }


def test_topics_travel_with_the_background() -> None:
    made = Background(np.zeros((2, 3)), DECLARED)
    assert Background.from_dict(made.to_dict()).topics == DECLARED
    assert Background.from_dict({"contributions": [[0.0, 0.0, 0.0]]}).topics == {}
