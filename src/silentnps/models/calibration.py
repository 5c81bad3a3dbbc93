"""One calibrator: from the margins of the parts of a model to class probabilities of respondents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from silentnps.estimation.nps import Floats, Integers
from silentnps.models.linear import LinearHeads, fit_linear_heads
from silentnps.models.ordinal import probabilities_of_heads

_PENALTY = 1.0


@dataclass(frozen=True)
class Calibrator:
    """A logistic regression of each threshold on the margins of the parts (a stack, if there are several).

    `slopes` has shape (2, parts): head 0 is P(class >= passive), head 1 P(class >= promoter). Fitted unweighted on
    out-of-fold margins of respondents: the only step from there to the silent is the tilt.
    """

    slopes: Floats
    intercepts: Floats

    def margins(self, parts: Floats) -> Floats:
        """Return calibrated margins, shape (n, 2), of parts, shape (n, parts, 2)."""
        return np.asarray(np.einsum("nph,hp->nh", parts, self.slopes) + self.intercepts)

    def probabilities(self, parts: Floats) -> Floats:
        """Return p(y | x) among respondents, shape (n, 3), of parts, shape (n, parts, 2)."""
        return probabilities_of_heads(np.asarray(expit(self.margins(parts))))

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as plain lists, for files."""
        return {"slopes": self.slopes.tolist(), "intercepts": self.intercepts.tolist()}

    @staticmethod
    def from_dict(values: dict[str, Any]) -> Calibrator:
        """Rebuild a calibrator from `to_dict`."""
        slopes = np.array(values["slopes"], dtype=np.float64).reshape(2, -1)
        return Calibrator(slopes, np.array(values["intercepts"], dtype=np.float64))


def fit_calibrator(parts: Floats, classes: Integers, weights: Floats) -> Calibrator:
    """Fit the calibrator on out-of-fold margins of respondents.

    Parameters
    ----------
    parts
        Margins, shape (n, parts, 2); no parts give the shares of classes.
    classes
        0, 1, 2, shape (n,).
    weights
        Frequency weights, shape (n,): all 1, or counts of a bootstrap.
    """
    heads: list[LinearHeads] = [
        fit_linear_heads(np.ascontiguousarray(parts[:, :, h]), classes, weights, penalty=_PENALTY) for h in range(2)
    ]
    slopes = np.vstack([heads[h].coefficients[h] for h in range(2)])
    return Calibrator(slopes, np.array([heads[h].intercepts[h] for h in range(2)]))
