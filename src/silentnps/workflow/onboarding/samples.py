"""Samples of the tables in a user's files, kept as tables of one DuckDB session."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from silentnps.config import TableConfig
from silentnps.data.files.duckdb_errors import GuardedBackend, literal, query
from silentnps.data.files.paths import find_files, shown
from silentnps.data.opening.connections import place_of
from silentnps.data.opening.scan import Source, open_source
from silentnps.data.opening.servers import server_tables
from silentnps.data.opening.sqlite_tables import sqlite_tables
from silentnps.data.opening.workbooks import sheets_of
from silentnps.errors import SilentNPSError

SAMPLE_ROWS = 20_000
"""Rows of a table that are looked at, evenly spaced over it."""


@dataclass(frozen=True)
class Sample:
    """One table that was found: its file, or files of one pattern, and a sample of its rows.

    `path` is what the configuration calls it, `table` names it inside a file that holds several, `n_rows` is its
    size, and `rows` the table of the session that has the sample. `files` are the files behind a pattern; `key` is
    what the configuration calls the place.
    """

    path: str
    table: str | None
    source: Source
    rows: str
    n_rows: int
    files: tuple[Path, ...] = ()
    key: Literal["path", "url"] = "path"

    @property
    def label(self) -> str:
        """Return what messages call it."""
        place = place_of(self.path) if self.key == "url" else shown(self.path)
        return f"{place} ({self.table})" if self.table else place

    @property
    def title(self) -> str:
        """Return the name of the file or table without what varies: digits, folders and endings."""
        stem = self.table or Path(self.path).name.split(".")[0]
        return re.sub(r"[\d\W_]+", " ", stem).strip().casefold()


@dataclass
class Samples:
    """All tables that were found, and why others were not, by file."""

    backend: GuardedBackend
    found: list[Sample] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)


def sample_files(files: Sequence[str], *, folder: Path) -> Samples:
    """Open every file and keep a sample of each of its tables; paths are noted relative to `folder`.

    Folders and patterns whose files are not one table are several. What cannot be read is in `unread`, with the
    reason.
    """
    samples = Samples(_session())
    named = {Path(file).resolve() for file in files if not _is_url(file)}
    for place in patterns_of(files):
        members = _files_of(place)
        if members and Path(place).is_dir():
            members = [file for file in members if Path(file).resolve() not in named]
            if not members:  # each was given by its own name, too
                continue
        n_found = len(samples.found)
        errors = _look_into(samples, place, folder)
        if errors and members and len(samples.found) == n_found:
            for file in patterns_of(members):
                samples.unread |= _look_into(samples, file, folder)
        else:
            samples.unread |= errors
    return samples


def _files_of(place: str) -> list[str]:
    """Return the files of a folder or pattern; none of what is a file or a server itself."""
    if _is_url(place) or Path(place).is_file():
        return []
    with suppress(SilentNPSError):
        return [str(file) for file in find_files(Path(place)).files]
    return [str(file) for file in sorted(Path(place).glob("*")) if file.is_file()] if Path(place).is_dir() else []


def _look_into(samples: Samples, place: str, folder: Path) -> dict[str, str]:
    """Keep a sample of each table of a file or server; return what cannot be read, and why."""
    unread = {}
    called = place_of(place) if _is_url(place) else place
    try:
        tables = _tables_in(samples.backend, place)
    except SilentNPSError as error:
        return {called: str(error)}
    for table in tables:
        try:
            samples.found.append(_sample(samples, place, table, folder))
        except SilentNPSError as error:
            unread[f"{called} ({table})" if table else called] = str(error)
    return unread


def patterns_of(files: Sequence[str]) -> list[str]:
    """Return the files, those of one table as one pattern: names that differ in digits only are parts of a table.

    Files whose pattern would match others too stay as they are.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     files = [Path(folder, name) for name in ("crm.csv", "orders-2024.csv", "orders-2025.csv")]
    ...     for file in files:
    ...         file.touch()
    ...     print([Path(place).name for place in patterns_of([str(file) for file in files])])
    ['crm.csv', 'orders-*.csv']
    """
    groups: dict[str, list[str]] = {}
    single: dict[str | Path, str] = {}
    for file in files:
        single.setdefault(file if _is_url(file) else Path(file).resolve(), file)
    for file in single.values():
        path = Path(file)
        if _is_url(file):
            groups[file] = [file]
            continue
        parts = re.sub(r"\d[\d_-]*\d|\d", "*", path.name) if path.is_file() else path.name
        groups.setdefault(str(path.with_name(parts)), []).append(file)
    chosen = []
    for pattern, members in groups.items():
        whole = len(members) > 1 and {str(path) for path in _matching(pattern)} == {str(Path(m)) for m in members}
        chosen += [pattern] if whole else members
    return chosen


def _matching(pattern: str) -> list[Path]:
    path = Path(pattern)
    return sorted(path.parent.glob(path.name))


def _session() -> GuardedBackend:
    backend = GuardedBackend()
    backend.do_connect()
    for setting in ("TimeZone = 'UTC'", "preserve_insertion_order = true", "autoinstall_known_extensions = false"):
        backend.raw_sql(f"SET {setting}")
    backend.hide_progress_bar()
    return backend


def _tables_in(backend: GuardedBackend, place: str) -> list[str | None]:
    """Return the names of the tables of a file or server; one None for a file that is a table itself."""
    if _is_url(place):
        return list(server_tables(TableConfig.model_validate({"url": place}).url or ""))
    files = find_files(Path(place))
    if files.format == "sqlite":
        return list(sqlite_tables(files.files[0]))
    if files.format == "workbook":
        sheets = sheets_of(files.files[0])
        return list(sheets) if len(sheets) > 1 else [None]
    return _duckdb_tables(backend, files.files[0]) if files.format == "duckdb" else [None]


def _duckdb_tables(backend: GuardedBackend, file: Path) -> list[str | None]:
    query(backend, shown(file), f"ATTACH {literal(file.resolve())} AS silentnps_looked (READ_ONLY)")
    try:
        listed = query(
            backend,
            shown(file),
            "SELECT table_schema, table_name FROM information_schema.tables"
            " WHERE table_catalog = 'silentnps_looked' ORDER BY 1, 2",
        )
    finally:
        query(backend, shown(file), "DETACH silentnps_looked")
    return [name if schema == "main" else f"{schema}.{name}" for schema, name in listed]


def _is_url(place: str) -> bool:
    return "://" in place


def _sample(samples: Samples, place: str, table: str | None, folder: Path) -> Sample:
    where = {"url": place} if _is_url(place) else {"path": Path(place).resolve()}
    source = open_source(samples.backend, TableConfig.model_validate({**where, "table": table}))
    name = f"silentnps_sample_{len(samples.found)}"
    n_rows = _size(samples.backend, source)
    query(samples.backend, source.name, f"CREATE TABLE {name} AS {_taken(source, n_rows)}")
    if _is_url(place):
        return Sample(place, table, source, name, int(n_rows), key="url")
    files = tuple(_matching(place)) if not Path(place).exists() else ()
    return Sample(relative(place, folder), table, source, name, int(n_rows), files)


def sampled(backend: GuardedBackend, source: Source) -> str:
    """Return SQL of a sample of the rows of a source, as after FROM."""
    n_rows = _size(backend, source)
    return source.scan if n_rows <= SAMPLE_ROWS else f"({_taken(source, n_rows)})"


def _size(backend: GuardedBackend, source: Source) -> int:
    ((n_rows,),) = query(backend, source.name, f"SELECT count(*) FROM {source.scan}")
    return int(n_rows)


def _taken(source: Source, n_rows: int) -> str:
    step = max(1, -(-n_rows // SAMPLE_ROWS))
    numbered = f"SELECT *, row_number() OVER () AS silentnps_at FROM {source.scan}"
    return f"SELECT * EXCLUDE (silentnps_at) FROM ({numbered}) WHERE (silentnps_at - 1) % {step} = 0"


def relative(path: str, folder: Path) -> str:
    """Return a path as a configuration in `folder` writes it: relative where it lies below, else absolute."""
    whole = Path(path).resolve()
    return str(whole.relative_to(folder.resolve())) if whole.is_relative_to(folder.resolve()) else str(whole)
