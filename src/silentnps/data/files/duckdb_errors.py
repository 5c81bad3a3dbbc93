"""DuckDB asked: what it cannot do with a user's rows becomes a DataError that holds none of them."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow
from ibis.backends.duckdb import Backend

from silentnps.data.files.paths import exactly, shown
from silentnps.data.files.time_limit import interrupted_after
from silentnps.errors import DataError

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
_FILE = re.compile(r'file "([^"]+)"')
_MOST_WORDS = 160
_COMPILING = threading.RLock()


class GuardedBackend(Backend):  # type: ignore[misc]  # ibis is untyped here
    """Ibis' DuckDB, in whose errors no value of a table is told.

    `most_seconds` is how much processor time a `query` may take; one that takes more reads a damaged file.
    """

    most_seconds: float | None = None

    def hide_progress_bar(self) -> None:
        """Keep DuckDB's own progress bar away, which it writes to stdout."""
        ((shown,),) = self.con.execute("SELECT current_setting('enable_progress_bar')").fetchall()
        if shown:  # a notebook without ipywidgets shows none, and DuckDB refuses to change that
            self.con.execute("SET enable_progress_bar = false")

    def compile(self, expr: Any, /, **options: Any) -> str:
        """Return the SQL of an expression."""
        with _nested_selects():
            return str(super().compile(expr, **options))

    def raw_sql(self, query: Any, **options: Any) -> Any:
        """Run SQL."""
        with guarded("a table"):
            return super().raw_sql(query, **options)

    def execute(self, expr: Any, /, **options: Any) -> Any:
        """Return the values of an expression as pandas has them."""
        with guarded("a table"):
            return super().execute(expr, **options)

    def to_pyarrow(self, expr: Any, /, **options: Any) -> Any:
        """Return the values of an expression as Arrow has them."""
        with guarded("a table"):
            return super().to_pyarrow(expr, **options)


_INTERRUPTED = "Query interrupted"
_NO_ROOM = ("No space left", "failed to offload", "temp_directory", "Out of Memory")


@contextmanager
def _nested_selects() -> Iterator[None]:
    """Let ibis write a SELECT for each step: to merge them takes it longer than DuckDB needs for nested ones."""
    with _COMPILING:  # the option is one for all threads
        before = ibis.options.sql.fuse_selects
        ibis.options.sql.fuse_selects = False
        try:
            yield
        finally:
            ibis.options.sql.fuse_selects = before


@contextmanager
def guarded(source: str) -> Iterator[None]:
    """Turn what DuckDB, or the passing of its values to Python, cannot do into a DataError.

    Too little memory and no room are not the table's fault: these errors pass. Ctrl-C stays a KeyboardInterrupt.
    """
    try:
        yield
    except (duckdb.Error, pyarrow.ArrowException, UnicodeError, OverflowError) as error:
        if isinstance(error, duckdb.OutOfMemoryException) or any(words in str(error) for words in _NO_ROOM):
            raise
        raise unreadable(source, str(error)) from None
    except RuntimeError as error:  # as which DuckDB passes Ctrl-C on
        if str(error) == _INTERRUPTED:
            raise KeyboardInterrupt from None
        raise


def query(backend: Backend, source: str, sql: str) -> list[tuple[Any, ...]]:
    """Run SQL; what DuckDB cannot read of `source` becomes a DataError without any value of it."""
    with guarded(source), _limited(backend, source):
        rows: list[tuple[Any, ...]] = backend.con.execute(sql).fetchall()
    return rows


@contextmanager
def _limited(backend: Backend, source: str) -> Iterator[None]:
    """Interrupt what takes too long."""
    seconds = getattr(backend, "most_seconds", None)
    if seconds is None:
        yield
        return
    try:
        with interrupted_after(seconds, backend.con.interrupt):
            yield
    except duckdb.InterruptException:
        raise DataError(
            f"{shown(source)} must be read in {seconds:,.0f} seconds of processor time; got no end of it. Write the"
            " file again, or raise `reading_seconds` of the configuration."
        ) from None


def quote(name: str) -> str:
    """Quote an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | Path) -> str:
    """Quote an SQL text."""
    return "'" + str(text).replace("'", "''") + "'"


def file_literal(path: Path) -> str:
    """Quote the name of one file that DuckDB is to read, to which every name is a pattern."""
    return literal(exactly(path))


def unreadable(source: str, message: str) -> DataError:
    """Return the error of a source that DuckDB cannot read, with its words but no quotation."""
    # Later lines of a message can quote a line of the file, and quotation marks a value: both are personal.
    first_line = (message.splitlines() or ["no reason given"])[0]
    named = _FILE.search(first_line)
    where = named.group(1) if named and Path(named.group(1)).exists() else source
    words = _QUOTED.sub("...", first_line).rstrip(". ")[:_MOST_WORDS]
    return DataError(f"{shown(where)} must be readable; got an error ({shown(words)}). Write the file again.")
