"""Rows of a base on disk, by bucket of customers: written once, read bucket by bucket, kept for the next run.

Customers fall into buckets by a hash of their id, so a bucket holds everything of its customers. Rows that were
written together are a piece; a later run writes a new piece of the months in which something changed, for which the
older pieces count no longer.
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
_WORDS_OF_A_COLUMN = 1_000
"""A column with more values than this is written as it is, without trying to make a dictionary of it."""


@dataclass(frozen=True)
class Piece:
    """Rows of one table in a folder of its own, a folder for each bucket.

    `months` are numbered as year * 12 + month: with `only` those it holds, else those it no longer counts for.
    """

    folder: str
    months: tuple[int, ...] = ()
    only: bool = False

    def without(self, months: Collection[int]) -> Piece | None:
        """Return the piece after other rows took the place of these months; None if nothing is left."""
        if self.only:
            left = tuple(month for month in self.months if month not in months)
            return Piece(self.folder, left, only=True) if left else None
        return Piece(self.folder, tuple(sorted({*self.months, *months})))


Pieces = Mapping[str, tuple[Piece, ...]]


@dataclass(frozen=True)
class Events:
    """Where the rows of tables are: pieces below a folder, in so many buckets; `columns` are those written."""

    connection: Any
    folder: Path
    buckets: int
    columns: Mapping[str, list[str]]
    pieces: Pieces

    def write(self, name: str, rows: ir.Table, run: int, months: tuple[int, ...] = ()) -> Piece:
        """Write the rows of a table, or of some months of it, as a piece."""
        piece = Piece(f"{name}/{run:06d}", months, only=bool(months))
        folder = self.folder / piece.folder
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
            f"DICTIONARY_SIZE_LIMIT {_WORDS_OF_A_COLUMN}, PARTITION_BY ({BUCKET}), OVERWRITE_OR_IGNORE)"
        )
        return piece

    def rows(self, name: str, bucket: int | None = None, *, months: Collection[int] = ()) -> str:
        """Return SQL of the rows of a table in a bucket or in all, of all months or of some."""
        parts = [self._rows_of(name, piece, bucket) for piece in self.pieces[name]]
        union = " UNION ALL ".join(parts)
        return f"SELECT * FROM ({union}) WHERE {month_of(name)} IN ({_listed(months)})" if months else union

    def _rows_of(self, name: str, piece: Piece, bucket: int | None) -> str:
        folder = self.folder / piece.folder
        files = sorted(folder.glob(f"{BUCKET}={'*' if bucket is None else bucket}/*.parquet"))
        # the planner guesses the number of rows from the first file
        listed = ", ".join(file_literal(path) for path in files or [folder / "empty.parquet"])
        rows = f"SELECT * FROM read_parquet([{listed}], hive_partitioning = false)"
        if not piece.months:
            return rows
        return f"{rows} WHERE {month_of(name)} {'IN' if piece.only else 'NOT IN'} ({_listed(piece.months)})"

    def source(self, name: str, rows: ir.Table) -> str:
        """Return SQL of the columns that are written of a table."""
        return str(self.connection.compile(rows.select(*self.columns[name])))

    def _run(self, sql: str) -> None:
        self.connection.raw_sql(sql)


def changed_months(kept: Events, name: str, rows: ir.Table, since: datetime) -> tuple[int, ...]:
    """Return the months in which a table's rows differ from those kept.

    Of months before that of `since` the numbers of rows are compared, from it on every value.
    """
    month, first, digest = month_of(name), since.year * 12 + since.month, _digest(kept.columns[name])
    asked = [
        f"SELECT {month} AS month, count(*) AS n, 0 AS digest FROM ({source}) WHERE {month} < {first} GROUP BY 1 "
        f"UNION ALL SELECT {month}, count(*), {digest} FROM ({source}) WHERE {month} >= {first} GROUP BY 1"
        for source in (kept.rows(name), kept.source(name, rows))
    ]
    query = (
        f"SELECT month FROM ({asked[0]}) a FULL JOIN ({asked[1]}) b USING (month) "
        "WHERE a.n IS DISTINCT FROM b.n OR a.digest IS DISTINCT FROM b.digest ORDER BY month"
    )
    return tuple(int(row[0]) for row in kept.connection.con.execute(query).fetchall())


def changed_customers(kept: Events, now: Events, bucket: int) -> str:
    """Return SQL of the customer_id of everybody in a bucket of whom some row differs between two states."""
    found = []
    for name, pieces in now.pieces.items():
        if pieces == kept.pieces[name]:
            continue
        before = {piece.folder for piece in kept.pieces[name]}
        months = next(piece.months for piece in pieces if piece.folder not in before)
        digest = _digest(now.columns[name])
        old, new = (
            f"SELECT customer_id, count(*) AS n, {digest} AS digest FROM "
            f"({events.rows(name, bucket, months=months)}) GROUP BY customer_id"
            for events in (kept, now)
        )
        found.append(
            f"SELECT customer_id FROM ({old}) a FULL JOIN ({new}) b USING (customer_id) "
            "WHERE a.n IS DISTINCT FROM b.n OR a.digest IS DISTINCT FROM b.digest"
        )
    return " UNION ".join(found) or "SELECT NULL::VARCHAR AS customer_id WHERE false"


def has_months(name: str, rows: ir.Table) -> bool:
    """Return whether a table is kept by month: events, but not where versions of a row are kept."""
    return name in TABLES and TABLES[name].clock is not None and KNOWN_AT not in rows.columns


def month_of(name: str) -> str:
    """Return SQL of the month of an event."""
    clock = TABLES[name].clock
    return f"(year({clock}) * 12 + month({clock}))"


def _digest(columns: list[str]) -> str:
    named = ", ".join('"' + column.replace('"', '""') + '"' for column in columns)
    return f"sum(hash({named}))"


def _listed(months: Collection[int]) -> str:
    return ", ".join(str(month) for month in months)
