"""Can a classifier tell the new wave from the old? One test of all features at once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.ensemble import HistGradientBoostingClassifier

from silentnps.monitoring.areas import Area, area_of
from silentnps.numerics.additive_design import is_category
from silentnps.numerics.arrays import Floats
from silentnps.numerics.parallel import one_thread

_MOST_ROWS = 10_000
"""Rows of each wave that are enough to tell them apart."""

_FEWEST_LEARNED = 100


def two_sample_area(
    reference: pd.DataFrame, new: pd.DataFrame, *, random_state: int, confidence_level: float = 0.95
) -> tuple[Area, float] | None:
    """Return how well unseen rows of two independent samples are told apart, and the p-value of that.

    A classifier learns from half of the rows, and its AUC on the other half is 0.5 if nothing differs. None, where
    there are fewer than 100 rows of a sample to learn from.

    Notes
    -----
    Lopez-Paz and Oquab (2017), Revisiting classifier two-sample tests, ICLR, with the statistic of Mann and Whitney
    in place of accuracy. Given the learned half, rows of the other are exchangeable where the laws are equal, so
    the p-value holds whatever was learned.
    """
    rng = np.random.default_rng([random_state, 12])
    before, now = (_sample(frame, rng) for frame in (reference, new))
    if min(len(before), len(now)) < 2 * _FEWEST_LEARNED:
        return None
    matrix = _matrix(pd.concat([before, now], ignore_index=True), reference)
    is_new = np.repeat([False, True], [len(before), len(now)])
    learn = np.arange(len(is_new)) % 2 == 0  # the rows of each sample are in random order
    model = HistGradientBoostingClassifier(
        max_iter=60, max_leaf_nodes=15, l2_regularization=5.0, early_stopping=False, random_state=random_state
    )
    with one_thread():  # threads that wait for a busy core take longer than one
        model.fit(matrix[learn], is_new[learn])
        scores = model.predict_proba(matrix[~learn])[:, 1]
    area = area_of(scores, is_new[~learn], confidence_level=confidence_level)
    chance = np.sqrt((1 / area.n_positive + 1 / area.n_negative) / 12)
    return area, float(stats.norm.sf((area.value - 0.5) / chance))


def _sample(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return frame.iloc[rng.permutation(len(frame))[:_MOST_ROWS]]


def _matrix(frame: pd.DataFrame, reference: pd.DataFrame) -> Floats:
    """Return numbers and, of categories, their place among the levels, sorted."""
    columns: Mapping[str, Floats] = {str(name): _numbers(frame[name], reference[name]) for name in reference}
    return np.column_stack(list(columns.values()))


def _numbers(column: pd.Series, reference: pd.Series) -> Floats:
    if not is_category(reference):
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
    codes = pd.factorize(column.astype("object").map(str, na_action="ignore"), sort=True)[0]
    return np.where(codes < 0, np.nan, codes.astype(np.float64))
