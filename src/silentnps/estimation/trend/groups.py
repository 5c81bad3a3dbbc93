"""A group of customers in a wave, or in several together: who answered what, and the NPS of the silent ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from silentnps.estimation.formulas.nps_estimate import NPSEstimate, nps_of_counts
from silentnps.estimation.trend.drawn import Drawn
from silentnps.numerics.arrays import Integers
from silentnps.numerics.nps import CLASS_VALUES


@dataclass(frozen=True)
class Answers:
    """Answers of a group: the person and the class (0, 1, 2) of each."""

    persons: Integers
    classes: Integers

    @property
    def n(self) -> int:
        """Return how many there are."""
        return len(self.classes)

    @property
    def value(self) -> float:
        """Return their NPS; NaN without any."""
        return float(CLASS_VALUES[self.classes].mean()) if self.n else float("nan")

    @property
    def counts(self) -> Integers:
        """Return the numbers of detractors, passives and promoters."""
        return np.bincount(self.classes, minlength=3)

    def nps(self, confidence_level: float) -> NPSEstimate:
        """Return their NPS as a sample of those who could have answered."""
        d, p, r = (int(count) for count in self.counts)
        return nps_of_counts(detractors=d, passives=p, promoters=r, confidence_level=confidence_level)


@dataclass(frozen=True)
class Silent:
    """The silent customers of a group: their NPS and class shares in every fit.

    `unseen` is the variance of the NPS that no fit shows: of the customers' own draws, of a sample of silent
    customers, of what the model misses in a segment. `of_all` is the NPS of all silent customers where the group is
    a segment; `shares` are those of detractors, passives and promoters, empty for a segment.
    """

    n: int
    nps: Drawn
    unseen: float
    of_all: Drawn | None = None
    shares: tuple[Drawn, ...] = ()


@dataclass(frozen=True)
class Group:
    """A group of customers of a wave or period; `silent` is None where their NPS is not estimated.

    `n` counts customers, `n_invited` those who were asked.
    """

    n: int
    n_invited: int
    answers: Answers
    silent: Silent | None

    @property
    def base(self) -> Drawn | None:
        """Return the NPS of all customers of the group in every fit; None where it is not estimated."""
        if self.silent is None:
            return None
        known = float(CLASS_VALUES[self.answers.classes].sum()) / self.n
        return self.silent.nps.times(self.share_silent).plus(known)

    @property
    def share_silent(self) -> float:
        """Return the share of silent customers."""
        return 0.0 if self.silent is None else self.silent.n / self.n


def together(groups: Sequence[Group]) -> Group:
    """Return groups of several waves as one: silent customers count by their numbers."""
    if len(groups) == 1:
        return groups[0]
    parts = [group.silent for group in groups if group.silent is not None]
    answers = Answers(
        *(np.concatenate([getattr(g.answers, name) for g in groups]) for name in ("persons", "classes"))
    )
    return Group(
        sum(group.n for group in groups),
        sum(group.n_invited for group in groups),
        answers,
        _silent_together(parts) if len(parts) == len(groups) else None,
    )


def _silent_together(parts: Sequence[Silent]) -> Silent:
    n = sum(part.n for part in parts)
    shares = [part.n / max(n, 1) for part in parts]
    anchors = [part.of_all for part in parts if part.of_all is not None]
    return Silent(
        n,
        weighted([part.nps for part in parts], shares),
        float(sum(share**2 * part.unseen for share, part in zip(shares, parts, strict=True))),
        weighted(anchors, shares) if len(anchors) == len(parts) else None,
        tuple(weighted(list(each), shares) for each in zip(*(part.shares for part in parts), strict=True)),
    )


def weighted(numbers: Sequence[Drawn], weights: Sequence[float]) -> Drawn:
    """Return the sum of numbers times weights, fit by fit."""
    total = numbers[0].times(weights[0])
    for number, weight in zip(numbers[1:], weights[1:], strict=True):
        total = total + number.times(weight)
    return total
