"""Features of a base that is larger than memory: events are written by bucket of customers, then built in turn.

Customers fall into buckets by a hash of their id, so a bucket holds everything of its customers. Its features are
those of `build_features`, and are the same in any number of buckets.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis.util import gen_name

from silentnps.data.versions import with_versions
from silentnps.features.build import build_features
from silentnps.features.expressions import available_features, needed_features, numbered, table_features

_POPULATION = "population"
_BUCKET = "silentnps_bucket"
_MEMORY = 2.25
"""In GiB."""


def build_in_buckets(
    tables: Mapping[str, ir.Table],
    population: ir.Table,
    folder: Path,
    *,
    buckets: int,
    exclude: Collection[str] = (),
    progress: Callable[[str], None] | None = None,
) -> Iterator[pd.DataFrame]:
    """Yield the features of each bucket of customers, as `build_features` returns them.

    Parameters
    ----------
    tables, population, exclude
        As for `build_features`.
    folder
        Where the events are written, in Parquet of about the size of the columns that features use; it must be
        empty, and the caller removes it.
    progress
        Called with the name of each table when it is written.

    Raises
    ------
    ConfigError, DataError
        As `build_features`.
    """
    connection = population.get_backend()
    # versions of a row may be of several customers, so of several buckets
    tables = {name: with_versions(name, table) for name, table in tables.items()}
    everything = {**tables, _POPULATION: population}
    columns = used_columns(tables, population, exclude=exclude)
    with _bounded(connection):
        for name, table in everything.items():
            if "customer_id" in table.columns:
                _write(connection, table.select(*columns[name]), folder / name, buckets)
            if progress:
                progress(name)
        for bucket in range(buckets):
            with _opened(connection, everything, columns, folder, bucket) as mine:
                rows = mine.pop(_POPULATION)
                yield build_features(mine, rows, exclude=exclude)


def used_columns(
    tables: Mapping[str, ir.Table], population: ir.Table, *, exclude: Collection[str] = ()
) -> dict[str, list[str]]:
    """Return the columns of each table that features look at, and all of customers and of the population.

    DuckDB's planner says so: it leaves out columns that no feature needs.
    """
    connection = ibis.duckdb.connect()
    connection.raw_sql("SET disabled_optimizers = 'filter_pushdown'")  # else columns of filters are not named
    empty = {name: connection.create_table(name, schema=table.schema()) for name, table in tables.items()}
    rows = connection.create_table(_POPULATION, schema=population.schema())
    features = needed_features(available_features(empty), exclude)
    used = {name: {"customer_id", *(column for each in features for column in each.columns)} for name in tables}
    for name in tables:
        own = [each for each in features if each.tables == (name,)]
        if own:
            query = connection.compile(table_features(name, empty, numbered(rows), own))
            plan = connection.con.execute(f"EXPLAIN (FORMAT json) {query}").fetchall()[0][1]
            for table, column in _scanned(json.loads(plan)):
                used.setdefault(table, set()).add(column)
    connection.disconnect()
    whole = {"customers", _POPULATION}
    everything = {**tables, _POPULATION: population}
    return {
        name: [column for column in table.columns if name in whole or column in used[name]]
        for name, table in everything.items()
    }


def _scanned(nodes: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield table and column of every scan in a plan."""
    for node in nodes:
        facts = node.get("extra_info", {})
        columns = facts.get("Projections", [])
        for column in [columns] if isinstance(columns, str) else columns:
            yield str(facts.get("Table", "")).rpartition(".")[2].strip('"'), column.strip('"')
        yield from _scanned(node.get("children", []))


@contextmanager
def _bounded(connection: Any) -> Iterator[None]:
    """Hold DuckDB to `_MEMORY` while the block lasts: what it buffers of the buckets goes to the disk sooner."""
    before = str(connection.con.execute("SELECT current_setting('memory_limit')").fetchall()[0][0])
    if _gibibytes(before) <= _MEMORY:
        yield
        return
    connection.raw_sql(f"SET memory_limit = '{_MEMORY}GiB'")
    try:
        yield
    finally:
        connection.raw_sql(f"SET memory_limit = '{before}'")


def _gibibytes(size: str) -> float:
    """Return a size as DuckDB writes it, such as 18.7 GiB or 512.0 MiB, in GiB."""
    number, _, unit = size.partition(" ")
    return float(number) * 1024.0 ** ("bytes", "KiB", "MiB", "GiB", "TiB").index(unit) / 1024.0**3


def _write(connection: Any, table: ir.Table, folder: Path, buckets: int) -> None:
    folder.mkdir()
    rows = f"SELECT *, hash(customer_id) % {buckets} AS {_BUCKET} FROM ({connection.compile(table)})"
    options = f"FORMAT parquet, COMPRESSION lz4, PARTITION_BY ({_BUCKET}), OVERWRITE_OR_IGNORE"
    connection.raw_sql(f"COPY ({rows}) TO {_literal(folder)} ({options})")


@contextmanager
def _opened(
    connection: Any, tables: Mapping[str, ir.Table], columns: Mapping[str, list[str]], folder: Path, bucket: int
) -> Iterator[dict[str, ir.Table]]:
    """Show the tables of one bucket as views while the block lasts; a table without customers as it is."""
    views: dict[str, str] = {}
    try:
        for name, table in tables.items():
            if "customer_id" in table.columns:
                views[name] = gen_name(name)
                _view(connection, views[name], folder / name / f"{_BUCKET}={bucket}", table.select(*columns[name]))
        yield {name: connection.table(views[name]) if name in views else table for name, table in tables.items()}
    finally:
        for view in views.values():
            connection.raw_sql(f'DROP VIEW IF EXISTS "{view}"')


def _view(connection: Any, name: str, files: Path, table: ir.Table) -> None:
    if files.exists():
        source = f"SELECT * FROM read_parquet({_literal(files / '*.parquet')}, hive_partitioning = false)"
    else:  # nobody of the bucket has a row
        source = f"SELECT * FROM ({connection.compile(table)}) WHERE false"
    connection.raw_sql(f'CREATE VIEW "{name}" AS {source}')


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
