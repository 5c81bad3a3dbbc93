"""The queries of several tables at a time give what the connection gives alone."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pytest

from silentnps.data.files.duckdb_errors import GuardedBackend
from silentnps.errors import DataError
from silentnps.features.engine.concurrent_queries import run_queries


@pytest.fixture
def connection() -> Any:
    opened = ibis.duckdb.connect()
    opened.raw_sql("SET threads = 2")
    return opened


def results(
    connection: Any, queries: dict[str, Any], registered: dict[str, pa.Table] | None = None
) -> dict[str, Any]:
    with closing(run_queries(connection, queries, registered or {})) as found:
        return {name: table.to_pylist() for name, table in found}


def view(connection: Any, name: str, sql: str) -> Any:
    connection.raw_sql(f"CREATE VIEW {name} AS {sql}")
    return connection.table(name)


def threads(connection: Any) -> int:
    return int(connection.con.execute("SELECT current_setting('threads')").fetchall()[0][0])


@pytest.mark.parametrize("kind", ["TABLE", "TEMP TABLE", "VIEW", "TEMP VIEW"])
def test_tables_and_views_are_read_whether_temporary_or_not(connection: Any, kind: str) -> None:
    connection.raw_sql(f"CREATE {kind} numbers AS SELECT range AS number FROM range(5)")
    numbers = connection.table("numbers")
    queries = {"sum": numbers.aggregate(n=numbers.number.sum()), "most": numbers.aggregate(n=numbers.number.max())}
    assert results(connection, queries) == {"sum": [{"n": 10}], "most": [{"n": 4}]}


def test_a_temporary_view_of_a_temporary_table_is_read(connection: Any) -> None:
    connection.raw_sql("CREATE TEMP TABLE numbers AS SELECT 3 AS number")
    connection.raw_sql("CREATE TEMP VIEW doubled AS SELECT 2 * number AS number FROM numbers")
    assert results(connection, {"doubled": connection.table("doubled")}) == {"doubled": [{"number": 6}]}


def test_registered_tables_are_read_and_are_still_registered_afterwards(connection: Any) -> None:
    rows = pa.table({"number": [1, 2]})
    connection.con.register("rows", rows)
    query = connection.table("rows").order_by("number")
    for _ in range(2):
        assert results(connection, {"rows": query}, {"rows": rows}) == {"rows": [{"number": 1}, {"number": 2}]}
    assert connection.table("rows").count().execute() == 2


def test_results_come_in_the_order_of_the_queries(connection: Any) -> None:
    queries = {name: view(connection, name, f"SELECT '{name}' AS name") for name in "cabed"}
    assert results(connection, queries) == {name: [{"name": name}] for name in "cabed"}
    assert list(results(connection, queries)) == list("cabed")


def test_without_queries_there_are_no_results(connection: Any) -> None:
    assert results(connection, {}) == {}
    assert threads(connection) == 2


def test_the_time_zone_and_the_schema_of_the_connection_hold(connection: Any) -> None:
    connection.raw_sql("CREATE SCHEMA other")
    connection.raw_sql("CREATE TABLE main.numbers AS SELECT 1 AS number")
    connection.raw_sql("CREATE TABLE other.numbers AS SELECT 2 AS number")
    connection.raw_sql("SET search_path = 'other'")
    connection.raw_sql("SET TimeZone = 'Asia/Tokyo'")
    queries = {
        "numbers": ibis.table({"number": "int32"}, name="numbers"),
        "zone": view(connection, "zone", "SELECT hour(TIMESTAMPTZ '2025-01-01 00:00:00+00') AS hour"),
    }
    assert results(connection, queries) == {"numbers": [{"number": 2}], "zone": [{"hour": 9}]}


def test_a_query_that_cannot_be_run_fails_as_on_the_connection_and_tells_no_value() -> None:
    guarded = GuardedBackend()
    guarded.do_connect()
    guarded.raw_sql("CREATE TABLE words AS SELECT 'Mrs Miller' AS word")
    words = guarded.table("words")
    with pytest.raises(DataError) as raised:
        results(guarded, {"words": words.select(number=words.word.cast("int64"))})
    assert "Miller" not in str(raised.value)


def test_an_error_of_the_connection_passes_and_the_threads_come_back(connection: Any) -> None:
    connection.raw_sql("CREATE TABLE words AS SELECT 'x' AS word")
    words = connection.table("words")
    with pytest.raises(duckdb.ConversionException):
        results(connection, {"words": words.select(number=words.word.cast("int64"))})
    assert threads(connection) == 2


@pytest.mark.parametrize("n_threads", [1, 2, 4])
def test_whoever_stops_reading_ends_the_other_queries(connection: Any, n_threads: int) -> None:
    # Of five endless queries some run, and the others wait for a thread.
    connection.raw_sql(f"SET threads = {n_threads}")
    endless = "SELECT sum(a.range % 7 * b.range) AS n FROM range(10000000) a, range(10000000) b"
    queries = {"short": view(connection, "short", "SELECT 1 AS n")}
    queries |= {f"endless_{i}": view(connection, f"endless_{i}", endless) for i in range(5)}

    def stop() -> None:
        with closing(run_queries(connection, queries, {})) as found:
            for _ in found:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop()
    assert threads(connection) == n_threads


def test_a_query_that_fails_ends_the_others(connection: Any) -> None:
    connection.raw_sql("CREATE TABLE words AS SELECT 'x' AS word")
    words = connection.table("words")
    endless = "SELECT sum(a.range % 7 * b.range) AS n FROM range(10000000) a, range(10000000) b"
    queries = {"wrong": words.select(number=words.word.cast("int64"))}
    queries |= {f"endless_{i}": view(connection, f"endless_{i}", endless) for i in range(5)}
    with pytest.raises(duckdb.ConversionException):
        results(connection, queries)
