"""Ids that lost digits before they were exported: as floating point, in E-notation, or cut at 15 digits.

Two customers whose ids differ in the lost digits become one, and answers join the wrong customer. Lost digits
cannot be restored, so such a column is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from silentnps.data.files.duckdb_errors import quote
from silentnps.data.values.casts import family_of
from silentnps.schema import Table

_CURE = "Export the ids as text (in a spreadsheet the column is text before the file is opened)."

_EXACT_UP_TO = {"FLOAT": 2**24, "DOUBLE": 2**53}
"""From which value upward a float of a type represents several whole numbers; decimals are exact."""

_KEPT_DIGITS = 15
"""Significant digits that a spreadsheet keeps; further digits become zeros."""

_PLUS_EXPONENT = r"\d([.,]\d+)?[eE]\+\d{1,3}"
_LONG_MANTISSA = r"\d[.,]\d{4,}[eE]\d{1,3}"
_FLOAT_TEXT = r"\d{16,}\.0+"

_FEWEST_CUT = 6
"""This many different ids of 16 or more digits all end in zeros by chance once in a million cases."""

_CUT_SHARE = 0.9
_ENDING_SHARE = 0.5


@dataclass(frozen=True)
class LostDigits:
    """A sign of lost digits: `sign` is an SQL condition that is true of such a row; rule and cure are words."""

    sign: str
    rule: str
    cure: str = _CURE


def is_id(table: Table, name: str) -> bool:
    """Return whether a canonical column holds ids: kind `id`, or a text named like one (`store_id`)."""
    return table.kind_of(name) == "id" or (table.kind_of(name) is not None and name.endswith("_id"))


@dataclass(frozen=True)
class IdColumn:
    """A column of ids; `value` is the SQL of an id as it is read, `is_key` whether it identifies each row."""

    user_name: str
    value: str
    in_floats: LostDigits | None
    is_key: bool

    @property
    def counts(self) -> list[str]:
        """Return SQL of the counts that `lost` judges, one aggregate each."""
        floats = "0" if self.in_floats is None else f"count(*) FILTER (WHERE {self.in_floats.sign})"
        cut = _cut_sign(self.value)
        long_ones = f"CASE WHEN {_is_long_number(self.value)} THEN regexp_full_match({self.value}, '[0-9]+') END"
        ending = f"CASE WHEN {cut} THEN substr({self.value}, {_KEPT_DIGITS}, 1) <> '0' END"
        return [
            floats,
            f"count(*) FILTER (WHERE {long_ones})",
            f"count(*) FILTER (WHERE {cut})",
            f"count(*) FILTER (WHERE {ending})",
            f"approx_count_distinct({self.value}) FILTER (WHERE {cut})",
        ]

    def lost(self, counts: Sequence[int]) -> tuple[LostDigits, int] | None:
        """Return the loss that the values of `counts` show and its number of rows; None if nothing is lost."""
        n_floats, n_long, n_cut, n_ending, n_different = counts
        if self.in_floats is not None and n_floats:
            return self.in_floats, n_floats
        cut = is_cut(n_long=n_long, n_cut=n_cut, n_ending=n_ending, n_different=n_different, is_key=self.is_key)
        rule = f"ids with all their digits, not cut after {_KEPT_DIGITS} digits and filled up with zeros"
        return (LostDigits(_cut_sign(self.value), rule), n_cut) if cut else None


def id_column(table: Table, name: str, *, user_name: str, value: str, sql_type: str) -> IdColumn:
    """Return a column of ids; `value` is the SQL of the id as it is read, `sql_type` the type in the file."""
    raw = quote(user_name)
    return IdColumn(user_name, value, _in_floats(raw, sql_type), table.key == (name,))


def _in_floats(raw: str, sql_type: str) -> LostDigits | None:
    """Return the sign of an id that is a float representing several ids; None if the type excludes it.

    Whole floats below 2^53 (of single precision: 2^24) are exact and stay ids.
    """
    if family_of(sql_type) == "text":
        return _in_text_of_floats(raw)
    limit = _EXACT_UP_TO.get(sql_type)
    if limit is None:
        return None
    power = limit.bit_length() - 1
    return LostDigits(
        f"abs({raw}) >= {limit} AND isfinite({raw})",
        f"ids that their type keeps exactly: floating point does so only below 2^{power}",
    )


def _in_text_of_floats(raw: str) -> LostDigits:
    # Digits and an exponent alone (12E5) may be a code; a plus sign or a long mantissa is not.
    text = f"trim(CAST({raw} AS VARCHAR))"
    patterns = (_PLUS_EXPONENT, _LONG_MANTISSA, _FLOAT_TEXT)
    signs = " OR ".join(f"regexp_full_match({text}, '{pattern}')" for pattern in patterns)
    # Most ids are decided without a regular expression.
    may_be = (
        f"substr({text}, 2, 1) IN ('.', ',', 'e', 'E') AND {_begins_with_digit(text)} OR {_is_long_number(text)}"
    )
    return LostDigits(
        f"CASE WHEN {may_be} THEN {signs} END", "ids with all their digits, not rounded numbers such as 1.23E+11"
    )


def _cut_sign(value: str) -> str:
    """Return the SQL condition of a row whose id has only zeros after its fifteenth digit."""
    pattern = f"[1-9][0-9]{{{_KEPT_DIGITS - 1}}}0+"
    return f"CASE WHEN {_is_long_number(value)} THEN regexp_full_match({value}, '{pattern}') END"


def _is_long_number(value: str) -> str:
    """Return SQL that is true of every id that may be a number of more than fifteen digits, and cheap."""
    return f"length({value}) > {_KEPT_DIGITS} AND {_begins_with_digit(value)}"


def _begins_with_digit(value: str) -> str:
    return f"{value} >= '0' AND {value} < ':'"


def is_cut(*, n_long: int, n_cut: int, n_ending: int, n_different: int, is_key: bool) -> bool:
    """Return whether the long ids of a column look as if a spreadsheet had cut them at 15 digits.

    They do if nine in ten have only zeros from the sixteenth digit onward, most of these have a nonzero fifteenth
    digit (ids that are padded or step by thousands have a zero there too), and at least six of them are different:
    of intact ids only one in ten ends in a zero. Where the column identifies each row (`is_key`), rows have
    different ids even if these look the same now.

    Examples
    --------
    >>> is_cut(n_long=1881, n_cut=1881, n_ending=1700, n_different=31, is_key=True)
    True
    >>> is_cut(n_long=1881, n_cut=190, n_ending=171, n_different=190, is_key=True)
    False
    """
    evidence = n_cut if is_key else n_different
    return evidence >= _FEWEST_CUT and n_cut >= _CUT_SHARE * n_long and n_ending > _ENDING_SHARE * n_cut
