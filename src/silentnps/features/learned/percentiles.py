"""Percentiles: the share of the base below a value, learned as a grid of quantiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from silentnps.errors import ModelError
from silentnps.numerics.arrays import Floats, Integers

GRID_POINTS = 512
"""Values in a grid: a percentile is exact at each of them, and wrong by at most 1 / 511 between two of them."""

MIN_SEGMENT = 100
"""A segment with fewer customers has the percentiles of the whole base."""


@dataclass(frozen=True)
class Grid:
    """Values of a base in ascending order, with the share of the base `below` each and the share `up_to` it."""

    values: tuple[float, ...]
    below: tuple[float, ...]
    up_to: tuple[float, ...]

    def percentile(self, amounts: Floats) -> Floats:
        """Return the share of the base below each amount, ties counting half; NaN stays NaN.

        Examples
        --------
        >>> fit_grid(np.array([10.0, 20.0, 20.0, 40.0])).percentile(np.array([5.0, 20.0, 30.0, 40.0]))
        array([0.   , 0.5  , 0.75 , 0.875])
        """
        values, below, up_to = (np.array(column) for column in (self.values, self.below, self.up_to))
        last = np.searchsorted(values, amounts, side="right") - 1
        at, after = np.maximum(last, 0), np.minimum(last + 1, len(values) - 1)
        width = np.where(after > at, values[after] - values[at], 1.0)
        fraction = np.clip((amounts - values[at]) / width, 0.0, 1.0)
        rising = np.where(after > at, below[after], 1.0) - up_to[at]
        share = np.where(amounts == values[at], (below[at] + up_to[at]) / 2, up_to[at] + fraction * rising)
        return np.where(np.isnan(amounts), np.nan, np.where(last < 0, 0.0, share))


@dataclass(frozen=True)
class Percentiles:
    """The grid of the whole base and, if a column `segment` was named, a grid of each of its larger values."""

    whole: Grid
    segment: str | None
    segments: dict[str, Grid]

    def apply(self, amounts: Floats, features: pd.DataFrame) -> Floats:
        """Return the percentile of each row's amount in its segment, or in the base if the segment has no grid."""
        share = self.whole.percentile(amounts)
        if self.segment is not None:
            for value, rows in _rows_of(features[self.segment]).items():
                if value in self.segments:
                    share[rows] = self.segments[value].percentile(amounts[rows])
        return share


def fit_grid(amounts: Floats) -> Grid:
    """Return the grid of amounts without NaN; there must be at least one."""
    ordered = np.sort(amounts)
    values = np.unique(ordered)
    if len(values) > GRID_POINTS:
        values = np.unique(np.quantile(ordered, np.linspace(0, 1, GRID_POINTS), method="inverted_cdf"))
    below, up_to = (np.searchsorted(ordered, values, side=side) / len(ordered) for side in ("left", "right"))
    return Grid(*(tuple(column.tolist()) for column in (values, below, up_to)))


def fit_percentiles(amounts: Floats, features: pd.DataFrame, *, segment: str | None) -> Percentiles:
    """Return the percentiles of amounts, one per row of the features; unknown amounts are left out.

    Raises
    ------
    ModelError
        If no amount is known.

    Examples
    --------
    >>> amounts, features = np.array([10.0, 20.0, 20.0, np.nan]), pd.DataFrame(index=range(4))
    >>> fit_percentiles(amounts, features, segment=None).apply(amounts, features).round(2)
    array([0.17, 0.67, 0.67,  nan])
    """
    known = ~np.isnan(amounts)
    if not known.any():
        raise ModelError("percentiles need customers with an order; got none. Leave the percentile out.")
    grids = {}
    if segment is not None:
        rows_of_value = _rows_of(features.loc[known, segment])
        large = {value: rows for value, rows in rows_of_value.items() if len(rows) >= MIN_SEGMENT}
        grids = {value: fit_grid(amounts[known][rows]) for value, rows in large.items()}
    return Percentiles(whole=fit_grid(amounts[known]), segment=segment, segments=grids)


def percentiles_from_dict(values: dict[str, Any]) -> Percentiles:
    """Rebuild from the plain values of `dataclasses.asdict`, also after a round trip through JSON."""
    return Percentiles(
        whole=_grid(values["whole"]),
        segment=values["segment"],
        segments={name: _grid(grid) for name, grid in values["segments"].items()},
    )


def _grid(values: dict[str, list[float]]) -> Grid:
    return Grid(**{name: tuple(column) for name, column in values.items()})


def _rows_of(column: pd.Series) -> dict[str, Integers]:
    """Return the positions of the rows of each value, by the value as text; missing values have none."""
    plain = column.astype("float64" if pd.api.types.is_numeric_dtype(column) else "object")
    codes, levels = pd.factorize(plain.map(str, na_action="ignore"), sort=True)
    order = np.argsort(codes, kind="stable")
    edges = np.searchsorted(codes[order], np.arange(len(levels) + 1))
    return {str(level): order[edges[k] : edges[k + 1]] for k, level in enumerate(levels)}
