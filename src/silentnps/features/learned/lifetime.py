"""Lifetime: is a customer still active, and how many orders are to come? BG/NBD on scipy.

Fader, Hardie and Lee (2005), "Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD Model,
Marketing Science 24(2), 275-284. A customer orders at a rate drawn from a gamma distribution (shape r, rate alpha)
and leaves for good after each repeat order with a probability drawn from a beta distribution (a, b). Wrong where
purchases are regular, as in a subscription, or where customers leave without having ordered.

Throughout, `frequency` is the number of days with an order after the first, `recency` the time from the first order
to the last and `age` the time from the first order to `as_of`. In the catalogue they are `orders_repeat_days`,
`orders_recency_days` and `orders_age_days`. All times are in the unit of the fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy  # which imports its parts when they are used

from silentnps.errors import ModelError
from silentnps.features.learned.likelihood import MAX_ROWS, maximise, sample_rows
from silentnps.numerics.arrays import Floats

_MAX_LOGS = (15.0, 15.0, 15.0, 15.0)
_ROWS_INSPECTED = 1_000
_NEAR_ONE = 1e-4
_NODES = np.linspace(-1.0, 1.0, 201)
_TAIL = 80.0


@dataclass(frozen=True)
class LifetimeParameters:
    """A BG/NBD fitted to `n` customers, in the notation of the paper; `log_likelihood` is summed over them."""

    r: float
    alpha: float
    a: float
    b: float
    n: int
    log_likelihood: float


def fit_lifetime(
    frequency: npt.ArrayLike,
    recency: npt.ArrayLike,
    age: npt.ArrayLike,
    *,
    rng: np.random.Generator | None = None,
    max_rows: int = MAX_ROWS,
) -> LifetimeParameters:
    """Fit BG/NBD by maximum likelihood; customers without an order (NaN) are left out.

    With more than `max_rows` customers, a sample of so many is fitted, drawn by `rng`, which is then required.

    Raises
    ------
    ModelError
        If nobody ordered twice, if `rng` is required but missing, or if no maximum of the likelihood is found.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> age = rng.integers(100, 700, 500).astype(float)
    >>> frequency = rng.poisson(age * rng.gamma(0.5, 1 / 60, 500))
    >>> recency = np.where(frequency > 0, age * rng.uniform(size=500), 0.0)
    >>> fitted = fit_lifetime(frequency, recency, age)
    >>> fitted.n, round(fitted.r, 2), round(fitted.alpha, 1)
    (500, 0.27, 13.8)
    """
    data = np.column_stack([np.asarray(column, dtype=np.float64) for column in (frequency, recency, age)])
    data = data[~np.isnan(data).any(axis=1)]
    if not (data[:, 0] > 0).any():
        raise ModelError("lifetime needs customers with a repeat order; got none. Leave the lifetime features out.")
    data = sample_rows(data, rng, max_rows, what="lifetime")
    unit = float(data[:, 2].mean())
    scaled = maximise(log_likelihood, data / [1.0, unit, unit], max_logs=_MAX_LOGS, what="lifetime")
    fitted = scaled * [1.0, unit, 1.0, 1.0]
    total = float(log_likelihood(np.log(fitted), data)[0].sum())
    r, alpha, a, b = fitted.tolist()
    return LifetimeParameters(r=r, alpha=alpha, a=a, b=b, n=len(data), log_likelihood=total)


def log_likelihood(logs: Floats, data: Floats) -> tuple[Floats, Floats]:
    """Return each customer's log-likelihood (n,), equation (6), and its gradient (n, 4).

    `logs` are the logarithms of r, alpha, a and b; the gradient is taken with respect to them. A row of `data` is
    the frequency, recency and age of one customer.

    Examples
    --------
    >>> values, gradients = log_likelihood(np.log([1.0, 1.0, 1.0, 1.0]), np.array([[0.0, 0.0, 1.0]]))
    >>> np.exp(values)  # alive without an order: (alpha / (alpha + age)) ** r
    array([0.5])
    """
    special = scipy.special
    r, alpha, a, b = parameters = np.exp(logs)
    counts, where = np.unique(data[:, 0], return_inverse=True)
    x, t_x, t = data.T
    before_last = b + np.maximum(x, 1.0) - 1.0
    log_t, log_t_x = np.log(alpha + t), np.log(alpha + t_x)
    alive = -(r + x) * log_t
    # Without a repeat order nobody can have left.
    left = np.where(x > 0, logs[2] - np.log(before_last) - (r + x) * log_t_x, -np.inf)
    by_count = (
        special.gammaln(r + counts) - special.gammaln(r) + special.betaln(a, b + counts) - special.betaln(a, b)
    )
    p_left, p_alive = special.expit(left - alive), special.expit(alive - left)
    both = special.psi(a + b) - special.psi(a + b + counts)
    by_r = (special.psi(r + counts) - special.psi(r))[where] + logs[1] - p_alive * log_t - p_left * log_t_x
    by_alpha = r / alpha - (r + x) * (p_alive / (alpha + t) + p_left / (alpha + t_x))
    by_a = both[where] + p_left / a
    by_b = (both + special.psi(b + counts) - special.psi(b))[where] - p_left / before_last
    values: Floats = by_count[where] + r * logs[1] + np.logaddexp(alive, left)
    return values, np.column_stack([by_r, by_alpha, by_a, by_b]) * parameters


def probability_alive(
    parameters: LifetimeParameters, frequency: npt.ArrayLike, recency: npt.ArrayLike, age: npt.ArrayLike
) -> Floats:
    """Return the probability that each customer has not left for good.

    It is 1 for customers without a repeat order and NaN where the age is unknown. The equation is that of Fader,
    Hardie and Lee (2008), "Computing P(alive) using the BG/NBD model".

    Examples
    --------
    >>> cdnow = LifetimeParameters(r=0.243, alpha=4.414, a=0.793, b=2.426, n=2357, log_likelihood=-9582.4)
    >>> probability_alive(cdnow, [0, 2], [0.0, 30.43], [38.86, 38.86]).round(3)
    array([1.   , 0.727])
    """
    x, t_x, t = (np.asarray(column, dtype=np.float64) for column in (frequency, recency, age))
    log_odds_gone = (
        np.log(parameters.a)
        - np.log(parameters.b + np.maximum(x, 1.0) - 1.0)
        + (parameters.r + x) * (np.log(parameters.alpha + t) - np.log(parameters.alpha + t_x))
    )
    alive: Floats = np.where((x == 0) & ~np.isnan(t), 1.0, scipy.special.expit(-log_odds_gone))
    return alive


def expected_orders(
    parameters: LifetimeParameters,
    frequency: npt.ArrayLike,
    recency: npt.ArrayLike,
    age: npt.ArrayLike,
    *,
    days: float,
) -> Floats:
    """Return the expected days with an order in the next `days`, in the time unit of the fit.

    This is equation (10) of the paper after Euler's transformation of the hypergeometric function, which does not
    overflow for frequent customers. Where it fails, near a = 1 and at extreme parameters, the integral that it
    solves is computed numerically.

    Examples
    --------
    >>> cdnow = LifetimeParameters(r=0.243, alpha=4.414, a=0.793, b=2.426, n=2357, log_likelihood=-9582.4)
    >>> expected_orders(cdnow, [2], [30.43], [38.86], days=39).round(3)  # weeks; 1.226 in the authors' workbook
    array([1.226])
    """
    x, t = np.asarray(frequency, dtype=np.float64), np.asarray(age, dtype=np.float64)
    shape, periods = parameters.r + x, days / (parameters.alpha + t)
    if_alive = _in_closed_form(parameters, x, periods)
    possible = (if_alive >= 0) & (if_alive <= shape * periods)  # at most the orders of a customer who never leaves
    if abs(parameters.a - 1) < _NEAR_ONE:
        possible = np.zeros_like(possible)
    failed = ~possible & ~np.isnan(shape * periods)
    if failed.any():
        if_alive[failed] = _by_integral_of_distinct_rows(parameters, shape[failed], periods[failed])
    expected: Floats = if_alive * probability_alive(parameters, frequency, recency, age)
    return expected


def _by_integral_of_distinct_rows(parameters: LifetimeParameters, shape: Floats, periods: Floats) -> Floats:
    """Return `_by_integral`, once per distinct row where many rows are equal, as with ages in whole days."""
    inspected = periods[:: max(len(periods) // _ROWS_INSPECTED, 1)]
    if 2 * len(np.unique(inspected)) > len(inspected):
        return _by_integral(parameters, shape, periods)
    rows, where = np.unique(np.stack([shape, periods]), axis=1, return_inverse=True)
    return np.asarray(_by_integral(parameters, *rows)[where])


def _in_closed_form(parameters: LifetimeParameters, x: Floats, periods: Floats) -> Floats:
    """Return the expected orders of active customers, `periods` in multiples of alpha + age; NaN where it fails."""
    a, b, passed = parameters.a, parameters.b, periods / (1 + periods)
    with np.errstate(all="ignore"):
        stay = (1 - passed) ** (a - 1) * scipy.special.hyp2f1(
            a + b - 1 - parameters.r, a - 1, a + b + x - 1, passed
        )
        orders: Floats = (a + b + x - 1) / (a - 1) * (1 - stay)
    return orders


def _by_integral(parameters: LifetimeParameters, shape: Floats, periods: Floats) -> Floats:
    """Return the expected orders of active customers as the mean over p, the probability of leaving after an order.

    Given p, they are h(p) = (1 - (1 + p * periods) ** -shape) / p, and p has a beta distribution (a, b + x). The
    trapezoid rule is applied over the logit of p, stretched around the mode by sinh, and to h minus its chord where
    the beta distribution has mass at the ends. Agrees with the closed form to 1e-9 where both work.
    """
    shape, periods = shape[:, None], periods[:, None]
    a, b = parameters.a, parameters.b + shape - parameters.r
    at_zero, at_one = shape * periods, -np.expm1(-shape * np.log1p(periods))
    slope = at_zero - at_one if a < 0.5 else np.zeros_like(at_zero)
    mode, width = np.log(a / b), np.minimum(np.sqrt(1 / a + 1 / b), 1.0)
    reach = np.arcsinh((np.abs(mode) + np.log(np.maximum(at_zero, 1)) + _TAIL) / width)
    logit = mode + width * np.sinh(_NODES * reach)
    step = width * np.cosh(_NODES * reach) * reach * (_NODES[1] - _NODES[0])
    log_p, log_rest = -np.logaddexp(0, -logit), -np.logaddexp(0, logit)
    p = np.exp(log_p)
    orders = -np.expm1(-shape * np.log1p(p * periods)) / p
    density = np.exp(a * log_p + b * log_rest - scipy.special.betaln(a, b))
    inside = (density * (orders - at_one - slope * np.exp(log_rest)) * step).sum(axis=1)
    expected: Floats = at_one[:, 0] + (slope * b / (a + b))[:, 0] + inside
    return expected
