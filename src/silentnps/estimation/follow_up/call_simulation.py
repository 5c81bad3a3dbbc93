"""Calls that were not made yet, simulated from the fitted model: how wide the interval after them would be."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import optimize
from scipy.special import expit

from silentnps.estimation.follow_up.estimate import (
    FEWEST_FOLLOW_UP_ANSWERS,
    REPLICATES,
    FollowUpEstimate,
    estimate_of_calls,
)
from silentnps.estimation.follow_up.second_stage import CallBehaviour, Calls, behaviour_of
from silentnps.estimation.formulas.class_step import fit_step
from silentnps.estimation.formulas.doubly_robust import on_simplex
from silentnps.estimation.formulas.selection import tilt
from silentnps.estimation.formulas.small_areas import own_draws_variance
from silentnps.numerics.arrays import Floats, Integers
from silentnps.numerics.nps import SILENT
from silentnps.outcome.survey_data import FollowUp

MOST_SIMULATED = 16_000
"""More calls than that are not simulated, and no more customers are drawn."""

SLOPE = 0.5
"""How far not answering a call follows silence in the survey, on the logit scale, before calls tell.

If it does not follow at all (0), or wholly (1), the interval of half a demonstration's silent customers, of whom
40 % answer, is 6 % narrower or wider than with 0.5.
"""

_SLOPE_SD = 0.3
_TOLD_REPLICATES = 100
_FAR = 50.0
_WIDEST = 200.0


@dataclass(frozen=True)
class Prospect:
    """What is known about silent customers before they are called, or after some were.

    `law` is q(y | x) of each, shape (N, 3); `log_odds` the log odds of silence in the survey of each if passive,
    shape (N,); `standard_error` that of their estimated NPS, in points; `gamma` the log odds of not answering by
    class, shape (3,), in the survey; `answer_rate` the share of further calls that are answered, in (0, 1]; `made`
    the calls that were made already, aligned with `law`, None if there are none.
    """

    law: Floats
    log_odds: Floats
    standard_error: float
    gamma: Floats
    answer_rate: float
    made: FollowUp | None = None

    @property
    def n_made(self) -> int:
        """Return how many of the customers were called already."""
        return 0 if self.made is None else int(self.made.called.sum())


@dataclass(frozen=True)
class Effort:
    """How many simulations a number of calls gets, and of how many replicates each."""

    simulations: int
    replicates: int


@dataclass(frozen=True)
class Expected:
    """What further calls are drawn from.

    `law` is that of each class, shape (N, 3); `standard_error` how far its NPS may be off, in points.
    """

    law: Floats
    standard_error: float
    behaviour: CallBehaviour


def expected_after(prospect: Prospect, *, prior_sd: float, random_state: int) -> Expected:
    """Return what is expected of further calls.

    Before 10 calls were answered it is the model's law, the selection by class of the survey, and `SLOPE`.
    Afterwards the law has the class shares that the calls give, and who does not answer is told by them too, with
    those expectations as the mean of its prior.
    """
    behaviour, made = CallBehaviour(SLOPE, prospect.gamma), prospect.made
    if made is None or made.n_answered < FEWEST_FOLLOW_UP_ANSWERS:
        return Expected(prospect.law, prospect.standard_error, behaviour)
    rows, mean_law = made.called, prospect.law.mean(axis=0)
    calls = Calls(prospect.law[rows], prospect.log_odds[rows], made.classes[rows], mean_law, len(prospect.law))
    rng = np.random.default_rng(random_state)
    told = estimate_of_calls(calls, prior_sd=prior_sd, confidence_level=0.95, rng=rng, replicates=_TOLD_REPLICATES)
    if not calls.answered.all():
        behaviour = behaviour_of(calls, expected=behaviour, slope_sd=_SLOPE_SD, prior_sd=prior_sd)
    law = tilt(prospect.law, fit_step(prospect.law, on_simplex(told.shares)))
    return Expected(law, told.silent.standard_error, behaviour)


def simulated_widths(
    prospect: Prospect,
    expected: Expected,
    m: int,
    effort: Effort,
    *,
    prior_sd: float,
    confidence_level: float,
    random_state: int,
) -> Floats:
    """Return the width of the interval after `m` calls in each simulation, in points, shape (simulations,).

    Calls that were made are among the `m`, with their answers. A simulation draws the other customers, their
    classes from the expected law after a tilt as large as its uncertainty, and lets customers be silent again.
    Where too few answer for an estimate, the width is 200. The same simulation of another `m` has the same
    customers, classes and random draws.
    """
    intercept = intercept_of_calls(prospect, expected)
    mean_law = prospect.law.mean(axis=0)
    made = []
    for seed in range(effort.simulations):
        rng = np.random.default_rng((random_state, seed))
        rows, classes = simulated(prospect, expected, intercept, rng)
        calls = Calls(prospect.law[rows[:m]], prospect.log_odds[rows[:m]], classes[:m], mean_law, len(prospect.law))
        made.append(_estimate(calls, prior_sd, confidence_level, rng, effort.replicates))
    return _widths(made, effort.replicates)


def simulated(
    prospect: Prospect, expected: Expected, intercept: float, rng: np.random.Generator
) -> tuple[Integers, Integers]:
    """Return customers in calling order, and the answer of each: a class, or -1 for none."""
    rows = _calling_order(prospect, rng)
    points_per_step = len(expected.law) * own_draws_variance(expected.law) / 100.0
    step = rng.normal() * expected.standard_error / max(points_per_step, 1.0)
    law = tilt(expected.law[rows], np.array([-step, 0.0, step]))
    classes = (rng.random(len(rows))[:, None] > law.cumsum(axis=1)[:, :2]).sum(axis=1)
    silence = expit(intercept + _by_driver(prospect, expected)[rows] + expected.behaviour.gamma[classes])
    answers = np.where(rng.random(len(rows)) < silence, SILENT, classes).astype(np.int64)
    if prospect.made is not None:
        answers[: prospect.n_made] = prospect.made.classes[rows[: prospect.n_made]]
    return rows, answers


def _by_driver(prospect: Prospect, expected: Expected) -> Floats:
    """Return the part of the log odds of not answering a call that follows silence in the survey, mean 0."""
    return np.asarray(expected.behaviour.slope * (prospect.log_odds - prospect.log_odds.mean()))


def _calling_order(prospect: Prospect, rng: np.random.Generator) -> Integers:
    """Return the rows of those called already, then of others in random order."""
    order = rng.permutation(len(prospect.law))
    if prospect.made is not None:
        order = np.concatenate([np.flatnonzero(prospect.made.called), order[~prospect.made.called[order]]])
    return np.asarray(order[: max(MOST_SIMULATED, prospect.n_made)])


def intercept_of_calls(prospect: Prospect, expected: Expected) -> float:
    """Return the intercept of the log odds of not answering that gives the expected answer rate of calls."""
    if prospect.answer_rate == 1.0:
        return -np.inf
    thinned = slice(None, None, max(len(prospect.law) // MOST_SIMULATED, 1))
    law = expected.law[thinned]
    odds = _by_driver(prospect, expected)[thinned, None] + expected.behaviour.gamma

    def gap(intercept: float) -> float:
        return float((law * expit(intercept + odds)).sum(axis=1).mean()) - (1.0 - prospect.answer_rate)

    far = _FAR + float(np.abs(odds).max())
    return float(optimize.brentq(gap, -far, far))


def _estimate(
    calls: Calls, prior_sd: float, confidence_level: float, rng: np.random.Generator, replicates: int
) -> FollowUpEstimate | None:
    if calls.answered.sum() < FEWEST_FOLLOW_UP_ANSWERS:
        return None
    return estimate_of_calls(
        calls, prior_sd=prior_sd, confidence_level=confidence_level, rng=rng, replicates=replicates
    )


def _widths(made: list[FollowUpEstimate | None], replicates: int) -> Floats:
    """Return the widths of the intervals, as so many replicates as an estimate has would spread them."""
    estimates = [each for each in made if each is not None]
    widths = np.array([each.silent.high - each.silent.low for each in estimates])
    variance = np.array([each.silent.standard_error**2 for each in estimates])
    resampled = np.array([each.resampled_variance for each in estimates])
    some = resampled > 0  # not all answered
    if some.sum() > 1:
        spread = as_with_replicates(resampled[some], replicates, REPLICATES)
        widths[some] *= np.sqrt((variance - resampled)[some] + spread) / np.sqrt(variance[some])
    return np.append(widths, np.full(len(made) - len(estimates), _WIDEST))


def as_with_replicates(variances: Floats, few: int, many: int) -> Floats:
    """Return bootstrap variances of `few` replicates each, spread as those of `many` would be.

    The logarithm of a variance of r replicates errs by a variance of 2 / (r - 1) and, on average, by -1 / (r - 1),
    for replicates that are normal. The logarithms are moved towards their mean until the difference of the two is
    gone, but no nearer than `many` replicates would leave them. The variances, shape (n,) with n at least 2, are
    above 0.

    Examples
    --------
    >>> as_with_replicates(np.array([1.0, 1.2, 1.5]), 200, 200).round(6).tolist()
    [1.0, 1.2, 1.5]
    """
    logs = np.log(variances)
    mean, spread = logs.mean(), float(logs.var(ddof=1))
    least = 2.0 / (many - 1)
    surplus = 2.0 / (few - 1) - least
    kept = math.sqrt(max(spread - surplus, least) / spread) if spread > 0 else 1.0
    return np.asarray(np.exp(mean + surplus / 2.0 + kept * (logs - mean)))
