"""How far each feature agrees with the rating itself: copies, other scales, words for its classes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata

from silentnps.leakage.class_separation import folds_of
from silentnps.numerics.additive_design import is_category
from silentnps.numerics.arrays import Floats, Integers
from silentnps.numerics.nps import class_of_rating

HIGHEST_AGREEMENT = 0.85
"""Rank agreement above which, with all its interval, a feature is a copy of the rating.

Two ratings of one person seldom agree so well, so nothing that only goes with satisfaction can.
"""

AGREEMENT_COLUMNS = ("agreement", "agreement_low", "n_rated")

_FOLDS = 5
_FEWEST = 10
_FEW_VALUES = 20
_PRIOR_ANSWERS = 1.0


def rating_agreement(
    features: pd.DataFrame,
    ratings: Floats,
    persons: Integers,
    *,
    confidence_level: float = 0.95,
    random_state: int = 0,
) -> pd.DataFrame:
    """Measure the rank agreement of each feature with the rating or its class, where the feature is known.

    A number is compared as it is, in either direction. The values of a category, and of a number that has at most
    20, are also replaced by the mean rating (or class) of the other persons who have them (out of fold).

    Parameters
    ----------
    features
        One row per answer.
    ratings
        0-10 of each row, shape (n,).
    persons
        Integer code of the person of each row; folds keep a person together.

    Returns
    -------
    One row per feature, in their order: name, agreement (Spearman's correlation, without its sign, the better of
    the two), the lower end of its interval, and n_rated, the answers for which it is known. NaN where these are
    fewer than 10 or do not vary.

    Notes
    -----
    The interval is Fisher's with the standard error of Bonett and Wright (2000, Psychometrika 65, equation 3). An
    agreement of 1 counts as 1 - 1 / (2 n).
    """
    folds = folds_of(persons, np.random.default_rng(random_state))
    targets = (ratings, class_of_rating(ratings).astype(np.float64))
    z = float(norm.ppf(0.5 + confidence_level / 2))
    rows = []
    for name, column in features.items():
        known = column.notna().to_numpy()
        found = max(_agreement(column[known], target[known], folds[known]) for target in targets)
        n_rated = int(known.sum())
        rows.append((str(name), found, _lower_end(found, n_rated, z), n_rated))
    return pd.DataFrame(rows, columns=["name", *AGREEMENT_COLUMNS])


def _agreement(column: pd.Series, ratings: Floats, folds: Integers) -> float:
    if len(ratings) < _FEWEST or ratings.min() == ratings.max():
        return float("nan")
    ranks = rankdata(ratings)
    codes, levels = pd.factorize(column)
    tried = []
    if not is_category(column):
        tried.append(abs(_correlation(rankdata(column.to_numpy(dtype=np.float64)), ranks)))
    if is_category(column) or len(levels) <= _FEW_VALUES:
        tried.append(_correlation(rankdata(_means_of_others(codes, len(levels), ratings, folds)), ranks))
    return max(tried)


def _correlation(one: Floats, other: Floats) -> float:
    if one.min() == one.max():
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _means_of_others(codes: Integers, n_levels: int, ratings: Floats, folds: Integers) -> Floats:
    """Return the mean rating of the same level in other folds, drawn to the mean of all."""
    shape, cells = (n_levels, _FOLDS), codes * _FOLDS + folds
    counts = np.bincount(cells, minlength=n_levels * _FOLDS).reshape(shape)
    sums = np.bincount(cells, weights=ratings, minlength=n_levels * _FOLDS).reshape(shape)
    n_others, of_others = (table.sum(axis=1, keepdims=True) - table for table in (counts, sums))
    means = (of_others + _PRIOR_ANSWERS * ratings.mean()) / (n_others + _PRIOR_ANSWERS)
    return np.asarray(means[codes, folds])


def _lower_end(agreement: float, n: int, z: float) -> float:
    if np.isnan(agreement):
        return np.nan
    inside = min(agreement, 1.0 - 1.0 / (2 * n))
    return float(np.tanh(np.arctanh(inside) - z * np.sqrt((1.0 + inside**2 / 2) / (n - 3))))
