"""Boosters of rows with a category, missing values, zeros and a constant."""

from __future__ import annotations

from functools import cache
from typing import Any

import lightgbm
import numpy as np

N, FEATURES = 3000, 5


@cache
def data() -> tuple[np.ndarray, np.ndarray]:
    """Return a matrix with a category, missing values, zeros and a constant, and a target."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(N, FEATURES))
    X[:, 1] = rng.integers(0, 12, N)
    X[:, 2] = np.where(rng.random(N) < 0.6, 0.0, X[:, 2])
    X[rng.random((N, FEATURES)) < 0.1] = np.nan
    X[:, 4] = X[:, 0]
    score = np.nan_to_num(X[:, 0]) + np.isin(X[:, 1], [2, 5, 7]) + (np.isnan(X[:, 2]) | (X[:, 2] > 1))
    return X, (score * (1 + (X[:, 3] > 0)) + rng.logistic(size=N) > 0.7).astype(float)


def booster(**options: Any) -> lightgbm.Booster:
    X, y = data()
    params = {"objective": "binary", "verbosity": -1, "num_leaves": 8, "num_threads": 1, "seed": 1, **options}
    dataset = lightgbm.Dataset(X, y, categorical_feature=[1])
    trained = lightgbm.train(params, dataset, num_boost_round=30)
    return lightgbm.Booster(model_str=trained.model_to_string())
