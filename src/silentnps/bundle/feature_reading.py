"""Values of a column, read as training read them: numbers as numbers, texts as the levels known from training."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from numbers import Real

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from silentnps.counts import counted
from silentnps.errors import DataError
from silentnps.numerics.additive_design import is_category
from silentnps.numerics.arrays import Booleans, Floats, Integers

SAME, MISSING, RENAMED, UNSEEN, MISFIT, UNUSED = range(6)
"""How a value is known: as it is, missing, written differently, as an unseen level, as one of another kind, or as
one of a column that was empty in training."""

_LARGEST = 1e100
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_TRUTHS = frozenset({"true", "false"})
_FLAGS = {
    **dict.fromkeys(("true", "t", "yes", "y", "ja", "j", "oui", "si", "sí"), 1.0),
    **dict.fromkeys(("false", "f", "no", "n", "nein", "non"), 0.0),
}
"""What programs write for 1 and 0."""


@dataclass(frozen=True)
class Read:
    """A column as it was read: the `values` of the rows, and in which of the six ways each is `known`.

    `unseen` are the levels that training did not see, with their numbers of rows.
    """

    values: pd.Series
    known: NDArray[np.int8]
    unseen: dict[str, int]

    @property
    def misfits(self) -> Booleans:
        """Return which rows hold a value of another kind than in training."""
        return np.asarray(self.known == MISFIT)

    @property
    def n_misfits(self) -> int:
        """Return the number of such rows."""
        return int(self.misfits.sum())


def read_numbers(column: pd.Series, *, flag: bool) -> Read:
    """Read a column that held numbers in training, as float64.

    Integers, booleans of any type and texts that are just a number are read; true, no and the like only if the
    column was a `flag`, whose numbers were 0 and 1.
    """
    if not is_category(column) and column.dtype.kind != "c":
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        known = np.where(np.isnan(values), MISSING, np.where(np.abs(values) > _LARGEST, MISFIT, SAME))
        same = column if column.dtype == np.float64 else _series(values, column)
        return Read(same, known.astype(np.int8), {})
    codes, distinct = _distinct(column)
    numbers = [_number(value, flag=flag) for value in distinct]
    values = np.array([np.nan if number is None else number for number in numbers] + [np.nan])[codes]
    kinds = [MISFIT if number is None else MISSING if np.isnan(number) else RENAMED for number in numbers]
    return Read(_series(values, column), _by_code(kinds, codes), {})


def read_nothing(column: pd.Series) -> Read:
    """Read a column that was empty in training. Nothing was learned from it, so it stays empty."""
    known = np.where(column.isna(), MISSING, UNUSED).astype(np.int8)
    return Read(column if column.isna().all() else _series(np.full(len(column), np.nan), column), known, {})


@dataclass(frozen=True)
class Levels:
    """The levels of a text column, used to recognise later values.

    A text stands for the level that it equals, or else for the only level that differs from it in case or
    surrounding blanks alone. Numbers, true and false are recognised if there are such levels.
    """

    names: tuple[str, ...]

    def read(self, column: pd.Series) -> Read:
        """Read a column that held texts in training as categories; unseen ones stay as they are."""
        codes, distinct = _distinct(column)
        levels = [self._level(value) for value in distinct]
        known = _by_code([kind for kind, _ in levels], codes)
        rows = np.bincount(codes + 1, minlength=len(levels) + 1)[1:]
        unseen = {str(name): int(n) for (kind, name), n in zip(levels, rows, strict=True) if kind == UNSEEN and n}
        if isinstance(column.dtype, pd.CategoricalDtype | pd.StringDtype) and set(known) <= {SAME, UNSEEN, MISSING}:
            blank = any(kind == MISSING for kind, _ in levels)
            if not blank and all(isinstance(value, str) for value in distinct):
                return Read(column, known, unseen)
        return Read(self._categories(levels, codes, column), known, unseen)

    def _categories(self, levels: list[tuple[int, str | None]], codes: Integers, column: pd.Series) -> pd.Series:
        names = list(dict.fromkeys(name for _, name in levels if name is not None))
        place = {name: i for i, name in enumerate(names)}
        new = np.array([-1 if name is None else place[name] for _, name in levels] + [-1], dtype=np.int64)[codes]
        values = pd.Categorical.from_codes(new, dtype=pd.CategoricalDtype(names))
        return pd.Series(values, index=column.index, name=column.name)

    def _level(self, value: object) -> tuple[int, str | None]:
        """Return how a value is known, and its level, or None."""
        if isinstance(value, str) and value in self._exact:
            return SAME, value
        text = _text(value)
        if text is None:
            return MISFIT, None
        if not text.strip():
            return MISSING, None
        name = self._by_key.get(_key(text), self._flag(text))
        if name is not None:
            return (SAME if name == text else RENAMED), name
        fits = isinstance(value, str) or (
            self._has_flags if isinstance(value, bool | np.bool_) else self._has_numbers
        )
        return (UNSEEN, text) if fits else (MISFIT, None)

    def _flag(self, text: str) -> str | None:
        """Return the level that says the same as true, no, 1 and the like, if there are only two such levels."""
        by_flag = {_flag_of(key): name for key, name in self._by_key.items()}
        flag = _flag_of(_key(text))
        is_pair = None not in by_flag and len(by_flag) == len(self.names)
        return by_flag.get(flag) if is_pair and flag is not None else None

    @cached_property
    def _exact(self) -> frozenset[str]:
        return frozenset(self.names)

    @cached_property
    def _keys(self) -> frozenset[str]:
        return frozenset(map(_key, self.names))

    @cached_property
    def _has_flags(self) -> bool:
        return bool(self._keys & _TRUTHS)

    @cached_property
    def _has_numbers(self) -> bool:
        return any(_NUMBER.fullmatch(key) for key in self._keys)

    @cached_property
    def _by_key(self) -> dict[str, str]:
        """Return levels by their text without case and surrounding blanks; ambiguous ones are left out."""
        times = Counter(map(_key, self.names))
        return {_key(name): name for name in self.names if times[_key(name)] == 1}


def _flag_of(key: str) -> float | None:
    return _FLAGS.get(key, {"1": 1.0, "0": 0.0}.get(key))


def words_for(column: pd.Series) -> str:
    """Return what a column holds, for a message, without revealing a value."""
    known = column.dropna()
    kinds = {_word(value) for value in known.astype("object")}
    return " and ".join(sorted(kinds)) if len(known) else "nothing"


def _word(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return "true and false"
    if isinstance(value, str):
        return "text" if _NUMBER.fullmatch(value.strip()) is None else "numbers as text"
    if isinstance(value, Real | Decimal):
        return "infinite or huge numbers" if abs(float(value)) > _LARGEST else "numbers"
    return "dates" if isinstance(value, date) else f"values of the type {type(value).__name__}"


def _key(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip().casefold()


def _distinct(column: pd.Series) -> tuple[Integers, Sequence[object]]:
    """Return the distinct values of a column and each row's position among them, -1 if missing."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return np.asarray(column.cat.codes, dtype=np.int64), list(column.cat.categories)
    plain = column.astype("object")
    try:
        codes, distinct = pd.factorize(plain)
    except TypeError:  # lists and the like have no hash
        missing = plain.isna().to_numpy()
        places = np.asarray(np.where(missing, -1, np.cumsum(~missing) - 1), dtype=np.int64)
        return places, list(plain[~missing])
    return np.asarray(codes, dtype=np.int64), list(distinct)


def _by_code(kinds: Sequence[int], codes: Integers) -> NDArray[np.int8]:
    return np.array([*kinds, MISSING], dtype=np.int8)[codes]


def _number(value: object, *, flag: bool) -> float | None:
    """Return a value as a number, NaN if it is blank, None if it is something else."""
    if isinstance(value, bool | np.bool_):
        return float(value) if flag else None
    if isinstance(value, str):
        return _number_of_text(value.strip(), flag=flag)
    number = float(value) if isinstance(value, Real | Decimal) else None
    return number if number is None or not abs(number) > _LARGEST else None


def _number_of_text(text: str, *, flag: bool) -> float | None:
    if not text:
        return float("nan")
    if _NUMBER.fullmatch(text):
        number = float(text)
        return number if abs(number) <= _LARGEST else None
    return _FLAGS.get(text.casefold()) if flag else None


def _text(value: object) -> str | None:
    """Return a value as the text that a table would hold; None for dates, lists and the like."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, Real | Decimal):
        number = float(value)
        return f"{number:.0f}" if number.is_integer() else str(value)
    return None


def _series(values: Floats, column: pd.Series) -> pd.Series:
    return pd.Series(values, index=column.index, name=column.name)


def invited_among(rows: pd.DataFrame) -> Booleans:
    """Return who was asked for an answer: the column `invited` of rows to score, everybody where it has no value.

    Raises
    ------
    DataError
        If it holds anything but true and false.
    """
    if "invited" not in rows or rows["invited"].isna().all():  # an optional column that was not sent
        return np.ones(len(rows), dtype=np.bool_)
    read = read_numbers(rows["invited"], flag=True)
    values = read.values
    wrong = read.misfits | ~values.isin((0.0, 1.0)).to_numpy()
    if wrong.any():
        raise DataError(
            f"'invited' must be true or false; got {words_for(rows['invited'][wrong])} in {int(wrong.sum()):,} of "
            f"{counted(len(rows), 'row')}. Correct the column, or leave it out where everybody was asked."
        )
    return values.to_numpy(dtype=np.bool_)
