"""Open the tables of a configuration under their canonical names and types."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from silentnps.config import CurrenciesConfig, ProjectConfig
from silentnps.data.exports.apply import apply_preset
from silentnps.data.files.duckdb_errors import GuardedBackend
from silentnps.data.findings import Finding, Note, refuse_errors
from silentnps.data.opening.scan import Source, literal, open_source, query, quote, read_once
from silentnps.data.reading.bad_values import ReadColumn, refuse_bad_values
from silentnps.data.reading.column_facts import TableFacts, fact_counts, facts_of
from silentnps.data.reading.column_readings import read_columns
from silentnps.data.reading.currencies import (
    CURRENCY,
    converted,
    has_money,
    refuse_nameless,
    refuse_unknown_rates,
)
from silentnps.data.reading.keys import identified, may_hold_all_keys, tables_to_read
from silentnps.data.reading.mapping import left_out, user_columns
from silentnps.data.reading.ratings import RATING, read_ratings
from silentnps.data.reading.reading_notes import Reading, findings_of, with_prepared
from silentnps.data.reading.refusals import Refusals
from silentnps.data.reading.session import connect, refuse_unknown_zone
from silentnps.data.values.casts import Cast, cast
from silentnps.schema import FILE_ROW, RATED_BY_CLASS, Table
from silentnps.storage.spreadsheet_csv import unescape_ids

CONFIGURATION = "configuration"
"""In place of a table in findings on the configuration itself."""

_FEW_ROWS = 1_000_000
"""Tables of so many rows are held in memory, whatever their files are."""

_MANY_COLUMNS, _FEW_TO_PLAN = 300, 10_000
"""More columns, and fewer rows: it takes longer to plan how they are read than to read them."""

CALLED = "follow_up"
"""The table that people make of the list of calls."""


@dataclass(frozen=True)
class _Opened:
    """A table, the currencies in it, the findings of reading it, and the key that its customer_id holds."""

    rows: ir.Table
    currencies: set[str]
    findings: tuple[Finding, ...]
    identified_by: str | None
    facts: TableFacts


@dataclass(frozen=True)
class ReadTables:
    """Tables as they were read, those of `identity.links` among them, and the findings of reading them.

    `config` is the configuration with the key by which each table turned out to be identified.
    """

    tables: dict[str, ir.Table]
    findings: tuple[Finding, ...]
    config: ProjectConfig
    facts: Mapping[str, TableFacts] = field(default_factory=dict)


def read_tables(config: ProjectConfig, names: Collection[str] | None = None) -> ReadTables:
    """Open every configured table on one DuckDB connection; every value is checked before anything is returned.

    With `names`, only these. A table that is `identified_by` a key has its values as customer_id, see
    `read_linked_tables`.

    The tables have canonical names and come in the order of the schema; a CSV file is parsed once, here, large
    files of others are read when used. Column names are compared without regard to case. Columns that the schema
    does not know are left out, except the attributes of customers, which keep their type (decimals become floats;
    those of CSV files get the strictest type that all values fit).

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
        a value that is not of its column's kind. One message names all errors.
    """
    read = gather_tables(config, names)
    refuse_errors(read.findings)
    return read


def gather_tables(
    config: ProjectConfig, names: Collection[str] | None = None, *, facts: bool = False
) -> ReadTables:
    """Read as `read_tables` does, but make findings of all errors: those of `silentnps.data.findings.Refusal`.

    A table that cannot be opened is left out. Required columns that cannot be read have no values. With `facts`,
    the columns are described, too.
    """
    backend, refused = connect(config), Refusals(CONFIGURATION)
    with refused.gathered("timezone"):
        refuse_unknown_zone(backend, config)
    if refused.found:
        config = config.model_copy(update={"timezone": "UTC"})
    # Of customers and links the keys are read by which the other tables turn out to be identified.
    opened = _open_tables(backend, config, names, refused, with_all_keys=False, facts=facts)
    config = identified(config, {name: table.identified_by for name, table in opened.items()})
    opened |= _open_tables(backend, config, names, refused, with_all_keys=True, facts=facts)
    opened = {name: opened[name] for name in tables_to_read(config, names) if name in opened}
    with Refusals(CONFIGURATION, refused.found).gathered("currencies"):
        refuse_unknown_rates({name: table.currencies for name, table in opened.items()}, config.currencies)
    tables = {name: table.rows for name, table in opened.items()}
    called = {name: unescape_ids(tables[name]) for name in tables if name == CALLED}
    order = [CONFIGURATION, *tables_to_read(config, names)]
    errors = sorted(refused.found, key=lambda refusal: order.index(refusal.table))
    findings = (finding for table in opened.values() for finding in table.findings)
    described = {name: table.facts for name, table in opened.items()}
    return ReadTables(tables | called, (*errors, *findings), config, described)


def _open_tables(
    backend: GuardedBackend,
    config: ProjectConfig,
    names: Collection[str] | None,
    refused: Refusals,
    *,
    with_all_keys: bool,
    facts: bool,
) -> dict[str, _Opened]:
    """Open customers and links, which may hold all keys, or else all other tables."""
    to_read = tables_to_read(config, names)
    links = {name: table_config for name, (_, table_config) in to_read.items()}
    declared = config.model_copy(update={"tables": config.tables | links})
    opened: dict[str, _Opened] = {}
    for name, (table, _) in to_read.items():
        if may_hold_all_keys(name) == with_all_keys:
            refusals = Refusals(name)
            with refusals.gathered():
                opened[name] = _open_table(backend, table, declared, refusals, facts=facts)
            refused.found += refusals.found
    return opened


def _open_table(
    backend: GuardedBackend, table: Table, config: ProjectConfig, refusals: Refusals, *, facts: bool
) -> _Opened:
    source = open_source(backend, config.tables[table.name], most_seconds=config.reading_seconds)
    exported = apply_preset(backend, table.name, source, config)
    source, table_config = exported.source, exported.config
    names = user_columns(table, table_config, source, config, refusals)
    with refusals.gathered(CURRENCY):
        refuse_nameless(source.name, table, names, config.currencies)
    if not names:
        raise refusals.found[0].error
    if not facts:  # which are of every value
        read_once(backend, source, names.values())
    readings = read_columns(backend, table, source, names, config)
    refusals.add_readings(readings)
    unused = tuple(name for name in source.types if name not in names.values())
    source = with_prepared(source, readings)
    columns = _columns(table, source, names, readings, config.timezone)
    of_ratings: tuple[Finding, ...] = ()
    with refusals.gathered(RATING):
        columns, of_ratings = _rated(backend, table, source, columns, config)
    described = [(column, readings[column.name].kind) for column in columns if facts and column.name in readings]
    also = [count for column, kind in described for count in fact_counts(table, column, kind)]
    currencies, n_rows, counts = refuse_bad_values(backend, table, source, columns, refusals, also=also)
    of_columns = tuple(facts_of(table, source, described, n_rows, counts))
    columns += [_without_values(table, name) for name in table.required if name not in names]
    notes = (Note.of(table.name, words) for words in (*source.notes, left_out(table, source)) if words)
    stays = source.untyped or bool(source.stored) or n_rows <= _FEW_ROWS
    with _planned_fast(backend) if len(columns) > _MANY_COLUMNS and n_rows < _FEW_TO_PLAN else nullcontext():
        of_values = _stored(backend, table, source, columns, readings, config, what="TABLE" if stays else "VIEW")
    findings = (*notes, *exported.findings, *of_values, *of_ratings)
    told = TableFacts(source.name, of_columns, unused, exported.aside)
    return _Opened(backend.table(table.name), currencies, findings, table_config.identified_by, told)


@contextmanager
def _planned_fast(backend: Backend) -> Iterator[None]:
    """Let DuckDB not look for equal parts of expressions, whose time grows with the square of the columns."""
    backend.raw_sql("SET disabled_optimizers = 'common_subexpressions'")
    try:
        yield
    finally:
        backend.raw_sql("RESET disabled_optimizers")


def _stored(
    backend: Backend,
    table: Table,
    source: Source,
    columns: Sequence[ReadColumn],
    readings: Mapping[str, Reading],
    config: ProjectConfig,
    *,
    what: str,
) -> tuple[Finding, ...]:
    """Make the canonical table or view, which is `what`, and return the findings on the form of its values."""
    values = ", ".join(
        f"{sql} AS {quote(name)}" for name, sql in _values(table, source, columns, config.currencies).items()
    )
    if source.numbered:
        values += f", silentnps_row AS {quote(FILE_ROW)}"
    # A CSV file is parsed once, stored rows are read once; DuckDB moves what memory cannot hold to its folder.
    query(backend, source.name, f"CREATE {what} {quote(table.name)} AS SELECT {values} FROM {source.scan}")
    findings = findings_of(backend, table, source, _without_ratings(table, readings))
    for stored in source.stored:
        query(backend, source.name, f"DROP TABLE {stored}")
    return findings


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
    backend: Backend, table: Table, source: Source, columns: list[ReadColumn], config: ProjectConfig
) -> tuple[list[ReadColumn], tuple[Finding, ...]]:
    """Return the columns, with ratings read in the form in which they are written, and the findings on these."""
    names = {column.name: column.user_name for column in columns}
    if table.kind_of(RATING) is None or RATING not in names:
        return columns, ()
    ratings = read_ratings(backend, table.name, source, names, config)
    if ratings is None:
        return columns, ()
    rated = [replace(column, sql=ratings.sql) if column.name == RATING else column for column in columns]
    by_class = ReadColumn(RATED_BY_CLASS, names[RATING], "true", Cast("true", None, None, ""), lenient=True)
    return [*rated, by_class] if ratings.by_class else rated, ratings.findings


def _values(
    table: Table, source: Source, columns: Sequence[ReadColumn], declared: CurrenciesConfig | None
) -> dict[str, str]:
    """Return the SQL of each column, amounts converted where currencies are declared."""
    values = {column.name: column.sql.value for column in columns}
    if declared is None or CURRENCY not in values or not has_money(table, values):
        return values
    code = values[CURRENCY]
    money = [
        column for column in columns if table.kind_of(column.name) == "money" and column.user_name in source.types
    ]
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


def _without_values(table: Table, name: str) -> ReadColumn:
    """Return the column of the values that nobody has."""
    sql = cast("NULL::VARCHAR", family="text", kind=table.kind_of(name) or "text", zone="UTC")
    return ReadColumn(name, name, "NULL::VARCHAR", sql, lenient=True)


def _columns(
    table: Table, source: Source, names: Mapping[str, str], readings: Mapping[str, Reading], zone: str | None
) -> list[ReadColumn]:
    columns = []
    for name, user in names.items():
        reading = readings[name]
        if reading.kind is not None:
            # An attribute orders no events, so one without zone does not force the user to declare one.
            column_zone = source.zones.get(user, zone) or (None if table.kind_of(name) else "UTC")
            family = reading.family or source.family(user)
            sql = cast(reading.raw, family=family, kind=reading.kind, zone=column_zone or "UTC")
            if column_zone is None:
                sql = replace(sql, zoneless=cast(reading.raw, family=family, kind=reading.kind, zone=None).zoneless)
            columns.append(ReadColumn(name, user, reading.raw, sql, reading.lenient, reading.plain_ids))
    return columns
