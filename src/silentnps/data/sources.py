"""Open the tables of a configuration under their canonical names and types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from silentnps.config import ProjectConfig, TableConfig
from silentnps.data.casts import AnyKind, Cast, attribute_kind, cast, clean_text, misfits
from silentnps.data.mapping import user_columns
from silentnps.data.rules import NEVER_EMPTY
from silentnps.data.scan import Source, literal, open_source, query, quote
from silentnps.data.schema import TABLES, Table
from silentnps.errors import ConfigError, DataError

_FIRST_ROWS = 5


@dataclass(frozen=True)
class _Column:
    """One column to read: its canonical name, the user's name and the SQL of its values."""

    name: str
    user_name: str
    sql: Cast


def open_tables(config: ProjectConfig) -> dict[str, ir.Table]:
    """Open every configured table on one DuckDB connection; every value is checked before anything is returned.

    The tables have canonical names and come in the order of the schema; a CSV file is parsed once, here, others
    are read when used. Column names are compared without regard to case. Columns that the schema does not know are
    left out, except the attributes of customers, which keep their type (decimals become floats; those of CSV files
    get the strictest type that all values fit).

    ids and texts: text without blanks around it; nothing but blanks becomes null; zeros in front survive.
    Times: UTC without zone. Values with a zone are converted; values without are local times of `timezone` of the
    configuration. A date without time counts as the END of its day in that zone, its last microsecond: what
    happened on a day is known only when the day is over. A local time that daylight saving skips is moved forward
    by the hour; one that occurs twice is the second. Money: whole minor units, 100 * amount rounded half to even.

    Row numbers in errors are 1-based positions of rows in file order, the header not counted.

    Raises
    ------
    ConfigError
        If a file, table, column or time zone of the configuration does not exist, or `timezone` is needed.
    DataError
        If a file cannot be read, lacks a required column, names one twice, is empty where it must not be, or holds
        a value that is not of its column's kind.
    """
    backend = _connect(config)
    return {
        name: _open_table(backend, TABLES[name], config.tables[name], config.timezone)
        for name in TABLES
        if name in config.tables
    }


def _connect(config: ProjectConfig) -> Backend:
    backend: Backend = ibis.duckdb.connect()
    spill = literal(config.output / ".duckdb")
    for setting in (
        "TimeZone = 'UTC'",
        "preserve_insertion_order = true",
        "autoinstall_known_extensions = false",
        f"temp_directory = {spill}",
    ):
        backend.raw_sql(f"SET {setting}")
    zones = query(backend, "timezone", "SELECT name FROM pg_timezone_names()")
    if config.timezone is not None and (config.timezone,) not in zones:
        raise ConfigError(
            f"timezone must be a zone that DuckDB knows; got {config.timezone!r}. Use Area/City or UTC."
        )
    return backend


def _open_table(backend: Backend, table: Table, config: TableConfig, zone: str | None) -> ir.Table:
    source = open_source(backend, config)
    columns = _columns(backend, table, source, user_columns(table, config.columns, source), zone)
    _refuse_bad_values(backend, table, source, columns)
    values = ", ".join(f"{column.sql.value} AS {quote(column.name)}" for column in columns)
    # A CSV file is parsed once; DuckDB moves what memory cannot hold to its temporary folder.
    what = "TABLE" if source.untyped else "VIEW"
    query(backend, source.name, f"CREATE {what} {quote(table.name)} AS SELECT {values} FROM {source.scan}")
    return backend.table(table.name)


def _columns(
    backend: Backend, table: Table, source: Source, names: dict[str, str], zone: str | None
) -> list[_Column]:
    kinds: dict[str, AnyKind] = {column.name: column.kind for column in table.columns}
    attributes = {name: user_name for name, user_name in names.items() if name not in kinds}
    kinds |= _attribute_kinds(backend, source, attributes)
    # An attribute orders no events, so one without zone does not force the user to declare one.
    zones = dict.fromkeys(names, zone) | dict.fromkeys(attributes, zone or "UTC")
    return [
        _Column(name, user, cast(quote(user), family=source.family(user), kind=kinds[name], zone=zones[name]))
        for name, user in names.items()
    ]


def _attribute_kinds(backend: Backend, source: Source, names: dict[str, str]) -> dict[str, AnyKind]:
    if source.untyped:
        return _guessed_kinds(backend, source, names)
    return {name: attribute_kind(source.family(user_name)) for name, user_name in names.items()}


def _guessed_kinds(backend: Backend, source: Source, names: dict[str, str]) -> dict[str, AnyKind]:
    """Return the strictest kind that all values of a text column fit."""
    tests = [(name, kind, test) for name, user in names.items() for kind, test in misfits(quote(user)).items()]
    if not tests:
        return {}
    counts = [f"count(*) FILTER (WHERE {test})" for _, _, test in tests]
    filled = [f"count({clean_text(quote(user))})" for user in names.values()]
    row = query(backend, source.name, f"SELECT {', '.join(filled + counts)} FROM {source.scan}")[0]
    kinds: dict[str, AnyKind] = {name: "text" for name, n_filled in zip(names, row, strict=False) if n_filled == 0}
    for (name, kind, _), n_misfits in zip(tests, row[len(filled) :], strict=True):
        if n_misfits == 0:
            kinds.setdefault(name, kind)
    return {name: kinds.get(name, "text") for name in names}


def _refuse_bad_values(backend: Backend, table: Table, source: Source, columns: Sequence[_Column]) -> None:
    tests = [
        (column, test) for column in columns for test in (column.sql.zoneless, column.sql.bad) if test is not None
    ]
    counts = ", ".join(["count(*)", *(f"count(*) FILTER (WHERE {test})" for _, test in tests)])
    n_rows, *n_bad = query(backend, source.name, f"SELECT {counts} FROM {source.scan}")[0]
    if n_rows == 0 and table.name in NEVER_EMPTY:
        raise DataError(
            f"{source.name} must have rows; got none. Check that the export of {table.name} is complete."
        )
    for (column, test), rows in zip(tests, n_bad, strict=True):
        if rows:
            _refuse(backend, source, column, test, rows)


def _refuse(backend: Backend, source: Source, column: _Column, test: str, rows: int) -> None:
    if test == column.sql.zoneless:
        raise ConfigError(
            f"{source.name}: column {column.user_name!r} must have a time zone; got {rows} values without one."
            " Add `timezone:` to the configuration, such as `timezone: Europe/Berlin` or `timezone: UTC`."
        )
    numbered = f"SELECT *, row_number() OVER () AS silentnps_row FROM {source.scan}"
    first = query(
        backend,
        source.name,
        f"SELECT silentnps_row FROM ({numbered}) WHERE {test} ORDER BY 1 LIMIT {_FIRST_ROWS}",
    )
    listed = ", ".join(str(row) for (row,) in first)
    raise DataError(
        f"{source.name}: column {column.user_name!r} must hold {column.sql.rule}; got {rows} bad rows"
        f" (first rows {listed}). Correct them in the file."
    )
