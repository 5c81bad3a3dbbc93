"""Features of a base that is larger than memory: one bucket of customers after the other, each by one query.

The features of a bucket are those of `build_features`, and are the same in any number of buckets.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeAlias

import duckdb
import ibis
import ibis.expr.types as ir

from silentnps.counts import counted
from silentnps.data.checking.ties import last_of_moment
from silentnps.data.checking.versions import with_versions
from silentnps.data.files.duckdb_errors import file_literal, literal
from silentnps.features.definitions.words import without_other_words
from silentnps.features.engine.expressions import (
    ROW,
    Population,
    Tables,
    numbered,
    wide_features,
)
from silentnps.features.engine.used_columns import POPULATION, used_columns
from silentnps.features.large_base.bucket_store import Events, Piece, changed_customers, changed_months, has_months
from silentnps.features.population.answers import relational_answers
from silentnps.storage.duckdb_memory import bounded

_VIEW = "silentnps_{}"
_ROWS = "silentnps_rows"
_CHANGED = "silentnps_changed"
_MOST_AT_ONCE = 4

Run: TypeAlias = Callable[[str], Any]
"""Runs SQL and returns the cursor with its result."""


@dataclass(frozen=True)
class Base:
    """The tables and the population that features are built from, with the query of a bucket.

    `tables` have the versions of their rows, which may be of several customers, so of several buckets.
    """

    connection: Any
    tables: Mapping[str, ir.Table]
    columns: Mapping[str, list[str]]
    rows: str
    query: str

    @classmethod
    def of(cls, tables: Tables, population: Population, *, exclude: Collection[str] = ()) -> Base:
        """Return the base of these tables; errors as `build_features`."""
        versions = {
            name: without_other_words(name, with_versions(name, last_of_moment(name, table)))
            for name, table in tables.items()
        }
        if "responses" in versions:  # whether any answer is relational is not to be asked of a bucket
            versions["responses"] = relational_answers(versions["responses"])
        everything = {**versions, POPULATION: population}
        columns = used_columns(versions, population, exclude=exclude)
        seen = {
            name: ibis.table(everything[name].select(*own).schema(), name=_VIEW.format(name))
            for name, own in columns.items()
        }
        people = seen.pop(POPULATION)
        numbers = numbered(people)
        stored = ibis.table(numbers.schema(), name=_ROWS)
        wide = wide_features({**versions, **seen}, stored, exclude=exclude, row=(ROW,))
        connection = population.get_backend()
        query = connection.compile(wide.order_by(ROW).drop(ROW))
        return cls(connection, everything, columns, connection.compile(numbers), query)

    @property
    def key(self) -> dict[str, Any]:
        """Return what rows on disk and features of an earlier run must have been made with to be used again."""
        schemas = {
            name: {column: str(kind) for column, kind in self.tables[name].select(*own).schema().items()}
            for name, own in self.columns.items()
        }
        query = hashlib.sha256((self.rows + self.query).encode()).hexdigest()
        return {"duckdb": duckdb.__version__, "query": query, "columns": schemas, "words": "digests"}


def store_rows(base: Base, folder: Path, *, buckets: int, progress: Callable[[str], None] | None = None) -> Events:
    """Write the rows of the base by bucket into an empty folder, in Parquet of about the size of the tables.

    `progress` is called with the name of each table when it is written. DataError if they cannot be written.
    """
    events = Events(base.connection, folder, buckets, base.columns, {})
    pieces: dict[str, tuple[Piece, ...]] = {}
    with bounded(base.connection):
        for name in base.columns:
            pieces[name] = (events.write(name, base.tables[name], 0),)
            if progress:
                progress(name)
    return Events(base.connection, folder, buckets, base.columns, pieces)


def renew_rows(
    kept: Events, base: Base, run: int, *, since: datetime, progress: Callable[[str], None] | None = None
) -> Events:
    """Return the rows of an earlier run with what changed: months of events, and customers and population whole.

    Months before that of `since` count as unchanged where their numbers of rows are. The pieces of `kept` stay.
    """
    pieces: dict[str, tuple[Piece, ...]] = {}
    with bounded(base.connection):
        for name, rows in ((name, base.tables[name]) for name in base.columns):
            if not has_months(name, rows):
                pieces[name] = (kept.write(name, rows, run),)
                continue
            months = changed_months(kept, name, rows, since)
            left = [piece.without(months) if months else piece for piece in kept.pieces[name]]
            added = [kept.write(name, rows, run, months)] if months else []
            pieces[name] = tuple(piece for piece in [*left, *added] if piece)
            if progress:
                progress(f"{name}, {counted(len(months), 'month')} changed")
    return Events(base.connection, kept.folder, kept.buckets, base.columns, pieces)


def build_buckets(
    base: Base,
    events: Events,
    out: Path,
    *,
    kept: Events | None = None,
    older: Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Write the features of every bucket as a part of `out`, ordered by wave and customer.

    Parameters
    ----------
    kept, older
        The rows of an earlier run and the folder of its features, if they are to be used again: only customers of
        whom some row differs are made anew.
    progress
        Called with 1 for each bucket that is done.

    Returns
    -------
    How many customers were made anew; where nothing is used again, 0.

    Raises
    ------
    DataError
        If there is not enough memory or room on the disk.
    """

    def build(bucket: int) -> int:
        part = part_name(bucket)
        with cursors.one() as run:
            if kept is None or older is None:
                _build(run, base, events, bucket, out / part)
                return 0
            return _renew(run, base, kept, events, bucket, older / part, out / part)

    renewed = 0
    with bounded(base.connection), _several(base.connection) as cursors, ThreadPoolExecutor(cursors.n) as pool:
        for changed in pool.map(build, range(events.buckets)):
            renewed += changed
            if progress:
                progress(1)
    return renewed


def part_name(bucket: int) -> str:
    """Return the name of the file with the features of a bucket."""
    return f"part-{bucket:05d}.parquet"


def _build(run: Run, base: Base, events: Events, bucket: int, path: Path) -> None:
    _show(run, base, events, bucket)
    _copy(run, base.query, path)


def _renew(run: Run, base: Base, kept: Events, now: Events, bucket: int, old: Path, path: Path) -> int:
    """Write the features of a bucket, those of `old` for customers of whom nothing changed; return of how many."""
    run(f"CREATE OR REPLACE TEMP TABLE {_CHANGED} AS {changed_customers(kept, now, bucket)}")
    changed = _count(run, f"SELECT * FROM {_CHANGED}")
    if not changed:
        _link(old, path)
    elif 2 * changed > _count(run, now.rows(POPULATION, bucket)):
        _build(run, base, now, bucket, path)
    else:
        _show(run, base, now, bucket, only=f" WHERE customer_id IN (SELECT customer_id FROM {_CHANGED})")
        same = (
            f"SELECT * FROM read_parquet({file_literal(old)}) "
            f"WHERE customer_id NOT IN (SELECT customer_id FROM {_CHANGED})"
        )
        _copy(run, f"{same} UNION ALL BY NAME ({base.query}) ORDER BY wave, customer_id", path)
    return changed


def _show(run: Run, base: Base, events: Events, bucket: int, *, only: str = "") -> None:
    """Show the rows of a bucket under the names that the query knows."""
    for name in base.columns:
        rows = events.rows(name, bucket)
        run(f"CREATE OR REPLACE TEMP VIEW {_VIEW.format(name)} AS SELECT * FROM ({rows}){only}")
    run(f"CREATE OR REPLACE TEMP TABLE {_ROWS} AS {base.rows}")


def _copy(run: Run, query: str, path: Path) -> None:
    run(f"COPY ({query}) TO {literal(path)} (FORMAT parquet)")


def _count(run: Run, rows: str) -> int:
    return int(run(f"SELECT count(*) FROM ({rows})").fetchall()[0][0])


@dataclass(frozen=True)
class _Cursors:
    """Connections to one DuckDB, each with its own temporary tables, for so many threads."""

    n: int
    free: SimpleQueue[Any]

    @contextmanager
    def one(self) -> Iterator[Run]:
        cursor = self.free.get()
        try:
            yield cursor.execute
        finally:
            self.free.put(cursor)


@contextmanager
def _several(connection: Any) -> Iterator[_Cursors]:
    """Work on several buckets at a time, which shares the cores better than several threads on one."""
    threads = int(connection.con.execute("SELECT current_setting('threads')").fetchall()[0][0])
    found = _Cursors(min(threads, _MOST_AT_ONCE), SimpleQueue())
    for _ in range(found.n):
        found.free.put(connection.con.cursor())
    connection.raw_sql(f"SET threads = {threads - found.n + 1}")  # those beside the threads that ask
    try:
        yield found
    finally:
        while not found.free.empty():
            found.free.get().close()
        connection.raw_sql(f"SET threads = {threads}")


def _link(old: Path, path: Path) -> None:
    try:
        os.link(old, path)
    except OSError:  # a file system without links
        shutil.copy2(old, path)
