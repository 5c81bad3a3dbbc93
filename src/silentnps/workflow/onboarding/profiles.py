"""What the values of a column look like: times, amounts, whole numbers, yes and no, e-mail addresses, names.

A sample tells what a column is. What one row among millions can decide is read off all rows, once it is known which
columns are used: `settled`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from silentnps.data.files.duckdb_errors import GuardedBackend, query, quote
from silentnps.data.opening.scan import Source
from silentnps.data.values import epochs, written_dates, written_numbers
from silentnps.data.values.casts import Family, clean_text
from silentnps.data.values.markers import ALWAYS, AMONG_NUMBERS, marked, unmarked
from silentnps.data.values.written_dates import Dates
from silentnps.data.values.written_numbers import Numbers
from silentnps.schema import Kind

NEARLY = 0.9
"""Share of the values of a column that must be of a kind."""

NUMERIC: tuple[Kind, ...] = ("money", "number", "integer")

MOST_LEVELS = 20
"""Levels of a column that are kept."""

_EMAIL = r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}"
_ZONED = r".*\d{1,2}:\d{2}.*( ?UTC| ?Z| ?[+-]\d{2}(:?\d{2})?)"
_CODE = "[A-Za-z]{3}"
_ISO = r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?( ?(UTC|Z|[+-]\d{2}(:?\d{2})?))?)?"
_WITH_ZONE = "+zone"
_PLAIN, _OF_PLAIN = r"(0|[1-9]\d*)[.]\d{1,2}", "|p"
"""Plain amounts and their shape, which is found out faster than by taking them apart."""
_SHAPED = 1_000
_FILLED = "silentnps_value IS NOT NULL"
_FLAGS = ("true", "false", "t", "f", "yes", "no", "y", "n", "1", "0")


@dataclass(frozen=True)
class Column:
    """One column of a sample: how many values it has, how many differ, and what they look like.

    `levels` has the values and their counts where there are few, `emails` the share of e-mail addresses, `zoned`
    that of times with a zone; `codes` says whether all values have three letters. `dates` and `numbers` say how
    texts are written as such, judged by `shaped` different ones; `low` and `high` are the range of numbers, `whole`
    says whether all are whole.
    """

    name: str
    family: Family
    n: int
    filled: int
    distinct: int
    levels: Mapping[str, int]
    emails: float
    zoned: float
    shaped: int
    dates: Dates | None
    numbers: Numbers | None
    low: float | None
    high: float | None
    whole: bool
    codes: bool = False

    @property
    def is_time(self) -> bool:
        """Return whether the values are times or dates."""
        if self.family in ("date", "instant", "local"):
            return True
        return self.dates is not None and self.dates.n_fit >= NEARLY * self.shaped > 0

    @property
    def since_1970(self) -> bool:
        """Return whether the values are numbers that may be seconds or the like since 1970, or ids of that size."""
        return self.is_time and self.dates is not None and self.dates.way in epochs.SINCE_1970

    @property
    def zoneless(self) -> bool:
        """Return whether times lack a zone, or are days, which a zone begins and ends."""
        return self.is_time and self.family != "instant" and self.zoned < 1 and not self.since_1970

    @property
    def is_number(self) -> bool:
        """Return whether the values are numbers, or texts that are read as such."""
        if self.family in ("whole", "real"):
            return True
        return self.numbers is not None and self.numbers.n_fit >= NEARLY * self.shaped > 0

    @property
    def is_boolean(self) -> bool:
        """Return whether the values are yes and no."""
        if self.family == "boolean":
            return True
        return 0 < len(self.levels) <= 2 and all(level.lower() in _FLAGS for level in self.levels)

    @property
    def unique(self) -> bool:
        """Return whether nearly all values differ."""
        return self.filled > 0 and self.distinct >= 0.98 * self.filled

    def may_be(self, kind: Kind) -> bool:
        """Return whether the values may be of a canonical kind; an empty column may be of any."""
        if self.filled == 0:
            return True
        fits = {
            "time": self.is_time,
            "money": self.is_number and not self.is_time,
            "number": self.is_number and not self.is_time,
            "integer": self.is_number and self.whole and not self.is_time,
            "boolean": self.is_boolean,
            "currency": self.codes,
            "id": (not self.is_time or self.since_1970) and self.family not in ("boolean", "other"),
            "text": self.family in ("text", "whole", "boolean"),
        }
        return fits[kind]


def profile(backend: GuardedBackend, source: Source, rows: str) -> dict[str, Column]:
    """Return the profile of every column of `source`, from the sample in the table `rows`."""
    return {name: _column(backend, source, rows, name) for name in source.types}


def _column(backend: GuardedBackend, source: Source, rows: str, name: str) -> Column:
    family = source.family(name)
    value = _value(name, family)
    counted = f"SELECT {value} AS silentnps_value, count(*) AS silentnps_n FROM {rows} GROUP BY 1"
    few = f"SELECT * FROM ({counted}) WHERE silentnps_value IS NOT NULL ORDER BY 2 DESC, 1 LIMIT {_SHAPED}"
    measured = query(backend, source.name, f"SELECT {_measures(family)} FROM ({few})")[0]
    shaped, emails, zoned, codes, low, high, whole, dates, numbers = measured
    sizes = f"SELECT sum(silentnps_n), sum(silentnps_n) FILTER (WHERE {_FILLED}), count(*) FILTER (WHERE {_FILLED})"
    n, filled, distinct = query(backend, source.name, f"{sizes} FROM ({counted})")[0]
    levels = query(backend, source.name, few) if distinct <= MOST_LEVELS else []
    return Column(
        name,
        family,
        n=int(n or 0),
        filled=int(filled or 0),
        distinct=int(distinct),
        levels={str(level): int(count) for level, count in levels},
        emails=emails / max(shaped, 1),
        zoned=1.0 if name in source.zones else zoned / max(shaped, 1),
        shaped=int(shaped),
        dates=_dates(family, dates),
        numbers=written_numbers.numbers_of(numbers, declared=None) if numbers else None,
        low=low,
        high=high,
        whole=bool(whole),
        codes=bool(codes),
    )


def settled(
    backend: GuardedBackend, source: Source, columns: Mapping[str, Column], kinds: Mapping[str, Kind]
) -> dict[str, Column]:
    """Return the columns of a table with what all of its rows say, of those whose canonical kind is in `kinds`.

    Of times it is how they are written and whether all have a zone, of numbers how they are written, of currencies
    which there are.
    """
    asked = {
        name: _of_all_rows(_value(name, "text"), kind, columns[name])
        for name, kind in kinds.items()
        if columns[name].family == "text" and kind in ("time", *NUMERIC, "currency")
    }
    if not asked:
        return dict(columns)
    counts = ", ".join(f"count({_value(name, 'text')}), histogram({sql})" for name, sql in asked.items())
    n_rows, *row = query(backend, source.name, f"SELECT count(*), {counts} FROM {source.scan}")[0]
    known = dict(columns)
    for name, n, seen in zip(asked, row[::2], row[1::2], strict=True):
        of_all = replace(columns[name], n=int(n_rows), filled=int(n), shaped=int(n))
        known[name] = _settled(of_all, kinds[name], seen or {})
    return known


def with_all_ids(
    backend: GuardedBackend, source: Source, columns: Mapping[str, Column], names: Collection[str]
) -> dict[str, Column]:
    """Return the columns of a table with what all of its rows say of how often the values of some repeat."""
    if not names:
        return dict(columns)
    values = [_value(name, columns[name].family) for name in names]
    counts = ", ".join(f"count({value}), count(DISTINCT {value})" for value in values)
    n_rows, *row = map(int, query(backend, source.name, f"SELECT count(*), {counts} FROM {source.scan}")[0])
    found = zip(names, row[::2], row[1::2], strict=True)
    return {**columns, **{name: replace(columns[name], n=n_rows, filled=n, distinct=m) for name, n, m in found}}


def _value(name: str, family: Family) -> str:
    """Return SQL of a column's values as text without blanks around them and markers of emptiness."""
    raw = unmarked(quote(name), marked(quote(name), family, (*ALWAYS, *AMONG_NUMBERS)))
    return clean_text(raw) if family == "text" else f"CAST({raw} AS VARCHAR)"


def _of_all_rows(value: str, kind: Kind, column: Column) -> str:
    """Return SQL of what is counted of every value: its shape, the usual ones first, or the code of a currency."""
    if kind == "currency":
        return f"CASE WHEN regexp_full_match({value}, '{_CODE}') THEN upper({value}) END"
    if kind != "time":
        plain = f"regexp_full_match({value}, '{_PLAIN}')"
        return f"CASE WHEN {plain} THEN '{_OF_PLAIN}' ELSE {written_numbers.shape(value)} END"
    iso = f"regexp_full_match({value}, '{_ISO}')"
    likely = column.dates.way if column.dates is not None else ""
    shape = f"CASE WHEN {iso} THEN '{written_dates.ISO}' ELSE {written_dates.shape(value, likely=likely)} END"
    return f"{shape} || CASE WHEN regexp_full_match({value}, '{_ZONED}') THEN '{_WITH_ZONE}' ELSE '' END"


def _settled(column: Column, kind: Kind, seen: Mapping[str, int]) -> Column:
    """Return a column of text by all of its values, of which `seen` counts what they look like."""
    if kind == "currency":
        return replace(column, levels={code: int(count) for code, count in seen.items()})
    if kind != "time":
        return replace(column, numbers=written_numbers.numbers_of(seen, declared=None) if seen else None)
    shapes: Counter[str] = Counter()
    for shape, count in seen.items():
        shapes[shape.removesuffix(_WITH_ZONE)] += int(count)
    with_zone = sum(count for shape, count in seen.items() if shape.endswith(_WITH_ZONE))
    said = column.zoned == 1 and not with_zone  # by the export
    zoned = 1.0 if said else with_zone / max(shapes.total(), 1)
    return replace(column, dates=_dates("text", shapes), zoned=zoned)


def _dates(family: Family, shapes: Mapping[str, int] | None) -> Dates | None:
    """Return what values are as dates: texts by their shapes, numbers by their magnitude."""
    if not shapes:
        return None
    if family == "text":
        return written_dates.dates_of(shapes, day_first=None)
    unit = epochs.unit_of(shapes)
    return None if unit is None else Dates(unit, True, shapes[unit], ambiguous=False)


def _measures(family: Family) -> str:
    """Return SQL of what is measured of different values: counts, range, and the shapes of texts."""
    value = "silentnps_value"
    number = f"TRY_CAST(replace({value}, ',', '.') AS DOUBLE)"
    shapes = (written_dates.shape(value), written_numbers.shape(value))
    histograms = [f"histogram({shape})" for shape in shapes] if family == "text" else [_epochs(family), "NULL"]
    of_number = ["NULL", "NULL", "false"]
    if family in ("text", "whole", "real"):
        of_number = [f"min({number})", f"max({number})", f"coalesce(bool_and({number} = floor({number})), false)"]
    emails, zoned = (f"count(*) FILTER (WHERE regexp_full_match({value}, '{form}'))" for form in (_EMAIL, _ZONED))
    codes = f"coalesce(bool_and(regexp_full_match({value}, '{_CODE}')), false)"
    return ", ".join(["count(*)", emails, zoned, codes, *of_number, *histograms])


def _epochs(family: Family) -> str:
    """Return SQL of the numbers of values that are times in each unit since 1970; NULL for what is no number."""
    if family not in ("whole", "real"):
        return "NULL"
    counts = epochs.counts_of("TRY_CAST(silentnps_value AS DOUBLE)", serial_days=False)
    entries = ", ".join(f"'{unit}': {count}" for unit, count in counts.items())
    return f"MAP {{{entries}}}"
