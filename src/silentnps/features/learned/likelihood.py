"""Maximum likelihood of a few positive parameters, found on their logarithms with analytic gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from scipy.optimize import minimize

from silentnps.errors import ModelError
from silentnps.numerics.arrays import Floats

LogLikelihood: TypeAlias = Callable[[Floats, Floats], tuple[Floats, Floats]]
"""Of the logarithms of k parameters and n rows of data: each row's log-likelihood (n,) and gradient (n, k)."""

MAX_ROWS = 100_000
"""Customers above which a model is fitted on a random sample of as many."""

_FLAT = 1e-3
_STARTS = 5
_OPTIONS = {"ftol": 1e-14, "gtol": 1e-8, "maxiter": 1000}


def maximise(log_likelihood: LogLikelihood, data: Floats, *, max_logs: tuple[float, ...], what: str) -> Floats:
    """Return the parameters that maximise the mean log-likelihood, each within exp(-max_log) and exp(max_log).

    Bounded logarithms keep data without a maximum inside, such as a base that nobody leaves, at a finite limit.
    The search is L-BFGS-B from parameters of 1: bring the data to a unit near 1.

    Raises
    ------
    ModelError
        If no maximum is found; `what` is what the message calls the model.
    """

    def loss(logs: Floats) -> tuple[float, Floats]:
        values, gradients = log_likelihood(logs, data)
        return -float(values.mean()), -gradients.mean(axis=0)

    bounds = [(-each, each) for each in max_logs]
    logs = np.zeros(len(bounds))
    for _ in range(_STARTS):  # a line search may give up early where the surface is steep; a new start goes on
        found = minimize(loss, logs, jac=True, method="L-BFGS-B", bounds=bounds, options=_OPTIONS)
        logs = found.x
        uphill = np.clip(logs - found.jac, *np.transpose(bounds)) - logs  # zero at a bound that holds the maximum
        if np.isfinite(found.fun) and np.abs(uphill).max() < _FLAT:
            return np.asarray(np.exp(logs), dtype=np.float64)
    raise ModelError(f"{what} must have a likelihood with a maximum; got none. Check the orders.")


def sample_rows(data: Floats, rng: np.random.Generator | None, max_rows: int, *, what: str) -> Floats:
    """Return all rows, or of more than `max_rows` a random sample of so many, in their order."""
    if len(data) <= max_rows:
        return data
    if rng is None:
        raise ModelError(f"{what} on more than {max_rows} customers needs rng; got none. Pass one.")
    return data[np.sort(rng.choice(len(data), size=max_rows, replace=False))]
