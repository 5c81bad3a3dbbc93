"""Where a table's rows are: a CSV file, Parquet files or a table of a DuckDB file, as SQL to scan them."""

from __future__ import annotations

import csv
import glob
import gzip
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow
import pyarrow.parquet
from ibis.backends.duckdb import Backend

from silentnps.config import TableConfig
from silentnps.data.casts import Family, family_of
from silentnps.errors import ConfigError, DataError

_FORMATS = {
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
    **dict.fromkeys((".csv", ".tsv", ".txt", ".gz"), "csv"),
    **dict.fromkeys((".duckdb", ".ddb", ".db"), "duckdb"),
}
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Source:
    """The rows of one table as the user has them.

    `name` is what errors call it, `scan` the SQL after FROM, `types` the DuckDB type of each column, in order;
    `untyped` means that all are text because the file has no types.
    """

    name: str
    scan: str
    types: dict[str, str]
    untyped: bool = False

    def family(self, column: str) -> Family:
        """Return the family of a column's type."""
        return family_of(self.types[column])


def open_source(backend: Backend, config: TableConfig) -> Source:
    """Find the files of one table and read their columns' names and types, but no rows."""
    files = _files(config.path)
    file_format = _format(files[0])
    if file_format == "duckdb":
        return _duckdb_source(backend, files[0], config.table)
    if config.table is not None:
        raise ConfigError(
            f"the key 'table' must go with a .duckdb file; got {config.path}. Remove `table: {config.table}`."
        )
    if file_format == "csv":
        return _csv_source(config.path, files)
    return _parquet_source(backend, config.path, files)


def query(backend: Backend, source: str, sql: str) -> list[tuple[Any, ...]]:
    """Run SQL; what DuckDB cannot read of `source` becomes a DataError without any value of it."""
    try:
        rows: list[tuple[Any, ...]] = backend.raw_sql(sql).fetchall()
    except duckdb.Error as error:
        raise _unreadable(source, str(error)) from None
    return rows


def quote(name: str) -> str:
    """Quote an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | Path) -> str:
    """Quote an SQL text."""
    return "'" + str(text).replace("'", "''") + "'"


def _unreadable(source: str, message: str) -> DataError:
    # Later lines of a message can quote a line of the file, which is personal.
    first_line = message.splitlines()[0].rstrip(".")
    if "not utf-8" in message:
        return _not_utf8(source)
    if "Expected Number of Columns" in message:
        return DataError(
            f"{source} must have as many values in each line as in its header; got a line that has not"
            f" ({first_line}). Quote values that hold the delimiter."
        )
    return DataError(f"{source} must be readable; got an error ({first_line}). Write the file again.")


def _not_utf8(source: str | Path) -> DataError:
    return DataError(f"{source} must be UTF-8 text; got another encoding. Save it as UTF-8.")


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = _in_folder(path, (".parquet", ".pq")) or _in_folder(path, (".csv", ".tsv"))
    elif path.exists():
        found = [path]
    else:
        found = [Path(name) for name in sorted(glob.glob(str(path), recursive=True))]
    if not found:
        what = "a folder with Parquet or CSV files" if path.is_dir() else "an existing file, folder or pattern"
        raise ConfigError(f"the path of a table must be {what}; got {path}. Correct `path:` in the configuration.")
    return found


def _in_folder(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    # Writers leave files such as _SUCCESS or .part-0.crc beside the data.
    return sorted(file for file in folder.rglob("*") if file.suffix in suffixes and file.name[0] not in "._")


def _format(file: Path) -> str:
    file_format = _FORMATS.get(file.suffix.lower())
    if file_format is None:
        raise ConfigError(
            f"the path of a table must end in .parquet, .csv or .duckdb; got {file}. Save the table as one of them."
        )
    return file_format


def _parquet_source(backend: Backend, path: Path, files: list[Path]) -> Source:
    for file in files:
        _refuse_clashes(file, _parquet_columns(file))
    names = ", ".join(literal(file) for file in files)
    # Partition folders such as store=01 keep their zeros when their values stay text.
    scan = f"read_parquet([{names}], union_by_name=true, hive_types_autocast=false)"
    return Source(str(path), scan, _types(backend, str(path), scan))


def _parquet_columns(file: Path) -> list[str]:
    try:
        names: list[str] = pyarrow.parquet.read_schema(file).names
    except (OSError, pyarrow.ArrowException) as error:
        raise _unreadable(str(file), str(error)) from None
    return names


def _csv_source(path: Path, files: list[Path]) -> Source:
    header, delimiter = _csv_header(files[0])
    for file in files[1:]:
        if _csv_header(file) != (header, delimiter):
            raise DataError(f"{file} must have the header of {files[0]}; got another. Give all files one header.")
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in header)
    names = ", ".join(literal(file) for file in files)
    # The dialect is stated, not sniffed: a sniffer sees a sample, and loses zeros of ids that look like numbers.
    scan = (
        f"read_csv([{names}], auto_detect=false, header=true, delim={literal(delimiter)}, quote='\"',"
        f" escape='\"', columns={{{columns}}})"
    )
    return Source(str(path), scan, dict.fromkeys(header, "VARCHAR"), untyped=True)


def _csv_header(file: Path) -> tuple[list[str], str]:
    opener: Any = gzip.open if file.suffix == ".gz" else open
    try:
        with opener(file, "rt", encoding="utf-8-sig", newline="") as stream:
            line = stream.readline()
    except UnicodeDecodeError:
        raise _not_utf8(file) from None
    except OSError as error:
        raise _unreadable(str(file), str(error)) from None
    delimiter = max(_DELIMITERS, key=line.count)
    header = [name.strip() for name in next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter), [])]
    if not any(header):
        raise DataError(f"{file} must have a header line; got an empty one. Write the columns' names on top.")
    _refuse_clashes(file, header)
    return header, delimiter


def _refuse_clashes(file: Path, names: Iterable[str]) -> None:
    seen: dict[str, str] = {}
    for name in names:
        first = seen.get(name.lower())
        if first is not None:
            raise DataError(
                f"{file} must name each column once, upper and lower case being the same; got {first!r} and"
                f" {name!r}. Rename or remove one of them."
            )
        seen[name.lower()] = name


def _duckdb_source(backend: Backend, file: Path, table: str | None) -> Source:
    catalog = _attach(backend, file)
    tables = query(
        backend,
        str(file),
        "SELECT table_schema, table_name FROM information_schema.tables"
        f" WHERE table_catalog = {literal(catalog)} ORDER BY 1, 2",
    )
    found = [(schema, name) for schema, name in tables if table in (name, f"{schema}.{name}")]
    if len(found) != 1:
        known = ", ".join(f"{schema}.{name}" for schema, name in tables) or "no tables"
        raise ConfigError(f"the key 'table' must name one table of {file}; got {table!r}. The file has {known}.")
    scan = ".".join(quote(part) for part in (catalog, *found[0]))
    return Source(f"{file} ({table})", scan, _types(backend, str(file), scan))


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
