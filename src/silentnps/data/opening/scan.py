"""Where a table's rows are: a CSV file, Parquet files or a table of a DuckDB file, as SQL to scan them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow
import pyarrow.parquet
from ibis.backends.duckdb import Backend

from silentnps.config import TableConfig
from silentnps.data.files.csv_files import CsvFile, open_csv_files
from silentnps.data.files.duckdb_errors import GuardedBackend, file_literal, literal, query, quote, unreadable
from silentnps.data.files.names import as_yaml, quoted
from silentnps.data.files.paths import TableFiles, find_files, shown
from silentnps.data.values.casts import Family, family_of
from silentnps.errors import ConfigError, DataError

__all__ = ["Source", "literal", "open_source", "query", "quote"]


_LEAST_SECONDS = 20.0
_SLOWEST = 250_000
"""Bytes per second at which the busiest machine reads a file; DuckDB usually reads a thousand times faster."""


@dataclass(frozen=True)
class Source:
    """The rows of one table as the user has them.

    `name` is what errors call it, `scan` the SQL after FROM, `types` the DuckDB type of each column, in order;
    `untyped` means that all are text because the file has no types. `twice` holds, by name in lower case, the first
    two of several columns that share it, which `types` leaves out. `notes` say what of the files is no row or
    no column. `stored` are tables of the session that hold rows until they are read.
    """

    name: str
    scan: str
    types: dict[str, str]
    untyped: bool = False
    twice: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    stored: tuple[str, ...] = ()

    def family(self, column: str) -> Family:
        """Return the family of a column's type."""
        return family_of(self.types[column])


def open_source(backend: GuardedBackend, config: TableConfig, *, most_seconds: float | None = None) -> Source:
    """Find the files of one table and read their columns' names and types, and of CSV files what is no row.

    From then on no `query` of them takes longer than `most_seconds`; without it, than what their size allows.
    """
    table_files = find_files(config.path)
    size = sum(file.stat().st_size for file in table_files.files)
    backend.most_seconds = most_seconds or _LEAST_SECONDS + size / _SLOWEST
    if table_files.format == "duckdb":
        return _duckdb_source(backend, _only_file(table_files, config.path), config.table)
    if config.table is not None:
        raise ConfigError(
            f"the key 'table' must go with a .duckdb file; got {shown(config.path)}."
            f" Remove `table: {as_yaml(config.table)}`."
        )
    if config.encoding is not None and table_files.format != "csv":
        raise ConfigError(
            f"the key 'encoding' must go with a CSV file; got {shown(config.path)}."
            f" Remove `encoding: {config.encoding}`."
        )
    source = (_csv_source if table_files.format == "csv" else _parquet_source)(backend, config, table_files)
    n = len(table_files.files)
    matched = (
        (f"{shown(config.path)}: the pattern matched {n} file{'s' * (n > 1)}.",) if table_files.by_pattern else ()
    )
    return replace(source, notes=(*matched, *source.notes))


def read_once(backend: Backend, source: Source, columns: Iterable[str]) -> None:
    """Read every value of some columns, so that a damaged file is detected before anything is computed from it.

    Raises
    ------
    DataError
        If the file is damaged, or reading it does not end.
    """
    if source.untyped:
        return
    values = ", ".join(quote(name) for name in columns)
    query(backend, source.name, f"SELECT bit_xor(hash({values})) FROM {source.scan}")


def _only_file(table_files: TableFiles, path: Path) -> Path:
    if len(table_files.files) > 1:
        raise ConfigError(
            f"the path of a table must be one DuckDB file; got {len(table_files.files)} that match {shown(path)}."
            " Name the file."
        )
    return table_files.files[0]


def _parquet_source(backend: Backend, config: TableConfig, table_files: TableFiles) -> Source:
    for file in table_files.files:
        _refuse_clashes(file, _parquet_columns(file))
    names = ", ".join(file_literal(file) for file in table_files.files)
    # Partition folders such as store=01 keep their zeros when their values stay text.
    scan = f"read_parquet([{names}], union_by_name=true, hive_types_autocast=false)"
    name = shown(config.path)
    return Source(name, scan, _types(backend, name, scan))


def _parquet_columns(file: Path) -> list[str]:
    try:
        with pyarrow.parquet.ParquetFile(file) as opened:
            names: list[str] = opened.schema_arrow.names
            _refuse_other_counts(file, opened.metadata)
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        raise unreadable(str(file), str(error)) from None
    return names


def _refuse_other_counts(file: Path, metadata: pyarrow.parquet.FileMetaData) -> None:
    """Refuse a file whose row groups have other numbers of rows than it declares: reading it may never end."""
    groups = [metadata.row_group(at) for at in range(metadata.num_row_groups)]
    flat = [at for at in range(metadata.num_columns) if metadata.schema.column(at).max_repetition_level == 0]
    other = any(group.column(at).num_values != group.num_rows for group in groups for at in flat)
    if other or sum(group.num_rows for group in groups) != metadata.num_rows:
        raise unreadable(str(file), "its parts hold other numbers of rows than it says")


def _csv_source(backend: GuardedBackend, config: TableConfig, table_files: TableFiles) -> Source:
    parts = open_csv_files(backend, table_files.files, encoding=config.encoding)
    _refuse_other_columns(parts)
    names = parts[0].columns
    selected = ", ".join(map(quote, names))
    scans = [f"SELECT {selected} FROM {part.scan}" for part in parts]
    scan = parts[0].scan if len(parts) == 1 else f"({' UNION ALL '.join(scans)})"
    return Source(
        shown(config.path),
        scan,
        dict.fromkeys(names, "VARCHAR"),
        untyped=True,
        twice={lower: names for part in parts for lower, names in part.twice.items()},
        notes=tuple(note for part in parts for note in part.notes),
        stored=tuple(part.scan for part in parts if part.stored),
    )


def _refuse_other_columns(parts: list[CsvFile]) -> None:
    first = {name.lower() for name in parts[0].columns}
    for part in parts[1:]:
        if {name.lower() for name in part.columns} != first:
            raise DataError(
                f"{shown(part.file)} must have the header of {shown(parts[0].file)}; got another. Give all files"
                " the same columns, in any order."
            )


def _refuse_clashes(file: Path, names: Iterable[str]) -> None:
    seen: dict[str, str] = {}
    for name in names:
        first = seen.get(name.lower())
        if first is not None:
            raise clash(shown(file), first, name)
        seen[name.lower()] = name


def clash(source: str, first: str, second: str) -> DataError:
    """Return the error about two columns with the same name."""
    return DataError(
        f"{source} must name each column once, upper and lower case being the same; got {quoted(first)} and"
        f" {quoted(second)}. Rename or remove one of them."
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
            f"the key 'table' must name one table of {shown(file)}; got {table!r}. The file has {known}."
        )
    scan = ".".join(quote(part) for part in (catalog, *matches[0]))
    return Source(f"{shown(file)} ({table})", scan, _types(backend, str(file), scan))


def _attach(backend: Backend, file: Path) -> str:
    """Attach a DuckDB file, once however many tables it holds, and return its name in the session."""
    attached = query(backend, str(file), "SELECT database_name, path FROM duckdb_databases()")
    for name, path in attached:
        if path == str(file.resolve()):
            return str(name)
    name = f"file_{len(attached)}"
    query(backend, str(file), f"ATTACH {literal(file.resolve())} AS {name} (READ_ONLY)")
    return name


def _types(backend: Backend, source: str, scan: str) -> dict[str, str]:
    return {row[0]: row[1] for row in query(backend, source, f"DESCRIBE SELECT * FROM {scan}")}
