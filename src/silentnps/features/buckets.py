"""Features of a base that is larger than memory: one bucket of customers after the other, each by one query.

The features of a bucket are those of `build_features`, and are the same in any number of buckets.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir

from silentnps.data.memory import bounded
from silentnps.data.schema import TABLES
from silentnps.data.versions import with_versions
from silentnps.features.answers import relational_answers
from silentnps.features.events import Events, Piece, changed_customers, changed_months, has_months, literal
from silentnps.features.expressions import (
    ROW,
    Population,
    Tables,
    available_features,
    needed_features,
    numbered,
    table_features,
    wide_features,
)

_POPULATION = "population"
_VIEW = "silentnps_{}"
_ROWS = "silentnps_rows"
_CHANGED = "silentnps_changed"


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
        versions = {name: with_versions(name, table) for name, table in tables.items()}
        if "responses" in versions:  # whether any answer is relational is not to be asked of a bucket
            versions["responses"] = relational_answers(versions["responses"])
        everything = {**versions, _POPULATION: population}
        columns = used_columns(versions, population, exclude=exclude)
        seen = {
            name: ibis.table(everything[name].select(*own).schema(), name=_VIEW.format(name))
            for name, own in columns.items()
        }
        people = seen.pop(_POPULATION)
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
        return {"duckdb": duckdb.__version__, "query": query, "columns": schemas}


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
                progress(f"{name}, {len(months)} months changed")
    return Events(base.connection, kept.folder, kept.buckets, base.columns, pieces)


def build_bucket(base: Base, events: Events, bucket: int, path: Path) -> None:
    """Write the features of everybody in a bucket, ordered by wave and customer."""
    with bounded(base.connection):
        _show(base, events, bucket)
        _copy(base, base.query, path)


def renew_bucket(base: Base, kept: Events, now: Events, bucket: int, old: Path, path: Path) -> int:
    """Write the features of a bucket, those of `old` for customers of whom nothing changed; return of how many."""
    run = base.connection.raw_sql
    with bounded(base.connection):
        run(f"CREATE OR REPLACE TEMP TABLE {_CHANGED} AS {changed_customers(kept, now, bucket)}")
        changed = _count(base, f"SELECT * FROM {_CHANGED}")
        if not changed:
            _link(old, path)
        elif 2 * changed > _count(base, now.rows(_POPULATION, bucket)):
            _show(base, now, bucket)
            _copy(base, base.query, path)
        else:
            _show(base, now, bucket, only=f" WHERE customer_id IN (SELECT customer_id FROM {_CHANGED})")
            same = (
                f"SELECT * FROM read_parquet({literal(old)}) "
                f"WHERE customer_id NOT IN (SELECT customer_id FROM {_CHANGED})"
            )
            _copy(base, f"{same} UNION ALL BY NAME ({base.query}) ORDER BY wave, customer_id", path)
    return changed


def used_columns(
    tables: Mapping[str, ir.Table], population: ir.Table, *, exclude: Collection[str] = ()
) -> dict[str, list[str]]:
    """Return the columns of each table that features look at, and all of customers and of the population.

    DuckDB's planner says so: it leaves out columns that no feature needs. Tables without customers, and those that
    no feature looks at, are not among them.
    """
    connection = ibis.duckdb.connect()
    connection.raw_sql("SET disabled_optimizers = 'filter_pushdown'")  # else columns of filters are not named
    empty = {name: connection.create_table(name, schema=table.schema()) for name, table in tables.items()}
    rows = connection.create_table(_POPULATION, schema=population.schema())
    features = needed_features(available_features(empty), exclude)
    used: dict[str, set[str]] = {name: set() for name in tables}
    for name in tables:
        own = [each for each in features if each.tables == (name,)]
        used[name] |= {column for each in own for column in each.columns}
        if own:
            query = connection.compile(table_features(name, empty, numbered(rows), own))
            plan = connection.con.execute(f"EXPLAIN (FORMAT json) {query}").fetchall()[0][1]
            for table, column in _scanned(json.loads(plan)):
                used.setdefault(table, set()).add(column)
    connection.disconnect()
    whole = {"customers", _POPULATION}
    return {
        name: [column for column in table.columns if name in whole or column in _with_keys(name, used[name])]
        for name, table in {**tables, _POPULATION: population}.items()
        if "customer_id" in table.columns and (name in whole or used[name])
    }


def _with_keys(name: str, used: set[str]) -> set[str | None]:
    return {*used, "customer_id", TABLES[name].clock}


def _scanned(nodes: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield table and column of every scan in a plan."""
    for node in nodes:
        facts = node.get("extra_info", {})
        columns = facts.get("Projections", [])
        for column in [columns] if isinstance(columns, str) else columns:
            yield str(facts.get("Table", "")).rpartition(".")[2].strip('"'), column.strip('"')
        yield from _scanned(node.get("children", []))


def _show(base: Base, events: Events, bucket: int, *, only: str = "") -> None:
    """Show the rows of a bucket under the names that the query knows."""
    run = base.connection.raw_sql
    for name in base.columns:
        rows = events.rows(name, bucket)
        run(f"CREATE OR REPLACE TEMP VIEW {_VIEW.format(name)} AS SELECT * FROM ({rows}){only}")
    run(f"CREATE OR REPLACE TEMP TABLE {_ROWS} AS {base.rows}")


def _copy(base: Base, query: str, path: Path) -> None:
    base.connection.raw_sql(f"COPY ({query}) TO {literal(path)} (FORMAT parquet)")


def _count(base: Base, rows: str) -> int:
    return int(base.connection.con.execute(f"SELECT count(*) FROM ({rows})").fetchall()[0][0])


def _link(old: Path, path: Path) -> None:
    try:
        os.link(old, path)
    except OSError:  # a file system without links
        shutil.copy2(old, path)
