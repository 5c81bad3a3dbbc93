"""The memory that DuckDB is held to."""

from __future__ import annotations

import duckdb
import ibis
import pytest

from silentnps.errors import DataError
from silentnps.storage.duckdb_memory import limited_memory


@pytest.mark.parametrize(("limit", "inside"), [("1GiB", "1.0 GiB"), ("8GiB", "2.2 GiB")])
def test_a_lower_limit_of_memory_is_not_raised_and_a_higher_one_comes_back(limit: str, inside: str) -> None:
    connection = ibis.duckdb.connect()

    def current() -> str:
        return str(connection.con.execute("SELECT current_setting('memory_limit')").fetchall()[0][0])

    connection.raw_sql(f"SET memory_limit = '{limit}'")
    before = current()
    with limited_memory(connection):
        assert current() == inside
    assert current() == before


@pytest.mark.parametrize("error", [duckdb.IOException, duckdb.OutOfMemoryException])
def test_no_room_is_said_in_a_line_and_the_limit_comes_back(error: type[Exception]) -> None:
    connection = ibis.duckdb.connect()
    connection.raw_sql("SET memory_limit = '8GiB'")
    before = connection.con.execute("SELECT current_setting('memory_limit')").fetchall()
    with (
        pytest.raises(DataError, match=r"must be room .* got 'No space left'. Free some"),
        limited_memory(connection),
    ):
        raise error("No space left\nand more")
    assert connection.con.execute("SELECT current_setting('memory_limit')").fetchall() == before
