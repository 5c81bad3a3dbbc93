"""The queries of several raw tables at a time, each on a cursor of the same DuckDB."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from typing import Any

import duckdb
import ibis.expr.types as ir
import pyarrow as pa

from silentnps.data.files.duckdb_errors import literal
from silentnps.errors import DataError
from silentnps.storage.duckdb_cursors import open_cursors

_SETTINGS = ("TimeZone", "search_path")
"""What a cursor does not take over from its connection, and on which the meaning of a query depends."""

_PATIENCE = 0.05
"""Seconds from one attempt to interrupt the queries to the next."""


def run_queries(
    connection: Any, queries: Mapping[str, ir.Table], registered: Mapping[str, pa.Table]
) -> Generator[tuple[str, pa.Table], None, None]:
    """Yield the name and the result of each query, in their order.

    Parameters
    ----------
    connection
        An Ibis connection to DuckDB.
    queries
        Expressions of its tables, by name. The first are started first, so the longest one should be the first.
    registered
        Tables in memory, by the names under which they are registered with the connection.

    Raises
    ------
    DataError, duckdb.Error
        If the connection cannot run a query. One that only a cursor cannot run, such as a query of a temporary
        table or one that lacks memory beside another, the connection runs alone.
    """

    def run(query: ir.Table) -> pa.Table | None:
        with cursors.borrowed() as cursor, _like(connection, cursor, settings, registered) as backend:
            try:
                return backend.to_pyarrow(query)
            except (duckdb.Error, DataError):
                return None

    settings = _settings(connection)
    with open_cursors(connection, most=len(queries)) as cursors, ThreadPoolExecutor(cursors.n) as pool:
        running = {name: pool.submit(run, query) for name, query in queries.items()}
        try:
            for name, future in running.items():
                result = future.result()
                yield name, connection.to_pyarrow(queries[name]) if result is None else result
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            begun = [future for future in running.values() if not future.cancelled()]  # the others never get done
            while wait(begun, timeout=_PATIENCE).not_done:  # a query may only be about to begin
                cursors.interrupt()
            raise


def _settings(connection: Any) -> list[str]:
    """Return the SQL that gives a cursor the settings and the temporary views of its connection."""

    def values(query: str) -> list[str]:
        return [value for (value,) in connection.con.execute(query).fetchall() if value]

    current = {name: values(f"SELECT current_setting('{name}')") for name in _SETTINGS}
    views = values("SELECT sql FROM duckdb_views() WHERE temporary AND NOT internal ORDER BY view_oid")
    return [
        *(f"SET {name} = {literal(value)}" for name, set_values in current.items() for value in set_values),
        *(view.replace("CREATE TEMP VIEW", "CREATE OR REPLACE TEMP VIEW", 1) for view in views),
    ]


@contextmanager
def _like(connection: Any, cursor: Any, settings: list[str], registered: Mapping[str, pa.Table]) -> Iterator[Any]:
    """Make a cursor as like its connection as can be while the block runs, in particular with its errors."""
    backend = type(connection).from_connection(cursor)
    for sql in settings:
        with suppress(duckdb.Error):  # a view of a temporary table
            cursor.execute(sql)
    for name, rows in registered.items():
        cursor.register(name, rows)
    try:
        yield backend
    finally:
        for name in registered:
            cursor.unregister(name)
