"""The linear part of the outcome model: ridge logistic heads on an additive spline design."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from silentnps.estimation.newton import minimum
from silentnps.estimation.nps import Floats, Integers

_TOLERANCE = 1e-6


@dataclass(frozen=True)
class LinearHeads:
    """Two linear margins, for P(class >= passive) and P(class >= promoter).

    `coefficients` has shape (2, columns of the design), `intercepts` (2,).
    """

    coefficients: Floats
    intercepts: Floats

    def margins(self, design: Floats) -> Floats:
        """Return the margins (log odds), shape (n, 2)."""
        return np.asarray(design @ self.coefficients.T + self.intercepts)


def fit_linear_heads(
    design: Floats, classes: Integers, weights: Floats, *, penalty: float = 5.0, start: LinearHeads | None = None
) -> LinearHeads:
    """Fit two ridge logistic regressions; rows of weight 0 are left out.

    `penalty` is the ridge on the design's columns, which are about standardised; `start` a fit on similar rows, to
    begin from.
    """
    rows = np.flatnonzero(weights > 0)
    with_ones = np.column_stack([np.ones(len(rows)), design[rows]])
    heads = [
        _fit_head(
            _RidgeLogistic(with_ones, (classes[rows] > k).astype(np.float64), weights[rows], penalty),
            None if start is None else np.append(start.intercepts[k], start.coefficients[k]),
        )
        for k in range(2)
    ]
    return LinearHeads(np.vstack([head[1:] for head in heads]), np.array([head[0] for head in heads]))


@dataclass(frozen=True)
class _RidgeLogistic:
    """Negative log likelihood of `above`, 0 or 1, with a ridge on all but the design's first column, of ones."""

    design: Floats
    above: Floats
    weights: Floats
    penalty: float

    def loss_and_gradient(self, theta: Floats) -> tuple[float, Floats]:
        eta, pull = self.design @ theta, self._ridge() * theta
        loss = self.weights @ (np.logaddexp(0.0, eta) - self.above * eta) + 0.5 * theta @ pull
        return float(loss), (self.weights * (expit(eta) - self.above)) @ self.design + pull

    def hessian(self, theta: Floats) -> Floats:
        mean = expit(self.design @ theta)
        scaled = self.design * np.sqrt(self.weights * mean * (1.0 - mean))[:, None]
        hessian = scaled.T @ scaled  # of a matrix with itself: half the work
        hessian[np.diag_indices_from(hessian)] += self._ridge()
        return np.asarray(hessian)

    def _ridge(self) -> Floats:
        ridge = np.full(self.design.shape[1], self.penalty)
        ridge[0] = 0.0
        return ridge


def _fit_head(problem: _RidgeLogistic, start: Floats | None) -> Floats:
    total, positive = problem.weights.sum(), problem.weights @ problem.above
    none = np.zeros(problem.design.shape[1])
    none[0] = np.log((positive + 0.5) / (total - positive + 0.5))
    if problem.above.min() == problem.above.max() or len(none) == 1:
        return none
    return minimum(problem, none if start is None else start, tolerance=_TOLERANCE * total)
