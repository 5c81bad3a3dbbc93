"""Rows of a base on disk, by bucket of customers: written once, read bucket by bucket, kept for the next run.

Customers are assigned to buckets by a hash of their id, so a bucket holds everything about its customers. Rows that
were written together are a chunk. A later run writes a new chunk with the months in which something changed; the
older chunks no longer count for these months.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import ibis.expr.types as ir

from silentnps.data.files.duckdb_errors import file_literal, literal
from silentnps.schema import KNOWN_AT, TABLES

BUCKET = "silentnps_bucket"
_FLUSH_ROWS = 65_536
"""Rows of a bucket that wait in memory before they are written."""
_MAX_DICTIONARY_SIZE = 1_000
"""A column with more distinct values is written as it is, without trying to build a dictionary of it."""


@dataclass(frozen=True)
class Chunk:
    """Rows of one table in one folder, with a subfolder for each bucket.

    `months` are numbered as year * 12 + month. With `only` they are the months that the chunk holds, otherwise the
    months for which it no longer counts.
    """

    folder: str
    months: tuple[int, ...] = ()
    only: bool = False

    def without(self, months: Collection[int]) -> Chunk | None:
        """Return the chunk after newer rows replaced these months; None if nothing is left of it."""
        if self.only:
            remaining = tuple(month for month in self.months if month not in months)
            return Chunk(self.folder, remaining, only=True) if remaining else None
        return Chunk(self.folder, tuple(sorted({*self.months, *months})))


Chunks = Mapping[str, tuple[Chunk, ...]]
"""The chunks that count, by table."""


@dataclass(frozen=True)
class BucketStore:
    """Where the rows of tables are: chunks in a folder, split into `buckets`; `columns` are the ones written."""

    connection: Any
    folder: Path
    buckets: int
    columns: Mapping[str, list[str]]
    chunks: Chunks

    def write(self, name: str, rows: ir.Table, run: int, months: tuple[int, ...] = ()) -> Chunk:
        """Write the rows of a table, or of some of its months, as a chunk."""
        chunk = Chunk(f"{name}/{run:06d}", months, only=bool(months))
        folder = self.folder / chunk.folder
        folder.mkdir(parents=True)
        source = self.source(name, rows)
        self._run(
            f"COPY (SELECT * FROM ({source}) WHERE false) TO {literal(folder / 'empty.parquet')} (FORMAT parquet)"
        )
        where = f" WHERE {month_of(name)} IN ({_listed(months)})" if months else ""
        bucketed = f"SELECT *, hash(customer_id) % {self.buckets} AS {BUCKET} FROM ({source}){where}"
        self._run(f"SET partitioned_write_flush_threshold = {_FLUSH_ROWS}")
        self._run(
            f"COPY ({bucketed}) TO {literal(folder)} (FORMAT parquet, COMPRESSION uncompressed, "
            f"DICTIONARY_SIZE_LIMIT {_MAX_DICTIONARY_SIZE}, PARTITION_BY ({BUCKET}), OVERWRITE_OR_IGNORE)"
        )
        return chunk

    def rows(self, name: str, bucket: int | None = None, *, months: Collection[int] = ()) -> str:
        """Return the SQL of a table's rows, in one bucket or in all, of some months or of all."""
        union = " UNION ALL ".join(self._rows_of(name, chunk, bucket) for chunk in self.chunks[name])
        return f"SELECT * FROM ({union}) WHERE {month_of(name)} IN ({_listed(months)})" if months else union

    def _rows_of(self, name: str, chunk: Chunk, bucket: int | None) -> str:
        folder = self.folder / chunk.folder
        files = sorted(folder.glob(f"{BUCKET}={'*' if bucket is None else bucket}/*.parquet"))
        # the planner guesses the number of rows from the first file
        listed = ", ".join(file_literal(path) for path in files or [folder / "empty.parquet"])
        rows = f"SELECT * FROM read_parquet([{listed}], hive_partitioning = false)"
        if not chunk.months:
            return rows
        return f"{rows} WHERE {month_of(name)} {'IN' if chunk.only else 'NOT IN'} ({_listed(chunk.months)})"

    def source(self, name: str, rows: ir.Table) -> str:
        """Return the SQL of the columns of a table that are written."""
        return str(self.connection.compile(rows.select(*self.columns[name])))

    def _run(self, sql: str) -> None:
        self.connection.raw_sql(sql)


def changed_months(previous: BucketStore, name: str, rows: ir.Table, since: datetime) -> tuple[int, ...]:
    """Return the months in which the rows of a table differ from the stored ones.

    In months before the one of `since` only the numbers of rows are compared, from it on every value.
    """
    month, first, digest = month_of(name), since.year * 12 + since.month, _digest(previous.columns[name])
    stored, current = (
        f"SELECT {month} AS month, count(*) AS n, 0 AS digest FROM ({source}) WHERE {month} < {first} GROUP BY 1 "
        f"UNION ALL SELECT {month}, count(*), {digest} FROM ({source}) WHERE {month} >= {first} GROUP BY 1"
        for source in (previous.rows(name), previous.source(name, rows))
    )
    query = (
        f"SELECT month FROM ({stored}) a FULL JOIN ({current}) b USING (month) "
        "WHERE a.n IS DISTINCT FROM b.n OR a.digest IS DISTINCT FROM b.digest ORDER BY month"
    )
    return tuple(int(row[0]) for row in previous.connection.con.execute(query).fetchall())


def changed_customers(previous: BucketStore, current: BucketStore, bucket: int) -> str:
    """Return the SQL of the customer_id of all customers in a bucket with any changed row."""
    queries = []
    for name, chunks in current.chunks.items():
        if chunks == previous.chunks[name]:
            continue
        folders_before = {chunk.folder for chunk in previous.chunks[name]}
        months = next(chunk.months for chunk in chunks if chunk.folder not in folders_before)
        digest = _digest(current.columns[name])
        old, new = (
            f"SELECT customer_id, count(*) AS n, {digest} AS digest FROM "
            f"({store.rows(name, bucket, months=months)}) GROUP BY customer_id"
            for store in (previous, current)
        )
        queries.append(
            f"SELECT customer_id FROM ({old}) a FULL JOIN ({new}) b USING (customer_id) "
            "WHERE a.n IS DISTINCT FROM b.n OR a.digest IS DISTINCT FROM b.digest"
        )
    return " UNION ".join(queries) or "SELECT NULL::VARCHAR AS customer_id WHERE false"


def has_months(name: str, rows: ir.Table) -> bool:
    """Return whether a table is renewed by month: tables of events are, unless they have versions of their rows."""
    return name in TABLES and TABLES[name].clock is not None and KNOWN_AT not in rows.columns


def month_of(name: str) -> str:
    """Return the SQL of the month of an event."""
    clock = TABLES[name].clock
    return f"(year({clock}) * 12 + month({clock}))"


def _digest(columns: list[str]) -> str:
    quoted = ", ".join('"' + column.replace('"', '""') + '"' for column in columns)
    return f"sum(hash({quoted}))"


def _listed(months: Collection[int]) -> str:
    return ", ".join(str(month) for month in months)
