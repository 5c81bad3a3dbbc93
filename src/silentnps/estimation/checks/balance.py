"""Are respondents like silent customers, feature by feature, and does weighting make them alike?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from silentnps.estimation.formulas.doubly_robust import Sample
from silentnps.numerics.additive_design import is_category
from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.numerics.levels import MISSING, category_levels

COLUMNS = (
    "feature",
    "level",
    "role",
    "mean_respondents",
    "mean_silent",
    "difference_before",
    "difference_after",
)

_NO_SPREAD = 1e-12


@dataclass(frozen=True)
class _Groups:
    """Rows of respondents and of invited silent customers, and two sets of weights of the respondents."""

    respondents: Integers
    silent: Integers
    plain: Floats
    corrected: Floats


def balance_table(
    features: pd.DataFrame,
    sample: Sample,
    corrections: Floats,
    *,
    roles: Mapping[str, str],
    min_level_n: int = 50,
) -> pd.DataFrame:
    """Compare respondents with invited silent customers, before and after weighting.

    Parameters
    ----------
    features
        One row per row of `sample`.
    corrections
        Weights of the respondents, shape (n,), such as `PointEstimate.corrections`.
    roles
        Role of each feature; a feature that is missing here has the role neither.
    min_level_n
        Levels of a category with fewer rows are pooled as (other).

    Returns
    -------
    DataFrame
        One row per number, level of a category, and share of missing values where any is missing: feature, level
        (empty for a number), role, mean_respondents, mean_silent (of the known values, or the share in [0, 1]),
        difference_before and difference_after (respondents less silent customers, in pooled standard deviations).
        No rows if nobody who was invited stayed silent. A number that is known for nobody in one of the groups has
        only the row of its missing values.

    Notes
    -----
    Austin (2009), Statistics in Medicine 28: (mean_1 - mean_0) / sqrt((var_1 + var_0) / 2), with the unweighted
    variances also after weighting, so that both differences have the same scale. Differences below 0.1 are usually
    taken as negligible. If neither group varies, the standard deviation is that of both groups together.
    """
    answered, silent = np.flatnonzero(sample.answered), np.flatnonzero(sample.invited_silent)
    if len(silent) == 0:
        return pd.DataFrame(columns=list(COLUMNS))
    groups = _Groups(answered, silent, sample.weights[answered], corrections[answered])
    rows = [
        {"feature": str(name), "role": roles.get(str(name), "neither"), **row}
        for name in features.columns
        for row in _rows_of(features[name], groups, min_level_n)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows_of(column: pd.Series, groups: _Groups, min_level_n: int) -> Iterator[dict[str, object]]:
    if is_category(column):
        codes, labels = category_levels(column, min_level_n=min_level_n)
        yield from _share_rows(codes, labels, groups)
        return
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    absent = np.isnan(values)
    answered, silent = ~absent[groups.respondents], ~absent[groups.silent]
    if answered.any() and silent.any():
        yield _number_row(values, groups, answered, silent)
    if absent.any():
        yield from list(_share_rows(absent.astype(np.int64), ("", MISSING), groups))[1:]


def _number_row(values: Floats, groups: _Groups, answered: Booleans, silent: Booleans) -> dict[str, object]:
    of_respondents, of_silent = values[groups.respondents][answered], values[groups.silent][silent]
    plain, corrected = groups.plain[answered], groups.corrected[answered]
    mean, weighted = np.average(of_respondents, weights=plain), np.average(of_respondents, weights=corrected)
    variance = np.average((of_respondents - mean) ** 2, weights=plain)
    return _row("", np.array([mean, weighted, of_silent.mean()]), (variance + of_silent.var()) / 2, groups)


def _share_rows(codes: Integers, labels: tuple[str, ...], groups: _Groups) -> Iterator[dict[str, object]]:
    respondent_codes = codes[groups.respondents]
    shares = np.array(
        [
            np.bincount(respondent_codes, weights=groups.plain, minlength=len(labels)) / groups.plain.sum(),
            np.bincount(respondent_codes, weights=groups.corrected, minlength=len(labels)) / groups.corrected.sum(),
            np.bincount(codes[groups.silent], minlength=len(labels)) / len(groups.silent),
        ]
    )
    variances = (shares * (1.0 - shares))[[0, 2]].mean(axis=0)
    for level, label in enumerate(labels):
        yield _row(label, shares[:, level], float(variances[level]), groups)


def _row(level: str, means: Floats, variance: float, groups: _Groups) -> dict[str, object]:
    """Return a row from the means of respondents, of weighted respondents and of silent customers."""
    before, after, target = (float(mean) for mean in means)
    sd = float(np.sqrt(max(variance, 0.0)))
    if sd <= _NO_SPREAD * max(abs(before), abs(target)):
        share = len(groups.silent) / (len(groups.silent) + len(groups.respondents))
        sd = float(np.sqrt(share * (1.0 - share))) * abs(before - target)
    known = sd > _NO_SPREAD * max(abs(before), abs(target))
    return {
        "level": level,
        "mean_respondents": before,
        "mean_silent": target,
        "difference_before": (before - target) / sd if known else 0.0,
        "difference_after": (after - target) / sd if known else 0.0,
    }
