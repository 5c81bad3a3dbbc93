"""Maximum likelihood of a few positive parameters, found on their logarithms with analytic gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import scipy  # which imports its parts when they are used

from silentnps.errors import ModelError
from silentnps.numerics.arrays import Floats

LogLikelihood: TypeAlias = Callable[[Floats, Floats], tuple[Floats, Floats]]
"""From the logarithms of k parameters and n rows of data to each row's log-likelihood (n,) and gradient (n, k)."""

MAX_ROWS = 100_000
"""With more customers than this, a model is fitted to a random sample of this size."""

_FLAT = 1e-3
_STARTS = 5
_OPTIONS = {"ftol": 1e-14, "gtol": 1e-8, "maxiter": 1000}


def maximise(log_likelihood: LogLikelihood, data: Floats, *, max_logs: tuple[float, ...], what: str) -> Floats:
    """Return the parameters that maximise the mean log-likelihood, each within exp(-max_log) and exp(max_log).

    The bounds keep the parameters finite where the likelihood has no maximum, such as for a base that nobody
    leaves. The search is L-BFGS-B, starting with all parameters at 1: scale the data to about 1 first.

    Raises
    ------
    ModelError
        If no maximum is found; the message calls the model `what`.
    """

    def loss(logs: Floats) -> tuple[float, Floats]:
        values, gradients = log_likelihood(logs, data)
        return -float(values.mean()), -gradients.mean(axis=0)

    bounds = [(-limit, limit) for limit in max_logs]
    logs = np.zeros(len(bounds))
    for _ in range(_STARTS):  # a line search may give up early where the surface is steep; a restart continues
        result = scipy.optimize.minimize(loss, logs, jac=True, method="L-BFGS-B", bounds=bounds, options=_OPTIONS)
        logs = result.x
        uphill = np.clip(logs - result.jac, *np.transpose(bounds)) - logs  # zero at a bound that holds the maximum
        if np.isfinite(result.fun) and np.abs(uphill).max() < _FLAT:
            return np.asarray(np.exp(logs), dtype=np.float64)
    raise ModelError(f"The likelihood of the {what} model has no maximum that could be found. Check the orders.")


def sample_rows(data: Floats, rng: np.random.Generator | None, max_rows: int, *, what: str) -> Floats:
    """Return all rows, or a random sample of `max_rows` of them, in their order, where there are more."""
    if len(data) <= max_rows:
        return data
    if rng is None:
        raise ModelError(f"{what} on more than {max_rows} customers needs rng; got none. Pass one.")
    return data[np.sort(rng.choice(len(data), size=max_rows, replace=False))]
