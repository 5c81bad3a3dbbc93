"""The prior of gamma, the log odds of silence of a detractor and of a promoter against a passive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from silentnps.numerics.arrays import Floats

_CORRELATION = -0.5

PriorScale = float | Floats
"""Standard deviation of the prior of gamma, or its covariance, shape (2, 2)."""


def prior_covariance(sd: PriorScale) -> Floats:
    """Return the prior covariance of (gamma_detractor, gamma_promoter); a covariance is returned as it is."""
    if isinstance(sd, np.ndarray):
        return sd
    return sd**2 * np.array([[1.0, _CORRELATION], [_CORRELATION, 1.0]])


@dataclass(frozen=True)
class GammaPrior:
    """A Gaussian prior of (gamma_detractor, gamma_promoter): its mean, shape (2,), and covariance, shape (2, 2)."""

    mean: Floats
    covariance: Floats

    @staticmethod
    def of(sd: PriorScale, mean: Floats | None = None) -> GammaPrior:
        """Return the prior of a wave by itself; its mean is 0 unless given."""
        return GammaPrior(np.zeros(2) if mean is None else mean, prior_covariance(sd))

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as plain lists, for files."""
        return {"mean": self.mean.tolist(), "covariance": self.covariance.tolist()}

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> GammaPrior:
        """Rebuild a prior from `to_dict`."""
        return GammaPrior(*(np.array(values[name], dtype=np.float64) for name in ("mean", "covariance")))

    def drawn(self, rng: np.random.Generator) -> GammaPrior:
        """Return the prior with a mean that is drawn from itself."""
        return GammaPrior(self.mean + rng.multivariate_normal(np.zeros(2), self.covariance), self.covariance)
