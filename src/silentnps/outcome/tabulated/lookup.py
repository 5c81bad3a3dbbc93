"""The tables of all trees of a model: its margins, and contributions of features to them, by looking them up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from silentnps.numerics.arrays import Floats
from silentnps.outcome.tabulated.model_text import is_known
from silentnps.outcome.tabulated.trees import MOST_SPLITS, Split, Table, decisions, patterns, read_trees, tabulate
from silentnps.outcome.tree_heads import Booster, Head, Heads, head_margins

_ROWS_AT_ONCE = 20_000
"""Rows whose decisions, a byte for each split of the model, are held together."""


@dataclass(frozen=True)
class TreeTables:
    """What is looked up: for each head its tables, its booster if trees are too large for them, or its constant.

    `splits` are the decisions of all tables, each once.
    """

    splits: tuple[Split, ...]
    heads: tuple[tuple[Table, ...] | Head, ...]
    n_features: int

    @staticmethod
    def of(heads: Heads, n_features: int) -> TreeTables:
        """Tabulate the heads of a model."""
        splits: dict[Split, int] = {}
        tabulated = tuple(head if isinstance(head, float) else _tables_of(head, splits) for head in heads)
        return TreeTables(tuple(splits), tabulated, n_features)

    @property
    def complete(self) -> bool:
        """Return whether all trees are small enough for tables."""
        return not any(not isinstance(head, tuple | float) for head in self.heads)

    def margins(self, matrix: Floats) -> Floats:
        """Return the margin of each head, shape (n, heads), as `head_margins` does."""
        margins = np.zeros((len(self.heads), len(matrix)))
        for start in range(0, len(matrix), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            decided = decisions(self.splits, matrix[rows])
            for head, of_head in zip(self.heads, margins, strict=True):
                if isinstance(head, tuple):
                    for table in head:
                        of_head[rows] += table.values.take(patterns(table.splits, decided))
                else:
                    of_head[rows] = head_margins([head], matrix[rows])[:, 0]
        return np.ascontiguousarray(margins.T)

    def contributions(self, matrix: Floats) -> Floats:
        """Return Shapley values of each head's margin, shape (heads, features + 1, n), the last being constants."""
        contributions = np.zeros((len(self.heads), self.n_features + 1, len(matrix)))
        for start in range(0, len(matrix), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            decided = decisions(self.splits, matrix[rows])
            for head, of_head in zip(self.heads, contributions, strict=True):
                _add(head, of_head[:, rows], matrix[rows], decided)
        return contributions


def _tables_of(booster: Booster, splits: dict[Split, int]) -> tuple[Table, ...] | Booster:
    with_new, text = splits.copy(), booster.model_to_string()
    if not is_known(text):  # of a later LightGBM, which reads it itself
        return booster
    trees = read_trees(text, with_new)
    if max((len(tree.splits) for tree in trees), default=0) > MOST_SPLITS:
        return booster
    splits.update(with_new)
    return tuple(tabulate(tree) for tree in trees)


def _add(
    head: tuple[Table, ...] | Head,
    contributions: Floats,
    matrix: Floats,
    decided: NDArray[np.uint8],
) -> None:
    if isinstance(head, float):
        contributions[-1] += head
    elif isinstance(head, tuple):
        for table in head:
            pattern = patterns(table.splits, decided)
            contributions[-1] += table.mean
            for place, feature in enumerate(table.features):
                contributions[feature] += table.shapley[:, place].take(pattern)
    else:
        contributions += np.asarray(head.predict(matrix, pred_contrib=True, num_threads=1), dtype=np.float64).T
