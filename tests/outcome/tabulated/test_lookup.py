"""Tabulated trees: LightGBM's own values by another way, and Shapley values by brute force."""

from __future__ import annotations

from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
import pytest
from boosters import FEATURES, booster, data

from silentnps.outcome.tabulated.lookup import TreeTables
from silentnps.outcome.tabulated.trees import shapley_weights


@pytest.mark.parametrize(
    "options",
    [{}, {"num_leaves": 9}, {"num_leaves": 2}, {"zero_as_missing": True}, {"use_missing": False}, {"max_depth": 3}],
    ids=str,
)
def test_contributions_are_those_of_lightgbm(options: dict[str, Any]) -> None:
    X, _ = data()
    head = booster(**options)
    tables = TreeTables.of([head], FEATURES)
    assert tables.complete
    np.testing.assert_allclose(tables.contributions(X)[0].T, head.predict(X, pred_contrib=True), atol=1e-12)


def test_values_never_seen_take_the_way_that_lightgbm_takes() -> None:
    X, _ = data()
    strange = X[:200].copy()
    strange[:50, 1], strange[50:100, 1], strange[100:150, 0], strange[150:, 3] = 99.0, -1.0, np.inf, -1e300
    head = booster()
    found = TreeTables.of([head], FEATURES).contributions(strange)[0].T
    np.testing.assert_allclose(found, head.predict(strange, pred_contrib=True), atol=1e-12)


def test_larger_trees_are_left_to_lightgbm_and_others_are_not() -> None:
    X, _ = data()
    heads = [booster(num_leaves=31), booster(), 0.4]
    tables = TreeTables.of(heads, FEATURES)
    assert not tables.complete
    found = tables.contributions(X)
    for head, of_head in zip(heads[:2], found, strict=False):
        np.testing.assert_allclose(of_head.T, head.predict(X, pred_contrib=True), atol=1e-12)
    assert (found[2, -1] == 0.4).all()
    assert (found[2, :-1] == 0).all()


def test_contributions_are_shapley_values_by_brute_force() -> None:
    """Brute force walks LightGBM's own dump, with features unknown averaged by the counts of training rows."""
    X, _ = data()
    head = booster(num_leaves=6)
    roots = [each["tree_structure"] for each in head.dump_model()["tree_info"]]
    found = TreeTables.of([head], FEATURES).contributions(X[:5])[0]

    def value(node: dict[str, Any], row: np.ndarray, known: tuple[int, ...]) -> float:
        if "leaf_value" in node:
            return node["leaf_value"]
        sides = [node["left_child"], node["right_child"]]
        if node["split_feature"] in known:
            return value(sides[0] if goes_left(node, row[node["split_feature"]]) else sides[1], row, known)
        counts = [side.get("leaf_count", side.get("internal_count")) for side in sides]
        return sum(n * value(side, row, known) for n, side in zip(counts, sides, strict=True)) / sum(counts)

    for i, row in enumerate(X[:5]):
        worth = {
            known: sum(value(root, row, known) for root in roots)
            for size in range(FEATURES + 1)
            for known in combinations(range(FEATURES), size)
        }
        for player in range(FEATURES):
            others = [known for known in worth if player not in known]
            total = sum(
                factorial(len(known))
                * factorial(FEATURES - len(known) - 1)
                / factorial(FEATURES)
                * (worth[tuple(sorted((*known, player)))] - worth[known])
                for known in others
            )
            assert found[player, i] == pytest.approx(total, abs=1e-9)


def goes_left(node: dict[str, Any], value: float) -> bool:
    if node["decision_type"] == "==":
        return value in {float(code) for code in node["threshold"].split("||")}
    return node["default_left"] if np.isnan(value) else value <= node["threshold"]


def test_weights_of_subsets_share_all_and_nothing_more() -> None:
    for n in range(1, 6):
        worth = np.random.default_rng(n).normal(size=2**n)
        assert (shapley_weights(n).T @ worth).sum() == pytest.approx(worth[-1] - worth[0])


def test_no_trees_and_no_rows() -> None:
    tables = TreeTables.of([booster()], FEATURES)
    assert tables.contributions(np.zeros((0, FEATURES))).shape == (1, FEATURES + 1, 0)
