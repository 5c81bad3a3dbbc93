"""What each column of a table holds as it was read: how many values, how many different ones, their range."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from silentnps.data.opening.scan import Source
from silentnps.data.reading.bad_values import OfValue, ReadColumn
from silentnps.data.values.casts import AnyKind
from silentnps.schema import MINOR_UNITS, Table

FEWEST_OF_RANGE = 100
"""Values from which the range of an attribute is told: of fewer it would be the value of one customer."""

_TIMES: tuple[AnyKind, ...] = ("time", "date")
_NUMBERS: tuple[AnyKind, ...] = ("money", "number", "integer")
_MIDDLE = (0.01, 0.99)


@dataclass(frozen=True)
class ColumnFacts:
    """One column: its kind (None if it is left out), the user's name and type, and what is in it.

    `levels` is about how many different values it has, None of ids, times and numbers; `low` and `high` are the
    range of times (UTC) and numbers (money in units of its currency), empty where unknown: of an attribute of
    customers the middle 98 %, because both ends are values of single customers. `zone` is that of times without one
    where the file itself says it.
    """

    column: str
    user_name: str
    user_type: str
    kind: AnyKind | None
    rows: int
    filled: int
    levels: int | None = None
    low: str = ""
    high: str = ""
    zone: str | None = None


@dataclass(frozen=True)
class TableFacts:
    """One table as it was read: what messages call it, its columns, and those of its files that are unused.

    `aside` counts the rows of the file that a preset keeps out of the table, by reason.
    """

    source: str
    columns: tuple[ColumnFacts, ...]
    unused: tuple[str, ...]
    aside: Mapping[str, int] = field(default_factory=dict)


def fact_counts(table: Table, column: ReadColumn, kind: AnyKind | None) -> list[OfValue]:
    """Return the three aggregates that `facts_of` reads of one column."""
    return [OfValue(sql, column.sql.value if "{0}" in sql else "") for sql in _counts(table, column, kind)]


def _counts(table: Table, column: ReadColumn, kind: AnyKind | None) -> tuple[str, str, str]:
    counted = "count({0})"
    if kind in _NUMBERS and table.kind_of(column.name) is None:
        low, high = ("approx_quantile({0}, " + f"{share})" for share in _MIDDLE)
        return counted, low, high
    if kind in (*_NUMBERS, *_TIMES):
        return counted, "min({0})", "max({0})"
    if kind == "id":
        return counted, "NULL", "NULL"
    return counted, "approx_count_distinct({0})", "NULL"


def facts_of(
    table: Table,
    source: Source,
    columns: Sequence[tuple[ReadColumn, AnyKind | None]],
    n_rows: int,
    counts: Sequence[Any],
) -> Iterator[ColumnFacts]:
    """Yield the facts of each column from the values of `fact_counts`."""
    for i, (column, kind) in enumerate(columns):
        filled, first, second = counts[3 * i : 3 * i + 3]
        user = column.user_name
        known = ColumnFacts(
            column.name, user, source.types[user], kind, int(n_rows), int(filled), zone=source.zones.get(user)
        )
        if kind == "id":
            yield known
        elif kind not in (*_NUMBERS, *_TIMES):
            yield ColumnFacts(**{**vars(known), "levels": min(int(first), int(filled))})
        elif table.kind_of(column.name) is not None or filled >= FEWEST_OF_RANGE:
            yield ColumnFacts(**{**vars(known), "low": _shown(first, kind), "high": _shown(second, kind)})
        else:
            yield known


def _shown(value: Any, kind: AnyKind | None) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return f"{value / MINOR_UNITS:,.2f}" if kind == "money" else f"{value:,.6g}" if kind != "date" else str(value)
