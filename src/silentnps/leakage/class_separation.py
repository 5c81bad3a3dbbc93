"""How well each feature alone separates one class of answers from the others."""

from __future__ import annotations

import numpy as np
import pandas as pd

from silentnps.metrics import Ranking, auc_interval
from silentnps.numerics.additive_design import is_category
from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.schema import NPS_CLASSES

FOLDS = 5
"""Folds in which the shares of a category's levels are counted on the other folds."""

_NONE = ("", np.nan, np.nan, np.nan)
_PRIOR_ANSWERS = 1.0
"""Answers at the base rate that every level of a category starts with."""


def class_separation(
    features: pd.DataFrame,
    classes: Integers,
    persons: Integers,
    *,
    confidence_level: float = 0.95,
    random_state: int = 0,
) -> pd.DataFrame:
    """Measure how well each feature alone separates each class from the rest.

    Numbers are tried in both directions, with missing values at either end. Categories are replaced by the share
    of the class among other persons with the same level (out of fold; missing is a level), so that having many
    levels reveals nothing by itself. Only the direction of that share counts.

    Parameters
    ----------
    features
        One row per answer.
    classes
        0, 1 or 2 of each row, shape (n,).
    persons
        Integer code of each row's person; a person's rows are in one fold.

    Returns
    -------
    One row per feature, in their order: name, nps_class, auc, auc_low, auc_high. They are of the class with the
    highest lower end of the interval (of equal ones the highest AUC, then the first). Empty text and NaN where
    there are fewer than two classes.
    """
    folds = folds_of(persons, np.random.default_rng(random_state))
    codes = [code for code in range(len(NPS_CLASSES)) if 0 < (classes == code).sum() < len(classes)]
    rows = []
    for name, column in features.items():
        separations = [
            (
                NPS_CLASSES[code],
                auc,
                *auc_interval(auc, *_sizes(classes == code), confidence_level=confidence_level),
            )
            for code, auc in zip(codes, _aucs(column, classes, codes, folds), strict=True)
        ]
        rows.append((str(name), *max(separations, key=lambda row: (row[2], row[1]), default=_NONE)))
    return pd.DataFrame(rows, columns=["name", "nps_class", "auc", "auc_low", "auc_high"])


def _aucs(column: pd.Series, classes: Integers, codes: list[int], folds: Integers) -> list[float]:
    """Return the AUC of each class of `codes`, in their order."""
    if is_category(column):
        return [Ranking.of(_encoded(column, classes == code, folds)).auc(classes == code) for code in codes]
    values = column.to_numpy(dtype=np.float64)
    missing = np.isnan(values)
    ends = (-np.inf, np.inf) if missing.any() else (0.0,)
    rankings = [Ranking.of(np.where(missing, end, values)) for end in ends]
    aucs_of_codes = [[ranking.auc(classes == code) for ranking in rankings] for code in codes]
    return [max(*aucs, *(1.0 - auc for auc in aucs)) for aucs in aucs_of_codes]


def _sizes(positive: Booleans) -> tuple[int, int]:
    n_positive = int(positive.sum())
    return n_positive, len(positive) - n_positive


def _encoded(column: pd.Series, positive: Booleans, folds: Integers) -> Floats:
    return shrunk_to_base_rate(pd.factorize(column, use_na_sentinel=False)[0], positive, folds)


def shrunk_to_base_rate(codes: Integers, positive: Booleans, folds: Integers) -> Floats:
    """Return the share of positive rows with the same level in other folds, shrunk to the base rate.

    `codes` are the levels 0, 1, ..., `folds` 0 to 4, each of shape (n,).
    """
    rate, n_levels = float(positive.mean()), int(codes.max()) + 1
    n_all = np.bincount(codes * FOLDS + folds, minlength=n_levels * FOLDS).reshape(n_levels, FOLDS)
    n_class = np.bincount(codes * FOLDS + folds, weights=positive, minlength=n_levels * FOLDS)
    n_class = n_class.reshape(n_levels, FOLDS)
    others = n_all.sum(axis=1, keepdims=True) - n_all
    of_class = n_class.sum(axis=1, keepdims=True) - n_class
    shares = (of_class + _PRIOR_ANSWERS * rate) / (others + _PRIOR_ANSWERS)
    return np.asarray(shares[codes, folds])


def folds_of(persons: Integers, rng: np.random.Generator) -> Integers:
    """Return a random fold, 0 to 4, for each row; the rows of a person share one."""
    codes = np.unique(persons, return_inverse=True)[1]
    drawn = rng.permutation(int(codes.max()) + 1 if len(codes) else 0) % FOLDS
    return np.asarray(drawn[codes], dtype=np.int64)
