"""Customers who were called: those who did not answer the call are silent a second time.

The selection model of the survey is refitted among the customers called, with those who answered the call as
respondents. Its p(y | x) is the model's law moved by one log step per class, which are two parameters fitted on
the answers by penalised maximum likelihood. Its only driver is the log odds of silence in the survey.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import optimize

from silentnps.estimation.formulas.doubly_robust import PointEstimate, Sample, estimate_point, select
from silentnps.estimation.formulas.gamma_prior import prior_covariance
from silentnps.estimation.formulas.selection import tilt, tilt_log_mass
from silentnps.estimation.formulas.small_areas import own_draws_variance
from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.numerics.nps import SILENT

ADDED_SQUARES = 15_000.0
"""Sum of squares, in points, of the three cases that Rocks (2016) adds, as a few answers may all have one class."""

_STEP_SD = 2.0
_NO_SPREAD = 1e-6
_SMALLEST_PROBABILITY = 1e-3


@dataclass(frozen=True)
class Calls:
    """The called customers: law q(y | x), shape (m, 3), log odds of silence in the survey and class, both (m,).

    `mean_law`, shape (3,), and `n_silent` are of all silent customers, called or not.
    """

    law: Floats
    log_odds: Floats
    classes: Integers
    mean_law: Floats
    n_silent: int

    @property
    def answered(self) -> Booleans:
        """Return who answered the call."""
        return np.asarray(self.classes != SILENT)


@dataclass(frozen=True)
class Completed:
    """The law of each called customer, which is certain if the call was answered.

    `variance` is that of the mean over the customers called that is due to uncertain laws, in points squared;
    `resampled_variance` the part of it that the replicates tell.
    """

    law: Floats
    variance: float
    resampled_variance: float
    gamma: Floats | None


def complete(calls: Calls, *, prior_sd: float, rng: np.random.Generator, replicates: int) -> Completed:
    """Give customers who did not answer the call the selection model's law, its mean moved to the estimate.

    The variance comes from `replicates` resamples of the customers called, each with a prior mean drawn from the
    prior.
    """
    answered = calls.answered
    law = np.eye(3)[calls.classes]
    if answered.all():
        return Completed(law, 0.0, 0.0, None)
    sample, doubted = _sample(calls), _doubted(calls.law)
    point = _second_stage(doubted, sample, prior_sd, np.zeros(2))
    resampled_nps = [
        _second_stage(doubted, _resampled(sample, rng), prior_sd, mean).nps
        for mean in rng.multivariate_normal(np.zeros(2), prior_covariance(prior_sd), replicates)
    ]
    silent_law = point.silent_probabilities[~answered]
    law[~answered] = silent_law + point.shares - silent_law.mean(axis=0)
    squared_share = float((~answered).mean()) ** 2
    resampled = squared_share * float(np.var(resampled_nps, ddof=1))
    known = squared_share * (own_draws_variance(silent_law) + _variance_of_few(int(answered.sum())))
    return Completed(law, resampled + known, resampled, point.selection.gamma)


def _doubted(law: Floats) -> Floats:
    """Return the law with no class ruled out, as no step could bring such a class back."""
    raised = np.maximum(law, _SMALLEST_PROBABILITY)
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _sample(calls: Calls) -> Sample:
    centered = calls.log_odds - calls.log_odds.mean()
    driver = centered / max(float(centered.std()), _NO_SPREAD)
    n = len(driver)
    return Sample(calls.classes, np.ones(n, dtype=np.bool_), driver[:, None], np.ones(n))


def _resampled(sample: Sample, rng: np.random.Generator) -> Sample:
    """Draw those who answered the call, and those who did not, with replacement."""
    copies = np.zeros(len(sample.classes))
    for group in (np.flatnonzero(sample.answered), np.flatnonzero(~sample.answered)):
        copies[group] = rng.multinomial(len(group), np.full(len(group), 1 / len(group)))
    return replace(sample, weights=copies)


def _second_stage(law: Floats, sample: Sample, prior_sd: float, prior_mean: Floats) -> PointEstimate:
    """Estimate those who did not answer the call as the first stage does those who did not answer the survey."""
    probabilities = tilt(law, _fit_step(law, sample))
    selection = select(probabilities, sample, prior_sd=prior_sd, prior_mean=prior_mean)
    return estimate_point(probabilities, sample, selection)


def _fit_step(law: Floats, sample: Sample) -> Floats:
    """Return log steps, shape (3,), that move `law` to those who answered: penalised maximum likelihood."""
    rows = sample.answered & (sample.weights > 0)
    known, weights, law = np.eye(3)[sample.classes[rows]][:, [0, 2]], sample.weights[rows], law[rows]
    counts = weights @ known
    precision = _STEP_SD**-2 * np.eye(2)

    def loss_and_gradient(step: Floats) -> tuple[float, Floats]:
        free = np.array([step[0], 0.0, step[1]])
        loss = weights @ tilt_log_mass(law, free) - counts @ step + 0.5 * step @ precision @ step
        return float(loss), weights @ tilt(law, free)[:, [0, 2]] - counts + precision @ step

    def hessian(step: Floats) -> Floats:
        moved = tilt(law, np.array([step[0], 0.0, step[1]]))[:, [0, 2]]
        return np.diag(weights @ moved) - (moved * weights[:, None]).T @ moved + precision

    solution = optimize.minimize(loss_and_gradient, np.zeros(2), jac=True, hess=hessian, method="trust-exact")
    return np.array([solution.x[0], 0.0, solution.x[1]])


def _variance_of_few(n: int) -> float:
    """Return the variance of the mean of n answers that do not vary, with the three cases of Rocks added."""
    return ADDED_SQUARES / ((n + 1) * n)
