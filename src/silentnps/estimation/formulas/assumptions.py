"""The classic estimates to set beside the selection model's, each with its own assumption."""

from __future__ import annotations

import math

import numpy as np

from silentnps.estimation.formulas.doubly_robust import PointEstimate, Sample, estimate_point, select
from silentnps.numerics.arrays import Floats
from silentnps.numerics.nps import CLASS_VALUES


def emq_shares(probabilities: Floats, prior: Floats, *, tolerance: float = 1e-9, steps: int = 5000) -> Floats:
    """Estimate class shares under label shift by expectation maximisation.

    Saerens, Latinne and Decaestecker (2002), Neural Computation 14, equations 2.4 and 2.9.

    Parameters
    ----------
    probabilities
        p(y | x) of the unlabelled rows, from a model trained at the class shares `prior`, shape (n, 3). Without
        rows the shares are NaN.
    prior
        Class shares of the training data, shape (3,), all positive.
    """
    shares = prior.copy()
    if len(probabilities) == 0:
        return np.full(len(prior), np.nan)
    for _ in range(steps):
        ratio = shares / prior
        updated = ratio * (probabilities.T @ (1.0 / (probabilities @ ratio))) / len(probabilities)
        if np.abs(updated - shares).max() < tolerance:
            return np.asarray(updated)
        shares = updated
    return np.asarray(shares)


def label_shift_nps(probabilities: Floats, sample: Sample) -> float:
    """Return the NPS of silent customers under label shift, in points; NaN where nobody stayed silent."""
    answered = sample.answered
    if answered.all():
        return math.nan
    prior = np.bincount(sample.classes[answered], weights=sample.weights[answered], minlength=3)
    prior = np.maximum(prior, 0.5)
    return float(emq_shares(probabilities[~answered], prior / prior.sum()) @ CLASS_VALUES)


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
