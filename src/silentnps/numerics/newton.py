"""The minimum of a smooth loss, by Newton's method."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from scipy import linalg, optimize

from silentnps.numerics.arrays import Floats

_MOST_STEPS = 30


class SmoothLoss(Protocol):
    """A loss with its first two derivatives."""

    def loss_and_gradient(self, theta: Floats) -> tuple[float, Floats]:
        """Return the loss at theta, shape (k,), and its gradient, shape (k,)."""
        ...

    def hessian(self, theta: Floats) -> Floats:
        """Return the second derivatives at theta, shape (k, k)."""
        ...


def minimum(problem: SmoothLoss, theta: Floats, *, tolerance: float) -> Floats:
    """Return the parameters that minimise a loss: the norm of the gradient there is below `tolerance`.

    Takes full Newton steps while each lowers the loss. Where one does not, or the loss is not convex, a trust
    region takes over.
    """
    loss, slope = problem.loss_and_gradient(theta)
    for _ in range(_MOST_STEPS):
        if np.linalg.norm(slope) < tolerance:
            return theta
        try:
            factor = linalg.cho_factor(problem.hessian(theta), overwrite_a=True, check_finite=False)
        except linalg.LinAlgError:
            break
        proposed = theta - linalg.cho_solve(factor, slope, check_finite=False)
        lower, steeper = problem.loss_and_gradient(proposed)
        if not lower < loss:
            break
        theta, loss, slope = proposed, lower, steeper
    return _by_trust_region(problem, theta, tolerance)


def _by_trust_region(problem: SmoothLoss, theta: Floats, tolerance: float) -> Floats:
    result = optimize.minimize(
        problem.loss_and_gradient,
        theta,
        jac=True,
        hess=problem.hessian,
        method="trust-exact",
        options={"gtol": tolerance, "maxiter": 200},
    )
    return np.asarray(result.x)
