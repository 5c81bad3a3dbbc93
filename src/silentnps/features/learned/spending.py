"""Spending: how much will a customer spend on a day with an order? Gamma-Gamma on scipy.

Fader and Hardie (2013), The Gamma-Gamma Model of Monetary Value, www.brucehardie.com/notes/025. The spend of one
day has a gamma distribution (shape p) around the customer's own mean, and the inverses of these means have a gamma
distribution too (shape q); v is the scale. The more orders a customer has, the more weight their own mean gets.
Wrong where frequent customers spend differently from rare ones: the model takes frequency and spend as independent.

Throughout, `frequency` is the number of days with a repeat order and `amount` the mean spend of these days. In the
catalogue they are `orders_repeat_days` and `orders_repeat_amount_mean`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy  # which imports its parts when they are used

from silentnps.errors import ModelError
from silentnps.features.learned.likelihood import MAX_ROWS, maximise, sample_rows
from silentnps.numerics.arrays import Floats

MIN_ROWS = 10
"""Fewer customers with a repeat order do not show how spending varies."""

_MIN_SPREAD = 0.01
_MIN_Q = 1.1
_MAX_LOGS = (10.0, 10.0, 20.0)


@dataclass(frozen=True)
class SpendingParameters:
    """A Gamma-Gamma fitted to `n` customers, in the notation of the paper; `log_likelihood` is summed over them."""

    p: float
    q: float
    v: float
    n: int
    log_likelihood: float


def fit_spending(
    frequency: npt.ArrayLike,
    amount: npt.ArrayLike,
    *,
    rng: np.random.Generator | None = None,
    max_rows: int = MAX_ROWS,
) -> SpendingParameters:
    """Fit Gamma-Gamma by maximum likelihood to the customers with a repeat order and a positive amount.

    With more than `max_rows` customers, a sample of so many is fitted, drawn by `rng`, which is then required.

    Raises
    ------
    ModelError
        If fewer than `MIN_ROWS` customers can be used, if all have practically the same amount, if `rng` is
        required but missing, or if the tail is so heavy (q near 1 or below) that the mean over customers does not
        exist.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> frequency = rng.integers(1, 8, 500).astype(float)
    >>> amount = rng.gamma(6 * frequency, 1 / (frequency * rng.gamma(4, 1 / 15, 500)))
    >>> fitted = fit_spending(frequency, amount)
    >>> fitted.n, round(fitted.p, 1), round(fitted.q, 1), round(fitted.v, 1)
    (500, 5.4, 4.9, 21.3)
    """
    data = np.column_stack([np.asarray(column, dtype=np.float64) for column in (frequency, amount)])
    data = sample_rows(_usable(data), rng, max_rows, what="spending")
    unit = float(data[:, 1].mean())
    scaled = maximise(log_likelihood, data / [1.0, unit], max_logs=_MAX_LOGS, what="spending")
    p, q, v = (scaled * [1.0, 1.0, unit]).tolist()
    if q < _MIN_Q:
        raise ModelError(
            f"spending must have a mean over customers (q above {_MIN_Q}); got q = {q:.3g}: "
            "a few customers spend most. "
            "Check the amounts of the orders."
        )
    total = float(log_likelihood(np.log([p, q, v]), data)[0].sum())
    return SpendingParameters(p=p, q=q, v=v, n=len(data), log_likelihood=total)


def expected_amount(parameters: SpendingParameters, frequency: npt.ArrayLike, amount: npt.ArrayLike) -> Floats:
    """Return the expected spend of each customer's next day with an order, in the currency of the fit.

    By equation (5) of the note it lies between the mean over customers, which is what customers without a repeat
    order get, and the customer's own mean. NaN where the frequency is unknown.

    Examples
    --------
    >>> cdnow = SpendingParameters(p=6.25, q=3.74, v=15.44, n=946, log_likelihood=-4055.9)
    >>> expected_amount(cdnow, [0, 2, 200], [np.nan, 22.35, 22.35]).round(2)
    array([35.22, 24.66, 22.38])
    """
    x, m = np.asarray(frequency, dtype=np.float64), np.asarray(amount, dtype=np.float64)
    p, q, v = parameters.p, parameters.q, parameters.v
    spent = np.where(x == 0, 0.0, x * m)
    expected: Floats = p * (v + spent) / (p * x + q - 1)
    return expected


def log_likelihood(logs: Floats, data: Floats) -> tuple[Floats, Floats]:
    """Return each customer's log-likelihood (n,), equation (1a) of the note, and its gradient (n, 3).

    `logs` are the logarithms of p, q and v; the gradient is taken with respect to them. A row of `data` is the
    frequency and the mean amount of one customer, both positive.

    Examples
    --------
    >>> values, gradients = log_likelihood(np.zeros(3), np.array([[1.0, 1.0]]))
    >>> np.exp(values)  # a ratio of two exponentials: 1 / (1 + amount) ** 2
    array([0.25])
    """
    special = scipy.special
    p, q, v = parameters = np.exp(logs)
    x, m = data.T
    counts, where = np.unique(x, return_inverse=True)
    by_count = special.gammaln(p * counts + q) - special.gammaln(p * counts) - special.gammaln(q)
    spent, log_sum = x * m, np.log(v + x * m)
    log_share = np.log(spent) - log_sum
    values: Floats = by_count[where] + q * (logs[2] - log_sum) + p * x * log_share - np.log(m)
    total = special.psi(p * counts + q)
    by_p = (counts * (total - special.psi(p * counts)))[where] + x * log_share
    by_q = (total - special.psi(q))[where] + logs[2] - log_sum
    by_v = q / v - (p * x + q) / (v + spent)
    return values, np.column_stack([by_p, by_q, by_v]) * parameters


def _usable(data: Floats) -> Floats:
    """Return the rows with a repeat order and a positive amount."""
    data = data[(data[:, 0] > 0) & (data[:, 1] > 0)]
    if len(data) < MIN_ROWS:
        raise ModelError(
            f"spending needs at least {MIN_ROWS} customers with a repeat order of a positive amount; "
            f"got {len(data)}. Leave the expected amounts out."
        )
    if data[:, 1].std() < _MIN_SPREAD * data[:, 1].mean():
        raise ModelError(
            f"spending needs mean amounts that differ between customers by {_MIN_SPREAD:.0%} or more; "
            "got practically one amount. Leave the expected amounts out."
        )
    return data
