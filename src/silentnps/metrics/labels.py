"""Metrics of class labels, all of them functions of a confusion matrix."""

from __future__ import annotations

import numpy as np

from silentnps.metrics.scores import weights_of
from silentnps.numerics.arrays import Floats, Integers

_N_CLASSES = 3
_DISTANCES = np.abs(np.subtract.outer(np.arange(_N_CLASSES), np.arange(_N_CLASSES)))


def confusion(classes: Integers, predicted: Integers, *, weights: Floats | None = None) -> Floats:
    """Return the weight of each true (row) and predicted class (column), shape (3, 3), summing to the weights.

    Examples
    --------
    >>> confusion(np.array([0, 0, 2]), np.array([0, 1, 2])).tolist()
    [[1.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    cells = np.bincount(
        _N_CLASSES * classes + predicted, weights=weights_of(weights, len(classes)), minlength=_N_CLASSES**2
    )
    return np.asarray(cells.reshape(_N_CLASSES, _N_CLASSES))


def macro_f1(matrix: Floats) -> float:
    """Return the mean over classes of 2 TP / (2 TP + FP + FN) of a confusion matrix; 0 for an absent class."""
    hits, sizes = np.diag(matrix), matrix.sum(axis=0) + matrix.sum(axis=1)
    return float(np.divide(2 * hits, sizes, out=np.zeros(_N_CLASSES), where=sizes > 0).mean())


def quadratic_kappa(matrix: Floats) -> float:
    """Return Cohen's (1968) kappa with quadratic weights of a confusion matrix.

    1 - sum d^2 O / sum d^2 E, with d the distance between two classes, O the matrix and E the product of its
    margins over its sum. It is 0 where all rows and predictions have one class, as there is nothing to agree on.
    """
    chance = np.outer(matrix.sum(axis=1), matrix.sum(axis=0)) / matrix.sum()
    expected = (_DISTANCES**2 * chance).sum()
    return float(1.0 - (_DISTANCES**2 * matrix).sum() / expected) if expected > 0 else 0.0


def far_error_rate(matrix: Floats) -> float:
    """Return the share of a confusion matrix that is two classes off (promoter for detractor or the reverse)."""
    return float(matrix[_DISTANCES == 2].sum() / matrix.sum())
