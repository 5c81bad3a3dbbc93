"""Differences in differences: the change of the treated beyond the change of untreated customers like them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from silentnps.numerics.arrays import Booleans, Floats
from silentnps.numerics.distributions import normal_quantile, normal_tail

POWER = 0.8
"""The chance with which the smallest visible effect would have been seen."""


@dataclass(frozen=True)
class Difference:
    """An effect on the treated, and how far each customer moves it.

    `influence` has the value of the influence function for each customer, shape (n,), with mean 0.
    """

    value: float
    influence: Floats

    @property
    def standard_error(self) -> float:
        """Return the standard deviation of the influence function over the root of the number of customers."""
        return float(self.influence.std() / np.sqrt(len(self.influence)))

    def interval(self, confidence_level: float) -> tuple[float, float]:
        """Return the ends of the normal interval."""
        half = normal_quantile(0.5 + confidence_level / 2) * self.standard_error
        return self.value - half, self.value + half

    @property
    def p_value(self) -> float:
        """Return the probability of a value as far from 0 if there is no effect; 1 where nothing varies."""
        if self.standard_error == 0.0:
            return 1.0 if self.value == 0.0 else 0.0
        return 2.0 * normal_tail(abs(self.value) / self.standard_error)

    def smallest_visible(self, confidence_level: float) -> float:
        """Return the size of an effect whose interval would leave out 0 in 80 of 100 samples like this one."""
        return (normal_quantile(0.5 + confidence_level / 2) + normal_quantile(POWER)) * self.standard_error


def difference_of_changes(
    change: Floats, treated: Booleans, propensity: Floats, change_if_untreated: Floats
) -> Difference:
    """Estimate the effect on the treated from the change of every customer.

    Parameters
    ----------
    change
        After minus before, shape (n,).
    treated
        Who got the campaign, shape (n,).
    propensity
        Probability of getting it, given what was known before the start, below 1, shape (n,).
    change_if_untreated
        Expected change of an untreated customer, given the same, shape (n,).

    Notes
    -----
    The doubly robust estimator of Sant'Anna and Zhao (2020), Journal of Econometrics 219, equation 3.1 (the
    estimand 2.5 with the weights 2.6):

        sum of (w1 - w0) * (change - change_if_untreated),

    w1 = 1 for the treated, w0 = p / (1 - p) for the untreated, each normalised to sum 1. It is consistent if either
    the propensity or the expected change is, given that both groups would have changed alike at equal features. The
    standard error takes both as known; predictions that were cross-fitted allow that (Chernozhukov et al. 2018).

    Examples
    --------
    >>> treated = np.array([True, True, False, False])
    >>> effect = difference_of_changes(np.array([3.0, 5.0, 1.0, 2.0]), treated, np.full(4, 0.5), np.zeros(4))
    >>> effect.value, round(effect.standard_error, 3)
    (2.5, 0.791)
    """
    rest = change - change_if_untreated
    first, of_first = _mean(rest, treated.astype(np.float64))
    second, of_second = _mean(rest, odds_weights(treated, propensity))
    return Difference(first - second, of_first - of_second)


@dataclass(frozen=True)
class Period:
    """What was answered in one period.

    One entry per customer: `answered`, the `value` of the answer (read only where there is one), the `probability`
    that this customer answers, given features and whether treated, and the expected value of an answer of a
    customer with these features, `if_treated` and `if_untreated`.
    """

    answered: Booleans
    value: Floats
    probability: Floats
    if_treated: Floats
    if_untreated: Floats


def difference_of_answers(before: Period, after: Period, treated: Booleans, propensity: Floats) -> Difference:
    """Estimate the effect on the treated from answers of some customers before, and of others after.

    Notes
    -----
    The four means of the treated and of untreated customers like them, before and after, each by augmented inverse
    probability weighting to all of the treated:

        mean over the treated of m(x)  +  sum of w * (value - m(x)),

    w = 1 / P(answer) for the treated and p / (1 - p) / P(answer) for the others, among those who answered,
    normalised to sum 1. With the same chance of an answer for everybody it is the locally efficient estimator of
    Sant'Anna and Zhao (2020) for repeated cross-sections, equation 3.4; a customer who answers twice counts as one
    in the standard error. Assumes that who answers depends on features and group, or on satisfaction in the same
    way in both periods.
    """
    value, influence = 0.0, np.zeros(len(treated))
    for sign, period in ((1.0, after), (-1.0, before)):
        for side, among, expected in (
            (sign, treated, period.if_treated),
            (-sign, ~treated, period.if_untreated),
        ):
            weights = treated.astype(np.float64) if among is treated else odds_weights(treated, propensity)
            asked = np.where(period.answered & among, weights / period.probability, 0.0)
            rest = np.where(period.answered, period.value - expected, 0.0)
            for mean, moved in (_mean(expected, treated.astype(np.float64)), _mean(rest, asked)):
                value, influence = value + side * mean, influence + side * moved
    return Difference(float(value), influence)


def odds_weights(treated: Booleans, propensity: Floats) -> Floats:
    """Return the weights by which untreated customers stand for the treated: p / (1 - p); 0 for the treated."""
    return np.where(treated, 0.0, propensity / (1.0 - propensity))


def _mean(values: Floats, weights: Floats) -> tuple[float, Floats]:
    """Return a weighted mean, and its influence function."""
    shares = weights / weights.mean()
    mean = float((shares * values).mean())
    return mean, shares * (values - mean)
