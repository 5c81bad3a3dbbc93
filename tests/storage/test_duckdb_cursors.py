"""Several queries of one DuckDB at a time."""

from __future__ import annotations

import ibis
import pytest

from silentnps.storage.duckdb_cursors import MAX_PARALLEL, open_cursors


def threads(connection: ibis.BaseBackend) -> int:
    return int(connection.con.execute("SELECT current_setting('threads')").fetchall()[0][0])


@pytest.mark.parametrize(
    ("before", "most", "n"),
    [(1, 4, 1), (2, 4, 2), (8, 4, 4), (8, 9, MAX_PARALLEL), (8, 2, 2), (3, 1, 1), (3, 0, 1)],
)
def test_cursors_and_the_threads_left_over_are_as_many_as_the_threads_before(
    before: int, most: int, n: int
) -> None:
    connection = ibis.duckdb.connect()
    connection.raw_sql(f"SET threads = {before}")
    with open_cursors(connection, most=most) as cursors:
        assert cursors.n == n
        assert threads(connection) == before - n + 1
    assert threads(connection) == before


def test_a_borrowed_cursor_is_lent_to_nobody_else_until_it_is_returned() -> None:
    connection = ibis.duckdb.connect()
    connection.raw_sql("SET threads = 2")
    with open_cursors(connection) as cursors:
        with cursors.borrowed() as first, cursors.borrowed() as second:
            assert first is not second
            assert cursors.free.empty()
        with cursors.borrowed() as again:
            assert again in (first, second)


def test_a_cursor_sees_the_tables_of_its_connection_and_the_threads_come_back_after_an_error() -> None:
    connection = ibis.duckdb.connect()
    connection.raw_sql("SET threads = 2")
    connection.raw_sql("CREATE TABLE numbers AS SELECT 7 AS number")

    def fail() -> None:
        with open_cursors(connection) as cursors, cursors.borrowed() as cursor:
            assert cursor.execute("SELECT number FROM numbers").fetchall() == [(7,)]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert threads(connection) == 2
