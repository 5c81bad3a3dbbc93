"""The linear part of the outcome model: ridge logistic heads on an additive spline design."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from silentnps.estimation.nps import Floats, Integers


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


def fit_linear_heads(design: Floats, classes: Integers, weights: Floats, *, penalty: float = 5.0) -> LinearHeads:
    """Fit two ridge logistic regressions; rows of weight 0 are left out.

    `penalty` is the ridge on the design's columns, which are about standardised.
    """
    rows = weights > 0
    heads = [
        _fit_head(design[rows], (classes[rows] > k).astype(np.float64), weights[rows], penalty) for k in range(2)
    ]
    return LinearHeads(np.vstack([head[0] for head in heads]), np.array([head[1] for head in heads]))


def _fit_head(design: Floats, above: Floats, weights: Floats, penalty: float) -> tuple[Floats, float]:
    if above.min() == above.max() or design.shape[1] == 0:
        total, positive = weights.sum(), weights @ above
        return np.zeros(design.shape[1]), float(np.log((positive + 0.5) / (total - positive + 0.5)))
    model = LogisticRegression(C=1.0 / penalty, solver="newton-cholesky", max_iter=100, tol=1e-6)
    model.fit(design, above, sample_weight=weights)
    return np.asarray(model.coef_[0], dtype=np.float64), float(model.intercept_[0])
