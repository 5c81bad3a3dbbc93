"""Class shares of silent customers counted by spend: those of a segment to which customers belong by degrees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from silentnps.estimation.formulas.doubly_robust import PointEstimate, Sample, mean_law, on_simplex
from silentnps.estimation.formulas.small_areas import between_variance, class_variance
from silentnps.estimation.value.spend import Spend
from silentnps.numerics.arrays import Booleans, Floats
from silentnps.numerics.nps import CLASS_VALUES
from silentnps.numerics.silent_population import strata, variance_of_mean


@dataclass(frozen=True)
class SpendShares:
    """Class shares of silent customers by spend, shape (3,), and how far the answers by spend are trusted, [0, 1].

    `between` is the variance of what the model misses of those who spend, in squared points.
    """

    shares: Floats
    trust: float
    between: float

    @property
    def nps(self) -> float:
        """Return the NPS in points."""
        return float(self.shares @ CLASS_VALUES)


def spend_shares(point: PointEstimate, sample: Sample, spend: Spend, *, trust: float | None = None) -> SpendShares:
    """Estimate the class shares of silent customers, each counted by what was spent.

    Silent customers have spent something. `trust` is that of the estimate which a bootstrap draw belongs to.

    Notes
    -----
    The mean of q(y | x) by spend, moved by the plain estimate's correction, and by trust times the difference that
    it makes to weight the answers' residuals by spend too. That difference is one direct observation of what the
    model misses of those who spend, so trust is that of a segment: see
    `silentnps.estimation.formulas.small_areas.estimate_segments`. Equal spend gives the plain shares.
    """
    law = point.silent_probabilities
    plain = np.average([mean_law(law, sample, stratum) for stratum in (0, 1)], axis=0, weights=sample.n_silent)
    by_spend, variance, difference = _by_spend(point, sample, spend)
    between = float(between_variance(np.array([difference]), np.array([variance]))) if variance > 0 else 0.0
    if trust is None:
        trust = between / (between + variance) if variance > 0 else 1.0
    shares = spend.mean_law(law, sample) + point.shares - plain + trust * by_spend
    return SpendShares(on_simplex(shares), float(trust), between)


def spend_trust(points: Sequence[PointEstimate], sample: Sample, spend: Spend | None) -> float:
    """Return how far the answers by spend are trusted, the mean of the repeats; 0 where spend is not known."""
    if spend is None:
        return 0.0
    return float(np.mean([spend_shares(point, sample, spend).trust for point in points]))


def nps_and_detractors(point: PointEstimate, sample: Sample, spend: Spend | None, trust: float | None) -> Floats:
    """Return the NPS by spend and the share of detractors, shape (2,); nothing where spend is not known."""
    if spend is None:
        return np.zeros(0)
    found = spend_shares(point, sample, spend, trust=trust)
    return np.array([found.nps, found.shares[0]])


def _by_spend(point: PointEstimate, sample: Sample, spend: Spend) -> tuple[Floats, float, float]:
    """Return what weighting the residuals by spend changes: of shares, its variance in points, and in points.

    The variance is infinite where no answer is of a customer who spent anything.
    """
    rows: Booleans = point.corrections > 0
    weights = point.corrections[rows] / point.corrections[rows].sum()
    weighted = weights * spend.amounts[rows]
    if weighted.sum() == 0:
        return np.zeros(3), np.inf, 0.0
    moved = weighted / weighted.sum() - weights
    residual = np.eye(3)[sample.classes[rows]] - point.silent_probabilities[rows]
    points = residual @ CLASS_VALUES
    squared = (points - weights @ points) ** 2
    variance = 0.5 * float(moved**2 @ squared + (moved**2).sum() * (weights @ squared))
    by_class = moved @ residual
    return np.asarray(by_class), variance if variance > 1e-9 else 0.0, float(by_class @ CLASS_VALUES)


def own_variance(law: Floats, sample: Sample, spend: Spend, *, beyond_plain: bool = False) -> float:
    """Return the variance of the NPS by spend that comes from the silent customers' own classes, in squared points.

    `law` are class probabilities of the rows as silent customers. `beyond_plain` leaves out what the plain NPS of
    silent customers has of it already.
    """
    silent = ~sample.answered
    counts = np.ones(int(silent.sum())) if sample.counts is None else sample.counts[silent]
    amounts, variance = spend.amounts[silent], class_variance(law[silent])
    shares = amounts / (counts @ amounts)
    if beyond_plain:
        shares = shares - 1.0 / counts.sum()
    return float((counts * shares**2) @ variance)


def sampling_variance(law: Floats, sample: Sample, spend: Spend) -> float:
    """Return the variance of the NPS by spend that comes from holding a sample of silent customers, squared points.

    That of a ratio of means within the invited and within those never invited (Särndal, Swensson and Wretman 1992,
    Model Assisted Survey Sampling, section 5.6), of the model less the control.
    """
    if spend.everybody is None or sample.population is None:
        return 0.0
    gaps, shares = (law - sample.population.control) @ CLASS_VALUES, spend.everybody.totals
    total = 0.0
    groups = strata(sample.answered, sample.invited)
    for share, n, group in zip(shares / shares.sum(), sample.population.n, groups, strict=True):
        amounts = spend.amounts[group]
        if amounts.any():
            centred = gaps[group] - np.average(gaps[group], weights=amounts)
            total += share**2 * variance_of_mean(amounts / amounts.mean() * centred, int(n))
    return float(total)
