"""How far the distribution of a column moved: the population stability index, and whether that may be chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from silentnps.numerics.additive_design import is_category
from silentnps.numerics.arrays import Floats, Integers

_QUANTILES = np.arange(0.1, 0.95, 0.1)
_MOST_LEVELS = 15
_FEWEST_EXPECTED = 5.0
_SMOOTHING = 0.5
_FEW_ROWS = 400
"""Up to so many rows a table of two cells is tested by Fisher's exact test, which then takes little time."""


@dataclass(frozen=True)
class Moved:
    """How far a distribution moved.

    `psi` is the population stability index without what chance adds to it, with its interval; `p_value` says
    whether there is any difference; `n` and `n_reference` are the rows compared.
    """

    psi: float
    low: float
    high: float
    p_value: float
    n: int
    n_reference: int


def compare_columns(reference: pd.Series, new: pd.Series, *, confidence_level: float = 0.95) -> Moved:
    """Compare a column of two independent samples of customers: in tenths of the first, or by its levels.

    Values that are missing are a cell of their own, and so are levels that the first does not have.

    Examples
    --------
    >>> before, now = pd.Series(np.arange(1000.0)), pd.Series(np.arange(1000.0) + 300)
    >>> moved = compare_columns(before, now)
    >>> round(moved.psi), moved.p_value < 1e-9
    (2, True)
    """
    cells = _levels if is_category(reference) else _tenths
    before, now = cells(reference, new)
    return compare_counts(before, now, confidence_level=confidence_level)


def compare_counts(before: Integers, now: Integers, *, confidence_level: float = 0.95) -> Moved:
    """Compare the counts of two independent samples in the same cells, shape (cells,).

    Notes
    -----
    PSI is sum((q - p) * log(q / p)) over cells (Siddiqi 2006, Credit Risk Scorecards, chapter 9), of counts to each
    of which half a case is added. Of samples of one law its mean is about (cells - 1) * (1/n + 1/m) (Yurdakul
    2018), which is taken off. The interval is by the delta method; the p-value is Pearson's, of cells with expected
    counts of 5 or more, the others together; of two cells and few rows it is Fisher's.
    """
    before, now = (counts[(before + now) > 0] for counts in (before, now))
    m, n = int(before.sum()), int(now.sum())
    if len(before) < 2 or min(m, n) == 0:
        return Moved(0.0, 0.0, 0.0, 1.0, n, m)
    p, q = ((counts + _SMOOTHING) / (counts.sum() + _SMOOTHING * len(counts)) for counts in (before, now))
    raw = float(((q - p) * np.log(q / p)).sum())
    variance = _variance(1 - q / p - np.log(q / p), p) / m + _variance(1 - p / q + np.log(q / p), q) / n
    half = float(stats.norm.ppf(0.5 + confidence_level / 2) * np.sqrt(variance))
    psi = max(raw - (len(p) - 1) * (1 / n + 1 / m), 0.0)
    return Moved(psi, max(psi - half, 0.0), psi + half, _pearson(before, now), n, m)


def _variance(gradient: Floats, shares: Floats) -> float:
    return float(shares @ gradient**2 - (shares @ gradient) ** 2)


def _pearson(before: Integers, now: Integers) -> float:
    table = np.vstack([before, now]).astype(np.float64)
    smaller = table.sum(axis=0) * table.sum(axis=1).min() / table.sum()
    few = smaller < _FEWEST_EXPECTED
    if few.any():
        table = np.column_stack([table[:, ~few], table[:, few].sum(axis=1)])
    if table.shape[1] < 2 or not table.any(axis=0).all():
        return 1.0
    if table.shape[1] == 2 and table.sum() <= _FEW_ROWS:
        return float(stats.fisher_exact(table).pvalue)
    return float(stats.chi2_contingency(table, correction=False).pvalue)


def _tenths(reference: pd.Series, new: pd.Series) -> tuple[Integers, Integers]:
    before, now = (column.to_numpy(dtype=np.float64, na_value=np.nan) for column in (reference, new))
    known = before[~np.isnan(before)]
    edges = np.unique(np.quantile(known, _QUANTILES)) if len(known) else known
    missing = len(edges) + 1
    cells = (np.where(np.isnan(x), missing, np.searchsorted(edges, x, side="left")) for x in (before, now))
    of_before, of_now = (np.bincount(cell, minlength=missing + 1) for cell in cells)
    return of_before, of_now


def _levels(reference: pd.Series, new: pd.Series) -> tuple[Integers, Integers]:
    before, now = (column.astype("object").map(str, na_action="ignore") for column in (reference, new))
    names = before.value_counts().sort_index(kind="stable").sort_values(ascending=False, kind="stable").index
    frequent, rare = names[:_MOST_LEVELS], names[_MOST_LEVELS:]
    of_before, of_now = (
        np.array(
            [
                *column.value_counts().reindex(frequent, fill_value=0).to_numpy(),
                column.isin(rare).sum(),
                (~column.isin(names) & column.notna()).sum(),
                column.isna().sum(),
            ],
            dtype=np.int64,
        )
        for column in (before, now)
    )
    return of_before, of_now
