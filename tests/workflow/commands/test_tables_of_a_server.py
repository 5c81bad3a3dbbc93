"""Tables of a PostgreSQL server give the features of the same tables in files, and its password is nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from postgres_server import SECRET, Server, running_server
from projects import run

SQL_TYPES = {"string": "text", "large_string": "text", "bool": "boolean", "double": "float8", "int64": "bigint"}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server() as running:
        yield running


def sql_type(kind: pa.DataType) -> str:
    if pa.types.is_timestamp(kind):
        return "timestamptz" if kind.tz else "timestamp"
    if pa.types.is_integer(kind):
        return "bigint"
    return "date" if pa.types.is_date(kind) else SQL_TYPES[str(kind)]


def load(server: Server, name: str, file: Path) -> None:
    import psycopg

    table = pq.read_table(file)
    columns = ", ".join(f'"{field.name}" {sql_type(field.type)}' for field in table.schema)
    with psycopg.connect(server.url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(f'CREATE TABLE "{name}" ({columns})')
        with cursor.copy(f'COPY "{name}" FROM STDIN') as copy:
            for row in table.to_pylist():
                copy.write_row(list(row.values()))
        cursor.execute(f'GRANT SELECT ON "{name}" TO analyst')


@pytest.mark.slow
def test_features_of_a_server_are_those_of_files(
    folder: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_DB_PASSWORD", SECRET)
    config: dict[str, Any] = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    code, _, errors = run("features", "-c", folder / "config.yaml")
    assert code == 0, errors
    for name, table in config["tables"].items():
        load(server, name, folder / table.pop("path"))
        table |= {"url": server.as_user("analyst:${SHOP_DB_PASSWORD}"), "table": f"public.{name}"}
    config["output"] = "other"
    (folder / "server.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    told = []
    for command in ("validate", "features"):
        code, out, errors = run(command, "-c", folder / "server.yaml")
        assert code == 0, errors
        told.append(out + errors)
    order = ["wave", "customer_id"]
    files, tables = (pd.read_parquet(folder / name / "features.parquet") for name in ("out", "other"))
    pd.testing.assert_frame_equal(
        tables.sort_values(order, ignore_index=True), files.sort_values(order, ignore_index=True)
    )
    written = [path.read_bytes() for path in (folder / "other").rglob("*") if path.is_file()]
    assert written
    assert not any(b"canary" in content for content in (*written, *(text.encode() for text in told)))
