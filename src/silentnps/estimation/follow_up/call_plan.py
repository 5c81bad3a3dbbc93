"""How many silent customers to call for a target interval width, by simulation from the fitted model."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, stats
from scipy.special import expit

from silentnps.errors import DataError
from silentnps.estimation.follow_up.estimate import (
    FEWEST_ANSWERED_CALLS,
    FEWEST_FOLLOW_UP_ANSWERS,
    REPLICATES,
    FollowUpEstimate,
    estimate_of_calls,
)
from silentnps.estimation.follow_up.second_stage import Calls
from silentnps.estimation.formulas.selection import tilt
from silentnps.estimation.formulas.small_areas import own_draws_variance
from silentnps.numerics.arrays import Floats, Integers
from silentnps.numerics.nps import SILENT

SURE = 0.8
"""The share of simulations in which a planned number of calls reaches the target interval width."""

_SIMULATIONS = 16
_FEWER_SIMULATIONS = 6
_CHEAP_SIMULATIONS = 64
_MANY = 4_000
_REPLICATES = 40
_FIRST_ANSWERS = 40
_MOST_SIMULATED = 16_000
_WIDEST = 200.0


@dataclass(frozen=True)
class Prospect:
    """What is known about silent customers before anyone is called.

    `law` is q(y | x) of each, shape (N, 3); `log_odds` the log odds of silence in the survey of each if passive,
    shape (N,); `standard_error` that of their estimated NPS, in points; `gamma` the log odds of not answering a
    call by class, shape (3,); `answer_rate` the share of calls that are answered, in (0, 1].
    """

    law: Floats
    log_odds: Floats
    standard_error: float
    gamma: Floats
    answer_rate: float


@dataclass(frozen=True)
class CallPlan:
    """How many calls to make.

    `calls`, `answers` and `width_expected` (the median width, in points) are None if even calling everyone gives a
    wider interval than `width`; `width_of_all` is then that width, else None. `table` has one row per number of
    calls: calls, answers (expected), width_median, width_p80 (points, high less low).
    """

    calls: int | None
    answers: int | None
    width: float
    width_expected: float | None
    width_of_all: float | None
    table: pd.DataFrame


def plan_calls(
    prospect: Prospect,
    *,
    width: float,
    prior_sd: float = 0.5,
    confidence_level: float = 0.95,
    random_state: int = 0,
) -> CallPlan:
    """Find the smallest number of calls that gives an interval of at most `width` points in 80 % of simulations.

    The number of calls is doubled until the width is reached, then interpolated: if all answer, the logarithm of
    the width is linear in log(m / (N - m)). Each simulation draws classes from the law after a tilt as large as
    the uncertainty of the model's NPS, lets customers be silent again by the survey's drivers and `gamma`, and
    estimates. All numbers of calls share the same customers, classes and random draws.

    Parameters
    ----------
    width
        Target width of the interval, in points.
    prior_sd
        Prior sd of the follow-up's selection model, as in `follow_up_estimate`.

    Raises
    ------
    DataError
        If a number is out of range, or too few silent customers would answer for an estimate.

    Notes
    -----
    The tilt moves the mean of the law, not its sharpness: if the model separates customers less well than it
    assumes, the interval will be wider. At most 16,000 calls are simulated; beyond that the width falls as 1 /
    sqrt(m). A simulation has fewer replicates than the estimate, so its variance errs more; without a correction
    the 80 % quantile of widths would be too large, and too many calls asked for.
    """
    _check(prospect, width)
    rows: list[dict[str, float]] = []
    for m in _sizes(prospect):
        effort = _effort(prospect, m, width, confidence_level)
        rows.append(_row(prospect, m, effort, prior_sd, confidence_level, random_state))
        if rows[-1]["width_p80"] <= width:
            break
    return _plan(prospect, pd.DataFrame(rows).astype({"calls": int, "answers": int}), width)


def _sizes(prospect: Prospect) -> list[int]:
    n = len(prospect.law)
    most = min(n, _MOST_SIMULATED)
    sizes = [min(math.ceil(_FIRST_ANSWERS / prospect.answer_rate), most)]
    while sizes[-1] < most:
        sizes.append(min(2 * sizes[-1], most))
    return sizes


def _row(
    prospect: Prospect, m: int, effort: _Effort, prior_sd: float, confidence_level: float, random_state: int
) -> dict[str, float]:
    intercept = _intercept(prospect)
    mean_law = prospect.law.mean(axis=0)
    made = []
    for seed in range(effort.simulations):
        rng = np.random.default_rng((random_state, seed))
        rows, classes = _simulated(prospect, intercept, rng)
        calls = Calls(prospect.law[rows[:m]], prospect.log_odds[rows[:m]], classes[:m], mean_law, len(prospect.law))
        made.append(_estimate(calls, prior_sd, confidence_level, rng, effort.replicates))
    answers = round(m * prospect.answer_rate)
    median, sure = np.quantile(_widths(made, effort.replicates), [0.5, SURE], method="weibull")
    return {"calls": m, "answers": answers, "width_median": float(median), "width_p80": float(sure)}


@dataclass(frozen=True)
class _Effort:
    """How many simulations a number of calls gets, and of how many replicates each."""

    simulations: int
    replicates: int


def _effort(prospect: Prospect, m: int, width: float, confidence_level: float) -> _Effort:
    """Return the effort for a number of calls; less where it surely takes more than twice as many."""
    if prospect.answer_rate == 1.0:  # no bootstrap
        return _Effort(_CHEAP_SIMULATIONS, 0)
    z = float(stats.norm.ppf(0.5 + confidence_level / 2))
    fewest_answers = (2.0 * z / width) ** 2 * len(prospect.law) * own_draws_variance(prospect.law)
    is_near = 2.0 * m * prospect.answer_rate >= fewest_answers
    simulations = _SIMULATIONS if is_near else min(_FEWER_SIMULATIONS, _SIMULATIONS)
    return _Effort(simulations, _REPLICATES if m <= _MANY else max(_REPLICATES // 2, 2))


def _simulated(prospect: Prospect, intercept: float, rng: np.random.Generator) -> tuple[Integers, Integers]:
    """Return customers in calling order, and the answer of each: a class, or -1 for none."""
    rows = rng.permutation(len(prospect.law))[:_MOST_SIMULATED]
    points_per_step = len(prospect.law) * own_draws_variance(prospect.law) / 100.0
    step = rng.normal() * prospect.standard_error / max(points_per_step, 1.0)
    law = tilt(prospect.law[rows], np.array([-step, 0.0, step]))
    classes = (rng.random(len(rows))[:, None] > law.cumsum(axis=1)[:, :2]).sum(axis=1)
    silence = expit(intercept + prospect.log_odds[rows] + prospect.gamma[classes])
    return rows, np.where(rng.random(len(rows)) < silence, SILENT, classes).astype(np.int64)


def _intercept(prospect: Prospect) -> float:
    """Return the shift of the survey's log odds of silence that gives the expected answer rate of calls."""
    if prospect.answer_rate == 1.0:
        return -np.inf
    thinned = slice(None, None, max(len(prospect.law) // _MOST_SIMULATED, 1))
    law, odds = prospect.law[thinned], prospect.log_odds[thinned, None] + prospect.gamma

    def gap(intercept: float) -> float:
        return float((law * expit(intercept + odds)).sum(axis=1).mean()) - (1.0 - prospect.answer_rate)

    return float(optimize.brentq(gap, -100.0, 100.0))


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
    gone. The variances, shape (n,) with n at least 2, are above 0.

    Examples
    --------
    >>> as_with_replicates(np.array([1.0, 1.2, 1.5]), 200, 200).round(6).tolist()
    [1.0, 1.2, 1.5]
    """
    logs = np.log(variances)
    mean, spread = logs.mean(), float(logs.var(ddof=1))
    surplus = 2.0 / (few - 1) - 2.0 / (many - 1)
    kept = math.sqrt(max(spread - surplus, 0.0) / spread) if spread > 0 else 1.0
    return np.asarray(np.exp(mean + surplus / 2.0 + kept * (logs - mean)))


def _plan(prospect: Prospect, table: pd.DataFrame, width: float) -> CallPlan:
    n = len(prospect.law)
    last = table.iloc[-1]
    if last["calls"] < n and last["width_p80"] > width:  # beyond what is simulated
        widths = {name: last[name] * math.sqrt(last["calls"] / n) for name in ("width_median", "width_p80")}
        answers = round(n * prospect.answer_rate)
        table = pd.concat([table, pd.DataFrame([{"calls": n, "answers": answers, **widths}])], ignore_index=True)
    width_of_all = float(table["width_p80"].iloc[-1])
    if width_of_all > width:
        return CallPlan(None, None, width, None, width_of_all, table)
    calls = _calls_for(table, width)
    return CallPlan(calls, round(calls * prospect.answer_rate), width, _expected(table, calls), None, table)


def _calls_for(table: pd.DataFrame, width: float) -> int:
    """Return the number of calls, interpolated between the last two rows: the squared width is linear in 1 / m."""
    if len(table) == 1:
        return int(table["calls"].iloc[0])
    (wide, narrow), (few, many) = table["width_p80"].iloc[-2:] ** 2, 1.0 / table["calls"].iloc[-2:]
    inverse = many + (few - many) * (width**2 - narrow) / (wide - narrow)
    return math.ceil(float(1.0 / inverse) - 1e-9)


def _expected(table: pd.DataFrame, calls: int) -> float:
    """Return the median width after so many calls, interpolated as `_calls_for` does."""
    last = table.iloc[::-1]
    squared = np.interp(1.0 / calls, 1.0 / last["calls"], last["width_median"] ** 2)
    return float(np.sqrt(squared))


def _check(prospect: Prospect, width: float) -> None:
    n = len(prospect.law)
    if not 0.0 < prospect.answer_rate <= 1.0:
        raise DataError(f"answer_rate must be above 0 and at most 1; got {prospect.answer_rate:g}. Correct it.")
    if not 0.0 < width <= _WIDEST:
        raise DataError(f"width must be above 0 and at most {_WIDEST:g} points; got {width:g}. Correct it.")
    if n * prospect.answer_rate < FEWEST_ANSWERED_CALLS:
        raise DataError(
            f"silent customers who would answer a call must be at least {FEWEST_ANSWERED_CALLS}; got {n} silent "
            f"at an answer rate of {prospect.answer_rate:g}. Choose a larger wave."
        )
