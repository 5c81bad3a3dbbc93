"""The calibrator: from the margins of a model's components to class probabilities of respondents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from silentnps.numerics.arrays import Floats, Integers
from silentnps.outcome.linear_heads import LinearHeads, fit_linear_head, fit_linear_heads
from silentnps.outcome.tree_heads import probabilities_of_heads

_PENALTY = 1.0

_APART = 0.08
"""Least distance of the two margins. Among real answers whose heads cross, 3 to 5 % are passive, not none."""

MANY_ANSWERS = 5_000
"""From this many answers upward a head is calibrated on the margins of both heads."""


@dataclass(frozen=True)
class Calibrator:
    """A logistic regression of each threshold on the margins of the components (a stack, if there are several).

    `slopes` has shape (2, components): head 0 is P(class >= passive), head 1 P(class >= promoter). `crossed`, of
    the same shape, are slopes on the components' margins of the other head, None where answers are too few for
    them. Fitted unweighted on out-of-fold margins of respondents: the only step from there to silent customers is
    the tilt.
    """

    slopes: Floats
    intercepts: Floats
    crossed: Floats | None = None

    def margins(self, components: Floats) -> Floats:
        """Return calibrated margins, shape (n, 2), of margins by component, shape (n, components, 2)."""
        own = np.einsum("nph,hp->nh", components, self.slopes) + self.intercepts
        if self.crossed is None:
            return np.asarray(own)
        return np.asarray(own + np.einsum("nph,hp->nh", components[:, :, ::-1], self.crossed))

    def probabilities(self, components: Floats) -> Floats:
        """Return p(y | x) among respondents, shape (n, 3), of margins by component, shape (n, components, 2)."""
        return probabilities_of_margins(self.margins(components))

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as plain lists, for files."""
        crossed = None if self.crossed is None else self.crossed.tolist()
        return {"slopes": self.slopes.tolist(), "intercepts": self.intercepts.tolist(), "crossed": crossed}

    @staticmethod
    def from_dict(values: dict[str, Any]) -> Calibrator:
        """Rebuild a calibrator from `to_dict`."""
        slopes, crossed = np.array(values["slopes"], dtype=np.float64).reshape(2, -1), values["crossed"]
        return Calibrator(
            slopes,
            np.array(values["intercepts"], dtype=np.float64),
            None if crossed is None else np.array(crossed, dtype=np.float64).reshape(2, -1),
        )


def kept_apart(margins: Floats) -> Floats:
    """Return margins, shape (n, 2), with tight pairs moved apart, each margin by as much."""
    middle = margins.mean(axis=1)
    half = np.maximum(margins[:, 0] - margins[:, 1], _APART) / 2.0
    return np.column_stack([middle + half, middle - half])


def probabilities_of_margins(margins: Floats) -> Floats:
    """Return class probabilities, shape (n, 3), of calibrated margins, shape (n, 2)."""
    return probabilities_of_heads(np.asarray(expit(kept_apart(margins))))


def gap_of(margins: Floats) -> Floats:
    """Return by how much margins, shape (..., 2), are further apart than they must be; negative if tight."""
    return np.asarray(margins[..., 0] - margins[..., 1] - _APART)


def fit_calibrator(components: Floats, classes: Integers, weights: Floats) -> Calibrator:
    """Fit the calibrator on out-of-fold margins of respondents.

    Parameters
    ----------
    components
        Margins by component, shape (n, components, 2); no component gives the shares of the classes.
    classes
        0, 1, 2, shape (n,).
    weights
        Frequency weights, shape (n,): all 1, or counts of a bootstrap.
    """
    if weights.sum() < MANY_ANSWERS or components.shape[1] == 0:
        heads = [
            fit_linear_head(np.ascontiguousarray(components[:, :, h]), classes, weights, h, penalty=_PENALTY)
            for h in range(2)
        ]
        return Calibrator(
            np.vstack([slopes for slopes, _ in heads]), np.array([intercept for _, intercept in heads])
        )
    flat = components.reshape(len(components), -1)
    both: LinearHeads = fit_linear_heads(flat, classes, weights, penalty=_PENALTY)
    of_head = both.coefficients.reshape(2, -1, 2)
    own = np.vstack([of_head[h, :, h] for h in range(2)])
    return Calibrator(own, both.intercepts, np.vstack([of_head[h, :, 1 - h] for h in range(2)]))
