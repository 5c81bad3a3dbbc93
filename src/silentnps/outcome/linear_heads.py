"""The linear component of the outcome model: ridge logistic heads on an additive spline design."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import optimize
from scipy.special import expit

from silentnps.numerics.arrays import Floats, Integers
from silentnps.numerics.logistic import log_loss
from silentnps.numerics.newton import Factor, Minimum, minimum, weighted_gram

TOLERANCE = 1e-8
"""Norm of the gradient, as a share of the weights, at which a fit ends."""


@dataclass(frozen=True)
class LinearHeads:
    """Two linear margins, for P(class >= passive) and P(class >= promoter).

    `coefficients` has shape (2, columns of the design), `intercepts` (2,). `factors`, which are not kept in files,
    are those of the second derivatives of each fit for a total weight of 1, for fits that start from this one.
    """

    coefficients: Floats
    intercepts: Floats
    factors: tuple[Factor | None, ...] = field(default=(None, None), repr=False, compare=False)

    def margins(self, design: Floats) -> Floats:
        """Return the margins (log odds), shape (n, 2)."""
        return np.asarray(design @ self.coefficients.T + self.intercepts)


def fit_linear_heads(
    design: Floats,
    classes: Integers,
    weights: Floats,
    *,
    penalty: float = 5.0,
    start: LinearHeads | None = None,
    tolerance: float = TOLERANCE,
) -> LinearHeads:
    """Fit two ridge logistic regressions; rows of weight 0 are left out.

    `penalty` is the ridge on the design's columns, which are about standardised; `start` a fit on similar rows, to
    begin from; `tolerance` the largest norm of the gradient, as a share of the weights.
    """
    rows = slice(None) if (weights > 0).all() else np.flatnonzero(weights > 0)  # a slice copies nothing
    design, classes, weights = design[rows], classes[rows], weights[rows]
    heads = [
        _fit_head(_RidgeLogistic(design, _above(classes, k), weights, penalty), _begin(start, k), tolerance)
        for k in range(2)
    ]
    coefficients = np.vstack([head.theta[1:] for head in heads])
    intercepts = np.array([head.theta[0] for head in heads])
    return LinearHeads(coefficients, intercepts, tuple(head.factor for head in heads))


def fit_linear_head(
    design: Floats, classes: Integers, weights: Floats, head: int, *, penalty: float = 5.0
) -> tuple[Floats, float]:
    """Return coefficients, shape (columns,), and intercept of one of the two of `fit_linear_heads`."""
    rows = slice(None) if (weights > 0).all() else np.flatnonzero(weights > 0)
    problem = _RidgeLogistic(design[rows], _above(classes[rows], head), weights[rows], penalty)
    theta = _fit_head(problem, None, TOLERANCE).theta
    return theta[1:], float(theta[0])


def fit_proportional_odds(
    design: Floats,
    classes: Integers,
    weights: Floats,
    *,
    penalty: float = 5.0,
    start: LinearHeads | None = None,
) -> LinearHeads:
    """Fit the ridge proportional odds model (McCullagh 1980): two thresholds, one slope for both.

    log odds of P(class >= k) = a_k + x b, a_1 > a_2. The penalty is on b as in `fit_linear_heads`; `start` is such
    a model of similar rows, to begin from.
    """
    begin = np.zeros(2 + design.shape[1])
    if start is not None:
        first, second = start.intercepts
        begin = np.concatenate([[first, np.log(first - second)], start.coefficients[0]])
    optimum = optimize.minimize(
        _proportional_loss,
        begin,
        args=(design, classes, weights, penalty),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-20.0, 20.0), (-8.0, 8.0), *[(None, None)] * design.shape[1]],
    )
    first, log_step, slope = optimum.x[0], optimum.x[1], optimum.x[2:]
    return LinearHeads(np.vstack([slope, slope]), np.array([first, first - np.exp(log_step)]))


def _proportional_loss(
    theta: Floats, design: Floats, classes: Integers, weights: Floats, penalty: float
) -> tuple[float, Floats]:
    """Return the penalised loss and its gradient at theta = (a_1, log(a_1 - a_2), b)."""
    step, eta = np.exp(theta[1]), theta[0] + design @ theta[2:]
    upper, lower = expit(eta), expit(eta - step)
    mass = np.choose(classes, [1.0 - upper, upper - lower, lower])
    mass = np.maximum(mass, 1e-300)
    by_upper = np.choose(classes, [-upper, upper * (1.0 - upper) / mass, 0.0])
    by_lower = np.choose(classes, [0.0, -lower * (1.0 - lower) / mass, 1.0 - lower])
    by_eta = weights * (by_upper + by_lower)
    loss = -weights @ np.log(mass) + 0.5 * penalty * theta[2:] @ theta[2:]
    gradient = -np.concatenate([[by_eta.sum(), -step * (weights @ by_lower)], by_eta @ design])
    gradient[2:] += penalty * theta[2:]
    return float(loss), gradient


@dataclass(frozen=True)
class _RidgeLogistic:
    """Negative log likelihood of `above`, 0 or 1, with a ridge on all coefficients but the first, the intercept."""

    design: Floats
    above: Floats
    weights: Floats
    penalty: float

    def loss_and_gradient(self, theta: Floats) -> tuple[float, Floats]:
        losses, mean = log_loss(self._log_odds(theta), self.above)
        residual, pull = self.weights * (mean - self.above), self.penalty * theta[1:]
        gradient = np.concatenate([[residual.sum()], residual @ self.design + pull])
        return float(self.weights @ losses + 0.5 * theta[1:] @ pull), gradient

    def hessian(self, theta: Floats) -> Floats:
        mean = expit(self._log_odds(theta))
        curvature = self.weights * mean * (1.0 - mean)
        hessian = np.empty((len(theta), len(theta)))
        hessian[0, 0], hessian[0, 1:] = curvature.sum(), curvature @ self.design
        hessian[1:, 0] = hessian[0, 1:]
        hessian[1:, 1:] = weighted_gram(self.design, curvature) + self.penalty * np.eye(len(theta) - 1)
        return hessian

    def without_effects(self) -> Floats:
        """Return the parameters of the share of `above` and no effects."""
        total, positive = self.weights.sum(), self.weights @ self.above
        none = np.zeros(1 + self.design.shape[1])
        none[0] = np.log((positive + 0.5) / (total - positive + 0.5))
        return none

    def _log_odds(self, theta: Floats) -> Floats:
        return np.asarray(theta[0] + self.design @ theta[1:])


def _above(classes: Integers, k: int) -> Floats:
    return (classes > k).astype(np.float64)


def _begin(start: LinearHeads | None, k: int) -> Minimum | None:
    if start is None:
        return None
    return Minimum(np.append(start.intercepts[k], start.coefficients[k]), start.factors[k])


def _fit_head(problem: _RidgeLogistic, start: Minimum | None, tolerance: float) -> Minimum:
    none = problem.without_effects()
    if problem.above.min() == problem.above.max() or len(none) == 1:
        return Minimum(none, None)
    begin, total = start or Minimum(none, None), problem.weights.sum()
    factor = _scaled(begin.factor, np.sqrt(total))
    found = minimum(problem, begin.theta, tolerance=tolerance * total, factor=factor)
    return Minimum(found.theta, _scaled(found.factor, 1.0 / np.sqrt(total)))


def _scaled(factor: Factor | None, by: float) -> Factor | None:
    return None if factor is None else (factor[0] * by, factor[1])
