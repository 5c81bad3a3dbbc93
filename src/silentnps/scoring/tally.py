"""Rows to score, counted column by column as training reads them; tallies of parts add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import reduce
from operator import add
from typing import Any

import numpy as np
import pandas as pd

from silentnps.bundle.feature_reading import MISFIT, Read, words_for
from silentnps.bundle.training_reference import Reference, SeenLevels, SeenNumbers, counts_at, far_from

FIRST_ROWS = 5
_ALL_NUMBERS, _STEP = 20_000, 10
"""In a part with more rows only every tenth number is compared with the training data; all rows are counted."""

_MOST_UNSEEN = 1_000
"""The most unseen levels that are kept by name; all their rows are counted."""


@dataclass(frozen=True)
class ColumnTally:
    """The counts of a column.

    `known` counts rows by how they were read (see `bundle.feature_reading`); `misfits` are the first rows of
    another kind, 1-based, and `got` describes what they hold; `unseen` maps unseen levels to their rows. `compared`
    is the number of values compared. Of numbers, `outside` counts those far outside, and `below` and `up_to` those
    at each point of the reference; of levels, `levels` counts the rows of each.
    """

    known: tuple[int, ...]
    misfits: tuple[int, ...] = ()
    got: tuple[str, ...] = ()
    unseen: dict[str, int] | None = None
    compared: int = 0
    outside: int = 0
    below: tuple[int, ...] = ()
    up_to: tuple[int, ...] = ()
    levels: tuple[int, ...] = ()

    def __add__(self, other: ColumnTally) -> ColumnTally:
        unseen = Counter(self.unseen or {}) + Counter(other.unseen or {})
        return ColumnTally(
            known=_sum(self.known, other.known),
            misfits=(self.misfits + other.misfits)[:FIRST_ROWS],
            got=tuple(sorted({*self.got, *other.got})),
            unseen=dict(unseen.most_common(_MOST_UNSEEN)),
            compared=self.compared + other.compared,
            outside=self.outside + other.outside,
            below=_sum(self.below, other.below),
            up_to=_sum(self.up_to, other.up_to),
            levels=_sum(self.levels, other.levels),
        )


@dataclass(frozen=True)
class Tally:
    """The counts of rows to score: how many there are, and the counts of each column of the reference present."""

    rows: int
    columns: dict[str, ColumnTally]

    def __add__(self, other: Tally) -> Tally:
        both = {name: self.columns[name] + other.columns[name] for name in self.columns if name in other.columns}
        return Tally(self.rows + other.rows, both)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        return asdict(self)

    @staticmethod
    def from_dict(values: dict[str, Any]) -> Tally:
        """Rebuild from `to_dict`, after JSON too."""
        columns = {name: ColumnTally(**_tuples(column)) for name, column in values["columns"].items()}
        return Tally(int(values["rows"]), columns)


def tally(reference: Reference, frame: pd.DataFrame, *, before: int | None = 0) -> Tally:
    """Count the rows of a part.

    `before` is the number of rows before the part; None, if that is unknown, leaves out the row numbers of misfits.
    """
    names = [name for name in reference.needed if name in frame.columns]
    return Tally(len(frame), {name: _column(reference, frame[name], before) for name in names})


def sum_tallies(tallies: Iterable[Tally]) -> Tally:
    """Return the tally of all parts; there must be at least one."""
    return reduce(add, tallies)


def _column(reference: Reference, column: pd.Series, before: int | None) -> ColumnTally:
    read, seen = reference.read_column(column), reference.columns[str(column.name)]
    misfit = np.flatnonzero(read.misfits)
    counted = _numbers(seen, read) if isinstance(seen, SeenNumbers) else _levels(seen, read)
    return ColumnTally(
        known=tuple(np.bincount(read.known, minlength=MISFIT + 2).tolist()),
        misfits=() if before is None else tuple((misfit[:FIRST_ROWS] + before + 1).tolist()),
        got=(words_for(column.iloc[misfit]),) if len(misfit) else (),
        unseen=dict(Counter(read.unseen).most_common(_MOST_UNSEEN)),
        **counted,
    )


def _numbers(seen: SeenNumbers, read: Read) -> dict[str, Any]:
    values = read.values.to_numpy(dtype=np.float64)[:: _STEP if len(read.values) > _ALL_NUMBERS else 1]
    values = values[~np.isnan(values)]
    points = np.array(seen.points)
    below, up_to = counts_at(points, values)
    low, high = far_from(points)
    outside = int(((values < low) | (values > high)).sum())
    return {
        "compared": len(values),
        "outside": outside,
        "below": tuple(below.tolist()),
        "up_to": tuple(up_to.tolist()),
    }


def _levels(seen: SeenLevels, read: Read) -> dict[str, Any]:
    counts = read.values.value_counts()
    levels = tuple(int(counts.get(name, 0)) for name in seen.names)
    return {"compared": int(counts.sum()), "levels": levels}


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}


def _sum(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(one, other, strict=True))
