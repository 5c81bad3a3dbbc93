"""The follow-up sample: silent customers who are drawn at random and called, which tests the model itself.

With m of N silent customers called, all answering, class shares are those of the difference estimator,

    shares = power * mean_N q + mean_called (1[y] - power * q)                                       (1)

with q the model's law of each customer. It is unbiased over the draw however poor q is; q only narrows the
interval. The power is the least-squares coefficient of v(y) on its expectation under q, clipped to [0, 1]; the
three classes share it, so that the shares add up to 1. Sources for the coefficient cov / var in a finite
population: Cochran (1977), Sampling Techniques, sections 7.2 and 7.3, and Särndal, Swensson and Wretman (1992),
Model Assisted Survey Sampling, section 6.3. It is also the power-tuned mean of prediction-powered inference
(PPI++: Angelopoulos, Duchi and Zrnic 2023, arXiv 2311.01453), whose unlabelled rows are the customers not called:
its coefficient cov / ((1 + m / (N - m)) var) is power * (1 - m / N), and the two estimates are identical.

Customers who do not answer the call are silent a second time: see `silentnps.estimation.follow_up.second_stage`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from silentnps.errors import DataError
from silentnps.estimation.follow_up.second_stage import ADDED_SQUARES, Calls, complete
from silentnps.estimation.formulas.nps_estimate import NPSEstimate, normal_estimate
from silentnps.numerics.arrays import Floats
from silentnps.numerics.nps import CLASS_VALUES, SILENT
from silentnps.outcome.survey_data import FollowUp

FEWEST_FOLLOW_UP_ANSWERS = 10
"""With fewer answers to the calls there is no estimate from them."""

FEWEST_ANSWERED_CALLS = 30
"""With fewer answers to the calls they are not the headline."""

REPLICATES = 400
"""Resamples of the customers called, for the variance where some did not answer."""
_NO_SPREAD = 1e-12


@dataclass(frozen=True)
class FollowUpEstimate:
    """Class shares and NPS of all silent customers, from their follow-up sample.

    `power` is how far the model's law is trusted, in [0, 1]; `gamma` the log odds of not answering the call by
    class, shape (3,), None if all answered. `resampled_variance` is the part of the squared standard error that
    replicates tell, in points squared, 0 if all answered.
    """

    shares: Floats
    silent: NPSEstimate
    power: float
    n_called: int
    n_answered: int
    gamma: Floats | None
    resampled_variance: float


def follow_up_estimate(
    law: Floats,
    log_odds: Floats,
    follow_up: FollowUp,
    *,
    prior_sd: float = 0.5,
    confidence_level: float = 0.95,
    random_state: int = 0,
) -> FollowUpEstimate:
    """Estimate class shares and NPS of silent customers from those who were called.

    Parameters
    ----------
    law
        q(y | x) of every silent customer, called or not, shape (N, 3), from a model that did not see the calls.
    log_odds
        alpha + f(u)'beta of the first stage, shape (N,): the only driver of not answering a call.
    follow_up
        Aligned with `law`.
    prior_sd
        Prior sd of the selection by satisfaction among those called, in log odds.

    Raises
    ------
    DataError
        If the arrays do not match, or fewer than 10 customers answered.

    Notes
    -----
    Assumes that those called are a simple random sample of silent customers and, if all answer, nothing else.
    Silent customers who may not be called are assumed to differ from their law as the others do. Not answering a
    call is assumed to depend on the drivers of silence in the survey, in the same combination, and on
    satisfaction; `law` must then be right up to one step per class. The variance has two phases (Särndal, Swensson
    and Wretman 1992, chapter 15): the draw of the customers called, with a finite population correction, and the
    estimation of those who did not answer, by a bootstrap that draws the mean of gamma's prior from the prior. The
    interval uses the t quantile with two degrees of freedom fewer than answers.
    """
    _check(law, log_odds, follow_up)
    called = follow_up.called
    calls = Calls(law[called], log_odds[called], follow_up.classes[called], law.mean(axis=0), len(law))
    return estimate_of_calls(
        calls, prior_sd=prior_sd, confidence_level=confidence_level, rng=np.random.default_rng(random_state)
    )


def estimate_of_calls(
    calls: Calls,
    *,
    prior_sd: float,
    confidence_level: float,
    rng: np.random.Generator,
    replicates: int = REPLICATES,
) -> FollowUpEstimate:
    """Estimate like `follow_up_estimate`, from the called customers alone."""
    n_answered = int(calls.answered.sum())
    completed = complete(calls, prior_sd=prior_sd, rng=rng, replicates=replicates)
    power = _power(completed.law @ CLASS_VALUES, calls.law @ CLASS_VALUES)
    difference = completed.law.mean(axis=0) - power * calls.law.mean(axis=0)
    shares = np.maximum(power * calls.mean_law + difference, 0.0)
    shares = shares / shares.sum()
    variance = _sampling_variance(completed.law, calls, power) + completed.variance
    silent = normal_estimate(
        float(shares @ CLASS_VALUES),
        variance**0.5,
        n=calls.n_silent,
        confidence_level=confidence_level,
        degrees=n_answered - 2,
    )
    return FollowUpEstimate(
        shares, silent, power, len(calls.classes), n_answered, completed.gamma, completed.resampled_variance
    )


def _power(values: Floats, expected: Floats) -> float:
    spread = float(expected.var())
    if spread < _NO_SPREAD:
        return 0.0
    return float(np.clip(np.cov(values, expected, ddof=0)[0, 1] / spread, 0.0, 1.0))


def _sampling_variance(law: Floats, calls: Calls, power: float) -> float:
    """Return the variance of equation (1) over the draw of the customers called, in points squared.

    (1 - m / N) s^2 / m, with s^2 the variance of v - power * expected, one degree of freedom spent on the power.
    The three cases of Rocks (2016) are added, as a sample of one class would otherwise have no variance.
    """
    m = len(law)
    shift = power * (calls.law @ CLASS_VALUES)
    mean = float((law @ CLASS_VALUES - shift).mean())
    squares = float(sum(law[:, k] @ (value - shift - mean) ** 2 for k, value in enumerate(CLASS_VALUES)))
    return (1.0 - m / calls.n_silent) * (squares + ADDED_SQUARES) / ((m + 1) * m)


def _check(law: Floats, log_odds: Floats, follow_up: FollowUp) -> None:
    n = len(law)
    if not len(log_odds) == len(follow_up.called) == len(follow_up.classes) == n:
        raise DataError(
            f"follow_up must have one row per silent customer; got {len(follow_up.called)} rows for {n}. "
            "Align them."
        )
    if ((follow_up.classes != SILENT) & ~follow_up.called).any():
        raise DataError("follow_up must have answers of called customers only; got others. Mark them as called.")
    n_answered = int((follow_up.classes != SILENT).sum())
    if n_answered < FEWEST_FOLLOW_UP_ANSWERS:
        raise DataError(
            f"follow_up must have at least {FEWEST_FOLLOW_UP_ANSWERS} ratings of silent customers of the wave; got "
            f"{n_answered}. Call more of them, drawn at random, or leave the table out."
        )
