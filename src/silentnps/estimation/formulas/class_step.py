"""One multiplicative step per class that makes the mean of the scores equal the estimate."""

from __future__ import annotations

import numpy as np
from scipy import optimize

from silentnps.estimation.formulas.selection import tilt
from silentnps.numerics.arrays import Floats


def fit_step(probabilities: Floats, shares: Floats) -> Floats:
    """Return log steps s, shape (3,), s_passive = 0, such that the mean of tilt(probabilities, s) is `shares`.

    Parameters
    ----------
    probabilities
        Class probabilities of silent customers as scored, shape (n, 3).
    shares
        The class shares that they must average to, shape (3,), positive, summing to 1.
    """

    def gap_and_jacobian(free: Floats) -> tuple[Floats, Floats]:
        stepped = tilt(probabilities, np.array([free[0], 0.0, free[1]]))[:, [0, 2]]
        gap = stepped.mean(axis=0) - shares[[0, 2]]
        jacobian = np.diag(stepped.mean(axis=0)) - stepped.T @ stepped / len(stepped)
        return gap, jacobian

    start = np.log(shares / probabilities.mean(axis=0))
    first = np.array([start[0] - start[1], start[2] - start[1]])
    solution = optimize.root(gap_and_jacobian, first, jac=True, method="hybr", options={"xtol": 1e-14})
    free = np.asarray(solution.x)
    for _ in range(3):  # Newton steps to the last digit, from where hybr stops
        gap, jacobian = gap_and_jacobian(free)
        free = free - np.linalg.solve(jacobian, gap)
    return np.array([free[0], 0.0, free[1]])
