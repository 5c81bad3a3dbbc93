"""Workbooks: cells keep their kinds, and what is around the table is no row."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from written_tables import project

from silentnps.config import TableConfig
from silentnps.data.reading.sources import ReadTables, read_tables
from silentnps.errors import ConfigError, DataError

HEADER = ["customer_id", "tier", "spent", "since"]


def save(file: Path, **sheets: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(file)
    return file


def read(folder: Path, file: Path, table: str | None = None, name: str = "customers") -> ReadTables:
    return read_tables(project(folder, timezone="UTC", **{name: TableConfig(path=file, table=table)}))


def rows(read_tables: ReadTables, name: str = "customers") -> list[dict[str, Any]]:
    return read_tables.tables[name].to_pyarrow().to_pylist()


def test_numbers_texts_and_flags_are_what_their_cells_are(tmp_path: Path) -> None:
    table = [["customer_id", "zip", "spent", "vip"], ["00123", "01067", 12.5, True], ["00124", "10115", 7, False]]
    got = rows(read(tmp_path, save(tmp_path / "a.xlsx", customers=table)))
    assert got == [
        {"customer_id": "00123", "zip": "01067", "spent": 12.5, "vip": True},
        {"customer_id": "00124", "zip": "10115", "spent": 7.0, "vip": False},
    ]


def test_ids_that_are_numbers_here_and_texts_there_are_compared_as_they_are_written(tmp_path: Path) -> None:
    table = [["customer_id", "tier"], [123, "a"], ["00123", "b"], [9_007_199_254_740_991, "c"]]
    got = rows(read(tmp_path, save(tmp_path / "a.xlsx", customers=table)))
    assert [row["customer_id"] for row in got] == ["123", "00123", "9007199254740991"]


def test_days_end_with_their_day_and_moments_do_not(tmp_path: Path) -> None:
    orders = [["order_id", "customer_id", "ordered_at", "delivered_at", "amount"]]
    orders += [["1", "a", date(2025, 3, 31), datetime(2025, 4, 1, 12, 30), 19.99]]
    orders += [["2", "a", date(2025, 4, 1), datetime(2025, 4, 2), 1]]
    got = rows(read(tmp_path, save(tmp_path / "a.xlsx", orders=orders), name="orders"), "orders")
    assert [row["ordered_at"] for row in got] == [
        datetime(2025, 3, 31, 23, 59, 59, 999999),
        datetime(2025, 4, 1, 23, 59, 59, 999999),
    ]
    assert [row["delivered_at"] for row in got] == [datetime(2025, 4, 1, 12, 30), datetime(2025, 4, 2)]
    assert [row["amount"] for row in got] == [1999, 100]


def test_titles_empty_rows_and_totals_are_skipped_and_named(tmp_path: Path) -> None:
    table = [["Customers of 2025"], [], ["customer_id", "tier", "spent"], ["a", "x", 1], [], ["b", "y", 2]]
    read_ones = read(tmp_path, save(tmp_path / "a.xlsx", customers=[*table, [], ["Total", None, 3]]))
    assert [row["customer_id"] for row in rows(read_ones)] == ["a", "b"]
    said = " ".join(map(str, read_ones.findings))
    assert "above the header): 1" in said
    assert "below the table" in said


def test_names_and_values_of_merged_cells_hold_for_each_of_their_rows(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["customer_id", "Purchases"], [None, "spent", "n"], ["a", 1, 2], ["b", 3, 4], [None, 5, 6]):
        book.active.append(row)
    for cells in ("A1:A2", "B1:C1", "A4:A5"):
        book.active.merge_cells(cells)
    book.save(tmp_path / "a.xlsx")
    got = read_tables(project(tmp_path, customers=TableConfig(path=tmp_path / "a.xlsx")))
    assert rows(got) == [
        {"customer_id": "a", "spent": 1.0, "n": 2.0},
        {"customer_id": "b", "spent": 3.0, "n": 4.0},
        {"customer_id": "b", "spent": 5.0, "n": 6.0},
    ]


def test_the_sheet_must_be_named_where_several_hold_something(tmp_path: Path) -> None:
    table = [["customer_id", "tier"], ["a", "x"]]
    file = save(tmp_path / "a.xlsx", notes=[["Do not edit"]], people=table, empty=[])
    with pytest.raises(ConfigError, match=r"'table' must name one sheet of .*; got no .* has notes, people"):
        read(tmp_path, file)
    assert rows(read(tmp_path, file, "people")) == [{"customer_id": "a", "tier": "x"}]
    with pytest.raises(ConfigError, match="got 'persons'"):
        read(tmp_path, file, "persons")


def test_a_sheet_is_named_without_regard_to_case(tmp_path: Path) -> None:
    file = save(tmp_path / "a.xlsx", People=[["customer_id"], ["a"]], Notes=[["x"], ["y"]])
    assert rows(read(tmp_path, file, "people")) == [{"customer_id": "a"}]


def test_several_workbooks_are_one_table(tmp_path: Path) -> None:
    for part, since in (("1", 7), ("2", "n/a")):
        save(tmp_path / f"p{part}.xlsx", s=[["customer_id", "visits"], [f"0{part}", since]])
    got = read(tmp_path, tmp_path / "p*.xlsx")
    assert [row["customer_id"] for row in rows(got)] == ["01", "02"]


def test_a_damaged_workbook_and_a_text_named_so_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(save(tmp_path / "b.xlsx", s=[["customer_id"], ["a"]]).read_bytes()[:900])
    with pytest.raises(DataError, match="must be a readable workbook; got a damaged one"):
        read(tmp_path, tmp_path / "a.xlsx")
    (tmp_path / "c.xls").write_text("customer_id\ttier\n01\tgold\n")
    assert rows(read(tmp_path, tmp_path / "c.xls")) == [{"customer_id": "01", "tier": "gold"}]


ORDERS = ["order_id", "customer_id", "ordered_at", "delivered_at", "amount"]
MORNING, MIDNIGHT, NOON = datetime(2025, 3, 1, 8), datetime(2025, 4, 2), datetime(2025, 4, 2, 12, 30)


def delivered(read_ones: ReadTables) -> list[datetime | None]:
    return [row["delivered_at"] for row in rows(read_ones, "orders")]


@pytest.mark.parametrize("other", [None, "n/a", "2025-04-03 10:00"])
def test_a_midnight_beside_times_of_day_is_no_date_whatever_else_the_column_has(
    other: str | None, tmp_path: Path
) -> None:
    orders = [[str(row), "a", MORNING, cell, 1] for row, cell in enumerate([MIDNIGHT, NOON, other])]
    got = delivered(read(tmp_path, save(tmp_path / "a.xlsx", orders=[ORDERS, *orders]), name="orders"))
    assert got[:2] == [MIDNIGHT, NOON]
    assert got[2] == (datetime(2025, 4, 3, 10) if other and other != "n/a" else None)


def test_a_midnight_of_one_workbook_beside_times_of_day_in_another_is_none_either(tmp_path: Path) -> None:
    for part, cell in (("1", MIDNIGHT), ("2", NOON), ("3", "-")):
        save(tmp_path / f"o{part}.xlsx", s=[ORDERS, [part, "a", MORNING, cell, 1]])
    assert delivered(read(tmp_path, tmp_path / "o*.xlsx", name="orders")) == [MIDNIGHT, NOON, None]


def test_dates_among_other_texts_stay_dates(tmp_path: Path) -> None:
    cells = [date(2025, 4, 2), "2025-04-03", "n/a"]
    orders = [[str(row), "a", MORNING, cell, 1] for row, cell in enumerate(cells)]
    got = delivered(read(tmp_path, save(tmp_path / "a.xlsx", orders=[ORDERS, *orders]), name="orders"))
    end = timedelta(days=1) - timedelta(microseconds=1)
    assert got == [datetime(2025, 4, 2) + end, datetime(2025, 4, 3) + end, None]
