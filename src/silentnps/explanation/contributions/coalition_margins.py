"""Margins of customers some of whose features are those of another customer, one feature at a time."""

from __future__ import annotations

import lightgbm
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from silentnps.bundle.bundle import Bundle
from silentnps.explanation.contributions.margins import calibrated_components, linear_contributions
from silentnps.numerics.arrays import Floats
from silentnps.outcome.tabulated.lookup import TreeTables
from silentnps.outcome.tabulated.trees import Table, decisions, patterns
from silentnps.outcome.tree_heads import head_margins


class CoalitionMargins:
    """Customers who begin as a customer of the background and take back their own features one by one.

    `begin` and `enter` return margins, shape (3, n). Trees that are tabulated are looked up again only where they
    use the feature; of larger ones the whole head predicts anew.
    """

    def __init__(self, bundle: Bundle, features: pd.DataFrame, background: pd.DataFrame) -> None:
        self._own, self._other = linear_contributions(bundle, features), linear_contributions(bundle, background)
        weights = [weights for component, weights in calibrated_components(bundle) if component == "trees"]
        matrices = bundle.code_book.matrix(features), bundle.code_book.matrix(background)
        tables = bundle.tables
        self._trees: _Lookups | _Predictions | None = None
        if weights and tables.complete:
            self._trees = _Lookups(tables, weights[0], *matrices)
        elif weights:
            self._trees = _Predictions(bundle.model.trees, weights[0], *matrices)
        self._margins: Floats = np.zeros((3, len(features)))
        self._of: int = 0

    def begin(self, other: int) -> Floats:
        """Return the margins where all features are those of one customer of the background."""
        self._of = other
        self._margins = np.tile(self._other[:, :, other].sum(axis=1)[:, None], (1, self._own.shape[2]))
        if self._trees is not None:
            self._margins[:2] += self._trees.begin(other)
        return self._margins

    def enter(self, feature: int) -> Floats:
        """Return the margins after a feature takes the customers' own values."""
        self._margins = self._margins + self._own[:, feature] - self._other[:, feature, self._of][:, None]
        if self._trees is not None:
            self._margins[:2] += self._trees.enter(feature)
        return self._margins

    def active(self) -> list[int]:
        """Return the features that move any margin."""
        moved = (self._own[:, :-1] != self._own[:, :-1, :1]).any(axis=(0, 2))
        moved |= (self._other[:, :-1] != self._own[:, :-1, :1]).any(axis=(0, 2))
        used = set() if self._trees is None else self._trees.used
        return sorted(used | set(np.flatnonzero(moved).tolist()))


class _Lookups:
    """Margins of tabulated trees: of each tree the pattern of the mixed rows and its value."""

    def __init__(self, tables: TreeTables, weights: Floats, own: Floats, other: Floats) -> None:
        of_heads = [head if isinstance(head, tuple) else () for head in tables.heads]
        trees: list[Table] = [table for head in of_heads for table in head]
        head_of_tree = np.repeat(np.arange(len(of_heads)), [len(head) for head in of_heads])
        constants = np.array([head if isinstance(head, float) else 0.0 for head in tables.heads])
        self._constants, self._weights = weights @ constants, weights[:, head_of_tree]
        self._values = np.zeros((len(trees), max((len(tree.values) for tree in trees), default=1)))
        for tree, row in zip(trees, self._values, strict=True):
            row[: len(tree.values)] = tree.values
        self._own, self._other = (_patterns(trees, tables, matrix) for matrix in (own, other))
        self._users = _users(trees, tables)
        self.used = set(self._users)
        self._pattern, self._current = self._own, np.zeros(self._own.shape)

    def begin(self, other: int) -> Floats:
        self._pattern = np.repeat(self._other[:, other : other + 1], self._own.shape[1], axis=1)
        self._current = np.take_along_axis(self._values, self._pattern.astype(np.intp), axis=1)
        return np.asarray(self._constants[:, None] + self._weights @ self._current)

    def enter(self, feature: int) -> Floats:
        if feature not in self._users:
            return np.zeros((2, self._own.shape[1]))
        trees, bits = self._users[feature]
        pattern = (self._pattern[trees] & ~bits) | (self._own[trees] & bits)
        values = self._values[trees[:, None], pattern]
        change = self._weights[:, trees] @ (values - self._current[trees])
        self._pattern[trees], self._current[trees] = pattern, values
        return np.asarray(change)


class _Predictions:
    """Margins of heads whose trees are too large for tables."""

    def __init__(self, heads: list[lightgbm.Booster | float], weights: Floats, own: Floats, other: Floats) -> None:
        self._heads, self._weights, self._own, self._other = heads, weights, own, other
        self.used = set(range(own.shape[1]))
        self._matrix = own

    def begin(self, other: int) -> Floats:
        self._matrix = np.repeat(self._other[other : other + 1], len(self._own), axis=0)
        return self._predicted()

    def enter(self, feature: int) -> Floats:
        before = self._predicted()
        self._matrix[:, feature] = self._own[:, feature]
        return self._predicted() - before

    def _predicted(self) -> Floats:
        return np.asarray(self._weights @ head_margins(self._heads, self._matrix).T)


def _patterns(trees: list[Table], tables: TreeTables, matrix: Floats) -> NDArray[np.uint8]:
    decided = decisions(tables.splits, matrix)
    found = np.zeros((len(trees), len(matrix)), dtype=np.uint8)
    for tree, row in zip(trees, found, strict=True):
        row[:] = patterns(tree.splits, decided)
    return found


def _users(trees: list[Table], tables: TreeTables) -> dict[int, tuple[NDArray[np.intp], NDArray[np.uint8]]]:
    """Return for each feature the trees that decide by it, and by which bits, shape (trees, 1)."""
    found: dict[int, dict[int, int]] = {}
    for place, tree in enumerate(trees):
        for bit, split in enumerate(tree.splits):
            bits = found.setdefault(tables.splits[split].feature, {})
            bits[place] = bits.get(place, 0) | 1 << bit
    return {
        feature: (np.array(list(bits), dtype=np.intp), np.array(list(bits.values()), dtype=np.uint8)[:, None])
        for feature, bits in found.items()
    }
