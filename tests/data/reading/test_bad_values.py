"""All columns of a table with bad values are named, with their first rows."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from silentnps.config import ProjectConfig
from silentnps.data.reading import bad_values
from silentnps.data.reading.sources import gather_tables, read_tables


def test_every_column_is_refused_with_its_first_rows(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(
        "order_id,customer_id,ordered_at,amount\n1,a,2025-01-01,1\n2,a,soon,2\n3,a,2025-01-03,much\n",
        encoding="utf-8",
    )
    (tmp_path / "customers.csv").write_text("customer_id\na\n", encoding="utf-8")
    tables = {name: {"path": tmp_path / f"{name}.csv"} for name in ("customers", "orders")}
    config = ProjectConfig.model_validate(
        {"name": "shop", "output": tmp_path / "out", "timezone": "UTC", "tables": tables}
    )
    found = gather_tables(config).findings
    assert [(f.column, f.rows, f.first_rows) for f in found] == [("ordered_at", 1, (2,)), ("amount", 1, (3,))]


def test_columns_are_counted_alike_in_one_query_and_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = pd.DataFrame({"who": [f"c{i}" for i in range(40)], "joined": ["2025-01-05"] * 39 + ["soon"]})
    for i in range(8):
        rows[f"a{i}"] = [str(i)] * 20 + ["x"] * 20
    rows.to_csv(tmp_path / "people.csv", index=False)
    columns = {"customer_id": "who", "signed_up_at": "joined"}
    tables = {"customers": {"path": str(tmp_path / "people.csv"), "columns": columns}}
    config = ProjectConfig.model_validate({"name": "wide", "output": "out", "timezone": "UTC", "tables": tables})

    def read() -> tuple[list[str], int, object]:
        found = gather_tables(config, facts=True)
        return [str(finding) for finding in found.findings], len(found.tables), found.facts

    whole = read()
    monkeypatch.setattr(bad_values, "_MOST_AGGREGATES", 7)
    assert read() == whole
    assert any("joined" in finding for finding in whole[0])


def test_a_table_of_very_many_columns_leaves_the_session_as_it_was(tmp_path: Path) -> None:
    rows = pd.DataFrame({f"a{i}": [i, i + 1] for i in range(310)})
    rows.insert(0, "customer_id", ["a", "b"])
    rows.to_csv(tmp_path / "people.csv", index=False)
    tables = {"customers": {"path": str(tmp_path / "people.csv")}}
    config = ProjectConfig.model_validate({"name": "wide", "output": "out", "timezone": "UTC", "tables": tables})
    customers = read_tables(config).tables["customers"]
    assert customers.to_pandas()["a309"].tolist() == [309, 310]
    session = customers.get_backend().con.execute("SELECT current_setting('disabled_optimizers')").fetchone()
    assert session == ("",)
