"""Satisfaction of customers: a lasting trait, and shocks from bad experiences that fade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from silentnps.errors import ConfigError
from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.simulation.customers import Customers

HALF_LIFE = 90.0
"""Days after which a shock hurts half as much."""

_CUTS = np.array([-4.0, -3.45, -3.0, -2.65, -2.3, -1.8, -1.35, -0.88, -0.38, 0.31])
_NOISE = 0.85
_LARGEST_SHIFT = 5.0


@dataclass(frozen=True)
class Shocks:
    """Experiences that change satisfaction by `size` from `day` onward, one entry per experience."""

    customer: Integers
    day: Floats
    size: Floats


def shocks_of(customer: Integers, day: Floats, size: Floats, happened: Booleans) -> Shocks:
    """Keep the experiences that happened."""
    return Shocks(customer[happened], day[happened], size[happened])


def join_shocks(parts: Sequence[Shocks]) -> Shocks:
    """Concatenate shocks."""
    return Shocks(
        np.concatenate([part.customer for part in parts]),
        np.concatenate([part.day for part in parts]),
        np.concatenate([part.size for part in parts]),
    )


def check_shift(name: str, value: float) -> None:
    """Raise ConfigError unless a planted shift of satisfaction is a number from -5 to 5."""
    if not np.isfinite(value) or abs(value) > _LARGEST_SHIFT:
        raise ConfigError(
            f"{name} must be from -{_LARGEST_SHIFT:g} to {_LARGEST_SHIFT:g}; got {value}. Pass a shift of "
            "satisfaction, which has a standard deviation of 1 or so."
        )


def satisfaction_at(customers: Customers, shocks: Shocks, day: Floats) -> Floats:
    """Return the satisfaction of each customer at `day`: the trait plus what remains of earlier shocks."""
    age = day[shocks.customer] - shocks.day
    left = np.where(age > 0, shocks.size * 0.5 ** (np.maximum(age, 0.0) / HALF_LIFE), 0.0)
    return customers.trait + np.bincount(shocks.customer, weights=left, minlength=customers.n)


def rate_with(satisfaction: Floats, noise: Floats) -> Integers:
    """Return the ratings 0 to 10 of customers of this satisfaction, given standard normal noise."""
    return np.searchsorted(_CUTS, satisfaction + _NOISE * noise)


def class_of(rating: Integers) -> Integers:
    """Return the position in NPS_CLASSES: 0 detractor (0-6), 1 passive (7, 8), 2 promoter (9, 10)."""
    return (rating >= 7).astype(np.int64) + (rating >= 9)
