"""Waves and answers of one law, for the tests of monitoring."""

from __future__ import annotations

import numpy as np
import pandas as pd

from silentnps.monitoring.wave import Answers, Asked, Wave
from silentnps.numerics.nps import CLASS_VALUES

WINDOWED = ("orders_count_90d", "orders_late_share_180d", "orders_amount_365d")


def wave(rng: np.random.Generator, n: int, *, name: str = "new", late: float = 0.2, first: int = 0) -> Wave:
    """Return a wave of customers of one law but for the share of late orders; `first` numbers the customers."""
    features = pd.DataFrame(
        {
            "orders_count_90d": rng.poisson(2.0, n).astype(np.float64),
            "orders_late_share_180d": rng.binomial(4, late, n) / 4,
            "orders_amount_365d": np.where(rng.random(n) < 0.1, np.nan, rng.lognormal(4, 1, n)),
            "customers_tenure_days": rng.uniform(0, 900, n) + (400 if name == "new" else 0),
            "region": pd.Categorical(rng.choice(["north", "south", "west"], n)),
        }
    )
    ids = np.array([f"c{first + i:06d}" for i in range(n)])
    return Wave(name, ids, features, 100 * np.tanh(rng.normal(0.2, 0.5, n)))


def answers(rng: np.random.Generator, n: int, *, shift: float = 0.0) -> Answers:
    """Return answers whose probabilities hold, or are too high by `shift` in log odds of each class upward."""
    truth = _probabilities(x := rng.normal(0.3, 1.0, n), 0.0)
    classes = (rng.random(n)[:, None] > truth.cumsum(axis=1)[:, :2]).sum(axis=1)
    return Answers(_probabilities(x, shift), classes.astype(np.int64))


def _probabilities(x: np.ndarray, shift: float) -> np.ndarray:
    weights = np.exp(np.outer(x + shift, CLASS_VALUES / 100))
    return weights / weights.sum(axis=1, keepdims=True)


def asked(rng: np.random.Generator, n: int, rates: tuple[float, float]) -> Asked:
    """Return customers of two equal groups, who answer at these rates."""
    group = np.arange(n) % 2
    return Asked(rng.random(n) < np.array(rates)[group], {"region": group.astype(np.int64)})
