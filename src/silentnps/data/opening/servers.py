"""Tables of servers, streamed into the session: what is no plain number comes as text and is typed here.

So values that Python's types cannot hold, such as infinite times or numbers of many digits, are neither lost nor
errors of a driver.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from typing import Any

import ibis.expr.datatypes as dt
import sqlglot.expressions as sge
from ibis.backends.duckdb import Backend
from ibis.common.exceptions import TableNotFound

from silentnps.config import RowsConfig
from silentnps.data.files.duckdb_errors import query, quote
from silentnps.data.files.paths import shown
from silentnps.data.opening.connections import connected, place_of
from silentnps.data.opening.source import Source, refuse_clashes, types_of
from silentnps.data.opening.stored_rows import converted, groups_of, stored_rows
from silentnps.errors import ConfigError

_MOST_TABLES = 30
_ROWS_TOGETHER = 20_000
_NO_VALUES = (dt.Array, dt.Map, dt.Struct, dt.Binary, dt.Time, dt.Interval)
"""Types of what is no value of any column: that there is something is all that is fetched."""


def server_source(backend: Backend, config: RowsConfig) -> Source:
    """Store the rows of a table or view of a server, of which nothing but SELECT is asked.

    Raises
    ------
    ConfigError
        If there is no such table, no driver, or a variable of the environment that the URL names is not set.
    DataError
        If the server cannot be reached, or its rows cannot be read.
    """
    url = config.url or ""
    if config.table is None:
        raise ConfigError(f"the key 'table' must name a table of {place_of(url)}; got none. Add `table:`.")
    name = f"{place_of(url)} ({shown(config.table)})"
    with connected(url, name) as connection:
        table = _table(connection, config.table, name)
        schema = table.schema()
        refuse_clashes(name, schema.names)
        types = {column: _stored_type(kind) for column, kind in schema.items()}
        sql = _select(table, types).sql(dialect=connection.dialect)
        with closing(_rows(connection, sql)) as rows:
            stored = stored_rows(backend, name, types, groups_of(converted(rows, types)))
    read = {column: _typed(backend, stored, column, kind) for column, kind in schema.items()}
    scan = f"(SELECT {', '.join(f'{sql} AS {quote(column)}' for column, sql in read.items())} FROM {stored})"
    return Source(name, scan, types_of(backend, name, scan), stored=(stored,))


def server_tables(url: str) -> list[str]:
    """Return the names of the tables and views of a server that its user sees without naming a schema.

    Raises
    ------
    ConfigError
        If there is no driver, or a variable of the environment that the URL names is not set.
    DataError
        If the server cannot be reached.
    """
    with connected(url, place_of(url)) as connection:
        return sorted(map(str, connection.list_tables()))


def _table(connection: Any, table: str, name: str) -> Any:
    """Return a table by its name, or by names with points between them: those of its schema and catalog first."""
    *path, last = table.split(".")
    database: Any = tuple(path) if len(path) > 1 else next(iter(path), None)
    for candidate, place in ((last, database), (table, None)):
        try:
            return connection.table(candidate, database=place)
        except TableNotFound:
            continue
    known = sorted(connection.list_tables(database=database))
    listed = ", ".join(map(shown, known[:_MOST_TABLES])) or "no tables that this user may see"
    raise ConfigError(f"the key 'table' must name one table of the server; got {name}. There are {listed}.")


def _stored_type(kind: dt.DataType) -> str:
    if isinstance(kind, _NO_VALUES):
        return "BLOB"
    if kind.is_boolean():
        return "BOOLEAN"
    if kind.is_floating():
        return "DOUBLE"
    return "BIGINT" if kind.is_integer() and not kind.is_uint64() else "VARCHAR"


def _select(table: Any, types: dict[str, str]) -> sge.Select:
    """Return the SELECT of all columns, those that are no plain numbers as text."""
    namespace = table.op().namespace
    place = sge.table_(table.op().name, db=namespace.database, catalog=namespace.catalog, quoted=True)
    return sge.select(*(_selected(column, kind) for column, kind in types.items())).from_(place)


def _selected(column: str, kind: str) -> sge.Expression:
    own = sge.column(column, quoted=True)
    if kind == "BLOB":
        return sge.Case(ifs=[sge.If(this=own.is_(sge.Null()).not_(), true=sge.Literal.number(1))])
    return sge.cast(own, "text") if kind == "VARCHAR" else own


def _rows(connection: Any, sql: str) -> Generator[Sequence[Any], None, None]:
    if connection.name != "postgres":
        with closing(connection.raw_sql(sql)) as cursor:
            while rows := cursor.fetchmany(_ROWS_TOGETHER):
                yield from rows
        return
    with connection.con.transaction(), connection.con.cursor(name="silentnps") as cursor:  # one of the server
        cursor.itersize = _ROWS_TOGETHER
        yield from cursor.execute(sql)


def _typed(backend: Backend, stored: str, column: str, kind: dt.DataType) -> str:
    """Return SQL of the values of a column in the type that it has on the server."""
    own = quote(column)
    if kind.is_decimal():
        return f"CAST({own} AS {_number_type(backend, stored, own)})"
    sql_type = _time_type(kind)
    if sql_type is None:
        return own
    # What lies outside of the calendar is no time, but there is something.
    return f"CASE WHEN {own} IS NOT NULL THEN coalesce(TRY_CAST({own} AS {sql_type}), '-infinity') END"


def _time_type(kind: dt.DataType) -> str | None:
    if kind.is_date():
        return "DATE"
    if kind.is_timestamp():
        return "TIMESTAMP" if kind.timezone is None else "TIMESTAMPTZ"
    return None


def _number_type(backend: Backend, stored: str, own: str) -> str:
    """Return the type that holds all values of a column of decimals exactly if there is one, else DOUBLE."""
    whole = f"regexp_full_match({own}, '-?[0-9]+') AND TRY_CAST({own} AS HUGEINT) IS NOT NULL"
    exact = f"TRY_CAST({own} AS DECIMAL(38, 10)) IS NOT NULL AND NOT regexp_matches({own}, '[.][0-9]{{11}}')"
    ((all_whole, all_exact),) = query(backend, stored, f"SELECT bool_and({whole}), bool_and({exact}) FROM {stored}")
    if all_whole:
        return "HUGEINT"
    return "DECIMAL(38, 10)" if all_exact else "DOUBLE"
