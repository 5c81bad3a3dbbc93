"""Rows of a table while they are simulated: a mapping of column names to arrays of one length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from silentnps.numerics.arrays import Floats, Integers

Rows = dict[str, NDArray[Any]]


def select(rows: Rows, keep: NDArray[Any]) -> Rows:
    """Take the rows of a mask, or of positions in their order."""
    return {name: values[keep] for name, values in rows.items()}


def stack(parts: Sequence[Rows]) -> Rows:
    """Concatenate rows of the same columns."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def by_customer(rows: Rows, clock: str) -> Rows:
    """Sort by customer, then by time; ties keep their order."""
    return select(rows, np.lexsort((rows[clock], rows["customer_id"])))


def arrivals(rng: np.random.Generator, expected: Floats, start: float, length: float) -> tuple[Integers, Floats]:
    """Draw a Poisson number of events per customer, uniformly over `length` days from `start`.

    Returns
    -------
    customer, day
        One entry per event; customers are positions in `expected`.
    """
    customer = np.repeat(np.arange(len(expected)), rng.poisson(expected))
    return customer, start + length * rng.random(len(customer))


def choose(rng: np.random.Generator, n: int, shares: Sequence[float]) -> Integers:
    """Draw `n` positions of a vocabulary with the given shares, which add up to one."""
    edges = np.cumsum(shares)[:-1]
    return np.searchsorted(edges, rng.random(n), side="right")


def known(days: Floats, end: float) -> Floats:
    """Replace times from the end of the history onward by NaN."""
    return np.where(days < end, days, np.nan)


def sigmoid(logit: Floats) -> Floats:
    """Return 1 / (1 + exp(-logit)) without overflow."""
    half: Floats = 0.5 * (1.0 + np.tanh(0.5 * logit))
    return half
