"""Where a table's rows are, files of every format or a server, as SQL to scan them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pyarrow
import pyarrow.parquet
from ibis.backends.duckdb import Backend

from silentnps.config import RowsConfig
from silentnps.data.files.csv_files import open_csv_files
from silentnps.data.files.duckdb_errors import GuardedBackend, file_literal, literal, query, quote, unreadable
from silentnps.data.files.names import as_yaml
from silentnps.data.files.paths import TableFiles, find_files, shown
from silentnps.data.opening.servers import server_source
from silentnps.data.opening.source import (
    Source,
    clash,
    named,
    refuse_clashes,
    refuse_other_columns,
    types_of,
)
from silentnps.data.opening.sqlite_tables import sqlite_source
from silentnps.data.opening.workbooks import workbook_source
from silentnps.errors import ConfigError

__all__ = ["Source", "clash", "literal", "open_source", "query", "quote"]


_LEAST_SECONDS = 20.0
_SLOWEST = 250_000
"""Bytes per second of processor time; DuckDB usually reads a thousand times more."""


def open_source(backend: GuardedBackend, config: RowsConfig, *, most_seconds: float | None = None) -> Source:
    """Find the files of one table and read their columns' names and types, and of CSV files what is no row.

    From then on no `query` takes more processor time than `most_seconds`, by default what their size allows.
    """
    if config.path is None:
        backend.most_seconds = most_seconds
        return server_source(backend, config)
    table_files = find_files(config.path)
    size = sum(file.stat().st_size for file in table_files.files)
    backend.most_seconds = most_seconds or _LEAST_SECONDS + size / _SLOWEST
    _refuse_needless_keys(config, table_files)
    if table_files.format in ("duckdb", "sqlite"):
        return _base_source(backend, table_files, config)
    source = _file_source(backend, config, table_files)
    n = len(table_files.files)
    matched = (
        (f"{shown(table_files.path)}: the pattern matched {n} file{'s' * (n > 1)}.",)
        if table_files.by_pattern
        else ()
    )
    return replace(source, notes=(*matched, *source.notes))


def _refuse_needless_keys(config: RowsConfig, table_files: TableFiles) -> None:
    found = table_files.format
    if config.table is not None and found in ("csv", "parquet"):
        raise ConfigError(
            "the key 'table' must go with a workbook, a .duckdb or a .sqlite file; got"
            f" {shown(table_files.path)}. Remove `table: {as_yaml(config.table)}`."
        )
    if config.encoding is not None and found != "csv":
        raise ConfigError(
            f"the key 'encoding' must go with a CSV file; got {shown(table_files.path)}."
            f" Remove `encoding: {config.encoding}`."
        )


def _base_source(backend: Backend, table_files: TableFiles, config: RowsConfig) -> Source:
    duckdb = table_files.format == "duckdb"
    file = _only_file(table_files, "DuckDB" if duckdb else "SQLite")
    return (_duckdb_source if duckdb else sqlite_source)(backend, file, config.table)


def _file_source(backend: GuardedBackend, config: RowsConfig, table_files: TableFiles) -> Source:
    if table_files.format == "parquet":
        return _parquet_source(backend, config, table_files)
    if table_files.format == "csv":
        return _csv_source(backend, config, table_files)
    return workbook_source(backend, table_files.files, config.table, name=shown(table_files.path))


def read_once(backend: Backend, source: Source, columns: Iterable[str]) -> None:
    """Read every value of some columns, so that a damaged file is detected before anything is computed from it.

    Raises
    ------
    DataError
        If the file is damaged, or reading it does not end.
    """
    if source.untyped or source.stored:
        return
    values = ", ".join(quote(name) for name in columns)
    query(backend, source.name, f"SELECT bit_xor(hash({values})) FROM {source.scan}")


def _only_file(table_files: TableFiles, what: str) -> Path:
    if len(table_files.files) > 1:
        raise ConfigError(
            f"the path of a table must be one {what} file; got {len(table_files.files)} that match"
            f" {shown(table_files.path)}. Name the file."
        )
    return table_files.files[0]


def _parquet_source(backend: Backend, config: RowsConfig, table_files: TableFiles) -> Source:
    for file in table_files.files:
        refuse_clashes(shown(file), _parquet_columns(backend, file))
    names = ", ".join(file_literal(file) for file in table_files.files)
    # Partition folders such as store=01 keep their zeros when their values stay text.
    scan = f"read_parquet([{names}], union_by_name=true, hive_types_autocast=false)"
    name = shown(table_files.path)
    return Source(name, scan, types_of(backend, name, scan))


def _parquet_columns(backend: Backend, file: Path) -> list[str]:
    try:
        with pyarrow.parquet.ParquetFile(file) as opened:
            names: list[str] = opened.schema_arrow.names
            _refuse_other_counts(backend, file, opened.metadata)
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        raise unreadable(str(file), str(error)) from None
    return names


def _refuse_other_counts(backend: Backend, file: Path, metadata: pyarrow.parquet.FileMetaData) -> None:
    """Refuse a file whose row groups have other numbers of rows than it declares: reading it may never end."""
    flat = {at for at in range(metadata.num_columns) if metadata.schema.column(at).max_repetition_level == 0}
    # Over some damaged statistics of columns Arrow ends the process; DuckDB raises an error.
    counts = query(
        backend,
        str(file),
        "SELECT column_id, num_values, row_group_id, row_group_num_rows"
        f" FROM parquet_metadata({file_literal(file)})",
    )
    rows_of_groups = {group: rows for _, _, group, rows in counts}
    other = any(n != rows for at, n, _, rows in counts if at in flat)
    if other or sum(rows_of_groups.values()) != metadata.num_rows:
        raise unreadable(str(file), "its parts hold other numbers of rows than it says")


def _csv_source(backend: GuardedBackend, config: RowsConfig, table_files: TableFiles) -> Source:
    parts = open_csv_files(backend, table_files.files, encoding=config.encoding)
    refuse_other_columns([(shown(part.file), part.columns) for part in parts])
    names = parts[0].columns
    selected = ", ".join(map(quote, names))
    scans = [f"SELECT {selected} FROM {part.scan}" for part in parts]
    scan = parts[0].scan if len(parts) == 1 else f"({' UNION ALL '.join(scans)})"
    return Source(
        shown(table_files.path),
        scan,
        dict.fromkeys(names, "VARCHAR"),
        untyped=True,
        twice={lower: names for part in parts for lower, names in part.twice.items()},
        notes=tuple(note for part in parts for note in part.notes),
        stored=tuple(part.scan for part in parts if part.stored),
    )


def _duckdb_source(backend: Backend, file: Path, table: str | None) -> Source:
    catalog = _attach(backend, file)
    tables = query(
        backend,
        str(file),
        "SELECT table_schema, table_name FROM information_schema.tables"
        f" WHERE table_catalog = {literal(catalog)} ORDER BY 1, 2",
    )
    matches = [(schema, name) for schema, name in tables if table in (name, f"{schema}.{name}")]
    if len(matches) != 1:
        known = ", ".join(f"{schema}.{name}" for schema, name in tables) or "no tables"
        raise ConfigError(
            f"the key 'table' must name one table of {shown(file)}; got {named(table)}. The file has {known}."
        )
    scan = ".".join(quote(part) for part in (catalog, *matches[0]))
    return Source(f"{shown(file)} ({table})", scan, types_of(backend, str(file), scan))


def _attach(backend: Backend, file: Path) -> str:
    """Attach a DuckDB file, once however many tables it holds, and return its name in the session."""
    attached = query(backend, str(file), "SELECT database_name, path FROM duckdb_databases()")
    for name, path in attached:
        if path == str(file.resolve()):
            return str(name)
    name = f"file_{len(attached)}"
    query(backend, str(file), f"ATTACH {literal(file.resolve())} AS {name} (READ_ONLY)")
    return name
