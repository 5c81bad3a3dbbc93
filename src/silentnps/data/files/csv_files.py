"""CSV files opened for DuckDB: what RFC 4180 allows it reads itself, whatever else people write becomes a table.

One reader says what the names and the rows of a file are, that of `csv_records`. A file in which every record is
one line of as many values is read the same way by DuckDB, and as fast as it can: that DuckDB finds as many rows as
the file has lines below its header is asked before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa
from ibis.backends.duckdb import Backend
from ibis.util import gen_name

from silentnps.data.files.csv_bytes import TextBytes, inspect_bytes
from silentnps.data.files.csv_layout import Layout, layout_of
from silentnps.data.files.csv_rows import Skipped, ends_like_a_total, rows_of
from silentnps.data.files.duckdb_errors import file_literal, guarded, literal, query, quote
from silentnps.data.files.paths import shown
from silentnps.errors import DataError

_ROWS_TOGETHER = 20_000
_FIRST_LINES = 5


@dataclass(frozen=True)
class CsvFile:
    """One file: `scan` is the SQL after FROM, `columns` the names that it gives, each once.

    `twice` holds, by name in lower case, the first two of several columns that share it, which are left out;
    `stored` says that `scan` is a table of the session.
    """

    file: Path
    scan: str
    columns: tuple[str, ...]
    twice: Mapping[str, tuple[str, str]]
    notes: tuple[str, ...]
    stored: bool


def open_csv_files(backend: Backend, files: Sequence[Path], *, encoding: str | None) -> list[CsvFile]:
    """Open CSV files.

    Raises
    ------
    DataError
        If a file cannot be read, or has no header, or a line that cannot be a row.
    """
    return [_open(backend, inspect_bytes(file, encoding=encoding)) for file in files]


def _open(backend: Backend, text: TextBytes) -> CsvFile:
    layout = layout_of(text)
    twice = shared_names(layout.names)
    columns = {at: name for at, name in enumerate(layout.names) if name and name.lower() not in twice}
    if not columns:
        raise DataError(f"{shown(text.file)} must name its columns; got none with a name of its own. Name them.")
    scan = _read_by_duckdb(backend, text, layout, columns)
    skipped = Skipped()
    stored = scan is None
    if scan is None:
        scan = _stored(backend, text, layout, columns, skipped)
    names = tuple(columns.values())
    return CsvFile(text.file, scan, names, twice, tuple(notes_of(text.file, layout, skipped)), stored)


def shared_names(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return the first two of several columns that share a name, by the name in lower case."""
    by_lower: dict[str, list[str]] = {}
    for name in names:
        by_lower.setdefault(name.lower(), []).append(name)
    return {lower: (same[0], same[1]) for lower, same in by_lower.items() if lower and len(same) > 1}


def _read_by_duckdb(backend: Backend, text: TextBytes, layout: Layout, columns: dict[int, str]) -> str | None:
    """Return the SQL of a file in which every line is a record, None if it is not one."""
    if not _is_plain(text, layout):
        return None
    types = ", ".join(f"{literal(_column(at))}: 'VARCHAR'" for at in range(layout.width))
    # The dialect is stated, not sniffed: a sniffer sees a sample, and loses zeros of ids that look like numbers.
    read = (
        f"read_csv([{file_literal(text.file)}], auto_detect=false, header=true,"
        f" delim={literal(layout.dialect.delimiter)}, quote='\"', escape='\"', columns={{{types}}},"
        f" compression={literal(text.packed)})"
    )
    try:
        again = " AND ".join(f"{quote(_column(at))} = {literal(name)}" for at, name in enumerate(layout.names[:3]))
        asked = f"SELECT count(*), count(*) FILTER (WHERE {again}) FROM {read}"
        n_rows, n_headers = query(backend, str(text.file), asked)[0]
    except DataError:  # the other reader takes it, or says what is wrong in which line
        return None
    if n_rows != text.lines - 1 or n_headers:
        return None
    named = ", ".join(f"{quote(_column(at))} AS {quote(name)}" for at, name in columns.items())
    return f"(SELECT {named} FROM {read})"


def _column(at: int) -> str:
    return f"column_{at}"


def _is_plain(text: TextBytes, layout: Layout) -> bool:
    is_utf8 = text.packed != "zip" and text.encoding in ("utf-8", "utf-8-sig")
    regular = text.plain_ends and not text.has_nul and not text.has_backslashed_quotes
    header = layout.header.line == 1 and len(layout.header.raw) == 1 and all(layout.names)
    return is_utf8 and regular and header and not ends_like_a_total(text)


def _stored(backend: Backend, text: TextBytes, layout: Layout, columns: dict[int, str], skipped: Skipped) -> str:
    """Store the rows of a file as a table of the session, a group of rows at a time."""
    name = gen_name("rows_of_csv")
    declared = ", ".join(f"{quote(column)} VARCHAR" for column in columns.values())
    query(backend, str(text.file), f"CREATE TABLE {quote(name)} ({declared})")
    rows = rows_of(text, layout, skipped)
    while group := list(islice(rows, _ROWS_TOGETHER)):
        cells = {at: [row[at] or None for row in group] for at in columns}
        values = {column: pa.array(cells[at], pa.string()) for at, column in columns.items()}
        with guarded(str(text.file)):
            backend.con.register("silentnps_rows_of_csv", pa.table(values))
            backend.con.execute(f"INSERT INTO {quote(name)} SELECT * FROM silentnps_rows_of_csv")
            backend.con.unregister("silentnps_rows_of_csv")
    return quote(name)


def notes_of(file: Path, layout: Layout, skipped: Skipped) -> Iterator[str]:
    """Yield what of a file is no row or no column."""
    for what, lines in skipped.lines.items():
        listed = ", ".join(map(str, lines[:_FIRST_LINES])) + ", ..." * (len(lines) > _FIRST_LINES)
        yield f"{shown(file)}: skipped {len(lines)} line{'s' * (len(lines) > 1)} ({what}): {listed}."
    unnamed = [str(at + 1) for at, name in enumerate(layout.names) if not name and at in layout.filled]
    if unnamed:
        yield f"{shown(file)}: left out columns without a name: {', '.join(unnamed)}. Name them to use them."
