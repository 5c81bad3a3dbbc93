"""What is expected of a customer from features, by models that have not seen that customer.

Both are ridges; of a few penalties each takes the one that predicts unseen customers best (for probabilities,
those of the first fold).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.numerics.logistic import log_loss
from silentnps.outcome.linear_heads import LinearHeads, fit_linear_heads

PENALTIES = (10.0, 100.0, 1000.0, 10000.0)
"""Ridges on columns of about mean 0 and standard deviation 1, the weakest first."""

_FREE = 30.0
"""Times which a column is written that the ridge should leave alone."""

_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Folds:
    """The fold of each customer, shape (n,), from 0 to `n_folds` - 1."""

    of: Integers
    n_folds: int

    @staticmethod
    def drawn(groups: Integers, rng: np.random.Generator, *, n_folds: int = 5) -> Folds:
        """Draw folds in which each group has the same share, up to one customer."""
        shuffled = rng.permutation(len(groups))
        order = shuffled[np.argsort(groups[shuffled], kind="stable")]
        of = np.empty(len(groups), dtype=np.int64)
        of[order] = np.arange(len(groups)) % n_folds
        return Folds(of, n_folds)

    def splits(self, rows: Booleans) -> Iterator[tuple[Booleans, Booleans]]:
        """Yield for each fold which of `rows` are learned from, and who is predicted."""
        for fold in range(self.n_folds):
            held = self.of == fold
            yield rows & ~held, held


def probabilities(design: Floats, happened: Booleans, folds: Folds) -> Floats:
    """Return the cross-fitted probability that something happens to each customer, shape (n,).

    A ridge logistic regression on the design, shape (n, k).
    """
    target, everybody = happened.astype(np.int64), np.ones(len(happened), dtype=np.bool_)
    margins, chosen, heads = np.empty(len(happened)), None, None
    for train, held in folds.splits(everybody):
        rows, classes, ones = design[train], target[train], np.ones(int(train.sum()))
        if chosen is None or heads is None:
            chosen, heads = _chosen(rows, classes, design[held], happened[held])
        else:
            heads = fit_linear_heads(rows, classes, ones, penalty=chosen, start=heads, tolerance=_TOLERANCE)
        margins[held] = heads.margins(design[held])[:, 0]
    return log_loss(margins, np.zeros(len(happened)))[1]


def _chosen(design: Floats, classes: Integers, unseen: Floats, happened: Booleans) -> tuple[float, LinearHeads]:
    """Return the penalty whose fit predicts unseen rows best, with that fit."""
    tried: list[tuple[float, float, LinearHeads]] = []
    heads, ones = None, np.ones(len(classes))
    for penalty in reversed(PENALTIES):
        heads = fit_linear_heads(design, classes, ones, penalty=penalty, start=heads, tolerance=_TOLERANCE)
        loss = float(log_loss(heads.margins(unseen)[:, 0], happened.astype(np.float64))[0].mean())
        tried.append((loss, penalty, heads))
    _, penalty, best = min(tried, key=lambda each: each[0])
    return penalty, best


def probabilities_by_group(design: Floats, treated: Booleans, happened: Booleans, folds: Folds) -> Floats:
    """Do as `probabilities`, with a constant of its own for the treated."""
    return probabilities(with_group(design, treated), happened, folds)


def means(design: Floats, values: Floats, known: Booleans, folds: Folds) -> Floats:
    """Return the cross-fitted expected value of each customer, shape (n,), learned from the known values."""
    return _predicted([design], design, values, known, folds)[0]


def means_by_group(
    design: Floats, treated: Booleans, values: Floats, known: Booleans, folds: Folds
) -> tuple[Floats, Floats]:
    """Do as `means`, with a constant of its own for the treated: the values as treated, and as untreated."""
    asked = [with_group(design, np.full(len(design), side)) for side in (True, False)]
    as_treated, as_untreated = _predicted(asked, with_group(design, treated), values, known, folds)
    return as_treated, as_untreated


def with_group(design: Floats, treated: Booleans) -> Floats:
    """Return the design with a column of who is treated, which the ridge hardly shrinks."""
    return np.column_stack([design, _FREE * treated])


def _predicted(asked: list[Floats], design: Floats, values: Floats, known: Booleans, folds: Folds) -> list[Floats]:
    """Return predictions for each of the designs `asked`, by the penalty that predicts known values best."""
    found = np.empty((len(asked), len(PENALTIES), len(values)))
    unseen = np.empty((len(PENALTIES), len(values)))
    for train, held in folds.splits(known):
        ridge = _Ridge.fitted(design[train], values[train])
        unseen[:, held] = ridge.predicted(design[held])
        for place, each in enumerate(asked):
            found[place][:, held] = ridge.predicted(each[held])
    errors = ((unseen[:, known] - values[known]) ** 2).mean(axis=1)
    best = int(np.argmin(errors))
    return [each[best] for each in found]


@dataclass(frozen=True)
class _Ridge:
    """Ridge regressions by every penalty at once, from one decomposition."""

    center: Floats
    mean: float
    coefficients: Floats

    @classmethod
    def fitted(cls, design: Floats, values: Floats) -> _Ridge:
        center, mean = design.mean(axis=0), float(values.mean())
        inner = design - center
        sizes, directions = np.linalg.eigh(inner.T @ inner)
        along = directions.T @ (inner.T @ (values - mean))
        shrunk = along[:, None] / (np.maximum(sizes, 0.0)[:, None] + np.array(PENALTIES)[None, :])
        return cls(center, mean, directions @ shrunk)

    def predicted(self, design: Floats) -> Floats:
        """Return the predictions, shape (penalties, n)."""
        return np.asarray((self.mean + (design - self.center) @ self.coefficients).T)
