"""Every export is recognised whatever the order of its columns, configured, and read without losing a row."""

from __future__ import annotations

from pathlib import Path

import pytest
from written_exports import EXPORTS, Export, csv_text, customers

from silentnps.config import ProjectConfig, load_config
from silentnps.data.identity.linked_tables import LinkedTables, read_linked_tables
from silentnps.schema import FILE_ROW, KEY_MATCH, TABLES
from silentnps.workflow.commands.init import init
from silentnps.workflow.onboarding.questions import Answers

UNKNOWN = "internal_remark"


def configured(folder: Path, export: Export) -> ProjectConfig:
    """Point `init` at a list of customers and an export: with a byte-order mark, and its columns the other way."""
    rows = [row | {UNKNOWN: "call back"} for row in export.rows]
    (folder / "crm.csv").write_text(csv_text(customers()), encoding="utf-8")
    (folder / "export.csv").write_text(csv_text(rows, mark=True, reverse=True), encoding="utf-8")
    files = [str(folder / "crm.csv"), str(folder / "export.csv")]
    return load_config(init(files, output=folder / "config.yaml", answers=Answers(timezone="UTC")).path)


def set_aside(read: LinkedTables, table: str) -> int:
    return sum(finding.rows for finding in read.findings if finding.table == table and finding.effect == "row")


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_is_recognised_configured_and_read(name: str, tmp_path: Path) -> None:
    export = EXPORTS[name]()
    config = configured(tmp_path, export)
    presets = {table: section.preset for table, section in config.tables.items() if table != "customers"}
    assert presets == dict.fromkeys(export.tables, export.preset)
    read = read_linked_tables(config)
    for table, n_rows in export.tables.items():
        rows = read.tables[table].execute()
        assert len(rows) == n_rows
        assert n_rows + export.joined + set_aside(read, table) == len(export.rows)
        assert rows["customer_id"].notna().all()
        canonical = {column.name for column in TABLES[table].columns}
        assert set(rows.columns) <= canonical | {FILE_ROW, KEY_MATCH}
