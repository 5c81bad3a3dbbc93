"""What each column became, without a personal value."""

from __future__ import annotations

from pathlib import Path

from own_files import write_own_files

from silentnps.workflow.commands.init import init
from silentnps.workflow.onboarding.became import VALUES, what_columns_became
from silentnps.workflow.onboarding.questions import Answers


def test_every_column_has_its_values_and_personal_ones_are_masked(tmp_path: Path) -> None:
    files = [file for file in write_own_files(tmp_path) if "survey" not in file]
    config = init(files, output=tmp_path / "config.yaml", answers=Answers(timezone="UTC")).path
    tables = {
        table.name: {column.name: column for column in table.columns} for table in what_columns_became(config)
    }
    assert list(tables) == ["customers", "orders", "support"]
    assert tables["orders"]["amount"].user == "Total"
    assert tables["orders"]["amount"].values[0] == "10.50"
    assert len(tables["orders"]["amount"].values) == VALUES
    assert tables["customers"]["Region"].values == ("north", "south", "east", "west")
    assert set(tables["orders"]["customer_id"].values) == {"a9999"}
    assert "Person" not in str(tables)


def test_a_table_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    write_own_files(tmp_path)
    config = tmp_path / "config.yaml"
    config.write_text(
        "{name: shop, output: out, tables: {customers: {path: crm.csv, columns: {customer_id: Kundennummer}},"
        " orders: {path: tickets.csv}}}",
        encoding="utf-8",
    )
    tables = {table.name: table for table in what_columns_became(config)}
    assert not tables["customers"].error
    assert "must have the column 'order_id'" in tables["orders"].error
