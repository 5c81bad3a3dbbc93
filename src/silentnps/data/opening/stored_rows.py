"""Rows that Python reads become a table of the session, a group of rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import pyarrow as pa
from ibis.backends.duckdb import Backend
from ibis.util import gen_name

from silentnps.data.files.duckdb_errors import guarded, query, quote

_ROWS_TOGETHER = 20_000
_GROUP = "silentnps_group_of_rows"

ARROW_TYPES = {
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "BLOB": pa.binary(),
}
"""The types in which rows are stored; what is of none of them is stored as text and cast when it is read."""


def groups_of(rows: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    """Yield lists of rows, each small enough for memory."""
    iterator = iter(rows)
    while group := list(islice(iterator, _ROWS_TOGETHER)):
        yield group


def stored_rows(
    backend: Backend, source: str, types: Mapping[str, str], groups: Iterable[Sequence[Sequence[Any]]]
) -> str:
    """Store groups of rows, each with one value a column, as a table of the session; return its quoted name.

    `types` holds the type of each column, a key of `ARROW_TYPES`. DuckDB moves what memory cannot hold to its
    temporary folder.

    Raises
    ------
    DataError
        If a value does not fit the type of its column.
    """
    name = quote(gen_name("rows"))
    declared = ", ".join(f"{quote(column)} {sql_type}" for column, sql_type in types.items())
    query(backend, source, f"CREATE TABLE {name} ({declared})")
    for group in groups:
        with guarded(source):
            columns = zip(*group, strict=True)
            arrays = [
                pa.array(values, ARROW_TYPES[kind]) for values, kind in zip(columns, types.values(), strict=True)
            ]
            backend.con.register(_GROUP, pa.Table.from_arrays(arrays, names=list(types)))
            backend.con.execute(f"INSERT INTO {name} SELECT * FROM {_GROUP}")
            backend.con.unregister(_GROUP)
    return name


def converted(rows: Iterable[Sequence[Any]], types: Mapping[str, str]) -> Iterator[list[Any]]:
    """Yield rows with the values of drivers as their columns' types have them; none becomes another."""
    ways = [(at, _CONVERSIONS[kind]) for at, kind in enumerate(types.values()) if kind in _CONVERSIONS]
    for row in rows:
        cells = list(row)
        for at, convert in ways:
            if cells[at] is not None:
                cells[at] = convert(cells[at])
        yield cells


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return value.decode() if isinstance(value, bytes) else repr(value)


_CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "VARCHAR": _text,
    "BOOLEAN": bool,
    "DOUBLE": float,
    "BLOB": lambda _: b"",
}
