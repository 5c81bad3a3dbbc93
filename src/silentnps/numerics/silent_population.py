"""All silent customers of a wave, where rows are held of a random sample of them only.

Means over everybody are those of the sample, corrected by a control that is known of everybody: the difference
estimator of survey sampling (Särndal, Swensson and Wretman 1992, Model Assisted Survey Sampling, chapter 6),

    mean over all of the control  +  mean over the sample of (value - control).

It is unbiased whatever the control is, and as precise as the control is like the value.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from silentnps.numerics.arrays import Booleans, Floats, Integers


@dataclass(frozen=True)
class SilentPopulation:
    """How many silent customers there are, and what is known of all of them.

    `n` counts those who were invited and those who never were, shape (2,); `uniform` says which rows are a simple
    random sample of all customers of the wave, whether they answered or not, shape (rows,); `control` holds class
    probabilities of the rows, shape (rows, 3), 0 for answers, and `means` their means over all silent customers who
    were invited, and who never were, shape (2, 3). Both are 0 as long as no control is known.
    """

    n: Integers
    uniform: Booleans
    control: Floats
    means: Floats

    @staticmethod
    def counted(n_asked: int, n_never: int, uniform: Booleans) -> SilentPopulation:
        """Return a population of which only the sizes are known."""
        return SilentPopulation(
            np.array([n_asked, n_never], dtype=np.int64), uniform, np.zeros((len(uniform), 3)), np.zeros((2, 3))
        )

    @property
    def total(self) -> int:
        """Return the number of silent customers."""
        return int(self.n.sum())

    def take(self, rows: Integers) -> SilentPopulation:
        """Return the same population with chosen rows."""
        return replace(self, uniform=self.uniform[rows], control=self.control[rows])

    def mean(self, values: Floats, group: Booleans, stratum: int) -> Floats:
        """Return the mean of class probabilities, shape (rows, 3), over everybody in a stratum, shape (3,).

        `group` are the rows of the stratum: 0 the invited silent customers, 1 those never invited.
        """
        if not group.any():
            return np.asarray(self.means[stratum])
        return np.asarray(self.means[stratum] + (values[group] - self.control[group]).mean(axis=0))

    def counts(self, answered: Booleans, invited: Booleans) -> Floats:
        """Return how many customers each row stands for, shape (rows,): 1 for an answer."""
        counts = np.ones(len(answered))
        for size, group in zip(self.n, strata(answered, invited), strict=True):
            if group.any():
                counts[group] = size / group.sum()
        return counts


def strata(answered: Booleans, invited: Booleans) -> tuple[Booleans, Booleans]:
    """Return which rows are silent though invited, and which were never invited."""
    return ~answered & invited, ~answered & ~invited


def variance_of_mean(residuals: Floats, population: int) -> float:
    """Return the variance of the mean of a simple random sample drawn without replacement from a population.

    Särndal, Swensson and Wretman (1992), section 3.3, with the finite population correction: 0 where the sample is
    everybody. A sample of one or none shows no variance: 0.
    """
    n = len(residuals)
    if n < 2 or n >= population:
        return 0.0
    return float(residuals.var(ddof=1) / n * (1.0 - n / population))
