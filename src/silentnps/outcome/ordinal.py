"""An ordinal classifier of binary LightGBM heads, one for each threshold between classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    assert_all_finite,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from silentnps.numerics.arrays import Floats, Integers
from silentnps.outcome.early_stopping import Stopping
from silentnps.outcome.tree_heads import fit_heads, head_margins, probabilities_of_heads
from silentnps.outcome.tree_matrix import CodeBook

_MAX_BIN = 63
"""As good as 255 on survey-sized data, and faster."""

_LEVEL_SMOOTHING, _LEVEL_PENALTY = 50.0, 30.0
"""LightGBM's cat_smooth and cat_l2: with its own 10 a category of fifty levels fits noise in surveys."""

_MOST_COPIES = 20


class OrdinalClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Ordered classes by K - 1 binary LightGBM heads, head k being P(class >= k + 1).

    Where the probabilities of heads cross they take their mean (isotonic), so the expected class is unchanged.

    Parameters
    ----------
    n_estimators, num_leaves, learning_rate, min_child_samples, reg_lambda, colsample_bytree
        As in LightGBM; small trees by default: as good on survey-sized data, and cheap to explain.
    monotonic_cst
        1, 0 or -1 for each feature, by name (features left out: 0) or in the order of the columns: whether the
        expected class may only rise, or only fall, with the feature. Numeric features only.
    early_stopping
        Whether each head stops growing when the log loss of a held-out part no longer falls.
    validation_fraction, n_iter_no_change
        Share of the rows that is held out for early stopping, and the rounds without a lower loss.
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
    n_iter_ : list of int
        Rounds of each head.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Examples
    --------
    >>> X = pd.DataFrame({"late": np.arange(200.0)})
    >>> model = OrdinalClassifier(n_estimators=20).fit(X, np.repeat(["a", "b"], 100))
    >>> model.predict(X.iloc[[0, 199]]).tolist()
    ['a', 'b']
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
        monotonic_cst: Mapping[str, int] | Sequence[int] | None = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 20,
        n_jobs: int = 1,
        random_state: int | None = 0,
    ) -> None:
        self.n_estimators = n_estimators
        self.num_leaves = num_leaves
        self.learning_rate = learning_rate
        self.min_child_samples = min_child_samples
        self.reg_lambda = reg_lambda
        self.colsample_bytree = colsample_bytree
        self.monotonic_cst = monotonic_cst
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(self, X: pd.DataFrame | ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Any:
        """Fit the heads.

        Parameters
        ----------
        X
            Frame with numeric and categorical columns, or numeric array, shape (n, p); NaN allowed.
        y
            Ordered classes, shape (n,): numbers or texts, in their sorted order.
        sample_weight
            Weights, shape (n,), not negative. Rows of weight 0 are left out, and rows of whole weights up to 20
            count as so many copies.

        Raises
        ------
        ValueError
            If X holds infinity, y is not classes, or no weight is positive.
        ModelError
            If a constraint is on a feature that is absent or categorical.
        """
        frame = self._frame(X, reset=True)
        labels = _labels(y, len(frame))
        weights = _check_sample_weight(sample_weight, frame, dtype=np.float64, ensure_non_negative=True)
        _refuse_no_weight(weights)
        self.code_book_ = CodeBook.of(frame)
        self.classes_, codes = np.unique(labels, return_inverse=True)
        rows, weights = _as_copies(weights)
        self.boosters_ = fit_heads(
            self.code_book_.matrix(frame)[rows],
            codes[rows],
            weights,
            n_heads=len(self.classes_) - 1,
            categorical=self.code_book_.categorical_positions,
            rounds=self.n_estimators,
            params=self.lightgbm_params() | self._constraints(),
            stopping=self._stopping(),
        )
        self.n_iter_ = [0 if isinstance(head, float) else int(head.num_trees()) for head in self.boosters_]
        return self

    def margins(self, X: pd.DataFrame | ArrayLike) -> Floats:
        """Return the margins (log odds) of the heads, shape (n, K - 1)."""
        check_is_fitted(self)
        return head_margins(self.boosters_, self.code_book_.matrix(self._frame(X, reset=False)))

    def predict_proba(self, X: pd.DataFrame | ArrayLike) -> Floats:
        """Return class probabilities, shape (n, K), rows summing to 1."""
        return probabilities_of_heads(np.asarray(expit(self.margins(X))))

    def predict(self, X: pd.DataFrame | ArrayLike) -> NDArray[Any]:
        """Return the most probable class, shape (n,)."""
        codes = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[codes])

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
            "seed": 0 if self.random_state is None else self.random_state,
            "deterministic": True,
            "force_row_wise": True,
            "max_bin": _MAX_BIN,
            "verbosity": -1,
        }

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def _frame(self, X: pd.DataFrame | ArrayLike, *, reset: bool) -> pd.DataFrame:
        if isinstance(X, pd.DataFrame) and (reset or hasattr(self, "feature_names_in_")):
            frame = X.set_axis([str(name) for name in X.columns], axis=1)
            if reset:
                validate_data(self, frame, skip_check_array=True)
            _refuse_infinite(frame)
            return frame
        array = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=reset)
        names = [f"x{i}" for i in range(array.shape[1])] if reset else list(self.code_book_.columns)
        return pd.DataFrame(array, columns=names)

    def _constraints(self) -> dict[str, Any]:
        if self.monotonic_cst is None:
            return {}
        return {"monotone_constraints": self.code_book_.constraints(self.monotonic_cst)}

    def _stopping(self) -> Stopping | None:
        if not self.early_stopping:
            return None
        seed = 0 if self.random_state is None else self.random_state
        return Stopping(self.validation_fraction, self.n_iter_no_change, seed)


def _labels(y: ArrayLike, n: int) -> NDArray[Any]:
    if y is None:
        raise ValueError("requires y to be passed, but the target y is None")
    labels = column_or_1d(y, warn=True)
    if labels.dtype.kind == "f":
        assert_all_finite(labels, input_name="y")
    check_classification_targets(labels)
    if len(labels) != n:
        raise ValueError(f"X and y must have equally many rows; got inconsistent numbers: {n} and {len(labels)}.")
    return np.asarray(labels)


def _refuse_no_weight(weights: Floats) -> None:
    if not (weights > 0).any():
        raise ValueError("sample_weight must have a positive sum; got all zero. Give a row some weight.")


def _as_copies(weights: Floats) -> tuple[Integers, Floats]:
    """Return rows and weights of which none is 0; whole weights become copies, which least rows count."""
    if (weights == np.rint(weights)).all() and weights.max() <= _MOST_COPIES:
        rows = np.repeat(np.arange(len(weights)), weights.astype(np.int64))
        return rows, np.ones(len(rows))
    rows = np.flatnonzero(weights > 0)
    return rows, weights[rows]


def _refuse_infinite(frame: pd.DataFrame) -> None:
    if len(frame) == 0:
        raise ValueError("Found array with 0 sample(s) while a minimum of 1 is required.")
    for name in frame.select_dtypes("number"):
        if np.isinf(frame[name].to_numpy(dtype=np.float64, na_value=np.nan)).any():
            raise ValueError(f"feature {name!r} must be finite or missing; got infinity. Correct the column.")
