"""Columns of text are profiled alike however many a table has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from written_tables import project

from silentnps.config import TableConfig
from silentnps.data.reading import text_profiles
from silentnps.data.reading.id_precision import id_column
from silentnps.data.reading.sources import read_tables
from silentnps.data.values.ids import is_plain_id, is_tidy_id, may_be_plain_ids
from silentnps.data.values.markers import ALWAYS, AMONG_NUMBERS, marked
from silentnps.schema import TABLES


def test_no_query_has_the_conditions_of_many_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB took 0.8 s of processor time to plan one query of 40 columns, 8.5 s for 160."""
    values = {"whole": "7", "word": "north", "part": "1.5", "flag": "true"}
    names = [f"{kind}_{at}" for at in range(10) for kind in values]
    row = ",".join(values[name.split("_")[0]] for name in names)
    (tmp_path / "c.csv").write_text(f"customer_id,{','.join(names)}\nA,{row}\nB,{row}\n", encoding="utf-8")
    asked, whole = [], text_profiles.query

    def query(backend: Any, source: str, sql: str) -> list[tuple[Any, ...]]:
        conditions = sql.split(" FROM ")[0]  # what is scanned names all columns
        asked.append(sum(f'"{name}"' in conditions for name in names))
        return whole(backend, source, sql)

    monkeypatch.setattr(text_profiles, "query", query)
    table = read_tables(project(tmp_path, customers=TableConfig(path=tmp_path / "c.csv"))).tables["customers"]
    assert sum(asked) == len(names)
    assert max(asked) <= 12
    kinds = {"whole": "int64", "word": "string", "part": "float64", "flag": "boolean"}
    assert {name: str(table[name].type()) for name in names} == {name: kinds[name.split("_")[0]] for name in names}


@pytest.mark.parametrize("marker", ["7", "N/A"])
def test_many_columns_are_read_as_few_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, marker: str) -> None:
    columns = {
        "whole": ["1", "2", ""],
        "part": ["1.5", "-2", "3e2"],
        "money": ["1.234,50", "2,00", "12.000,00"],
        "flag": ["yes", "no", "No"],
        "day": ["2025-01-31", "2024-02-29", " "],
        "word": ["7", "north", "é"],
        "nothing": ["", "", ""],
    }
    rows = [",".join(f'"{value}"' for value in row) for row in zip(*columns.values(), strict=True)]
    rows.append(",".join([marker] * len(columns)))
    text = "\n".join([f"customer_id,{','.join(columns)}", *(f"{at},{row}" for at, row in enumerate(rows))])
    (tmp_path / "c.csv").write_text(text, encoding="utf-8")

    def read() -> tuple[pa.Table, list[str]]:
        found = read_tables(project(tmp_path, customers=TableConfig(path=tmp_path / "c.csv")))
        return found.tables["customers"].order_by("customer_id").to_pyarrow(), list(map(str, found.findings))

    few = read()
    monkeypatch.setattr(text_profiles, "_FEW_COLUMNS", 0)
    assert read() == few
    assert few[1]


def test_plain_ids_meet_no_condition_that_is_asked_of_ids() -> None:
    """What one look finds plain is tidy, no marker of emptiness, and has lost no digits."""
    rng = np.random.default_rng(3)
    signs = np.array([*"0123456789aeEX-_+., \t\u00a0é", "00", ".0"])
    texts = ["".join(rng.choice(signs, size)) for size in rng.integers(0, 20, 20_000)]
    texts += [*ALWAYS, *AMONG_NUMBERS, "1234567890123456", "12E5", "o17", "550e8400-e29b-41d4-a716-446655440000"]
    ids = id_column(TABLES["orders"], "order_id", user_name="t", value="t", sql_type="VARCHAR")
    conditions = [marked("t", "text", (*ALWAYS, *AMONG_NUMBERS)), f"NOT ({is_tidy_id('t')})"]
    counted = ", ".join([*(f"count(*) FILTER (WHERE {each})" for each in conditions), *ids.counts])
    given = pa.table({"t": sorted(set(texts))})  # noqa: F841  DuckDB reads it by its name
    rows = duckdb.sql(f"SELECT t, {is_plain_id('t')}, [{counted}] FROM given GROUP BY t").fetchall()
    assert [text for text, plain, counts in rows if plain and any(counts)] == []
    plain = {text for text, plain, _ in rows if plain}
    assert {"12E5", "o17", "550e8400-e29b-41d4-a716-446655440000"} <= plain
    assert len(plain) > 100
    assert "1234567890123456" not in plain


def test_markers_that_look_like_ids_are_looked_for_among_ids() -> None:
    assert not may_be_plain_ids((*ALWAYS, *AMONG_NUMBERS))
    assert may_be_plain_ids(("none", " 999 "))
    assert may_be_plain_ids(("no-order-whatsoever",))
