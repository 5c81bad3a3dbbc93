"""The minimum of a smooth loss, by Newton's method."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from scipy import linalg, optimize

from silentnps.numerics.arrays import Floats

Factor = tuple[Floats, bool]
"""A Cholesky factor as scipy returns it."""

_MOST_STEPS = 30
_MOST_HALVINGS = 6
_MANY = 50
"""Of so many parameters second derivatives take as long as several steps."""

_FAST, _FAST_OF_MANY = 0.25, 0.5
"""Second derivatives are computed again unless a step reduces the gradient to this share."""

_SINGULAR = 1e-7
_BLOCK = 1024


class SmoothLoss(Protocol):
    """A loss with its first two derivatives."""

    def loss_and_gradient(self, theta: Floats) -> tuple[float, Floats]:
        """Return the loss at theta, shape (k,), and its gradient, shape (k,)."""
        ...

    def hessian(self, theta: Floats) -> Floats:
        """Return the second derivatives at theta, shape (k, k)."""
        ...


def weighted_gram(design: Floats, weights: Floats) -> Floats:
    """Return X'WX of a design X, shape (n, k), and weights that are not negative, shape (n,), by blocks of rows.

    The scaled design is never held as a whole: it would take as much memory as the design.
    """
    width = design.shape[1]
    gram, root = np.zeros((width, width)), np.sqrt(weights)
    block = np.empty((min(_BLOCK, len(design)), width))
    for start in range(0, len(design), _BLOCK):
        rows = design[start : start + _BLOCK]
        scaled = np.multiply(rows, root[start : start + _BLOCK, None], out=block[: len(rows)])
        gram += scaled.T @ scaled  # of a matrix with itself: half the work
    return gram


def factored(hessian: Floats) -> Factor | None:
    """Return the Cholesky factor of second derivatives, shape (k, k), which are overwritten; None without one."""
    try:
        upper, lower = linalg.cho_factor(hessian, overwrite_a=True, check_finite=False)
    except linalg.LinAlgError:
        return None
    return upper, lower


def inverse_diagonal(hessian: Floats) -> Floats:
    """Return the diagonal of the inverse of second derivatives, shape (k,); without one of the pseudoinverse."""
    found = factored(hessian.copy())
    pivots = np.zeros(1) if found is None else np.abs(np.diag(found[0]))
    if found is None or pivots.min() < _SINGULAR * pivots.max():
        return np.asarray(np.diag(np.linalg.pinv(hessian, hermitian=True)))
    inverse = linalg.solve_triangular(np.triu(found[0]), np.eye(len(hessian)), check_finite=False)
    return np.asarray((inverse**2).sum(axis=1))


@dataclass(frozen=True)
class Minimum:
    """The parameters where a loss is lowest, and the factor of its second derivatives that led there.

    `factor` is None where no second derivatives were needed; it serves the next loss that is nearly the same.
    """

    theta: Floats
    factor: Factor | None


def minimum(problem: SmoothLoss, theta: Floats, *, tolerance: float, factor: Factor | None = None) -> Minimum:
    """Return the parameters that minimise a loss: the norm of the gradient there is below `tolerance`.

    Takes Newton steps, each halved until it lowers the loss. The second derivatives stay those of an earlier step,
    or those of `factor` from a similar loss, while the gradient falls fast, corrected by how it has changed since
    (the two-loop recursion of BFGS: Nocedal and Wright 2006, Numerical Optimization, algorithm 7.4). Where no step
    lowers the loss, or it is not convex, a trust region takes over.
    """
    loss, slope = problem.loss_and_gradient(theta)
    size, last, fresh = np.linalg.norm(slope), factor, False
    changes, fast = _Changes(), _FAST if len(theta) < _MANY else _FAST_OF_MANY
    for _ in range(_MOST_STEPS):
        if size < tolerance:
            return Minimum(theta, last)
        if factor is None:
            factor = factored(problem.hessian(theta))
            if factor is None:
                break
            last, fresh = factor, True
            changes = _Changes()
        lower = _lower(problem, theta, changes.step(factor, slope), loss)
        if lower is None:
            if fresh:
                break
            factor = None
            continue
        before, was, at = size, slope, theta
        theta, loss, slope = lower
        changes.add(theta - at, slope - was)
        size = np.linalg.norm(slope)
        factor, fresh = (factor if size < fast * before else None), False
    return Minimum(_by_trust_region(problem, theta, tolerance), last)


@dataclass
class _Changes:
    """Steps and the changes of the gradient along them, which correct second derivatives of another place."""

    pairs: list[tuple[Floats, Floats, float]] = field(default_factory=list)

    def add(self, step: Floats, change: Floats) -> None:
        """Take in a step along which the loss was convex."""
        curvature = float(step @ change)
        if curvature > 0.0:
            self.pairs.append((step, change, curvature))

    def step(self, factor: Factor, slope: Floats) -> Floats:
        """Return the step, by which parameters are to be lowered, at a gradient."""
        rest, shares = slope.copy(), []
        for step, change, curvature in reversed(self.pairs):
            shares.append(float(step @ rest) / curvature)
            rest -= shares[-1] * change
        found = np.asarray(linalg.cho_solve(factor, rest, check_finite=False))
        for (step, change, curvature), share in zip(self.pairs, reversed(shares), strict=True):
            found += (share - float(change @ found) / curvature) * step
        return found


def _lower(problem: SmoothLoss, theta: Floats, step: Floats, loss: float) -> tuple[Floats, float, Floats] | None:
    """Return parameters with a lower loss along a step, their loss and gradient; None if there are none."""
    for halvings in range(_MOST_HALVINGS):
        proposed = theta - 0.5**halvings * step
        lower, slope = problem.loss_and_gradient(proposed)
        if lower < loss:
            return proposed, lower, slope
    return None


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
