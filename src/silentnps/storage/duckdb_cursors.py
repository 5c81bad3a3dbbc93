"""Several queries of one DuckDB at a time, which uses the cores better than several threads on one query.

Each thread of a query that groups by customer holds the aggregates of almost all customers, and these are merged.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

MAX_PARALLEL = 4


@dataclass(frozen=True)
class Cursors:
    """Connections to one DuckDB, each with its own temporary tables, to be borrowed by as many threads."""

    opened: tuple[Any, ...]
    free: SimpleQueue[Any]

    @property
    def n(self) -> int:
        """How many there are."""
        return len(self.opened)

    @contextmanager
    def borrowed(self) -> Iterator[Any]:
        """Lend a cursor that no other thread uses while the block runs; wait until one is free."""
        cursor = self.free.get()
        try:
            yield cursor
        finally:
            self.free.put(cursor)

    def interrupt(self) -> None:
        """End the queries that are running; they raise an InterruptException of duckdb."""
        for cursor in self.opened:
            cursor.interrupt()


@contextmanager
def open_cursors(connection: Any, *, most: int = MAX_PARALLEL) -> Iterator[Cursors]:
    """Open cursors of an Ibis connection while the block runs; together they use the threads that it had alone.

    There is one for each thread, but no more than `most` or `MAX_PARALLEL`, and at least one.
    """
    threads = int(connection.con.execute("SELECT current_setting('threads')").fetchall()[0][0])
    n = max(1, min(threads, most, MAX_PARALLEL))
    cursors = Cursors(tuple(connection.con.cursor() for _ in range(n)), SimpleQueue())
    for cursor in cursors.opened:
        cursors.free.put(cursor)
    connection.raw_sql(f"SET threads = {threads - n + 1}")  # in addition to the threads that call
    try:
        yield cursors
    finally:
        for cursor in cursors.opened:
            cursor.close()
        connection.raw_sql(f"SET threads = {threads}")
