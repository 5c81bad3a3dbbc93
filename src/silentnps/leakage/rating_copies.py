"""How far each feature agrees with the rating itself: copies, other scales, names of its classes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from silentnps.leakage.class_separation import FOLDS, folds_of
from silentnps.numerics.additive_design import is_category
from silentnps.numerics.arrays import Floats, Integers
from silentnps.numerics.distributions import normal_quantile
from silentnps.numerics.nps import class_of_rating

HIGHEST_AGREEMENT = 0.85
"""A feature whose whole interval of rank agreement lies above this is a copy of the rating.

Two ratings by one person seldom agree so well, so nothing that is merely related to satisfaction can.
"""

AGREEMENT_COLUMNS = ("agreement", "agreement_low", "n_rated")

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

    Numbers are compared as they are, in either direction. The values of categories, and of numbers with at most 20
    values, are also replaced by the mean rating (or class) of other persons with the same value (out of fold).

    Parameters
    ----------
    features
        One row per answer.
    ratings
        0-10 of each row, shape (n,).
    persons
        Integer code of each row's person; a person's rows are in one fold.

    Returns
    -------
    One row per feature, in their order: name, agreement (Spearman's correlation without its sign, the better of
    the two), the lower end of its interval, and n_rated, the number of answers for which the feature is known. NaN
    where there are fewer than 10 of these or they do not vary.

    Notes
    -----
    The interval is Fisher's with the standard error of Bonett and Wright (2000, Psychometrika 65, equation 3). An
    agreement of 1 counts as 1 - 1 / (2 n).
    """
    folds = folds_of(persons, np.random.default_rng(random_state))
    targets = (ratings, class_of_rating(ratings).astype(np.float64))
    z = normal_quantile(0.5 + confidence_level / 2)
    rows = []
    for name, column in features.items():
        known = column.notna().to_numpy()
        agreement = max(_agreement(column[known], target[known], folds[known]) for target in targets)
        n_rated = int(known.sum())
        rows.append((str(name), agreement, _lower_end(agreement, n_rated, z), n_rated))
    return pd.DataFrame(rows, columns=["name", *AGREEMENT_COLUMNS])


def _agreement(column: pd.Series, ratings: Floats, folds: Integers) -> float:
    if len(ratings) < _FEWEST or ratings.min() == ratings.max():
        return float("nan")
    from scipy.stats import rankdata  # heavy, and only a training looks for copies

    ranks = rankdata(ratings)
    codes, levels = pd.factorize(column)
    agreements = []
    if not is_category(column):
        agreements.append(abs(_correlation(rankdata(column.to_numpy(dtype=np.float64)), ranks)))
    if is_category(column) or len(levels) <= _FEW_VALUES:
        agreements.append(_correlation(rankdata(_means_of_others(codes, len(levels), ratings, folds)), ranks))
    return max(agreements)


def _correlation(first: Floats, second: Floats) -> float:
    if first.min() == first.max():
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def _means_of_others(codes: Integers, n_levels: int, ratings: Floats, folds: Integers) -> Floats:
    """Return the mean rating of the same level in other folds, shrunk to the overall mean."""
    shape, cells = (n_levels, FOLDS), codes * FOLDS + folds
    counts = np.bincount(cells, minlength=n_levels * FOLDS).reshape(shape)
    sums = np.bincount(cells, weights=ratings, minlength=n_levels * FOLDS).reshape(shape)
    n_others, of_others = (table.sum(axis=1, keepdims=True) - table for table in (counts, sums))
    means = (of_others + _PRIOR_ANSWERS * ratings.mean()) / (n_others + _PRIOR_ANSWERS)
    return np.asarray(means[codes, folds])


def _lower_end(agreement: float, n: int, z: float) -> float:
    if np.isnan(agreement):
        return np.nan
    inside = min(agreement, 1.0 - 1.0 / (2 * n))
    return float(np.tanh(np.arctanh(inside) - z * np.sqrt((1.0 + inside**2 / 2) / (n - 3))))
