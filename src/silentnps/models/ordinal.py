"""An ordinal classifier of binary LightGBM heads, one for each threshold between classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from silentnps.errors import ModelError
from silentnps.estimation.encoding import is_category
from silentnps.estimation.nps import Floats, Integers

Heads = list[lightgbm.Booster | float]
"""One booster for each threshold; a number is the constant margin of a head that saw one class only."""

_SMALLEST = 1e-10
"""No class is impossible: a step must be able to reach every share."""

_MAX_BIN = 63
"""As good as 255 on survey-sized data, and faster."""

_LEVEL_SMOOTHING, _LEVEL_PENALTY = 50.0, 30.0
"""LightGBM's cat_smooth and cat_l2: with its own 10 a category of fifty levels fits noise in surveys."""


@dataclass(frozen=True)
class CodeBook:
    """Columns and categories of a frame as the trees saw them."""

    columns: tuple[str, ...]
    categories: dict[str, tuple[str, ...]]

    @staticmethod
    def of(frame: pd.DataFrame) -> CodeBook:
        """Learn the columns and categories of a frame."""
        categories = {
            str(name): tuple(sorted(column.dropna().astype(str).unique()))
            for name, column in frame.items()
            if is_category(column)
        }
        return CodeBook(tuple(str(name) for name in frame.columns), categories)

    def matrix(self, frame: pd.DataFrame) -> Floats:
        """Return the float64 matrix of a frame: categories as codes, unseen and missing ones as NaN.

        Raises
        ------
        ModelError
            If a column is missing, or is text where the model was trained on numbers.
        """
        missing = [name for name in self.columns if name not in frame]
        if missing:
            raise ModelError(
                f"features must have the columns that the model was trained on; {len(missing)} are missing, first "
                f"{missing[0]!r}. Build the features again with this configuration, or train again."
            )
        return np.column_stack([self._column(frame[name]) for name in self.columns])

    def _column(self, column: pd.Series) -> Floats:
        levels = self.categories.get(str(column.name))
        if levels is not None:
            text = column.astype("object").map(str, na_action="ignore")
            codes = pd.Index(levels, dtype="object").get_indexer(pd.Index(text, dtype="object"))
            return np.where(codes < 0, np.nan, codes).astype(np.float64)
        if is_category(column) and column.notna().any():
            raise ModelError(
                f"feature {str(column.name)!r} must be numeric as in training; got {column.dtype}. "
                "Correct the column, or train again."
            )
        return column.to_numpy(dtype=np.float64, na_value=np.nan)

    @property
    def categorical_positions(self) -> list[int]:
        """Return the positions of the categorical columns."""
        return [i for i, name in enumerate(self.columns) if name in self.categories]


class OrdinalClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Ordered classes by K - 1 binary LightGBM heads, head k being P(class >= k + 1).

    Where the probabilities of heads cross they take their mean (isotonic), so the expected class is unchanged.

    Parameters
    ----------
    n_estimators, num_leaves, learning_rate, min_child_samples, reg_lambda, colsample_bytree
        As in LightGBM; small trees by default: as good on survey-sized data, and cheap to explain.
    n_jobs
        Threads. The result does not depend on it.
    random_state
        Seed.

    Attributes
    ----------
    classes_ : ndarray of shape (K,)
        The sorted classes.
    boosters_ : list of lightgbm.Booster or float
        One for each head; a number is the constant margin of a head that saw one class only.
    """

    def __init__(
        self,
        *,
        n_estimators: int = 80,
        num_leaves: int = 8,
        learning_rate: float = 0.08,
        min_child_samples: int = 20,
        reg_lambda: float = 5.0,
        colsample_bytree: float = 0.7,
        n_jobs: int = 1,
        random_state: int = 0,
    ) -> None:
        self.n_estimators = n_estimators
        self.num_leaves = num_leaves
        self.learning_rate = learning_rate
        self.min_child_samples = min_child_samples
        self.reg_lambda = reg_lambda
        self.colsample_bytree = colsample_bytree
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(self, X: pd.DataFrame, y: Integers, sample_weight: Floats | None = None) -> OrdinalClassifier:
        """Fit the heads; rows of weight 0 are left out.

        `X` is a frame, (n, p), numeric or categorical columns, NaN allowed; `y` the ordered classes, (n,).
        """
        frame = pd.DataFrame(X)
        self.code_book_ = CodeBook.of(frame)
        self.classes_ = np.unique(y)
        self.boosters_ = fit_heads(
            self.code_book_.matrix(frame),
            np.searchsorted(self.classes_, y),
            sample_weight,
            n_heads=len(self.classes_) - 1,
            categorical=self.code_book_.categorical_positions,
            rounds=self.n_estimators,
            params=self.lightgbm_params(),
        )
        return self

    def decision_function(self, X: pd.DataFrame) -> Floats:
        """Return the margins (log odds) of the heads, shape (n, K - 1)."""
        check_is_fitted(self)
        return head_margins(self.boosters_, self.code_book_.matrix(pd.DataFrame(X)))

    def predict_proba(self, X: pd.DataFrame) -> Floats:
        """Return class probabilities, shape (n, K), rows summing to 1."""
        return probabilities_of_heads(np.asarray(expit(self.decision_function(X))))

    def predict(self, X: pd.DataFrame) -> Any:
        """Return the most probable class, shape (n,)."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def lightgbm_params(self) -> dict[str, Any]:
        """Return the parameters of each head as LightGBM names them."""
        return {
            "objective": "binary",
            "num_leaves": self.num_leaves,
            "learning_rate": self.learning_rate,
            "min_data_in_leaf": self.min_child_samples,
            "min_data_per_group": self.min_child_samples,
            "cat_smooth": _LEVEL_SMOOTHING,
            "cat_l2": _LEVEL_PENALTY,
            "lambda_l2": self.reg_lambda,
            "feature_fraction": self.colsample_bytree,
            "num_threads": self.n_jobs,
            "seed": self.random_state,
            "deterministic": True,
            "force_row_wise": True,
            "max_bin": _MAX_BIN,
            "verbosity": -1,
        }


def fit_heads(
    matrix: Floats,
    classes: Integers,
    weights: Floats | None,
    *,
    n_heads: int,
    categorical: list[int],
    rounds: int,
    params: dict[str, Any],
) -> Heads:
    """Fit one booster for each threshold; a head with one class only becomes its smoothed log odds."""
    counts = np.ones(len(classes)) if weights is None else weights
    rows = np.flatnonzero(counts > 0)
    binned = bin_rows(matrix[rows], categorical=categorical, params=params)
    every = np.arange(len(rows))
    heads = fit_binned_heads(
        binned, every, classes[rows], counts[rows], n_heads=n_heads, rounds=rounds, params=params
    )
    return [head if isinstance(head, float) else _without_data(head) for head in heads]


def bin_rows(matrix: Floats, *, categorical: list[int], params: dict[str, Any]) -> lightgbm.Dataset:
    """Return a matrix in bins, of whose rows many heads can be fitted."""
    # the filter would leave out features by the rows of one fit
    params = {**params, "feature_pre_filter": False}
    return lightgbm.Dataset(matrix, categorical_feature=categorical, params=params).construct()


def fit_binned_heads(
    binned: lightgbm.Dataset,
    rows: Integers,
    classes: Integers,
    weights: Floats,
    *,
    n_heads: int,
    rounds: int,
    params: dict[str, Any],
) -> Heads:
    """Fit the heads on chosen, sorted rows of a binned matrix; `classes` and `weights` belong to these rows.

    The boosters still hold their data: they are to be used at once, not kept.
    """
    dataset = binned.subset(rows).construct().set_weight(weights)
    heads: Heads = []
    for k in range(n_heads):
        above = (classes > k).astype(np.float64)
        if above.min() == above.max():
            heads.append(float(np.log((above.sum() + 0.5) / (len(above) - above.sum() + 0.5))))
            continue
        # a head that is done no longer needs its labels
        booster = lightgbm.Booster(params, train_set=dataset.set_label(above))
        for _ in range(rounds):
            booster.update()
        heads.append(booster)
    return heads


def _without_data(booster: lightgbm.Booster) -> lightgbm.Booster:
    return booster.model_from_string(booster.model_to_string()).free_dataset()


def head_margins(heads: Heads, matrix: Floats) -> Floats:
    """Return the margins of heads, shape (n, number of heads)."""
    columns = [
        np.full(len(matrix), head)
        if isinstance(head, float)
        else head.predict(matrix, raw_score=True, num_threads=1)
        for head in heads
    ]
    return np.column_stack(columns) if columns else np.zeros((len(matrix), 0))


def probabilities_of_heads(heads: Floats) -> Floats:
    """Return class probabilities from P(class >= k), shape (n, K - 1) to (n, K).

    Heads that cross take their mean: the decreasing isotonic regression by its min-max formula (Robertson,
    Wright and Dykstra 1988, theorem 1.4.4), which keeps the sum of heads, so the expected class.
    """
    n_heads = heads.shape[1]
    if n_heads == 2:
        mean = heads.mean(axis=1)
        ordered = [np.maximum(heads[:, 0], mean), np.minimum(heads[:, 1], mean)]
    else:
        ordered = [
            np.min(
                [
                    np.max([heads[:, k : j + 1].mean(axis=1) for j in range(i, n_heads)], axis=0)
                    for k in range(i + 1)
                ],
                axis=0,
            )
            for i in range(n_heads)
        ]
    above = np.column_stack([np.ones(len(heads)), *ordered, np.zeros(len(heads))])
    return np.asarray((above[:, :-1] - above[:, 1:] + _SMALLEST) / (1.0 + (n_heads + 1) * _SMALLEST))
