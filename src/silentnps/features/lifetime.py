"""Lifetime: is the customer still a customer, and how many orders will come? BG/NBD on scipy.

Fader, Hardie and Lee (2005), "Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD Model,
Marketing Science 24(2), 275-284. A customer orders at a rate drawn from a gamma distribution (shape r, rate alpha)
and after each repeat order leaves for good with a probability drawn from a beta distribution (a, b). Wrong where
purchases are regular, as in a subscription, or where customers leave without having ordered.

Everywhere: `frequency` is the number of days with an order after the first, `recency` the time from the first order
to the last, `age` the time from the first order to `as_of`; `orders_repeat_days`, `orders_recency_days` and
`orders_age_days` of the catalogue. Times share one unit, that of the fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, expit, gammaln, hyp2f1, psi

from silentnps.errors import ModelError
from silentnps.features.likelihood import MAX_ROWS, Floats, maximise, sample_rows

_MAX_LOGS = (15.0, 15.0, 15.0, 15.0)


@dataclass(frozen=True)
class LifetimeParameters:
    """A fitted BG/NBD in the notation of the paper; `n` customers, `log_likelihood` their sum."""

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

    Of more than `max_rows` customers a sample is fitted, drawn by `rng` (required then).

    Raises
    ------
    ModelError
        If nobody ordered twice, a sample has no `rng`, or the likelihood has no maximum that can be found.
    """
    data = np.column_stack([np.asarray(each, dtype=np.float64) for each in (frequency, recency, age)])
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

    `logs` are the logarithms of r, alpha, a and b, by which the gradient is taken; a row of `data` is the
    frequency, recency and age of one customer.

    >>> values, gradients = log_likelihood(np.log([1.0, 1.0, 1.0, 1.0]), np.array([[0.0, 0.0, 1.0]]))
    >>> np.exp(values)  # alive without an order: (alpha / (alpha + age)) ** r
    array([0.5])
    """
    r, alpha, a, b = parameters = np.exp(logs)
    counts, where = np.unique(data[:, 0], return_inverse=True)
    x, t_x, t = data.T
    before_last = b + np.maximum(x, 1.0) - 1.0
    log_t, log_t_x = np.log(alpha + t), np.log(alpha + t_x)
    alive = -(r + x) * log_t
    # Without a repeat order nobody can have left.
    left = np.where(x > 0, logs[2] - np.log(before_last) - (r + x) * log_t_x, -np.inf)
    by_count = gammaln(r + counts) - gammaln(r) + betaln(a, b + counts) - betaln(a, b)
    p_left, p_alive = expit(left - alive), expit(alive - left)
    both = psi(a + b) - psi(a + b + counts)
    by_r = (psi(r + counts) - psi(r))[where] + logs[1] - p_alive * log_t - p_left * log_t_x
    by_alpha = r / alpha - (r + x) * (p_alive / (alpha + t) + p_left / (alpha + t_x))
    by_a = both[where] + p_left / a
    by_b = (both + psi(b + counts) - psi(b))[where] - p_left / before_last
    values: Floats = by_count[where] + r * logs[1] + np.logaddexp(alive, left)
    return values, np.column_stack([by_r, by_alpha, by_a, by_b]) * parameters


def probability_alive(
    parameters: LifetimeParameters, frequency: npt.ArrayLike, recency: npt.ArrayLike, age: npt.ArrayLike
) -> Floats:
    """Return the probability that each customer will order again, 1 of those without a repeat order.

    Equation in Fader, Hardie and Lee (2008), "Computing P(alive) using the BG/NBD model". NaN stays NaN.
    """
    x, t_x, t = (np.asarray(each, dtype=np.float64) for each in (frequency, recency, age))
    log_odds_gone = (
        np.log(parameters.a)
        - np.log(parameters.b + np.maximum(x, 1.0) - 1.0)
        + (parameters.r + x) * (np.log(parameters.alpha + t) - np.log(parameters.alpha + t_x))
    )
    alive: Floats = np.where(x == 0, 1.0, expit(-log_odds_gone))
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

    Equation (10) of the paper after Euler's transformation of the hypergeometric function, which does not overflow
    for frequent customers. The formula is 0/0 at a = 1; nearer than 1e-6, a is moved there.

    >>> cdnow = LifetimeParameters(r=0.243, alpha=4.414, a=0.793, b=2.426, n=2357, log_likelihood=-9582.4)
    >>> expected_orders(cdnow, [2], [30.43], [38.86], days=39).round(3)  # weeks; 1.226 in the authors' workbook
    array([1.226])
    """
    x, t = np.asarray(frequency, dtype=np.float64), np.asarray(age, dtype=np.float64)
    r, b = parameters.r, parameters.b
    a = parameters.a if abs(parameters.a - 1) > 1e-6 else 1 + 1e-6
    passed = days / (parameters.alpha + t + days)
    stay = (1 - passed) ** (a - 1) * hyp2f1(a + b - 1 - r, a - 1, a + b + x - 1, passed)
    if_alive = (a + b + x - 1) / (a - 1) * (1 - stay)
    expected: Floats = if_alive * probability_alive(parameters, frequency, recency, age)
    return expected
