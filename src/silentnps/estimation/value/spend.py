"""What the customers of a wave spent, and means that count each of them by it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from silentnps.estimation.formulas.doubly_robust import Sample
from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.numerics.silent_population import strata


@dataclass(frozen=True)
class SilentSpend:
    """The spend of all silent customers, where rows are held of a sample of them.

    `totals` are those of the invited and of those never invited, shape (2,); `means` the means of their control,
    see `silentnps.numerics.silent_population`, counted by spend, shape (2, 3); `squares` is the sum of squares,
    `largest` the most that one spent, and `n` how many have a known spend.
    """

    totals: Floats
    means: Floats
    squares: float
    largest: float
    n: int


@dataclass(frozen=True)
class Spend:
    """The spend of each row of a wave, shape (rows,): 0 or more, and 0 where it is not `known`.

    `words` say what it is, `currency` in what, empty where no currency is declared.
    """

    amounts: Floats
    known: Booleans
    words: str
    currency: str = ""
    everybody: SilentSpend | None = None

    @staticmethod
    def of(values: Floats, words: str, *, currency: str = "", everybody: SilentSpend | None = None) -> Spend:
        """Take spend as it is: NaN is unknown, and less than 0 (more came back than was bought) counts as 0."""
        known = np.isfinite(values)
        return Spend(np.where(known, np.maximum(values, 0.0), 0.0), known, words, currency, everybody)

    def take(self, rows: Integers) -> Spend:
        """Return the chosen rows."""
        return replace(self, amounts=self.amounts[rows], known=self.known[rows])

    def of_silent(self, sample: Sample) -> Floats:
        """Return the spend of the silent customers who were invited, and of those who never were, shape (2,)."""
        if self.everybody is not None:
            return self.everybody.totals
        groups = strata(sample.answered, sample.invited)
        return np.array([self.amounts[group].sum() for group in groups])

    def of_answers(self, sample: Sample) -> float:
        """Return the spend of those who answered."""
        return float(self.amounts[sample.answered].sum())

    def mean_law(self, law: Floats, sample: Sample) -> Floats:
        """Return the mean of class probabilities over all silent customers, counted by spend, shape (3,)."""
        if self.everybody is None or sample.population is None:
            amounts = self.amounts[~sample.answered]
            spent = amounts if amounts.any() else None  # a sample may lack the few who spend
            return np.asarray(np.average(law[~sample.answered], axis=0, weights=spent))
        means = self.everybody.means.copy()
        gaps = law - sample.population.control
        for stratum, group in enumerate(strata(sample.answered, sample.invited)):
            if self.amounts[group].any():
                means[stratum] += np.average(gaps[group], axis=0, weights=self.amounts[group])
        return np.asarray(np.average(means, axis=0, weights=self.everybody.totals))


@dataclass(frozen=True)
class Concentration:
    """How evenly spend is spread.

    `effective_n` is the number of customers of equal spend that a mean by spend is as sure as: (sum)^2 / sum of
    squares (Kish 1965, Survey Sampling, section 11.7); `largest_share` is that of the customer who spent most.
    """

    effective_n: float
    largest_share: float


def concentration(spend: Spend, sample: Sample) -> Concentration:
    """Return how evenly the spend of a base is spread; spend is not 0 altogether.

    Examples
    --------
    >>> everybody = Sample(np.array([0, 2, -1, -1]), np.ones(4, dtype=bool), np.zeros((4, 0)), np.ones(4))
    >>> concentration(Spend.of(np.array([1.0, 1.0, 1.0, 3.0]), "spend"), everybody)
    Concentration(effective_n=3.0, largest_share=0.5)
    """
    held = spend.amounts if spend.everybody is None else spend.amounts[sample.answered]
    total, squares, largest = held.sum(), float((held**2).sum()), float(held.max(initial=0.0))
    if spend.everybody is not None:
        total += spend.everybody.totals.sum()
        squares += spend.everybody.squares
        largest = max(largest, spend.everybody.largest)
    return Concentration(float(total**2 / squares), float(largest / total))
