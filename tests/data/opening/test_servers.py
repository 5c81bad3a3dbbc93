"""Tables of a PostgreSQL server: every type as the server has it, nothing lost, and no word of a secret."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from postgres_server import SECRET, Server, running_server
from written_tables import project

from silentnps.config import TableConfig
from silentnps.data.files.duckdb_errors import GuardedBackend
from silentnps.data.opening.connections import connected
from silentnps.data.opening.scan import open_source, query
from silentnps.data.reading.sources import read_tables
from silentnps.errors import ConfigError, DataError, SilentNPSError


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server() as running:
        running.run(
            "CREATE SCHEMA sales",
            "CREATE TYPE tier AS ENUM ('gold', 'silver')",
            "CREATE TABLE people (customer_id uuid, tier tier, visits int, spent numeric(12, 2), score numeric,"
            " vip boolean, tags text[], extra jsonb, photo bytea, signed_up_at timestamptz)",
            "INSERT INTO people VALUES ('6f9619ff-8b86-d011-b42d-00c04fc964ff', 'gold', 3, 10.25, 7, true,"
            " '{a,b}', '{\"a\": 1}', '\\x00ff', '2024-03-31 12:00+02'), ('7f9619ff-8b86-d011-b42d-00c04fc964ff',"
            " 'silver', NULL, 0, 8.5, NULL, NULL, NULL, NULL, NULL)",
            "CREATE TABLE sales.orders (id bigint, customer text, bought timestamp, total numeric)",
            "INSERT INTO sales.orders SELECT i, 'c' || i % 7, timestamp '2025-01-01' + i * interval '1 hour',"
            " i / 100.0 FROM generate_series(1, 50000) i",
            "CREATE TABLE odd (customer_id text, signed_up_at timestamp)",
            "INSERT INTO odd VALUES ('a', 'infinity'), ('b', '2024-01-01'), ('c', '-infinity')",
            "GRANT USAGE ON SCHEMA sales TO analyst",
            "GRANT SELECT ON ALL TABLES IN SCHEMA public, sales TO analyst",
            "CREATE TABLE closed (customer_id text)",
            "REVOKE ALL ON closed FROM analyst",
        )
        yield running


def rows(
    folder: Path, config: TableConfig, name: str = "customers", zone: str | None = "UTC"
) -> list[dict[str, Any]]:
    read = read_tables(project(folder, timezone=zone, **{name: config}))
    return read.tables[name].to_pyarrow().to_pylist()


def test_each_type_is_what_it_is_on_the_server(tmp_path: Path, server: Server) -> None:
    first, second = rows(tmp_path, TableConfig(url=server.url, table="people"))
    assert first["customer_id"] == "6f9619ff-8b86-d011-b42d-00c04fc964ff"
    assert (first["tier"], first["visits"], first["spent"], first["score"]) == ("gold", 3, 10.25, 7.0)
    assert (first["vip"], first["signed_up_at"]) == (True, datetime(2024, 3, 31, 10))
    assert (second["visits"], second["spent"], second["vip"], second["signed_up_at"]) == (None, 0.0, None, None)
    assert not {"tags", "photo"} & set(first)


def test_many_rows_of_a_schema_are_streamed_with_all_their_cents(tmp_path: Path, server: Server) -> None:
    columns = {"order_id": "id", "customer_id": "customer", "ordered_at": "bought", "amount": "total"}
    orders = TableConfig(url=server.url, table="sales.orders", columns=columns)
    read = read_tables(project(tmp_path, timezone="Europe/Berlin", orders=orders)).tables["orders"]
    assert read.count().execute() == 50_000
    assert read.amount.sum().execute() == 50_000 * 50_001 // 2
    assert read.ordered_at.min().execute() == datetime(2025, 1, 1)
    with pytest.raises(ConfigError, match="'bought' must have a time zone; got 50000 values without one"):
        rows(tmp_path, orders, "orders", zone=None)


def test_times_outside_of_the_calendar_are_refused_by_number(tmp_path: Path, server: Server) -> None:
    with pytest.raises(DataError, match=r"'signed_up_at' must hold .* got 2 bad rows \(first rows 1, 3\)"):
        rows(tmp_path, TableConfig(url=server.url, table="odd"))


def test_an_unknown_table_is_refused_with_those_that_there_are(tmp_path: Path, server: Server) -> None:
    with pytest.raises(ConfigError, match=r"must name one table of the server; got .*persons.* odd, people"):
        rows(tmp_path, TableConfig(url=server.url, table="persons"))


def test_nothing_can_be_written(server: Server) -> None:
    with (
        pytest.raises(DataError, match="read-only transaction"),
        connected(server.url, "the server") as connection,
    ):
        connection.raw_sql("DELETE FROM odd")


def test_a_password_comes_from_the_environment_and_goes_to_the_driver_alone(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_DB_PASSWORD", SECRET)
    config = TableConfig(url=server.as_user("analyst:${SHOP_DB_PASSWORD}"), table="people")
    assert len(rows(tmp_path, config)) == 2
    said = [project(tmp_path, customers=config).model_dump_json(), repr(config)]
    closed = config.model_copy(update={"table": "closed"})
    for user, password, refused in (
        ("analyst", SECRET, closed),
        ("analyst", SECRET + "x", config),
        ("nobody", SECRET, config.model_copy(update={"url": server.as_user("nobody:${SHOP_DB_PASSWORD}")})),
    ):
        monkeypatch.setenv("SHOP_DB_PASSWORD", password)
        with pytest.raises(DataError, match="must be readable; got an error") as raised:
            rows(tmp_path, refused)
        said.append(f"{user} {raised.value}")
    assert not any("canary" in text for text in said)


def test_the_whole_url_and_pgpassword_may_be_in_the_environment(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP", server.url)
    assert len(rows(tmp_path, TableConfig(url="${SHOP}", table="people"))) == 2
    monkeypatch.setenv("PGPASSWORD", SECRET)
    assert len(rows(tmp_path, TableConfig(url=server.as_user("analyst"), table="people"))) == 2


def test_numbers_of_many_digits_are_exact(server: Server) -> None:
    server.run(
        "CREATE TABLE exact (big numeric(30), small numeric(20, 8), nan numeric)",
        "INSERT INTO exact VALUES (123456789012345678901234567890, 0.12345678, 'NaN')",
    )
    backend = GuardedBackend()
    backend.do_connect()
    source = open_source(backend, TableConfig(url=server.url, table="exact"))
    ((big, small, nan),) = query(backend, "x", f"SELECT * FROM {source.scan}")
    assert (big, small) == (123456789012345678901234567890, Decimal("0.12345678"))
    assert nan != nan


def test_a_server_that_is_away_is_told_without_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP", f"postgresql://analyst:{'canary'}@/shop?host={tmp_path}")
    with pytest.raises(SilentNPSError) as raised:
        rows(tmp_path, TableConfig(url="${SHOP}", table="people"))
    assert "must be readable; got an error" in str(raised.value)
    assert "canary" not in str(raised.value)
