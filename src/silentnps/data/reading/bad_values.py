"""Values that are not of their column's kind, and ids that lost digits: all columns of a table at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ibis.backends.duckdb import Backend

from silentnps.data.findings import FIRST_ROWS
from silentnps.data.opening.scan import Source, query
from silentnps.data.reading.currencies import CURRENCY, has_money
from silentnps.data.reading.id_precision import IdColumn, id_column, is_id
from silentnps.data.reading.refusals import Refusals
from silentnps.data.values.casts import Cast
from silentnps.errors import ConfigError, DataError
from silentnps.schema import NEVER_EMPTY, Table

_MOST_AGGREGATES = 250
"""Of one query: the time that DuckDB needs to plan them grows with their square."""


@dataclass(frozen=True)
class ReadColumn:
    """One column to read: its canonical name, the user's name and the SQL of its values.

    `plain_ids` means that it is known of all values that they are ids which lost no digits.
    """

    name: str
    user_name: str
    raw: str
    sql: Cast
    lenient: bool
    plain_ids: bool = False


@dataclass(frozen=True)
class OfValue:
    """SQL of an aggregate; of a `value`, which several may share, `sql` has its place as {0}."""

    sql: str
    value: str = ""


def refuse_bad_values(
    backend: Backend,
    table: Table,
    source: Source,
    columns: Sequence[ReadColumn],
    refusals: Refusals,
    *,
    also: Sequence[OfValue] = (),
) -> tuple[set[str], int, list[Any]]:
    """Add the columns with values of another kind to `refusals`.

    Return what the same scan finds: the currencies, the number of rows, and the values of the aggregates `also`.
    """
    tests = [
        (column, test)
        for column in columns
        for test in (column.sql.zoneless, column.sql.bad)
        if test is not None and not column.lenient
    ]
    code = next((column.sql.value for column in columns if column.name == CURRENCY), None)
    counted = code is not None and has_money(table, [column.name for column in columns])
    codes = f"map_keys(histogram({code}))" if counted else "[]"  # list(DISTINCT ...) holds a value of every row
    ids = _ids(table, source, columns)
    counts = ["count(*)", codes, *(f"count(*) FILTER (WHERE {test})" for _, test in tests)]
    counts += [count for _, column in ids for count in column.counts]
    whole = [OfValue(sql) for sql in counts]
    n_rows, currencies, *n_bad = _aggregated(backend, source, [*whole, *also])
    found = n_bad[len(counts) - 2 :]
    if n_rows == 0 and table.name in NEVER_EMPTY:
        refusals.add(
            DataError(f"{source.name} must have rows; got none. Check that the export of {table.name} is complete.")
        )
    for (column, test), rows in zip(tests, n_bad, strict=False):
        if rows:
            _refuse(backend, source, column, test, rows, refusals)
    _refuse_lost_digits(backend, source, ids, n_bad[len(tests) : len(counts) - 2], refusals)
    return {currency for currency in currencies or () if currency is not None}, int(n_rows), found


def _aggregated(backend: Backend, source: Source, aggregates: Sequence[OfValue]) -> list[Any]:
    """Return the values of aggregates by one scan, of very many by a scan for each part of them."""
    values: list[Any] = []
    for start in range(0, len(aggregates), _MOST_AGGREGATES):
        part = aggregates[start : start + _MOST_AGGREGATES]
        given = dict.fromkeys(each.value for each in part if each.value)
        names = {value: f"silentnps_value_{i}" for i, value in enumerate(given)}
        selected = ", ".join(each.sql.format(names[each.value]) if each.value else each.sql for each in part)
        computed = "".join(f", {value} AS {name}" for value, name in names.items())
        rows = f"(SELECT *{computed} FROM {source.scan})" if computed else source.scan
        values += query(backend, source.name, f"SELECT {selected} FROM {rows}")[0]
    return values


def _ids(table: Table, source: Source, columns: Sequence[ReadColumn]) -> list[tuple[str, IdColumn]]:
    return [
        (
            column.name,
            id_column(
                table,
                column.name,
                user_name=column.user_name,
                value=column.sql.value,
                sql_type=source.types[column.user_name],
            ),
        )
        for column in columns
        if is_id(table, column.name) and column.user_name in source.types and not column.plain_ids
    ]


def _refuse_lost_digits(
    backend: Backend,
    source: Source,
    ids: Sequence[tuple[str, IdColumn]],
    counts: Sequence[int],
    refusals: Refusals,
) -> None:
    size = len(counts) // max(len(ids), 1)
    for i, (name, column) in enumerate(ids):
        loss = column.lost(counts[i * size : (i + 1) * size])
        if loss is not None:
            lost, rows = loss
            first = _first_rows(backend, source, lost.sign)
            error = _bad_rows(source, column.user_name, lost.rule, rows, first, lost.cure)
            refusals.add(error, name, rows=rows, first_rows=first)


def _refuse(backend: Backend, source: Source, column: ReadColumn, test: str, rows: int, refusals: Refusals) -> None:
    if test == column.sql.zoneless:
        error = ConfigError(
            f"{source.name}: column {column.user_name!r} must have a time zone; got {rows} values without one."
            " Add `timezone:` to the configuration, such as `timezone: Europe/Berlin` or `timezone: UTC`."
        )
        refusals.add(error, column.name, rows=rows)
        return
    first = _first_rows(backend, source, test)
    bad = _bad_rows(source, column.user_name, column.sql.rule, rows, first, "Correct them in the file.")
    refusals.add(bad, column.name, rows=rows, first_rows=first)


def _bad_rows(source: Source, user_name: str, rule: str, rows: int, first: tuple[int, ...], cure: str) -> DataError:
    listed = ", ".join(map(str, first))
    return DataError(
        f"{source.name}: column {user_name!r} must hold {rule}; got {rows} bad rows (first rows {listed}). {cure}"
    )


def _first_rows(backend: Backend, source: Source, test: str) -> tuple[int, ...]:
    first = query(
        backend,
        source.name,
        f"SELECT silentnps_row FROM ({source.with_rows}) WHERE {test} ORDER BY 1 LIMIT {FIRST_ROWS}",
    )
    return tuple(int(row) for (row,) in first)
