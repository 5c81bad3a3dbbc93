"""Tables that a test writes as text or columns, and the configuration that names them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from silentnps.config import CurrenciesConfig, ProjectConfig, TableConfig
from silentnps.data.checking.checks import check_tables
from silentnps.data.findings import Finding

CUSTOMERS = "customer_id,region\n001,north\n002,south\n"


def project(
    folder: Path,
    *,
    timezone: str | None = "UTC",
    currencies: dict[str, Any] | None = None,
    **tables: TableConfig | str,
) -> ProjectConfig:
    """Write tables given as CSV text, and customers if they are not given, and return the configuration."""
    configured = {}
    for name, table in {"customers": CUSTOMERS, **tables}.items():
        if isinstance(table, str):
            path = folder / f"{name}.csv"
            path.write_text(table, encoding="utf-8")
            table = TableConfig(path=path)
        configured[name] = table
    declared = CurrenciesConfig.model_validate(currencies) if currencies else None
    return ProjectConfig(
        name="test", output=folder / "out", timezone=timezone, currencies=declared, tables=configured
    )


def parquet(folder: Path, name: str, **columns: Any) -> TableConfig:
    path = folder / f"{name}.parquet"
    pq.write_table(pa.table(columns), path)
    return TableConfig(path=path)


def orders(*rows: str, header: str = "order_id,customer_id,ordered_at,amount") -> str:
    return "\n".join((header, *rows)) + "\n"


def all_findings(tables: Mapping[str, ir.Table], **options: Any) -> list[Finding]:
    """Return the findings of all tables, in the order of the schema; the options are those of `check_tables`."""
    return [finding for table in check_tables(tables, **options).values() for finding in table.findings]
