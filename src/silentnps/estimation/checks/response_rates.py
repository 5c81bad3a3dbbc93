"""Who answers: response rates of invited customers by response driver."""

from __future__ import annotations

import numpy as np
import pandas as pd

from silentnps.estimation.formulas.doubly_robust import Sample
from silentnps.numerics.additive_design import is_category
from silentnps.numerics.arrays import Floats
from silentnps.numerics.distributions import normal_quantile
from silentnps.numerics.levels import category_levels, number_levels

COLUMNS = ("feature", "level", "n_invited", "n_answers", "response_rate", "low", "high")


def response_rates(
    drivers: pd.DataFrame, sample: Sample, *, confidence_level: float = 0.95, min_level_n: int = 50
) -> pd.DataFrame:
    """Return the response rate in each quarter of a number and each level of a category.

    Parameters
    ----------
    drivers
        One row per row of `sample`: the response drivers as features, not as a design matrix.
    min_level_n
        Levels of a category with fewer invited customers are pooled as (other).

    Returns
    -------
    DataFrame
        feature, level (a range of numbers, a level, (other) or (missing)), n_invited (never 0), n_answers,
        response_rate in [0, 1], and its Wilson interval low and high.
    """
    invited = drivers.loc[np.asarray(sample.invited)]
    answered = sample.answered[sample.invited]
    counts = None if sample.counts is None else sample.counts[sample.invited]
    tables = [_rates_of(invited[name], answered, min_level_n, counts) for name in invited.columns]
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(COLUMNS[:4]))
    n_invited, n_answers = (table[name].to_numpy(dtype=np.float64) for name in ("n_invited", "n_answers"))
    low, high = wilson_interval(n_answers, n_invited, confidence_level=confidence_level)
    table = table.assign(response_rate=n_answers / n_invited, low=low, high=high)
    return table[list(COLUMNS)]


def wilson_interval(successes: Floats, n: Floats, *, confidence_level: float) -> tuple[Floats, Floats]:
    """Return Wilson's interval of shares (Brown, Cai and DasGupta 2001, Statistical Science 16, equation 4).

    Examples
    --------
    >>> low, high = wilson_interval(np.array([10.0]), np.array([100.0]), confidence_level=0.95)
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.0552], [0.1744])
    """
    z2 = normal_quantile(0.5 + confidence_level / 2) ** 2
    center = (successes + z2 / 2) / (n + z2)
    half = np.sqrt(z2 * (successes * (n - successes) / n + z2 / 4)) / (n + z2)
    return np.maximum(center - half, 0.0), np.minimum(center + half, 1.0)


def _rates_of(column: pd.Series, answered: np.ndarray, min_level_n: int, counts: Floats | None) -> pd.DataFrame:
    """Return the numbers of each level; `counts` says how many customers each row stands for, 1 each if None."""
    if is_category(column):
        codes, labels = category_levels(column, min_level_n=min_level_n)
    else:
        codes, labels = number_levels(column)
    return pd.DataFrame(
        {
            "feature": str(column.name),
            "level": labels,
            "n_invited": np.bincount(codes, counts, len(labels)).round().astype(np.int64),
            "n_answers": np.bincount(codes[answered], minlength=len(labels)),
        }
    )
