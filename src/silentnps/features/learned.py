"""Features that are learned from the base: fitted once, frozen in the model, applied wherever it is used."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from silentnps.errors import ModelError
from silentnps.features.lifetime import LifetimeParameters, expected_orders, fit_lifetime, probability_alive

_INPUTS = ("orders_repeat_days", "orders_recency_days", "orders_age_days")

LEARNED_FEATURES = ("lifetime_probability_alive", "lifetime_expected_orders_365d")
"""Names of the learned features; all are response drivers, as the order history that they are made of."""


@dataclass(frozen=True)
class LearnedFeatures:
    """What was learned: `lifetime` is None where there is no order history to learn from."""

    lifetime: LifetimeParameters | None

    def apply(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the features with the learned columns added, those already there kept as they are."""
        if self.lifetime is None or set(LEARNED_FEATURES) <= set(features.columns):
            return features
        missing = [name for name in _INPUTS if name not in features]
        if missing:
            raise ModelError(
                f"features must have the column {missing[0]!r} for the lifetime features; got none. "
                "Build the features with the tables that the model was trained on."
            )
        frequency, recency, age = (features[name].to_numpy(dtype=np.float64) for name in _INPUTS)
        alive = probability_alive(self.lifetime, frequency, recency, age)
        orders = expected_orders(self.lifetime, frequency, recency, age, days=365.0)
        return features.assign(**dict(zip(LEARNED_FEATURES, (alive, orders), strict=True)))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for files."""
        return {"lifetime": None if self.lifetime is None else asdict(self.lifetime)}

    @staticmethod
    def from_dict(values: dict[str, Any]) -> LearnedFeatures:
        """Rebuild from `to_dict`."""
        lifetime = values["lifetime"]
        return LearnedFeatures(None if lifetime is None else LifetimeParameters(**lifetime))


def fit_learned(features: pd.DataFrame, *, random_state: int) -> LearnedFeatures:
    """Learn from the rows of the earliest training wave; nothing is learned where nobody ordered twice."""
    if not set(_INPUTS) <= set(features.columns):
        return LearnedFeatures(None)
    frequency, recency, age = (features[name].to_numpy(dtype=np.float64) for name in _INPUTS)
    if not (frequency > 0).any():
        return LearnedFeatures(None)
    return LearnedFeatures(fit_lifetime(frequency, recency, age, rng=np.random.default_rng(random_state)))
