"""Open the tables of a configuration under their canonical names and types."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from silentnps.config import CurrenciesConfig, ProjectConfig
from silentnps.data.exports.apply import apply_preset
from silentnps.data.files.duckdb_errors import GuardedBackend
from silentnps.data.findings import Finding, Note
from silentnps.data.opening.scan import Source, literal, open_source, query, quote, read_once
from silentnps.data.reading.column_readings import read_columns
from silentnps.data.reading.currencies import (
    CURRENCY,
    converted,
    has_money,
    refuse_nameless,
    refuse_unknown_rates,
)
from silentnps.data.reading.id_precision import IdColumn, id_column, is_id
from silentnps.data.reading.keys import identified, may_hold_all_keys, tables_to_read
from silentnps.data.reading.mapping import left_out, user_columns
from silentnps.data.reading.ratings import RATING, read_ratings
from silentnps.data.reading.reading_notes import Reading, findings_of, with_prepared
from silentnps.data.reading.session import connect
from silentnps.data.values.casts import Cast, cast
from silentnps.errors import ConfigError, DataError
from silentnps.schema import NEVER_EMPTY, RATED_BY_CLASS, Table
from silentnps.storage.spreadsheet_csv import unescape_ids

_FIRST_ROWS = 5

CALLED = "follow_up"
"""The table that people make of the list of calls."""


@dataclass(frozen=True)
class _Column:
    """One column to read: its canonical name, the user's name and the SQL of its values."""

    name: str
    user_name: str
    raw: str
    sql: Cast
    lenient: bool


@dataclass(frozen=True)
class _Opened:
    """A table, the currencies in it, the findings of reading it, and the key that its customer_id holds."""

    rows: ir.Table
    currencies: set[str]
    findings: tuple[Finding, ...]
    identified_by: str | None


@dataclass(frozen=True)
class ReadTables:
    """Tables as they were read, those of `identity.links` among them, and the findings of reading them.

    `config` is the configuration with the key by which each table turned out to be identified.
    """

    tables: dict[str, ir.Table]
    findings: tuple[Finding, ...]
    config: ProjectConfig


def read_tables(config: ProjectConfig, names: Collection[str] | None = None) -> ReadTables:
    """Open every configured table on one DuckDB connection; every value is checked before anything is returned.

    With `names`, only these. A table that is `identified_by` a key has its values as customer_id, see
    `read_linked_tables`.

    The tables have canonical names and come in the order of the schema; a CSV file is parsed once, here, others
    are read when used. Column names are compared without regard to case. Columns that the schema does not know are
    left out, except the attributes of customers, which keep their type (decimals become floats; those of CSV files
    get the strictest type that all values fit).

    ids and texts: text without blanks around it; nothing but blanks becomes null; zeros in front survive. An id
    that is a whole number written as a float, as number or text, is that number: 12.0 is 12.
    Times: UTC without zone. Values with a zone are converted; values without are local times of `timezone` of the
    configuration. A date without time counts as the END of its day in that zone, its last microsecond: what
    happened on a day is known only when the day is over. A local time that daylight saving skips is moved forward
    by the hour; one that occurs twice is the second. Money: whole minor units, 100 * amount rounded half to even.
    Where `currencies` are declared, amounts and their currency are those of `currencies.to`, rounded once.

    Row numbers in errors are 1-based positions of rows in file order, the header not counted.

    Raises
    ------
    ConfigError
        If a file, table, column or time zone of the configuration does not exist, or `timezone` or `currencies`
        are needed.
    DataError
        If a file cannot be read, lacks a required column, names one twice, is empty where it must not be, or holds
        a value that is not of its column's kind.
    """
    backend = connect(config)
    # Of customers and links the keys are read by which the other tables turn out to be identified.
    opened = _open_tables(backend, config, names, with_all_keys=False)
    config = identified(config, {name: table.identified_by for name, table in opened.items()})
    opened |= _open_tables(backend, config, names, with_all_keys=True)
    opened = {name: opened[name] for name in tables_to_read(config, names)}
    refuse_unknown_rates({name: table.currencies for name, table in opened.items()}, config.currencies)
    tables = {name: table.rows for name, table in opened.items()}
    called = {name: unescape_ids(tables[name]) for name in tables if name == CALLED}
    findings = tuple(finding for table in opened.values() for finding in table.findings)
    return ReadTables(tables | called, findings, config)


def _open_tables(
    backend: GuardedBackend, config: ProjectConfig, names: Collection[str] | None, *, with_all_keys: bool
) -> dict[str, _Opened]:
    """Open customers and links, which may hold all keys, or else all other tables."""
    to_read = tables_to_read(config, names)
    links = {name: table_config for name, (_, table_config) in to_read.items()}
    declared = config.model_copy(update={"tables": config.tables | links})
    return {
        name: _open_table(backend, table, declared)
        for name, (table, _) in to_read.items()
        if may_hold_all_keys(name) == with_all_keys
    }


def _open_table(backend: GuardedBackend, table: Table, config: ProjectConfig) -> _Opened:
    source = open_source(backend, config.tables[table.name], most_seconds=config.reading_seconds)
    exported = apply_preset(backend, table.name, source, config)
    source, table_config = exported.source, exported.config
    names = user_columns(table, table_config, source, config)
    refuse_nameless(source.name, table, names, config.currencies)
    read_once(backend, source, names.values())
    readings = read_columns(backend, table, source, names, config)
    source = with_prepared(source, readings)
    columns = _columns(table, source, names, readings, config.timezone)
    columns, of_ratings = _rated(backend, table, source, columns, config)
    currencies = _refuse_bad_values(backend, table, source, columns)
    values = ", ".join(
        f"{sql} AS {quote(name)}" for name, sql in _values(table, source, columns, config.currencies).items()
    )
    # A CSV file is parsed once, stored rows are read once; DuckDB moves what memory cannot hold to its folder.
    what = "TABLE" if source.untyped or source.stored else "VIEW"
    query(backend, source.name, f"CREATE {what} {quote(table.name)} AS SELECT {values} FROM {source.scan}")
    findings = findings_of(backend, table, source, _without_ratings(table, readings))
    for stored in source.stored:
        query(backend, source.name, f"DROP TABLE {stored}")
    notes = (Note.of(table.name, words) for words in (*source.notes, left_out(table, source)) if words)
    all_findings = (*notes, *exported.findings, *findings, *of_ratings)
    return _Opened(backend.table(table.name), currencies, all_findings, table_config.identified_by)


def _without_ratings(table: Table, readings: Mapping[str, Reading]) -> dict[str, Reading]:
    """Return how columns are read, without the notes on the form of ratings, which are read separately."""
    rated = {RATING} if table.kind_of(RATING) else set()
    return {
        name: replace(
            reading, notes=tuple(note for note in reading.notes if name not in rated or note.effect != "note")
        )
        for name, reading in readings.items()
    }


def _rated(
    backend: Backend, table: Table, source: Source, columns: list[_Column], config: ProjectConfig
) -> tuple[list[_Column], tuple[Finding, ...]]:
    """Return the columns, with ratings read in the form in which they are written, and the findings on these."""
    names = {column.name: column.user_name for column in columns}
    if table.kind_of(RATING) is None or RATING not in names:
        return columns, ()
    ratings = read_ratings(backend, table.name, source, names, config)
    if ratings is None:
        return columns, ()
    rated = [replace(column, sql=ratings.sql) if column.name == RATING else column for column in columns]
    by_class = _Column(RATED_BY_CLASS, names[RATING], "true", Cast("true", None, None, ""), lenient=True)
    return [*rated, by_class] if ratings.by_class else rated, ratings.findings


def _values(
    table: Table, source: Source, columns: Sequence[_Column], declared: CurrenciesConfig | None
) -> dict[str, str]:
    """Return the SQL of each column, amounts converted where currencies are declared."""
    values = {column.name: column.sql.value for column in columns}
    if declared is None or not has_money(table, values):
        return values
    code = values[CURRENCY]
    money = [column for column in columns if table.kind_of(column.name) == "money"]
    amounts = {
        column.name: converted(
            column.raw,
            source.family(column.user_name),
            value=column.sql.value,
            currency=code,
            declared=declared,
        )
        for column in money
    }
    return values | amounts | {CURRENCY: f"CASE WHEN {code} IS NOT NULL THEN {literal(declared.to)} END"}


def _columns(
    table: Table, source: Source, names: Mapping[str, str], readings: Mapping[str, Reading], zone: str | None
) -> list[_Column]:
    columns = []
    for name, user in names.items():
        reading = readings[name]
        if reading.kind is not None:
            # An attribute orders no events, so one without zone does not force the user to declare one.
            column_zone = zone if table.kind_of(name) else zone or "UTC"
            sql = cast(
                reading.raw, family=reading.family or source.family(user), kind=reading.kind, zone=column_zone
            )
            columns.append(_Column(name, user, reading.raw, sql, reading.lenient))
    return columns


def _refuse_bad_values(backend: Backend, table: Table, source: Source, columns: Sequence[_Column]) -> set[str]:
    """Refuse values that are not of their column's kind; return the currencies, which the same scan finds."""
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
    counts += [count for column in ids for count in column.counts]
    n_rows, currencies, *n_bad = query(backend, source.name, f"SELECT {', '.join(counts)} FROM {source.scan}")[0]
    if n_rows == 0 and table.name in NEVER_EMPTY:
        raise DataError(
            f"{source.name} must have rows; got none. Check that the export of {table.name} is complete."
        )
    for (column, test), rows in zip(tests, n_bad, strict=False):
        if rows:
            _refuse(backend, source, column, test, rows)
    _refuse_lost_digits(backend, source, ids, n_bad[len(tests) :])
    return {currency for currency in currencies or () if currency is not None}


def _ids(table: Table, source: Source, columns: Sequence[_Column]) -> list[IdColumn]:
    return [
        id_column(
            table,
            column.name,
            user_name=column.user_name,
            value=column.sql.value,
            sql_type=source.types[column.user_name],
        )
        for column in columns
        if is_id(table, column.name)
    ]


def _refuse_lost_digits(backend: Backend, source: Source, ids: Sequence[IdColumn], counts: Sequence[int]) -> None:
    size = len(counts) // max(len(ids), 1)
    for i, column in enumerate(ids):
        loss = column.lost(counts[i * size : (i + 1) * size])
        if loss is not None:
            lost, rows = loss
            _refuse_rows(backend, source, column.user_name, lost.rule, lost.sign, rows, lost.cure)


def _refuse(backend: Backend, source: Source, column: _Column, test: str, rows: int) -> None:
    if test == column.sql.zoneless:
        raise ConfigError(
            f"{source.name}: column {column.user_name!r} must have a time zone; got {rows} values without one."
            " Add `timezone:` to the configuration, such as `timezone: Europe/Berlin` or `timezone: UTC`."
        )
    _refuse_rows(backend, source, column.user_name, column.sql.rule, test, rows, "Correct them in the file.")


def _refuse_rows(
    backend: Backend, source: Source, user_name: str, rule: str, test: str, rows: int, cure: str
) -> NoReturn:
    first = query(
        backend,
        source.name,
        f"SELECT silentnps_row FROM ({source.with_rows}) WHERE {test} ORDER BY 1 LIMIT {_FIRST_ROWS}",
    )
    listed = ", ".join(str(row) for (row,) in first)
    raise DataError(
        f"{source.name}: column {user_name!r} must hold {rule}; got {rows} bad rows (first rows {listed}). {cure}"
    )
