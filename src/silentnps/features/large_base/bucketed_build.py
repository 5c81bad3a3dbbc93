"""Features of a base that is larger than memory: bucket by bucket of customers, with one query per bucket.

The features are those of `build_features`, whatever the number of buckets.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import ibis
import ibis.expr.types as ir

from silentnps.counts import counted
from silentnps.data.checking.ties import last_of_moment
from silentnps.data.checking.versions import with_versions
from silentnps.data.files.duckdb_errors import file_literal, literal
from silentnps.features.catalog import CATALOG
from silentnps.features.definitions.known_words import hash_unknown_words
from silentnps.features.engine.expressions import ROW, Population, Tables, numbered, wide_features
from silentnps.features.engine.used_columns import POPULATION, used_columns
from silentnps.features.large_base.bucket_store import (
    BucketStore,
    Chunk,
    changed_customers,
    changed_months,
    has_months,
)
from silentnps.features.population.survey_answers import relational_answers
from silentnps.storage.duckdb_cursors import open_cursors
from silentnps.storage.duckdb_memory import limited_memory

_VIEW = "silentnps_{}"
_ROWS = "silentnps_rows"
_CHANGED = "silentnps_changed"

Run: TypeAlias = Callable[[str], Any]
"""Runs SQL and returns the cursor with its result."""


@dataclass(frozen=True)
class Base:
    """The tables and the population that features are built from, and the query for one bucket.

    `tables` have all versions of their rows; versions of one row may belong to several customers, and so to several
    buckets. `rows` is the SQL that numbers the rows of the population, `query` the SQL of the features.
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
            name: hash_unknown_words(name, with_versions(name, last_of_moment(name, table)))
            for name, table in tables.items()
        }
        if "responses" in versions:  # a bucket alone does not show whether any answer is relational
            versions["responses"] = relational_answers(versions["responses"])
        all_tables = {**versions, POPULATION: population}
        columns = used_columns(versions, population, exclude=exclude)
        views = {
            name: ibis.table(all_tables[name].select(*used).schema(), name=_VIEW.format(name))
            for name, used in columns.items()
        }
        numbered_rows = numbered(views.pop(POPULATION))
        stored_rows = ibis.table(numbered_rows.schema(), name=_ROWS)
        shown = {**versions, **views}
        # attributes that are excluded were not stored, and are no columns here any more
        known = [name for name in exclude if name in CATALOG or name in shown["customers"].columns]
        wide = wide_features(shown, stored_rows, exclude=known, row=(ROW,))
        connection = population.get_backend()
        query = connection.compile(wide.order_by(ROW).drop(ROW))
        return cls(connection, all_tables, columns, connection.compile(numbered_rows), query)

    @property
    def key(self) -> dict[str, Any]:
        """Return what must be equal for stored rows and features of an earlier run to be used again."""
        schemas = {
            name: {column: str(kind) for column, kind in self.tables[name].select(*used).schema().items()}
            for name, used in self.columns.items()
        }
        query = hashlib.sha256((self.rows + self.query).encode()).hexdigest()
        return {"duckdb": duckdb.__version__, "query": query, "columns": schemas, "words": "digests"}


def store_rows(
    base: Base, folder: Path, *, buckets: int, progress: Callable[[str], None] | None = None
) -> BucketStore:
    """Write the rows of the base by bucket into an empty folder, as Parquet of about the size of the tables.

    `progress` is called with the name of each table when it is written.

    Raises
    ------
    DataError
        If there is not enough memory or room on the disk.
    """
    store = BucketStore(base.connection, folder, buckets, base.columns, {})
    chunks: dict[str, tuple[Chunk, ...]] = {}
    with limited_memory(base.connection):
        for name in base.columns:
            chunks[name] = (store.write(name, base.tables[name], 0),)
            if progress:
                progress(name)
    return replace(store, chunks=chunks)


def renew_rows(
    previous: BucketStore,
    base: Base,
    run: int,
    *,
    since: datetime,
    progress: Callable[[str], None] | None = None,
) -> BucketStore:
    """Return the stored rows of an earlier run with what has changed since written again.

    Tables of events are renewed by month: a month before the one of `since` counts as unchanged where its number of
    rows is. Customers, the population and tables with versions are written whole. The chunks of `previous` stay.
    """
    chunks: dict[str, tuple[Chunk, ...]] = {}
    with limited_memory(base.connection):
        for name, rows in ((name, base.tables[name]) for name in base.columns):
            if not has_months(name, rows):
                chunks[name] = (previous.write(name, rows, run),)
                continue
            months = changed_months(previous, name, rows, since)
            remaining = [chunk.without(months) if months else chunk for chunk in previous.chunks[name]]
            added = [previous.write(name, rows, run, months)] if months else []
            chunks[name] = tuple(chunk for chunk in [*remaining, *added] if chunk)
            if progress:
                progress(f"{name}, {counted(len(months), 'month')} changed")
    return replace(previous, chunks=chunks)


def build_buckets(
    base: Base,
    store: BucketStore,
    out: Path,
    *,
    previous: BucketStore | None = None,
    previous_features: Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Write the features of each bucket as a part of `out`, ordered by wave and customer.

    Parameters
    ----------
    previous, previous_features
        The stored rows of an earlier run and the folder of its features, if they are to be used again: only
        customers with any changed row are rebuilt.
    progress
        Called with 1 for each bucket that is done.

    Returns
    -------
    How many customers were rebuilt; 0 where nothing was to be used again.

    Raises
    ------
    DataError
        If there is not enough memory or room on the disk.
    """

    def build(bucket: int) -> int:
        part = part_name(bucket)
        with cursors.borrowed() as cursor:
            run = cursor.execute
            if previous is None or previous_features is None:
                _build(run, base, store, bucket, out / part)
                return 0
            return _renew(run, base, previous, store, bucket, previous_features / part, out / part)

    n_rebuilt = 0
    with (
        limited_memory(base.connection),
        open_cursors(base.connection) as cursors,
        ThreadPoolExecutor(cursors.n) as pool,
    ):
        for n_changed in pool.map(build, range(store.buckets)):
            n_rebuilt += n_changed
            if progress:
                progress(1)
    return n_rebuilt


def part_name(bucket: int) -> str:
    """Return the name of the file with the features of a bucket."""
    return f"part-{bucket:05d}.parquet"


def _build(run: Run, base: Base, store: BucketStore, bucket: int, path: Path) -> None:
    _show(run, base, store, bucket)
    _copy(run, base.query, path)


def _renew(
    run: Run, base: Base, previous: BucketStore, current: BucketStore, bucket: int, old: Path, path: Path
) -> int:
    """Write the features of a bucket, copying those of unchanged customers from `old`; return how many changed."""
    run(f"CREATE OR REPLACE TEMP TABLE {_CHANGED} AS {changed_customers(previous, current, bucket)}")
    n_changed = _count(run, f"SELECT * FROM {_CHANGED}")
    if not n_changed:
        _link(old, path)
    elif 2 * n_changed > _count(run, current.rows(POPULATION, bucket)):
        _build(run, base, current, bucket, path)
    else:
        _show(run, base, current, bucket, only=f" WHERE customer_id IN (SELECT customer_id FROM {_CHANGED})")
        unchanged = (
            f"SELECT * FROM read_parquet({file_literal(old)}) "
            f"WHERE customer_id NOT IN (SELECT customer_id FROM {_CHANGED})"
        )
        _copy(run, f"{unchanged} UNION ALL BY NAME ({base.query}) ORDER BY wave, customer_id", path)
    return n_changed


def _show(run: Run, base: Base, store: BucketStore, bucket: int, *, only: str = "") -> None:
    """Create the views of a bucket's rows that the query reads."""
    for name in base.columns:
        rows = store.rows(name, bucket)
        run(f"CREATE OR REPLACE TEMP VIEW {_VIEW.format(name)} AS SELECT * FROM ({rows}){only}")
    run(f"CREATE OR REPLACE TEMP TABLE {_ROWS} AS {base.rows}")


def _copy(run: Run, query: str, path: Path) -> None:
    run(f"COPY ({query}) TO {literal(path)} (FORMAT parquet)")


def _count(run: Run, rows: str) -> int:
    return int(run(f"SELECT count(*) FROM ({rows})").fetchall()[0][0])


def _link(old: Path, path: Path) -> None:
    try:
        os.link(old, path)
    except OSError:  # a file system without links
        shutil.copy2(old, path)
