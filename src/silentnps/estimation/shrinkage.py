"""How far the effects of the drivers are shrunk: one penalty a group of columns, learned from the data.

The effects of a group are taken as draws from a normal law around 0; its precision, the penalty, maximises the
likelihood with the effects integrated out (Laplace), by the update of Fellner and Schall as in Wood and Fasiolo
(2017), Biometrics 73, section 2. Straight lines thus stay free where the data show them, bends and rare levels are
shrunk where they do not: each effect that is fitted without need blurs what features say about satisfaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from silentnps.estimation.nps import Floats

_START = 5.0
_SMALLEST, _LARGEST = 0.05, 1e5
_CLOSE = 0.1
_UNDERSMOOTHING = 0.5


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
        """Return the penalties to start from: those known of an earlier fit, else a weak one."""
        return np.array([known.get(name, _START) for name in self.names])

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
        return np.asarray(np.clip(found, _SMALLEST, _LARGEST))


def settled(old: Floats, new: Floats) -> bool:
    """Say whether penalties hardly move any more."""
    return bool(np.all(np.abs(np.log(new / old)) < _CLOSE))


def undersmoothed(penalties: Floats) -> Floats:
    """Return half the penalties: what is shrunk of the drivers' effects would otherwise show as selection.

    A nuisance should be fitted with less bias than is best for itself (Newey, Hsieh and Robins 2004, Econometrica
    72).
    """
    return np.asarray(_UNDERSMOOTHING * penalties)
