"""A number in every fit of a bootstrap: its estimate, and how it spreads.

What is computed from the numbers of several waves, fit by fit, spreads by what the waves share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from silentnps.estimation.wave.replicates import SCALE, Plan
from silentnps.numerics.arrays import Floats
from silentnps.numerics.distributions import t_quantile, t_tail

_LEAST_SHARE = 0.5
"""The jumps of trees are taken for at most half of what replicates move."""

POWER = 0.8
"""The chance of seeing a change as large as the smallest that could have been seen."""


@dataclass(frozen=True)
class Drawn:
    """A number by the repeats of the cross-fitting, shape (repeats,), and in the fits of a plan, shape (tasks,).

    `originals` are the repeats on the rows that the fits look at, which of a large base are a sample.
    """

    repeats: Floats
    originals: Floats
    fits: Floats

    @staticmethod
    def of(repeats: Sequence[float], originals: Sequence[float], fits: Sequence[float]) -> Drawn:
        """Return the number from its values."""
        return Drawn(*(np.asarray(values, dtype=np.float64) for values in (repeats, originals, fits)))

    def __add__(self, other: Drawn) -> Drawn:
        return Drawn(self.repeats + other.repeats, self.originals + other.originals, self.fits + other.fits)

    def __sub__(self, other: Drawn) -> Drawn:
        return self + other.times(-1.0)

    def times(self, factor: float) -> Drawn:
        """Return the number times a factor."""
        return Drawn(factor * self.repeats, factor * self.originals, factor * self.fits)

    def plus(self, constant: float) -> Drawn:
        """Return the number with a constant added, which no fit moves."""
        return Drawn(self.repeats + constant, self.originals + constant, self.fits + constant)

    @property
    def value(self) -> float:
        """Return the estimate: the mean of the repeats."""
        return float(self.repeats.mean())

    def draws(self, plan: Plan, *, anchor: Drawn | None = None) -> Floats:
        """Return one draw for each replicate, shape (replicates,), as `silentnps.estimation.wave.bootstrap` has it.

        The number of a segment keeps its distance from `anchor`, that of all customers, whose jumps alone shrink.
        """
        n, n_kept = len(plan.bases), len(plan.replicates)
        splits = np.array([task.repeat for task in plan.tasks[n:]], dtype=np.int64)
        moves = (self.fits[n:] - self.fits[:n][splits]) / SCALE
        if anchor is None:
            moves = _shrinkage(moves[:n_kept], moves[n_kept:]) * moves[:n_kept]
        else:
            of_anchor = (anchor.fits[n:] - anchor.fits[:n][splits]) / SCALE
            factor = _shrinkage(of_anchor[:n_kept], of_anchor[n_kept:])
            moves = moves[:n_kept] + (factor - 1.0) * of_anchor[:n_kept]
        centre, of_split = self.originals.mean(), 0.0 if n == 1 else 1.0 / np.sqrt(n - 1)
        return np.asarray(centre + moves + of_split * (self.originals[splits[:n_kept]] - centre))

    def interval(
        self,
        plan: Plan,
        *,
        confidence_level: float,
        unseen: float = 0.0,
        anchor: Drawn | None = None,
        most: float = 100.0,
    ) -> Interval:
        """Return estimate and interval; `unseen` is variance that no draw shows, `most` the end of the scale."""
        draws = self.draws(plan, anchor=anchor)
        error = float(np.sqrt(draws.var(ddof=1) + unseen))
        return Interval.of(self.value, error, confidence_level, degrees=len(draws) - 1, most=most)


def _shrinkage(moves: Floats, crossed: Floats) -> float:
    """Return by what moves shrink for the jumps of trees; `crossed` are the first with another split."""
    spread = moves.var(ddof=1) if len(moves) > 1 else 0.0
    if len(crossed) == 0 or spread <= 0.0:
        return 1.0
    jumps = np.mean((moves[: len(crossed)] - crossed) ** 2) / 2.0
    return float(np.sqrt(np.clip(1.0 - jumps / spread, _LEAST_SHARE, 1.0)))


@dataclass(frozen=True)
class Interval:
    """An estimate in points with its interval, symmetric up to the ends of the scale."""

    value: float
    low: float
    high: float
    standard_error: float
    degrees: float
    confidence_level: float

    @staticmethod
    def of(
        value: float, standard_error: float, confidence_level: float, *, degrees: float, most: float = 100.0
    ) -> Interval:
        """Return a t interval, cut at `most` on both sides."""
        half = t_quantile(0.5 + confidence_level / 2, degrees) * standard_error
        low, high = max(value - half, -most), min(value + half, most)
        return Interval(value, low, high, standard_error, degrees, confidence_level)

    @property
    def p_value(self) -> float:
        """Return the two-sided p-value of the test that the number is 0; 1 where it is 0 without an error."""
        if self.standard_error == 0.0:
            return 1.0 if self.value == 0.0 else 0.0
        return float(2.0 * t_tail(abs(self.value) / self.standard_error, self.degrees))

    @property
    def smallest(self) -> float:
        """Return the smallest change that these data would have shown, in four of five cases, at this level.

        It is the sum of the quantiles of the test and of the power, times the standard error (Bloom 1995,
        "Minimum detectable effects", Evaluation Review 19).

        Examples
        --------
        >>> round(Interval.of(3.0, 2.0, 0.95, degrees=float("inf")).smallest, 2)
        5.6
        """
        test, power = (t_quantile(q, self.degrees) for q in (0.5 + self.confidence_level / 2, POWER))
        return (test + power) * self.standard_error
