"""Tables of SQLite files, whose columns may hold values of several types: none of them is lost or guessed.

A column whose values are all whole numbers, real numbers or texts has that type. Where they are mixed, all are
text, numbers with all their digits.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ibis.backends.duckdb import Backend

from silentnps.data.files.duckdb_errors import quote
from silentnps.data.files.paths import shown
from silentnps.data.opening.source import Source, named, refuse_clashes
from silentnps.data.opening.stored_rows import converted, groups_of, stored_rows
from silentnps.errors import ConfigError, DataError

_CLASSES = ("integer", "real", "text", "blob")
_EXACT = 2**53
_WORDS = {
    "no such table": "it is a view of a table that the file does not have",
    "malformed": "it is damaged",
    "not a database": "it is no SQLite file",
    "locked": "it is locked",
}


def sqlite_source(backend: Backend, file: Path, table: str | None) -> Source:
    """Store the rows of a table or view of a SQLite file, which is opened for reading only.

    Raises
    ------
    ConfigError
        If the file has no such table.
    DataError
        If it cannot be read.
    """
    with _opened(file) as base:
        known = [name for (name,) in base.execute(_TABLES)]
        matches = [name for name in known if table is not None and name.lower() == table.lower()]
        if not matches:
            raise ConfigError(
                f"the key 'table' must name one table of {shown(file)}; got {named(table)}. The file has"
                f" {', '.join(map(shown, known)) or 'no tables'}."
            )
        declared = {row[1]: str(row[2]).upper() for row in base.execute(f"PRAGMA table_xinfo({quote(matches[0])})")}
        refuse_clashes(shown(file), declared)
        types = {name: _type_of(base, matches[0], name, of) for name, of in declared.items()}
        selected = ", ".join(map(_selected, types, types.values()))
        rows = converted(base.execute(f"SELECT {selected} FROM {quote(matches[0])}"), types)
        stored = stored_rows(backend, str(file), types, groups_of(rows))
    return Source(f"{shown(file)} ({shown(matches[0])})", stored, types, stored=(stored,))


def sqlite_tables(file: Path) -> list[str]:
    """Return the names of the tables and views of a SQLite file; DataError if it cannot be read."""
    with _opened(file) as base:
        return [str(name) for (name,) in base.execute(_TABLES)]


_TABLES = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY 1"


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as base:
            yield base
    except (sqlite3.Error, OverflowError, UnicodeError) as error:  # their words may quote a value
        words = next((words for sign, words in _WORDS.items() if sign in str(error)), "a value cannot be read")
        raise DataError(f"{shown(file)} must be readable; got an error ({words}). Write the file again.") from None


def _type_of(base: sqlite3.Connection, table: str, column: str, declared: str) -> str:
    """Return the type of a column from the classes of all its values."""
    name = quote(column)
    counts = ", ".join(f"total(typeof({name}) = '{of}')" for of in _CLASSES)
    large = f"total(typeof({name}) = 'integer' AND {name} NOT BETWEEN -{_EXACT} AND {_EXACT})"
    other = f"total(typeof({name}) = 'integer' AND {name} NOT IN (0, 1))"
    *n_of, n_large, n_other = base.execute(f"SELECT {counts}, {large}, {other} FROM {quote(table)}").fetchone()
    found = {of for of, n in zip(_CLASSES, n_of, strict=True) if n}
    if found == {"integer"}:
        return "BOOLEAN" if declared.startswith("BOOL") and not n_other else "BIGINT"
    if found == {"real"} or (found == {"integer", "real"} and not n_large):
        return "DOUBLE"
    return "BLOB" if found == {"blob"} else "VARCHAR"


def _selected(column: str, kind: str) -> str:
    # Bytes are no value of any column: that there are some is all that is kept.
    return f"CASE WHEN {quote(column)} IS NOT NULL THEN x'' END" if kind == "BLOB" else quote(column)
