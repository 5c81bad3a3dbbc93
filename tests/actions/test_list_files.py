"""Files of lists: numbers are numbers, no cell is a formula, and what was written is read."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest

from silentnps.actions.list_files import FORMATS, read_table, read_workbook, write_list

IDS = ["=1+1", "+49301", "@x", "-2", "0012", "'=1", "plain", "a;=1", '<&>"', "\x07bell"]


def table() -> pd.DataFrame:
    n = len(IDS)
    return pd.DataFrame(
        {
            "rank": range(1, n + 1),
            "customer_id": IDS,
            "probability": 0.5,
            "expected_nps": -12.5,
            "value": [1234.5, float("nan")] * (n // 2),
            "reasons": "=HYPERLINK(1)",
            "contact_on": [pd.Timestamp("2025-07-01").date()] * n,
            "status": "open",
            "done_at": pd.Series([pd.NaT] * n),
            "note": "",
        }
    )


def test_a_workbook_has_numbers_dates_texts_filters_and_choices(tmp_path: Path) -> None:
    write_list(table(), tmp_path / "l.xlsx", kind="xlsx", about={"goal": "=2+2"})
    book = openpyxl.load_workbook(tmp_path / "l.xlsx")
    assert book.sheetnames == ["List", "About"]
    sheet = book["List"]
    assert (sheet.auto_filter.ref, sheet.freeze_panes) == (f"A1:J{len(IDS) + 1}", "A2")
    first = {str(cell.value): sheet.cell(2, cell.column) for cell in sheet[1]}
    types = {name: cell.data_type for name, cell in first.items()}
    assert {types[name] for name in ("rank", "probability", "expected nps", "value")} == {"n"}
    assert (types["contact on"], types["customer id"]) == ("d", "s")
    assert (first["value"].value, first["probability"].number_format) == (1234.5, "0%")
    cells = [cell for rows in (sheet.iter_rows(), book["About"].iter_rows()) for row in rows for cell in row]
    assert "f" not in {cell.data_type for cell in cells}
    assert all(cell.quotePrefix for cell in cells if cell.data_type == "s")
    assert [row[1].value for row in sheet.iter_rows(min_row=2)] == [*IDS[:-1], "\ufffdbell"]
    assert sheet.data_validations.dataValidation[0].formula1 == '"open,done,skipped"'


def test_no_cell_of_a_csv_is_a_formula_and_ids_are_read_back(tmp_path: Path) -> None:
    write_list(table(), tmp_path / "l.csv", kind="csv")
    cells = [cell for line in (tmp_path / "l.csv").read_text().splitlines() for cell in line.split(",")]
    assert not [cell for cell in cells if cell.strip('"').startswith(("=", "+", "@"))]
    assert read_table(tmp_path / "l.csv")["customer_id"].tolist() == IDS


def test_json_lines_and_parquet_keep_types(tmp_path: Path) -> None:
    for kind in ("jsonl", "parquet"):
        write_list(table(), tmp_path / f"l.{kind}", kind=kind)
    lines = [json.loads(line) for line in (tmp_path / "l.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["customer_id"] for line in lines] == IDS
    assert (lines[0]["value"], lines[1]["value"], lines[0]["contact_on"]) == (1234.5, None, "2025-07-01")
    types = {field.name: str(field.type) for field in pq.read_schema(tmp_path / "l.parquet")}
    assert types["value"] == "double"
    assert types["contact_on"].startswith("date")
    assert types["done_at"].startswith("timestamp")


@pytest.mark.parametrize("kind", FORMATS)
def test_equal_lists_are_equal_bytes_and_an_empty_list_is_written(tmp_path: Path, kind: str) -> None:
    for name in ("a", "b"):
        write_list(table(), tmp_path / name, kind=kind, about={"day": "x"})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    write_list(table().head(0), tmp_path / "empty", kind=kind)
    assert (tmp_path / "empty").exists()


def test_a_workbook_is_read_with_what_a_team_wrote(tmp_path: Path) -> None:
    written = table().assign(done_at="some day", note="called")
    write_list(written, tmp_path / "l.xlsx", kind="xlsx", about={"goal": "recover", "day": "2025-07-01"})
    read, about = read_workbook(tmp_path / "l.xlsx")
    assert read["customer_id"].tolist()[:-1] == IDS[:-1]
    assert set(read["done_at"]) == {"some day"}
    assert read["value"].tolist()[0] == 1234.5
    assert about == {"goal": "recover", "day": "2025-07-01"}
    write_list(read, tmp_path / "again.xlsx", kind="xlsx", about=about)
    assert (tmp_path / "again.xlsx").read_bytes() == (tmp_path / "l.xlsx").read_bytes()


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    (tmp_path / "l.xlsx").write_text("no workbook")
    with pytest.raises(ValueError, match="no workbook"):
        read_table(tmp_path / "l.xlsx")
