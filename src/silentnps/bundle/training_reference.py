"""What training saw of each feature, so that later rows are read in the same way and compared with it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from silentnps.bundle.feature_reading import Levels, Read, read_nothing, read_numbers, words_for
from silentnps.counts import counted
from silentnps.errors import ModelError
from silentnps.numerics.arrays import Booleans, Floats, Integers

_QUANTILES = (0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999)


@dataclass(frozen=True)
class SeenNumbers:
    """A column of numbers: the share that was `missing`, and the shares below and up to some of its values.

    `points` are quantiles in ascending order; `flag` says that all numbers were 0 or 1; `outside` is the share
    that was far outside (see `far_from`).
    """

    missing: float
    flag: bool
    outside: float
    points: tuple[float, ...]
    below: tuple[float, ...]
    up_to: tuple[float, ...]

    @staticmethod
    def of(column: pd.Series, all_rows: pd.Series) -> SeenNumbers:
        """Learn from a column of the wave's rows, and from `all_rows` of the training."""
        known = column.to_numpy(dtype=np.float64, na_value=np.nan)
        known = known[~np.isnan(known)]
        points = np.unique(np.quantile(known, _QUANTILES)) if len(known) else known
        below, up_to = (counts / max(len(known), 1) for counts in counts_at(points, known))
        low, high = far_from(points)
        outside = float(((known < low) | (known > high)).mean()) if len(known) else 0.0
        shares = (tuple(numbers.tolist()) for numbers in (points, below, up_to))
        return SeenNumbers(_missing(column), bool(all_rows.dropna().isin((0.0, 1.0)).all()), outside, *shares)

    def read(self, column: pd.Series) -> Read:
        """Read a later column."""
        return read_numbers(column, flag=self.flag)

    words = "numbers"


@dataclass(frozen=True)
class SeenLevels:
    """A column of texts: the share that was `missing`, its levels, and the share of each among known values.

    The levels include those of answers to earlier waves, so there may be more than in the rows compared later.
    """

    missing: float
    names: tuple[str, ...]
    shares: tuple[float, ...]

    @staticmethod
    def of(column: pd.Series, names: tuple[str, ...]) -> SeenLevels:
        """Learn from a column whose levels are known."""
        shares = column.astype("object").map(str, na_action="ignore").value_counts(normalize=True)
        return SeenLevels(_missing(column), names, tuple(float(shares.get(name, 0.0)) for name in names))

    def read(self, column: pd.Series) -> Read:
        """Read a later column."""
        return self._levels.read(column)

    words = "text"

    @cached_property
    def _levels(self) -> Levels:
        return Levels(self.names)


Seen = SeenNumbers | SeenLevels


@dataclass(frozen=True)
class Reference:
    """What training saw of its columns, in `n` rows of the wave.

    `learned` are the columns that the model computes, `empty` those that had no value in the whole training.
    """

    n: int
    columns: dict[str, Seen]
    learned: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()

    @staticmethod
    def of(
        features: pd.DataFrame,
        wave: Booleans,
        levels: dict[str, tuple[str, ...]],
        learned: Collection[str] = (),
    ) -> Reference:
        """Learn from the features of a training, whose rows in the `wave` are compared with later rows.

        `levels` are those of its text columns.
        """
        columns: dict[str, Seen] = {}
        for name, column in features.items():
            names = levels.get(str(name))
            of_wave = column[wave]
            columns[str(name)] = SeenNumbers.of(of_wave, column) if names is None else SeenLevels.of(of_wave, names)
        empty = tuple(str(name) for name, column in features.items() if column.isna().all())
        return Reference(int(wave.sum()), columns, tuple(name for name in columns if name in learned), empty)

    def read(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return features with the values that training would have read; the same frame if it has them already.

        Raises
        ------
        ModelError
            If a column is missing, or holds values of another kind than in training.
        """
        absent = [name for name in self.needed if name not in features.columns]
        if absent:
            raise ModelError(
                f"{missing_columns(absent)} Build the features again with this configuration, or train again."
            )
        changed = {}
        for name in [name for name in self.columns if name in features.columns]:
            column = features[name]
            read = self.read_column(column)
            if read.n_misfits:
                got = words_for(column[read.misfits])
                raise ModelError(
                    f"{self.misfits(name, got, read.n_misfits, len(features))} Correct the column, or train again."
                )
            if read.values is not column:
                changed[name] = read.values
        # the copy is in one piece, while each assigned column is one of its own, of which pandas warns
        return features.assign(**changed).copy() if changed else features

    @property
    def needed(self) -> list[str]:
        """Return the columns that scoring needs: all that the model does not compute."""
        return [name for name in self.columns if name not in self.learned]

    def read_column(self, column: pd.Series) -> Read:
        """Read a column of later rows by its name."""
        name = str(column.name)
        return read_nothing(column) if name in self.empty else self.columns[name].read(column)

    def misfits(self, name: str, got: str, n: int, of: int) -> str:
        """Return what is wrong with a column that holds values of another kind."""
        wanted = self.columns[name].words
        return f"feature {name!r} must hold {wanted} as in training; got {got} in {n:,} of {counted(of, 'row')}."

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for files."""
        return {
            "n": self.n,
            "columns": {name: asdict(seen) for name, seen in self.columns.items()},
            "learned": list(self.learned),
            "empty": list(self.empty),
        }

    @staticmethod
    def from_dict(values: dict[str, Any]) -> Reference:
        """Rebuild from `to_dict`, after JSON too."""
        columns = {name: _seen(fields) for name, fields in values["columns"].items()}
        return Reference(int(values["n"]), columns, tuple(values["learned"]), tuple(values["empty"]))


def missing_columns(absent: Collection[str]) -> str:
    """Return what is wrong if columns are missing."""
    named = ", ".join(repr(name) for name in list(absent)[:5])
    more = f" and {len(absent) - 5} more" if len(absent) > 5 else ""
    return f"features must have the columns that the model was trained on; got none of the name {named}{more}."


def far_from(points: Floats) -> tuple[float, float]:
    """Return the limits of numbers far outside: half of the range beyond its ends, infinite for a constant."""
    if len(points) < 2:
        return -np.inf, np.inf
    half = float(points[-1] - points[0]) / 2
    return float(points[0]) - half, float(points[-1]) + half


def counts_at(points: Floats, values: Floats) -> tuple[Integers, Integers]:
    """Return how many values are below each point, and how many are at most equal to it."""
    up_to, below = (
        np.cumsum(np.bincount(np.searchsorted(points, values, side=side), minlength=len(points) + 1))[:-1]
        for side in ("left", "right")
    )
    return below, up_to


def _missing(column: pd.Series) -> float:
    return float(column.isna().mean()) if len(column) else 1.0


def _seen(values: dict[str, Any]) -> Seen:
    if "names" in values:
        return SeenLevels(float(values["missing"]), tuple(values["names"]), tuple(values["shares"]))
    points, below, up_to = (tuple(values[name]) for name in ("points", "below", "up_to"))
    return SeenNumbers(
        float(values["missing"]), bool(values["flag"]), float(values["outside"]), points, below, up_to
    )
