"""Expected NPS of a silent customer as a smooth function of the margins, and its mean gradient along a line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from silentnps.numerics.arrays import Booleans, Floats
from silentnps.numerics.nps import CLASS_VALUES
from silentnps.outcome.calibration import gap_of, kept_apart, probabilities_of_margins

_FEW, _MANY = (np.polynomial.legendre.leggauss(n) for n in (12, 32))
_NEAR = 4.0
"""If no margin moves further than this, few nodes give the mean gradient to within 1e-7 points."""


@dataclass(frozen=True)
class ScoreFunction:
    """Expected NPS of silent customers as a function of the margins (two heads, log odds of silence eta).

    An invited silent customer's class probabilities are proportional to p_y exp(gamma_y + step_y). Those of one
    never invited, p_y P(answer | x) + q_y P(silent | x), are proportional to p_y (1 + exp(eta + gamma_y)): then
    the step. Both are p_y k_y, k being what `_tilts` returns.
    """

    gamma: Floats
    step: Floats

    def expected_nps(self, margins: Floats, invited: Booleans) -> Floats:
        """Return expected NPS in points, shape (n,), of margins, shape (n, 3)."""
        weighted = probabilities_of_margins(margins[:, :2]) * self._tilts(margins[:, 2], invited)
        return np.asarray(weighted @ CLASS_VALUES / weighted.sum(axis=1))

    def gradient(self, margins: Floats, invited: Booleans) -> Floats:
        """Return the derivatives of expected NPS with respect to the margins, shape (n, 3).

        Where margins are kept apart, only their mean counts, so each gets half of its derivative.
        """
        heads = np.asarray(expit(kept_apart(margins[:, :2])))
        probabilities, tilts = probabilities_of_margins(margins[:, :2]), self._tilts(margins[:, 2], invited)
        mass = (probabilities * tilts).sum(axis=1, keepdims=True)
        expected = (probabilities * tilts) @ CLASS_VALUES[:, None] / mass
        by_class = tilts * (CLASS_VALUES - expected) / mass
        by_margin = np.diff(by_class, axis=1) * heads * (1.0 - heads)
        tight = gap_of(margins[:, :2]) < 0.0
        by_margin = np.where(tight[:, None], by_margin.mean(axis=1, keepdims=True), by_margin)
        by_tilt = probabilities * (CLASS_VALUES - expected) / mass
        by_eta = (by_tilt * self._tilt_slopes(margins[:, 2], invited)).sum(axis=1)
        return np.column_stack([by_margin, by_eta])

    def mean_gradient(self, start: Floats, end: Floats, invited: Booleans) -> Floats:
        """Return the mean gradient on the straight line from `start`, shape (3,), to each row of `end`, (n, 3).

        Gauss-Legendre on both sides of the only kink, where the margins come too close (or of the middle, if none).
        """
        change = end - start
        near = np.abs(change).max(axis=1, initial=0.0) <= _NEAR
        gradients = np.empty_like(change)
        for rows, rule in ((near, _FEW), (~near, _MANY)):
            gradients[rows] = self._along(start, change[rows], invited[rows], rule)
        return gradients

    def _along(self, start: Floats, change: Floats, invited: Booleans, rule: tuple[Floats, Floats]) -> Floats:
        middle = _kink(start, change)
        total = np.zeros_like(change)
        for low, length in ((np.zeros_like(middle), middle), (middle, 1.0 - middle)):
            for node, weight in zip(*rule, strict=True):
                at = low + length * (node + 1.0) / 2.0
                total += (weight / 2.0 * length)[:, None] * self.gradient(start + at[:, None] * change, invited)
        return total

    def _tilts(self, eta: Floats, invited: Booleans) -> Floats:
        silence = expit(eta)[:, None]
        never = 1.0 - silence + silence * np.exp(self.gamma)
        return np.asarray(np.where(invited[:, None], np.exp(self.gamma), never) * np.exp(self.step))

    def _tilt_slopes(self, eta: Floats, invited: Booleans) -> Floats:
        silence = expit(eta)[:, None]
        slopes = silence * (1.0 - silence) * (np.exp(self.gamma) - 1.0) * np.exp(self.step)
        return np.asarray(np.where(invited[:, None], 0.0, slopes))


def _kink(start: Floats, change: Floats) -> Floats:
    gap, growth = gap_of(start), change[:, 0] - change[:, 1]
    at = np.divide(-gap, growth, out=np.full(len(change), 0.5), where=growth != 0)
    return np.where((at > 0) & (at < 1), at, 0.5)
