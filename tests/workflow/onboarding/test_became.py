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
    assert tables["orders"]["customer_id"].values == ("a9999",)
    assert tables["customers"]["signed_up_at"].values[0] == "2025-01-06 (its end)"
    assert tables["orders"]["ordered_at"].kind == "time, UTC"
    assert tables["orders"]["ordered_at"].values[0] == "2024-01-15 07:00:00"
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


def test_times_are_local_and_columns_of_a_preset_have_their_names_in_the_file(tmp_path: Path) -> None:
    files = write_own_files(tmp_path)
    rows = "\n".join(
        f"{row},p{row},person{row}@mail.example,nps,{row % 11},{1_740_000_000 + row}" for row in range(80)
    )
    (tmp_path / "delighted.csv").write_text(f"id,person,email,survey_type,score,created_at\n{rows}\n")
    files = [files[0], str(tmp_path / "delighted.csv")]
    config = init(files, output=tmp_path / "config.yaml", answers=Answers(timezone="Europe/Berlin")).path
    tables = {table.name: table for table in what_columns_became(config)}
    answers = {column.name: column for column in tables["responses"].columns}
    assert tables["responses"].path == "delighted.csv"
    assert answers["rating"].user == "score"
    assert answers["responded_at"].user == "created_at"
    assert answers["responded_at"].values[0] == "2025-02-19 22:20:00"
