"""How far the effects of the drivers are shrunk: one penalty a group of columns, learned from the data.

The effects of a group are taken as draws from a normal law around 0; its precision, the penalty, maximises the
likelihood with the effects integrated out (Laplace), by the update of Fellner and Schall as in Wood and Fasiolo
(2017), Biometrics 73, section 2. Bends and levels are shrunk where the data do not show them: each effect that is
fitted without need blurs what features say about satisfaction. Straight lines are not: what is shrunk of a strong
driver shows as selection by satisfaction, and of many drivers the few strong ones would be shrunk most.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from silentnps.numerics.additive_design import LINEAR
from silentnps.numerics.arrays import Floats

WEAK_RIDGE = 0.5
"""The penalty of effects that are not shrunk: it keeps a driver that separates perfectly finite."""

_START = 5.0
_SMALLEST, _LARGEST = 0.05, 1e5
_CLOSE = 0.1
_UNDERSMOOTHING = 0.25


@dataclass(frozen=True)
class Groups:
    """The columns of a design by the group that shares a penalty, with one number a group.

    `codes` has the group's position in `names` for each column, shape (k,).
    """

    names: tuple[str, ...]
    codes: tuple[int, ...]

    @staticmethod
    def of(labels: tuple[str, ...]) -> Groups:
        """Gather the labels of the columns."""
        names = tuple(dict.fromkeys(labels))
        return Groups(names, tuple(names.index(label) for label in labels))

    def starting(self, known: Mapping[str, float]) -> Floats:
        """Return the penalties to start from: those known of an earlier fit, else one that hardly shrinks."""
        return self._with_free_lines(np.array([known.get(name, _START) for name in self.names]))

    def spread(self, penalties: Floats) -> Floats:
        """Return the penalty of each column."""
        return np.asarray(penalties[list(self.codes)])

    def updated(self, penalties: Floats, effects: Floats, variances: Floats) -> Floats:
        """Return the next penalties by Fellner and Schall.

        `effects` and `variances` (posterior) belong to the columns. A group has as many free effects as its
        columns, less what the penalty takes: penalty = free effects / sum of squared effects.
        """
        codes, n = np.array(self.codes), len(self.names)
        size = np.bincount(codes, minlength=n)
        free = size - penalties * np.bincount(codes, weights=variances, minlength=n)
        squares = np.bincount(codes, weights=effects**2, minlength=n)
        found = np.maximum(free, 1e-9) / np.maximum(squares, 1e-12)
        return self._with_free_lines(np.clip(found, _SMALLEST, _LARGEST))

    def undersmoothed(self, penalties: Floats) -> Floats:
        """Return a quarter of what was learned: a nuisance is fitted with less bias than is best for itself.

        Newey, Hsieh and Robins (2004), Econometrica 72: what is shrunk of the drivers' effects shows as selection.
        """
        return self._with_free_lines(_UNDERSMOOTHING * penalties)

    def _with_free_lines(self, penalties: Floats) -> Floats:
        return np.where(np.array(self.names) == LINEAR, WEAK_RIDGE, penalties)


def settled(old: Floats, new: Floats) -> bool:
    """Say whether penalties hardly move any more."""
    return bool(np.all(np.abs(np.log(new / old)) < _CLOSE))
