"""Customers who were called: those who did not answer the call are silent a second time.

The selection model of the survey is refitted among the customers called, with those who answered the call as
respondents. Its p(y | x) is the model's law moved by one log step per class, which are two parameters fitted on
the answers by penalised maximum likelihood. Its only driver is the log odds of silence in the survey.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from silentnps.estimation.formulas.doubly_robust import PointEstimate, Sample, estimate_point, select
from silentnps.estimation.formulas.gamma_prior import prior_covariance
from silentnps.estimation.formulas.selection import SelectionProblem, fit_problem, tilt
from silentnps.estimation.formulas.small_areas import own_draws_variance
from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.numerics.newton import minimum
from silentnps.numerics.nps import SILENT

ADDED_SQUARES = 15_000.0
"""Sum of squares, in points, of the three cases that Rocks (2016) adds, as a few answers may all have one class."""

_STEP_SD = 2.0
_TOLERANCE = 1e-5
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
    first = _fit(doubted, sample, prior_sd, np.zeros(2))
    resampled_nps = [
        _fit(doubted, _resampled(sample, rng), prior_sd, mean, start=first).point.nps
        for mean in rng.multivariate_normal(np.zeros(2), prior_covariance(prior_sd), replicates)
    ]
    silent_law = first.point.silent_probabilities[~answered]
    law[~answered] = silent_law + first.point.shares - silent_law.mean(axis=0)
    squared_share = float((~answered).mean()) ** 2
    resampled = squared_share * float(np.var(resampled_nps, ddof=1))
    known = squared_share * (own_draws_variance(silent_law) + _variance_of_few(int(answered.sum())))
    return Completed(law, resampled + known, resampled, first.point.selection.gamma)


@dataclass(frozen=True)
class CallBehaviour:
    """Who does not answer a call: log odds = a + slope * log odds of silence in the survey + gamma of the class.

    `gamma`, shape (3,), is 0 for passives.
    """

    slope: float
    gamma: Floats


def behaviour_of(calls: Calls, *, expected: CallBehaviour, slope_sd: float, prior_sd: float) -> CallBehaviour:
    """Return how calls that were made went; some were answered and some were not.

    What was expected before is the mean of the prior: of slope with `slope_sd`, of gamma with `prior_sd`.
    """
    sample, law = _sample(calls), _doubted(calls.law)
    probabilities = tilt(law, _by_class(_fit_step(law, sample, np.zeros(2))))
    centered = (calls.log_odds - calls.log_odds.mean())[:, None]
    mean = expected.gamma[[0, 2]]
    problem = SelectionProblem(probabilities, centered, ~calls.answered, None, prior_sd, mean, None)
    problem.penalise(np.array([slope_sd**-2]))
    problem.mean[1] = expected.slope
    found = fit_problem(problem)
    return CallBehaviour(float(found.beta[0]), found.gamma)


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


@dataclass(frozen=True)
class _Fitted:
    """The log steps of detractors and promoters, shape (2,), and the estimate of those who did not answer."""

    step: Floats
    point: PointEstimate


def _fit(
    law: Floats, sample: Sample, prior_sd: float, prior_mean: Floats, *, start: _Fitted | None = None
) -> _Fitted:
    """Estimate those who did not answer the call as the first stage does those who did not answer the survey.

    A fit of similar data to start from saves half of the time.
    """
    step = _fit_step(law, sample, np.zeros(2) if start is None else start.step)
    probabilities = tilt(law, _by_class(step))
    beginning = None if start is None else start.point.selection
    selection = select(probabilities, sample, prior_sd=prior_sd, prior_mean=prior_mean, start=beginning)
    return _Fitted(step, estimate_point(probabilities, sample, selection))


def _by_class(step: Floats) -> Floats:
    return np.array([step[0], 0.0, step[1]])


def _fit_step(law: Floats, sample: Sample, start: Floats) -> Floats:
    """Return log steps, shape (2,), that move `law` to those who answered: penalised maximum likelihood."""
    rows = sample.answered & (sample.weights > 0)
    problem = _StepProblem(law[rows], sample.weights[rows], np.eye(3)[sample.classes[rows]])
    return minimum(problem, start, tolerance=_TOLERANCE).theta


class _StepProblem:
    """Penalised negative log likelihood of the classes of those who answered, by two log steps."""

    def __init__(self, law: Floats, weights: Floats, classes: Floats) -> None:
        self.law, self.weights = law, weights
        self.counts = weights @ classes[:, [0, 2]]
        self.precision = _STEP_SD**-2 * np.eye(2)

    def loss_and_gradient(self, theta: Floats) -> tuple[float, Floats]:
        """Return the loss at two steps, and its gradient, shape (2,)."""
        odds = np.exp(_by_class(theta))
        mass = self.law @ odds
        loss = self.weights @ np.log(mass) - self.counts @ theta + 0.5 * theta @ self.precision @ theta
        moved = (self.weights / mass) @ self.law * odds
        return float(loss), moved[[0, 2]] - self.counts + self.precision @ theta

    def hessian(self, theta: Floats) -> Floats:
        """Return the second derivatives, shape (2, 2)."""
        moved = tilt(self.law, _by_class(theta))[:, [0, 2]]
        return np.asarray(
            np.diag(self.weights @ moved) - (moved * self.weights[:, None]).T @ moved + self.precision
        )


def _variance_of_few(n: int) -> float:
    """Return the variance of the mean of n answers that do not vary, with the three cases of Rocks added."""
    return ADDED_SQUARES / ((n + 1) * n)
