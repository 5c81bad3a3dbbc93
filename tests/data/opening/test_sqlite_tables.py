"""Tables of SQLite: whatever types its values have, none of them is lost or guessed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from written_tables import project

from silentnps.config import TableConfig
from silentnps.data.reading.sources import read_tables
from silentnps.errors import ConfigError, DataError


def save(file: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(file)) as base, base:
        for statement in statements:
            base.execute(statement)
    return file


def rows(folder: Path, file: Path, table: str | None = "people") -> list[dict[str, Any]]:
    customers = TableConfig(path=file, table=table)
    return read_tables(project(folder, customers=customers)).tables["customers"].to_pyarrow().to_pylist()


@pytest.mark.parametrize("name", ["a.sqlite", "a.sqlite3", "a.db"])
def test_a_table_or_view_of_each_suffix_is_read(tmp_path: Path, name: str) -> None:
    file = save(
        tmp_path / name,
        "CREATE TABLE people (customer_id TEXT, visits INTEGER, spent REAL, vip BOOLEAN, photo BLOB)",
        "INSERT INTO people VALUES ('007', 3, 1.5, 1, x'ff'), ('7', NULL, 2.0, 0, NULL)",
        "CREATE VIEW few AS SELECT * FROM people WHERE visits > 1",
    )
    first = {"customer_id": "007", "visits": 3, "spent": 1.5, "vip": True}
    assert rows(tmp_path, file, "few") == [first]
    second = {"customer_id": "7", "visits": None, "spent": 2.0, "vip": False}
    assert rows(tmp_path, file) == [first, second]


def test_ids_of_several_types_keep_all_their_digits(tmp_path: Path) -> None:
    file = save(
        tmp_path / "a.db",
        "CREATE TABLE people (customer_id, size)",
        "INSERT INTO people VALUES (9007199254740993, 0.1), ('0012', 3), (12, 'large'), (1.25, NULL)",
    )
    got = rows(tmp_path, file)
    assert [row["customer_id"] for row in got] == ["9007199254740993", "0012", "12", "1.25"]
    assert [row["size"] for row in got] == ["0.1", "3", "large", None]


def test_whole_and_real_numbers_of_one_column_are_numbers(tmp_path: Path) -> None:
    file = save(
        tmp_path / "a.db", "CREATE TABLE people (customer_id, v)", "INSERT INTO people VALUES ('a', 1), ('b', 0.5)"
    )
    assert [row["v"] for row in rows(tmp_path, file)] == [1.0, 0.5]


def test_an_unknown_table_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    file = save(tmp_path / "a.sqlite", "CREATE TABLE people (customer_id)", "CREATE TABLE b (x)")
    for table, got in ((None, "no `table:`"), ("persons", "'persons'")):
        with pytest.raises(ConfigError, match=f"got {got}. The file has b, people."):
            rows(tmp_path, file, table)


def test_a_view_of_a_table_that_is_gone_is_refused_as_such(tmp_path: Path) -> None:
    file = save(tmp_path / "a.sqlite", "CREATE VIEW people AS SELECT customer_id FROM gone")
    with pytest.raises(DataError, match="it is a view of a table that the file does not have"):
        rows(tmp_path, file)


def test_a_damaged_file_is_refused_without_its_values(tmp_path: Path) -> None:
    values = ", ".join(f"('secret person {i}')" for i in range(3000))
    file = save(tmp_path / "a.sqlite", "CREATE TABLE people (customer_id)", f"INSERT INTO people VALUES {values}")
    file.write_bytes(file.read_bytes()[:9000] + b"\xff" * 4096 + file.read_bytes()[13096:])
    with pytest.raises(DataError, match="must be readable; got an error") as raised:
        rows(tmp_path, file)
    assert "secret" not in str(raised.value)
