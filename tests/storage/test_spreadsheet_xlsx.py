"""Workbooks: texts of any kind stay texts, several sheets, and numbers as wide as they come."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd

from silentnps.storage.spreadsheet_xlsx import Sheet, write_xlsx

TEXTS = ["=1+1", "<a & b>", "two\nlines", " blank ", "é€😀", "x" * 40_000]


def test_texts_and_numbers_are_read_back_from_every_sheet(tmp_path: Path) -> None:
    table = pd.DataFrame({"=a": TEXTS, "n": [-1.5, 1e300, 0.1, 3, None, 12345678]})
    write_xlsx([Sheet("A & 'B' c", table, {"n": "number"}), Sheet("empty", table.head(0))], tmp_path / "t.xlsx")
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    assert book.sheetnames == ["A & 'B' c", "empty"]
    sheet = book["A & 'B' c"]
    assert [cell.value for cell in sheet["A"]] == ["=a", *TEXTS[:-1], "x" * 32_767]
    assert [cell.value for cell in sheet["B"]] == ["n", -1.5, 1e300, 0.1, 3, None, 12345678]
    assert {cell.data_type for cell in sheet["A"]} == {"s"}
    assert [cell.value for cell in book["empty"][1]] == ["=a", "n"]


def test_equal_tables_give_equal_bytes_without_a_formula(tmp_path: Path) -> None:
    table = pd.DataFrame({"text": TEXTS, "status": "open", "day": pd.Timestamp("2025-07-01")})
    for name in ("one.xlsx", "two.xlsx"):
        write_xlsx([Sheet("List", table, {"day": "date"}, choices={"status": ("open", "done")})], tmp_path / name)
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    book = openpyxl.load_workbook(tmp_path / "one.xlsx")
    sheet = book["List"]
    assert not [cell for row in sheet for cell in row if cell.data_type == "f"]
    assert all(cell.quotePrefix for cell in sheet["A"])
    assert sheet["C2"].value == pd.Timestamp("2025-07-01")
    assert sheet.auto_filter.ref == "A1:C7"
    assert [rule.formula1 for rule in sheet.data_validations.dataValidation] == ['"open,done"']


def test_rows_are_as_high_as_their_texts_need(tmp_path: Path) -> None:
    texts = ["short", "word " * 24, "one\ntwo\nthree", "x" * 40_000]
    write_xlsx([Sheet("List", pd.DataFrame({"text": texts, "n": 1.0}), {"n": "number"})], tmp_path / "t.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx")["List"]
    assert [sheet.row_dimensions[row].height for row in range(2, 6)] == [None, 30.0, 45.0, 405.0]
    assert (sheet["A1"].alignment.horizontal, sheet["B1"].alignment.horizontal) == ("left", "right")
