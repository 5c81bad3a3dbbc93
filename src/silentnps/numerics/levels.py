"""Levels of a feature for tables: rare levels pooled, missing values separate, numbers in ranges."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from silentnps.numerics.arrays import Floats, Integers

MISSING = "(missing)"
"""The level, and the segment, of rows without a value."""

OTHER = "(other)"
"""What rare levels are pooled into."""

_QUARTILES = (0.25, 0.5, 0.75, 1.0)


def as_text(column: pd.Series) -> pd.Series:
    """Return each value of a column as text, missing values as `MISSING`."""
    return column.astype("object").where(column.notna(), MISSING).astype(str)


def category_levels(column: pd.Series, *, min_level_n: int = 50) -> tuple[Integers, tuple[str, ...]]:
    """Return the level code of each row and the labels: the most frequent first, then (other), then (missing).

    Levels with fewer than `min_level_n` rows are pooled; a missing value is never pooled. Every label has a row.

    Examples
    --------
    >>> codes, labels = category_levels(pd.Series(["b", "a", "b", None, "c"]), min_level_n=2)
    >>> codes.tolist(), labels
    ([0, 1, 0, 2, 1], ('b', '(other)', '(missing)'))
    """
    category = column.astype("category")
    raw = category.cat.codes.to_numpy(dtype=np.int64)
    texts = [str(level) for level in category.cat.categories]
    counts = np.bincount(raw[raw >= 0], minlength=len(texts))
    order = sorted(range(len(texts)), key=lambda level: (-counts[level], texts[level]))
    frequent = [level for level in order if counts[level] >= max(min_level_n, 1)]
    new_code = np.full(len(texts) + 1, len(frequent), dtype=np.int64)
    new_code[frequent] = np.arange(len(frequent))
    new_code[-1] = len(frequent) + 1  # the raw code -1 of a missing value takes the last one
    return _with_rows(new_code[raw], (*(texts[level] for level in frequent), OTHER, MISSING))


def number_levels(column: pd.Series) -> tuple[Integers, tuple[str, ...]]:
    """Return the quarter of the known values that each row is in, and the labels of their ranges, then (missing).

    A quarter ends at a value that occurs, and includes it; ties can leave fewer than four quarters.

    Examples
    --------
    >>> codes, labels = number_levels(pd.Series([0, 0, 0, 1, 5, 1200.0]))
    >>> codes.tolist(), labels
    ([0, 0, 0, 1, 1, 2], ('0', '1 to 5', '1,200'))
    """
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    absent = np.isnan(values)
    known = values[~absent]
    if len(known) == 0:
        return np.zeros(len(values), dtype=np.int64), (MISSING,) if len(values) else ()
    ends = np.unique(np.quantile(known, _QUARTILES, method="inverted_cdf"))
    codes = np.where(absent, len(ends), np.searchsorted(ends, values))
    starts = [float(known[known > end].min()) for end in ends[:-1]]
    return _with_rows(codes, (*_ranges(np.array([known.min(), *starts]), ends), MISSING))


def _with_rows(codes: Integers, labels: tuple[str, ...]) -> tuple[Integers, tuple[str, ...]]:
    """Drop the labels that no row has."""
    used = np.bincount(codes, minlength=len(labels)) > 0
    place = np.cumsum(used) - 1
    return place[codes].astype(np.int64), tuple(np.array(labels, dtype=object)[used])


def _ranges(starts: Floats, ends: Floats) -> tuple[str, ...]:
    """Return labels such as 0.5 to 1.25, with enough digits to tell them apart."""
    labels: list[str] = []
    for digits in range(3, 18):
        pairs = [(_number(start, digits), _number(end, digits)) for start, end in zip(starts, ends, strict=True)]
        labels = [start if start == end else f"{start} to {end}" for start, end in pairs]
        if len(set(labels)) == len(labels):
            break
    return tuple(labels)


def _number(value: float, digits: int) -> str:
    """Return a number with at least `digits` significant digits, thousands separators and no trailing zeros."""
    if value == 0 or not 1e-4 <= abs(value) < 1e15:
        return f"{value:.{digits}g}"
    decimals = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text
