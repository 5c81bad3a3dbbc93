"""Whether untreated customers can stand for the treated: overlap of the propensities, and balance of features."""

from __future__ import annotations

import numpy as np
import pandas as pd

from silentnps.campaigns.differences import odds_weights
from silentnps.numerics.arrays import Booleans, Floats

MOST_CERTAIN = 0.95
"""Customers who were more certain than this to be treated have nobody like them among the untreated."""


def comparable(propensity: Floats) -> Booleans:
    """Return who has a counterpart: whose propensity is at most `MOST_CERTAIN`."""
    return np.asarray(propensity <= MOST_CERTAIN)


def effective_n(weights: Floats) -> float:
    """Return how many equally weighted rows are as good as these: (sum w)^2 / sum w^2 (Kish 1965).

    Examples
    --------
    >>> effective_n(np.array([1.0, 1.0, 2.0, 0.0]))
    2.6666666666666665
    """
    squared = float((weights**2).sum())
    return float(weights.sum() ** 2 / squared) if squared > 0.0 else 0.0


def balance(design: Floats, columns: tuple[str, ...], treated: Booleans, propensity: Floats) -> pd.DataFrame:
    """Return the standardised mean differences of each column of a design, before and after weighting.

    Mean of the treated minus mean of the untreated, by the root of the mean of both variances before weighting
    (Austin 2009, Statistics in Medicine 28, section 3.1); beyond 0.1 is commonly called out of balance.

    Returns
    -------
    One row per feature, the worst of its columns after weighting: feature, difference_before, difference_after; the
    worst first.
    """
    scale = np.sqrt((design[treated].var(axis=0) + design[~treated].var(axis=0)) / 2.0)
    weights = odds_weights(treated, propensity)
    of_treated = design[treated].mean(axis=0)
    like_them = weights @ design / weights.sum()
    used = np.where(scale > 0.0, scale, 1.0)
    before = (of_treated - design[~treated].mean(axis=0)) / used
    after = (of_treated - like_them) / used
    table = pd.DataFrame({"feature": columns, "difference_before": before, "difference_after": after})
    order = table["difference_after"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].drop_duplicates("feature").reset_index(drop=True)
