"""How far the effects of the response drivers are shrunk: one penalty per group of columns, learned from the data.

The effects of a group are taken as draws from a normal distribution around 0. Its precision, the penalty,
maximises the likelihood with the effects integrated out (Laplace), by the update of Fellner and Schall as in Wood
and Fasiolo (2017), Biometrics 73, section 2. Bends and levels are shrunk where the data do not show them, as every
effect fitted needlessly blurs what features say about satisfaction. But whatever is shrunk from a strong response
driver shows up as selection by satisfaction, and in a group of many drivers the few strong ones would be shrunk
most: the bends of each number and the levels of each category have a penalty of their own (automatic relevance
determination), and straight lines are not shrunk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from silentnps.numerics.additive_design import LINEAR
from silentnps.numerics.arrays import Floats

WEAK_RIDGE = 0.5
"""The penalty of effects that are not shrunk. It keeps the effect of a perfectly separating driver finite."""

_START = 5.0
_SMALLEST, _LARGEST = 0.05, 1e5
_CLOSE = 0.1
_UNDERSMOOTHING = 0.25


@dataclass(frozen=True)
class Groups:
    """The columns of a design by the group that shares a penalty.

    `codes` has the group's position in `names` for each column, shape (k,).
    """

    names: tuple[str, ...]
    codes: tuple[int, ...]

    @staticmethod
    def of(labels: tuple[str, ...]) -> Groups:
        """Collect the groups from the labels of the columns."""
        names = tuple(dict.fromkeys(labels))
        return Groups(names, tuple(names.index(label) for label in labels))

    def starting(self, known: Mapping[str, float]) -> Floats:
        """Return the penalties to start from: those of an earlier fit, or else one that hardly shrinks."""
        return self._with_free_lines(np.array([known.get(name, _START) for name in self.names]))

    def spread(self, penalties: Floats) -> Floats:
        """Return the penalty of each column."""
        return np.asarray(penalties[list(self.codes)])

    def updated(self, penalties: Floats, effects: Floats, variances: Floats) -> Floats:
        """Return the next penalties by Fellner and Schall.

        `effects` and `variances` (posterior) belong to the columns. A group has as many free effects as columns,
        less what the penalty takes away: penalty = free effects / sum of squared effects.
        """
        codes, n = np.array(self.codes), len(self.names)
        size = np.bincount(codes, minlength=n)
        free = size - penalties * np.bincount(codes, weights=variances, minlength=n)
        squares = np.bincount(codes, weights=effects**2, minlength=n)
        learned = np.maximum(free, 1e-9) / np.maximum(squares, 1e-12)
        return self._with_free_lines(np.clip(learned, _SMALLEST, _LARGEST))

    def undersmoothed(self, penalties: Floats) -> Floats:
        """Return a quarter of the learned penalties: a nuisance needs less bias than is best for itself.

        Newey, Hsieh and Robins (2004), Econometrica 72: what is shrunk from the drivers' effects shows up as
        selection.
        """
        return self._with_free_lines(_UNDERSMOOTHING * penalties)

    def _with_free_lines(self, penalties: Floats) -> Floats:
        return np.where(np.array(self.names) == LINEAR, WEAK_RIDGE, penalties)


def settled(old: Floats, new: Floats) -> bool:
    """Return whether the penalties hardly change any more."""
    return bool(np.all(np.abs(np.log(new / old)) < _CLOSE))
