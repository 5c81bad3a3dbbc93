"""Every export is recognised whatever the order of its columns, configured, and read without losing a row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from written_exports import EXPORTS, N_CUSTOMERS, Export, Row, csv_text, customers, stripe_charges

from silentnps.config import ProjectConfig, load_config
from silentnps.data.identity.linked_tables import LinkedTables, read_linked_tables
from silentnps.schema import FILE_ROW, KEY_MATCH, TABLES
from silentnps.workflow.commands.init import init
from silentnps.workflow.onboarding.questions import Answers

pytestmark = pytest.mark.slow  # a whole init for each export; what recognises them has fast tests

UNKNOWN = "internal_remark"


def configured(folder: Path, export: Export, crm: Sequence[Row] | None = None) -> ProjectConfig:
    """Point `init` at a list of customers and an export: with a byte-order mark, and its columns the other way."""
    rows = [row | {UNKNOWN: "call back"} for row in export.rows]
    texts = {"crm": csv_text(crm or customers()), "export": csv_text(rows, mark=True, reverse=True)}
    texts |= {name: csv_text(further, reverse=True) for name, further in export.further.items()}
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    files = [str(folder / f"{name}.csv") for name in texts]
    return load_config(init(files, output=folder / "config.yaml", answers=Answers(timezone="UTC")).path)


def set_aside(read: LinkedTables, table: str) -> int:
    return sum(finding.rows for finding in read.findings if finding.table == table and finding.effect == "row")


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_is_recognised_configured_and_read(name: str, tmp_path: Path) -> None:
    export = EXPORTS[name]()
    config = configured(tmp_path, export)
    presets = {table: section.preset for table, section in config.tables.items() if table != "customers"}
    assert presets == dict.fromkeys(export.tables, export.preset) | export.others
    read = read_linked_tables(config)
    for table, n_rows in export.tables.items():
        rows = read.tables[table].execute()
        assert len(rows) == n_rows
        assert n_rows + export.lines + set_aside(read, table) == len(export.rows)
        assert rows["customer_id"].notna().all()
        canonical = {column.name for column in TABLES[table].columns}
        assert set(rows.columns) <= canonical | {FILE_ROW, KEY_MATCH}


@pytest.mark.parametrize("own", [True, False])
def test_customers_are_found_by_the_ids_of_another_program(own: bool, tmp_path: Path) -> None:
    export = Export(
        "stripe_charges", [row | {"receipt_email": ""} for row in stripe_charges().rows], {"orders": 80}
    )
    crm = [
        {"Customer Number": f"K{n:04d}", "Stripe ID": f"cus_{n}", "Tier": "gold" if n % 2 else "basic"}
        for n in range(N_CUSTOMERS)
    ]
    if own:
        crm = [{"Customer ID": row["Stripe ID"], "Tier": row["Tier"]} for row in crm]
    config = configured(tmp_path, export, crm)
    assert config.tables["orders"].identified_by == "stripe_customer"
    rows = read_linked_tables(config).tables["orders"].execute().sort_values("ordered_at")
    assert rows["customer_id"].head(2).tolist() == (["cus_0", "cus_1"] if own else ["K0000", "K0001"])
    assert rows["customer_id"].notna().all()


def test_small_numbers_that_agree_by_chance_are_no_key(tmp_path: Path) -> None:
    rows = [row | {"customer": n % N_CUSTOMERS, "receipt_email": ""} for n, row in enumerate(stripe_charges().rows)]
    crm = [{"Customer ID": n, "Tier": "gold" if n % 2 else "basic"} for n in range(N_CUSTOMERS)]
    assert "orders" not in configured(tmp_path, Export("stripe_charges", rows, {}), crm).tables
