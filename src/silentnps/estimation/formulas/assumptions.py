"""The classic estimates to set beside the selection model's, each with its own assumption."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from silentnps.estimation.formulas.doubly_robust import PointEstimate, Sample, estimate_point, select
from silentnps.numerics.arrays import Floats
from silentnps.numerics.newton import minimum
from silentnps.numerics.nps import CLASS_VALUES

_EMQ_TOLERANCE = 1e-9
"""Greatest error of the equations of the shares, as a share of the rows."""


def emq_shares(probabilities: Floats, prior: Floats, counts: Floats | None = None) -> Floats:
    """Estimate class shares under label shift by maximum likelihood.

    They are the limit of the expectation maximisation of Saerens, Latinne and Decaestecker (2002), Neural
    Computation 14, equations 2.4 and 2.9, found by Newton's method: the log likelihood is concave.

    Parameters
    ----------
    probabilities
        p(y | x) of the unlabelled rows, from a model trained at the class shares `prior`, shape (n, k). Without
        rows the shares are NaN.
    prior
        Class shares of the training data, shape (k,), all positive.
    counts
        How many customers each row stands for, shape (n,); 1 each if absent.
    """
    if len(probabilities) == 0:
        return np.full(len(prior), np.nan)
    counts = np.ones(len(probabilities)) if counts is None else counts
    problem, start = _LabelShift(probabilities, prior, counts), np.zeros(len(prior) - 1)
    return problem.shares(minimum(problem, start, tolerance=_EMQ_TOLERANCE * counts.sum()).theta)


@dataclass(frozen=True)
class _LabelShift:
    """Negative log likelihood of the log odds ratios of the class shares against the prior, the last class's 0."""

    probabilities: Floats
    prior: Floats
    counts: Floats

    def shares(self, theta: Floats) -> Floats:
        """Return the class shares, shape (k,)."""
        return np.asarray(softmax(np.append(theta, 0.0) + np.log(self.prior)))

    def loss_and_gradient(self, theta: Floats) -> tuple[float, Floats]:
        shares = self.shares(theta)
        mass, posterior = self._posterior(shares)
        total = (posterior * self.counts[:, None]).sum(axis=0)
        gradient: Floats = (self.counts.sum() * shares - total)[:-1]
        return -float((np.log(mass) * self.counts).sum()), gradient

    def hessian(self, theta: Floats) -> Floats:
        shares = self.shares(theta)
        posterior = self._posterior(shares)[1]
        of_shares = self.counts.sum() * (np.diag(shares) - np.outer(shares, shares))
        counted = posterior * self.counts[:, None]
        return np.asarray(of_shares - np.diag(counted.sum(axis=0)) + counted.T @ posterior)[:-1, :-1]

    def _posterior(self, shares: Floats) -> tuple[Floats, Floats]:
        weighted = self.probabilities * (shares / self.prior)
        mass = weighted.sum(axis=1)
        return mass, weighted / mass[:, None]


def label_shift_nps(probabilities: Floats, sample: Sample) -> float:
    """Return the NPS of silent customers under label shift, in points; NaN where nobody stayed silent."""
    answered = sample.answered
    if answered.all():
        return math.nan
    prior = np.bincount(sample.classes[answered], weights=sample.weights[answered], minlength=3)
    prior = np.maximum(prior, 0.5)
    counts = None if sample.counts is None else sample.counts[~answered]
    return float(emq_shares(probabilities[~answered], prior / prior.sum(), counts=counts) @ CLASS_VALUES)


def survey_nps(sample: Sample) -> float:
    """Return the NPS of those who answered, in points."""
    answered = sample.answered
    return float(np.average(CLASS_VALUES[sample.classes[answered]], weights=sample.weights[answered]))


def missing_at_random(
    probabilities: Floats, sample: Sample, *, start: PointEstimate | None = None
) -> PointEstimate:
    """Estimate silent customers with gamma = 0, the Hajek form of augmented inverse probability weighting.

    The propensity is on the response drivers of `sample`; `start` is an earlier estimate of the wave.
    """
    begin = start.selection if start else None
    propensity = select(probabilities, sample, prior_sd=1.0, fixed_gamma=np.zeros(3), start=begin)
    return estimate_point(probabilities, sample, propensity, start=start)


def weighted_nps(point: PointEstimate, sample: Sample) -> float:
    """Return the NPS of respondents under the weights of an estimate, which make them look like silent customers.

    NaN where nobody stayed silent."""
    if sample.answered.all():
        return math.nan
    rows = point.corrections > 0
    return float(point.corrections[rows] @ CLASS_VALUES[sample.classes[rows]])
