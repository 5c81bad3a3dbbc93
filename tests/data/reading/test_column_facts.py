"""What is told of columns: ranges of canonical columns, the middle of attributes, nothing of few customers."""

from __future__ import annotations

from pathlib import Path

from silentnps.config import ProjectConfig
from silentnps.data.reading.column_facts import ColumnFacts
from silentnps.data.reading.sources import gather_tables


def facts(folder: Path, name: str, text: str) -> dict[str, ColumnFacts]:
    (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    tables = {name: {"path": folder / f"{name}.csv"}}
    if name != "customers":
        (folder / "customers.csv").write_text("customer_id\na\n", encoding="utf-8")
        tables["customers"] = {"path": folder / "customers.csv"}
    config = ProjectConfig.model_validate(
        {"name": "shop", "output": folder / "out", "timezone": "UTC", "tables": tables}
    )
    return {column.column: column for column in gather_tables(config, facts=True).facts[name].columns}


def test_canonical_columns_have_their_range_and_number_of_values(tmp_path: Path) -> None:
    text = "order_id,customer_id,ordered_at,amount,channel\n1,a,2025-01-01 10:00,1.5,web\n2,a,2025-02-01 10:00,7,\n"
    columns = facts(tmp_path, "orders", text)
    assert (columns["amount"].low, columns["amount"].high) == ("1.50", "7.00")
    assert (columns["ordered_at"].low, columns["ordered_at"].high) == ("2025-01-01 10:00", "2025-02-01 10:00")
    assert (columns["channel"].rows, columns["channel"].filled, columns["channel"].levels) == (2, 1, 1)


def test_an_attribute_has_the_middle_of_its_values_and_none_where_customers_are_few(tmp_path: Path) -> None:
    rows = "".join(f"c{i},{i}\n" for i in range(1, 1001))
    spent = facts(tmp_path, "customers", f"customer_id,spent\n{rows}c0,99999\n")["spent"]
    assert spent.low != "1"
    assert spent.high != "99,999"
    few = facts(tmp_path, "customers", "customer_id,spent\na,5\nb,6\n")["spent"]
    assert (few.filled, few.low, few.high) == (2, "", "")
