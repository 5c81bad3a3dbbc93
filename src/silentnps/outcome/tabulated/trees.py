"""Boosted trees as tables: what each pattern of a tree's decisions gives, and what each feature adds to it.

A tree of 8 leaves decides 7 times, so a row meets one of 128 patterns. Score and Shapley values depend on the
pattern alone: both are tabulated once, and rows only look them up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from silentnps.numerics.arrays import Booleans, Floats
from silentnps.outcome.tabulated.model_text import tree_structures

MOST_SPLITS = 8
"""Trees with more decisions are not tabulated: the tables double with each."""

_ENDLESS = 1e300
_ZERO = 1e-35
"""LightGBM takes smaller absolute values for zero where zero is missing."""


@dataclass(frozen=True)
class Split:
    """A decision: rows go left whose value is at most `threshold`, or one of `categories`."""

    feature: int
    threshold: float
    categories: tuple[int, ...] | None
    missing: str
    default_left: bool

    def goes_left(self, values: Floats, absent: Booleans) -> Booleans:
        """Return the decision for values of the feature, shape (n,), of which some are missing (NaN)."""
        if self.categories is not None:
            return np.isin(values, self.categories)
        low = values <= self.threshold  # never of NaN
        if self.missing == "None":
            return low | absent if self.threshold >= 0.0 else low
        if self.missing == "Zero":
            absent = absent | (np.abs(values) <= _ZERO)
            return low | absent if self.default_left else low & ~absent
        return low | absent if self.default_left else low


@dataclass(frozen=True)
class Tree:
    """Decisions as positions in a list of splits, and where they lead: below 0 is leaf ~place.

    `left` and `right` have the counts of training rows beside them; `root` is 0, or -1 for a tree of one leaf.
    """

    splits: tuple[int, ...]
    features: tuple[int, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    counts: tuple[float, ...]
    leaf_values: tuple[float, ...]
    leaf_counts: tuple[float, ...]

    def count(self, place: int) -> float:
        """Return how many training rows came to a node or leaf."""
        return self.counts[place] if place >= 0 else self.leaf_counts[~place]


@dataclass(frozen=True)
class Table:
    """A tabulated tree: `values`, shape (patterns,), and `shapley`, (patterns, features of the tree).

    `mean` is the tree's mean over the training rows, which values are compared with.
    """

    splits: tuple[int, ...]
    features: tuple[int, ...]
    values: Floats
    shapley: Floats
    mean: float


def read_trees(text: str, splits: dict[Split, int]) -> list[Tree]:
    """Return the trees of LightGBM's text of a model, and add their splits to `splits`, each once."""
    return [_read_tree(structure, splits) for structure in tree_structures(text)]


def decisions(splits: Sequence[Split], matrix: Floats) -> NDArray[np.uint8]:
    """Return the decision of each split for each row, shape (splits, n), 1 for left."""
    decided = np.empty((len(splits), len(matrix)), dtype=np.uint8)
    columns = np.ascontiguousarray(matrix.T)
    absent = np.isnan(columns)
    for place, split in enumerate(splits):
        decided[place] = split.goes_left(columns[split.feature], absent[split.feature])
    return decided


def patterns(tree_splits: Sequence[int], decided: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Return the pattern of a tree's decisions for each row, shape (n,): bit i is decision i."""
    pattern = np.zeros(decided.shape[1], dtype=np.uint8)
    for bit, place in enumerate(tree_splits):
        pattern |= decided[place] << np.uint8(bit)
    return pattern.astype(np.intp)


def tabulate(tree: Tree) -> Table:
    """Tabulate a tree of at most `MOST_SPLITS` decisions.

    The value of a set of features is what TreeSHAP takes (Lundberg et al. 2020, algorithm 1): decisions on the
    others are averaged by the counts of training rows on both sides.
    """
    features = tuple(dict.fromkeys(tree.features))
    codes = np.arange(2 ** len(tree.splits))[:, None]
    subsets = np.arange(2 ** len(features))[None, :]

    def value(place: int) -> Floats:
        if place < 0:
            return np.full((1, 1), tree.leaf_values[~place])
        left, right = tree.left[place], tree.right[place]
        by_left, by_right = value(left), value(right)
        n_left, n_right = tree.count(left), tree.count(right)
        mean = (n_left * by_left + n_right * by_right) / (n_left + n_right)
        known = (subsets >> features.index(tree.features[place])) & 1 == 1
        return np.where(known, np.where((codes >> place) & 1 == 1, by_left, by_right), mean)

    of_subsets = np.broadcast_to(value(0 if tree.splits else -1), (codes.size, subsets.size))
    shapley = np.asfortranarray(of_subsets @ shapley_weights(len(features)))
    return Table(tree.splits, features, of_subsets[:, -1].copy(), shapley, float(of_subsets[0, 0]))


@cache
def shapley_weights(n: int) -> Floats:
    """Return what values of subsets of `n` players, by bits, are multiplied with: shape (2**n, n)."""
    weights = np.zeros((2**n, n))
    for subset in range(2**n):
        size = subset.bit_count()
        for player in range(n):
            inside = subset >> player & 1
            others = size - inside
            weight = factorial(others) * factorial(n - others - 1) / factorial(n)
            weights[subset, player] = weight if inside else -weight
    return weights


def _read_tree(structure: dict[str, Any], splits: dict[Split, int]) -> Tree:
    nodes: list[dict[str, Any]] = []
    leaves: list[dict[str, Any]] = []

    def place_of(node: dict[str, Any]) -> int:
        if "split_index" not in node:
            leaves.append(node)
            return ~(len(leaves) - 1)
        nodes.append(node)
        place = len(nodes) - 1
        node["places"] = (place_of(node["left_child"]), place_of(node["right_child"]))
        return place

    place_of(structure)
    return Tree(
        splits=tuple(splits.setdefault(_split_of(node), len(splits)) for node in nodes),
        features=tuple(int(node["split_feature"]) for node in nodes),
        left=tuple(node["places"][0] for node in nodes),
        right=tuple(node["places"][1] for node in nodes),
        counts=tuple(float(node["internal_count"]) for node in nodes),
        leaf_values=tuple(float(leaf["leaf_value"]) for leaf in leaves),
        leaf_counts=tuple(float(leaf.get("leaf_count", 1)) for leaf in leaves),
    )


def _split_of(node: dict[str, Any]) -> Split:
    by_category = node["decision_type"] == "=="
    return Split(
        feature=int(node["split_feature"]),
        threshold=0.0 if by_category else _threshold(float(node["threshold"])),
        categories=tuple(int(code) for code in node["threshold"].split("||")) if by_category else None,
        missing=str(node["missing_type"]),
        default_left=bool(node["default_left"]),
    )


def _threshold(value: float) -> float:
    """Return a threshold; LightGBM writes an infinite one, of a split into missing or not, as 1e300."""
    return np.inf if value >= _ENDLESS else value
