"""How far the estimates under other assumptions lie from the headline, for anyone defending the number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from silentnps.estimation.formulas.verdict import MATTERS, judge
from silentnps.numerics.arrays import Floats
from silentnps.numerics.distributions import t_quantile

COMPARED = ("survey", "weighted", "mar", "label_shift", "selection")
"""The assumptions that are compared with the headline."""

_Row = Mapping[Any, Any]

DIFFERENCE = ("difference", "difference_low", "difference_high", "verdict")
"""The columns that `with_differences` adds to a table by assumption."""


def with_differences(
    table: pd.DataFrame,
    headline: str,
    replicates: Mapping[str, Floats],
    *,
    confidence_level: float = 0.95,
    matters: float = MATTERS,
) -> pd.DataFrame:
    """Add how far each assumption's estimate lies from the headline, with an interval and a verdict.

    Parameters
    ----------
    table
        One row per assumption: assumption, value, low, high.
    headline
        The assumption of the headline, which has a row in the table.
    replicates
        Bootstrap values under each assumption, from the same replicates in the same order.
    matters
        The least difference that matters, in points.

    Returns
    -------
    DataFrame
        The table with `difference` (value less the headline's), `difference_low`, `difference_high` and `verdict`
        (see `silentnps.estimation.formulas.verdict.judge`). For the headline these are 0 and no verdict; for
        bounds they are empty.

    Notes
    -----
    The estimates use the same answers, so their errors are correlated: the interval of a difference is Student's t
    on the differences within replicates. The survey mean is known, so its difference is exactly as uncertain as
    the headline. An assumption without replicates to pair with the headline's (calls) counts as independent of it,
    which makes the interval too wide rather than too narrow if their errors are positively correlated.
    """
    rows = table.to_dict("records")
    headline_row = next(row for row in rows if row["assumption"] == headline)
    differences: list[tuple[float, float, float, str]] = []
    for row in rows:
        if row["assumption"] not in COMPARED or row["assumption"] == headline:
            gap = 0.0 if row["assumption"] == headline else math.nan
            differences.append((gap, gap, gap, ""))
            continue
        low, high = _interval(row, headline_row, replicates, confidence_level)
        differences.append((row["value"] - headline_row["value"], low, high, judge(low, high, matters=matters)))
    return table.assign(**dict(zip(DIFFERENCE, zip(*differences, strict=True), strict=True)))


def _interval(
    row: _Row, headline_row: _Row, replicates: Mapping[str, Floats], confidence_level: float
) -> tuple[float, float]:
    name, headline = row["assumption"], headline_row["assumption"]
    gap = float(row["value"] - headline_row["value"])
    if name == "survey":
        return float(row["value"] - headline_row["high"]), float(row["value"] - headline_row["low"])
    if name in replicates and headline in replicates:
        paired = replicates[name] - replicates[headline]
        half = float(t_quantile(0.5 + confidence_level / 2, len(paired) - 1) * np.std(paired, ddof=1))
    else:
        half = math.hypot(row["high"] - row["low"], headline_row["high"] - headline_row["low"]) / 2
    return gap - half, gap + half
