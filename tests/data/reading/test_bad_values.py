"""All columns of a table with bad values are named, with their first rows."""

from __future__ import annotations

from pathlib import Path

from silentnps.config import ProjectConfig
from silentnps.data.reading.sources import gather_tables


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
