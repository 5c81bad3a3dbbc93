"""One multiplicative step per class that makes the mean of the scores equal the estimate."""

from __future__ import annotations

import numpy as np
from scipy import optimize

from silentnps.estimation.formulas.selection import tilt
from silentnps.numerics.arrays import Floats

_ROWS_AT_ONCE = 1_000_000
"""Rows that are stepped together: they may lie on disk."""


def fit_step(probabilities: Floats, shares: Floats) -> Floats:
    """Return log steps s, shape (3,), s_passive = 0, such that the mean of tilt(probabilities, s) is `shares`.

    Parameters
    ----------
    probabilities
        Class probabilities of silent customers as scored, shape (n, 3).
    shares
        The class shares that they must average to, shape (3,), positive, summing to 1.
    """

    n = len(probabilities)

    def gap_and_jacobian(free: Floats) -> tuple[Floats, Floats]:
        total, square = np.zeros(2), np.zeros((2, 2))
        for start in range(0, n, _ROWS_AT_ONCE):
            batch = probabilities[start : start + _ROWS_AT_ONCE]
            stepped = tilt(batch, np.array([free[0], 0.0, free[1]]))[:, [0, 2]]
            total += stepped.sum(axis=0)
            square += stepped.T @ stepped
        return total / n - shares[[0, 2]], np.diag(total / n) - square / n

    ratio = np.log(shares / probabilities.mean(axis=0))
    first = np.array([ratio[0] - ratio[1], ratio[2] - ratio[1]])
    solution = optimize.root(gap_and_jacobian, first, jac=True, method="hybr", options={"xtol": 1e-14})
    free = np.asarray(solution.x)
    for _ in range(3):  # Newton steps to the last digit, from where hybr stops
        gap, jacobian = gap_and_jacobian(free)
        free = free - np.linalg.solve(jacobian, gap)
    return np.array([free[0], 0.0, free[1]])
