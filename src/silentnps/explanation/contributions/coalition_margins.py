"""Margins of customers who share some features with a background customer, one feature at a time."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from silentnps.bundle.bundle import Bundle
from silentnps.explanation.contributions.margins import (
    EncodedRows,
    calibrated_components,
    linear_contributions,
)
from silentnps.numerics.arrays import Floats
from silentnps.outcome.tabulated.lookup import TreeTables
from silentnps.outcome.tabulated.trees import Table, decisions, patterns
from silentnps.outcome.tree_heads import Heads, head_margins


class CoalitionMargins:
    """Customers who start with the features of a background customer and get back their own one by one.

    `start` and `add_feature` return margins, shape (3, n). Tabulated trees are looked up again only if they use the
    feature; with larger trees the whole head predicts again.
    """

    def __init__(self, bundle: Bundle, features: pd.DataFrame, background: pd.DataFrame) -> None:
        rows, others = EncodedRows(bundle, features), EncodedRows(bundle, background)
        self._customers, self._background = (linear_contributions(bundle, each) for each in (rows, others))
        weights = [weights for component, weights in calibrated_components(bundle) if component == "trees"]
        matrices = rows.matrix, others.matrix
        tables = bundle.tables
        self._trees: _TabulatedTrees | _BoosterTrees | None = None
        if weights and tables.complete:
            self._trees = _TabulatedTrees(tables, weights[0], *matrices)
        elif weights:
            self._trees = _BoosterTrees(bundle.model.trees, weights[0], *matrices)
        self._margins: Floats = np.zeros((3, len(features)))
        self._background_row: int = 0

    def start(self, other: int) -> Floats:
        """Return the margins if all features are those of one background customer."""
        self._background_row = other
        self._margins = np.tile(self._background[:, :, other].sum(axis=1)[:, None], (1, self._customers.shape[2]))
        if self._trees is not None:
            self._margins[:2] += self._trees.start(other)
        return self._margins

    def add_feature(self, feature: int) -> Floats:
        """Return the margins after a feature takes the customers' own values."""
        replaced = self._background[:, feature, self._background_row][:, None]
        self._margins = self._margins + self._customers[:, feature] - replaced
        if self._trees is not None:
            self._margins[:2] += self._trees.add_feature(feature)
        return self._margins

    def active_features(self) -> list[int]:
        """Return the features that move any margin."""
        moved = (self._customers[:, :-1] != self._customers[:, :-1, :1]).any(axis=(0, 2))
        moved |= (self._background[:, :-1] != self._customers[:, :-1, :1]).any(axis=(0, 2))
        used = set() if self._trees is None else self._trees.used
        return sorted(used | set(np.flatnonzero(moved).tolist()))


class _TabulatedTrees:
    """Margins of tabulated trees, by the pattern of the mixed rows in each tree and its value."""

    def __init__(self, tables: TreeTables, weights: Floats, own: Floats, other: Floats) -> None:
        of_heads = [head if isinstance(head, tuple) else () for head in tables.heads]
        trees: list[Table] = [table for head in of_heads for table in head]
        head_of_tree = np.repeat(np.arange(len(of_heads)), [len(head) for head in of_heads])
        constants = np.array([head if isinstance(head, float) else 0.0 for head in tables.heads])
        self._constants, self._weights = weights @ constants, weights[:, head_of_tree]
        self._values = np.zeros((len(trees), max((len(tree.values) for tree in trees), default=1)))
        for tree, row in zip(trees, self._values, strict=True):
            row[: len(tree.values)] = tree.values
        self._customers, self._background = (_patterns(trees, tables, matrix) for matrix in (own, other))
        self._users = _users(trees, tables)
        self.used = set(self._users)
        self._pattern, self._current = self._customers, np.zeros(self._customers.shape)

    def start(self, other: int) -> Floats:
        self._pattern = np.repeat(self._background[:, other : other + 1], self._customers.shape[1], axis=1)
        self._current = np.take_along_axis(self._values, self._pattern.astype(np.intp), axis=1)
        return np.asarray(self._constants[:, None] + self._weights @ self._current)

    def add_feature(self, feature: int) -> Floats:
        if feature not in self._users:
            return np.zeros((2, self._customers.shape[1]))
        trees, bits = self._users[feature]
        pattern = (self._pattern[trees] & ~bits) | (self._customers[trees] & bits)
        values = self._values[trees[:, None], pattern]
        change = self._weights[:, trees] @ (values - self._current[trees])
        self._pattern[trees], self._current[trees] = pattern, values
        return np.asarray(change)


class _BoosterTrees:
    """Margins of heads whose trees are too large for lookup tables."""

    def __init__(self, heads: Heads, weights: Floats, own: Floats, other: Floats) -> None:
        self._heads, self._weights, self._customers, self._background = heads, weights, own, other
        self.used = set(range(own.shape[1]))
        self._matrix = own

    def start(self, other: int) -> Floats:
        self._matrix = np.repeat(self._background[other : other + 1], len(self._customers), axis=0)
        return self._predicted()

    def add_feature(self, feature: int) -> Floats:
        before = self._predicted()
        self._matrix[:, feature] = self._customers[:, feature]
        return self._predicted() - before

    def _predicted(self) -> Floats:
        return np.asarray(self._weights @ head_margins(self._heads, self._matrix).T)


def _patterns(trees: list[Table], tables: TreeTables, matrix: Floats) -> NDArray[np.uint8]:
    decided = decisions(tables.splits, matrix)
    by_tree = np.zeros((len(trees), len(matrix)), dtype=np.uint8)
    for tree, row in zip(trees, by_tree, strict=True):
        row[:] = patterns(tree.splits, decided)
    return by_tree


def _users(trees: list[Table], tables: TreeTables) -> dict[int, tuple[NDArray[np.intp], NDArray[np.uint8]]]:
    """Return for each feature the trees that split on it, and their bits, shape (trees, 1)."""
    bits_by_feature: dict[int, dict[int, int]] = {}
    for place, tree in enumerate(trees):
        for bit, split in enumerate(tree.splits):
            bits = bits_by_feature.setdefault(tables.splits[split].feature, {})
            bits[place] = bits.get(place, 0) | 1 << bit
    return {
        feature: (np.array(list(bits), dtype=np.intp), np.array(list(bits.values()), dtype=np.uint8)[:, None])
        for feature, bits in bits_by_feature.items()
    }
