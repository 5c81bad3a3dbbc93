"""Workbooks: texts of any kind stay texts, several sheets, and numbers as wide as they come."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd

from silentnps.storage.spreadsheet_xlsx import Sheet, write_xlsx

TEXTS = ["=1+1", "<a & b>", "two\nlines", " blank ", "é€😀", "x" * 40_000]


def test_texts_and_numbers_are_read_back_from_every_sheet(tmp_path: Path) -> None:
    table = pd.DataFrame({"=a": TEXTS, "n": [-1.5, 1e300, 0.1, 3, None, 12345678]})
    write_xlsx([Sheet("A & 'B'", table, {"n": "number"}), Sheet("empty", table.head(0))], tmp_path / "t.xlsx")
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    assert book.sheetnames == ["A & 'B'", "empty"]
    sheet = book["A & 'B'"]
    assert [cell.value for cell in sheet["A"]] == ["=a", *TEXTS[:-1], "x" * 32_767]
    assert [cell.value for cell in sheet["B"]] == ["n", -1.5, 1e300, 0.1, 3, None, 12345678]
    assert {cell.data_type for cell in sheet["A"]} == {"s"}
    assert [cell.value for cell in book["empty"][1]] == ["=a", "n"]
