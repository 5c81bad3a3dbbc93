"""Times as numbers are told apart by their magnitude; what was understood is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from written_tables import parquet, project

from silentnps.config import TableConfig
from silentnps.data.reading.sources import read_tables
from silentnps.errors import ConfigError, DataError

MOMENTS = [
    datetime(1990, 1, 1, 0, 0, 1),
    datetime(2001, 9, 9, 1, 46, 39),
    datetime(2025, 3, 30, 1, 30, 0, 123_000),
    datetime(2099, 12, 31, 23, 59, 59),
]
PER_SECOND = {"seconds": 1, "milliseconds": 1_000, "microseconds": 1_000_000}


def micros(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1)) // timedelta(microseconds=1)


def times(folder: Path, calls: Any, zone: str | None = None) -> tuple[list[datetime], list[str]]:
    read = read_tables(project(folder, timezone=zone, follow_up=calls))
    return read.tables["follow_up"].to_pyarrow()["called_at"].to_pylist(), [str(each) for each in read.findings]


@pytest.mark.parametrize("unit", PER_SECOND)
@pytest.mark.parametrize("form", ["text", "whole", "real"])
def test_a_column_of_one_unit_is_utc_whatever_its_type_and_needs_no_zone(
    tmp_path: Path, unit: str, form: str
) -> None:
    known = [moment.replace(microsecond=0) for moment in MOMENTS]
    numbers = [micros(moment) * PER_SECOND[unit] // 1_000_000 for moment in known]
    if form == "text":
        calls: Any = "customer_id,called_at\n" + "".join(f"001,{number}\n" for number in numbers)
    else:
        values = pa.array(numbers, pa.int64() if form == "whole" else pa.float64())
        calls = parquet(tmp_path, "follow_up", customer_id=pa.array(["001"] * 4), called_at=values)
    got, notes = times(tmp_path, calls)
    assert got == known
    assert any(f"Read as {unit} since 1970 (UTC)." in note for note in notes)


def test_fractions_of_seconds_are_kept(tmp_path: Path) -> None:
    got, _ = times(tmp_path, "customer_id,called_at\n001,1743298200.123\n002,1743298200.0\n001,\n")
    assert got == [datetime(2025, 3, 30, 1, 30, 0, 123_000), datetime(2025, 3, 30, 1, 30), None]


@pytest.mark.parametrize("other", ["1743298200000", "42", "2025-03-30 01:30:00", "99999999999"])
def test_a_value_of_another_unit_is_refused_by_its_row(tmp_path: Path, other: str) -> None:
    text = f"customer_id,called_at\n001,1743298200\n002,1743298201\n001,{other}\n"
    with pytest.raises(DataError, match=r"'called_at' must hold .* got 1 bad rows \(first rows 3\)"):
        times(tmp_path, text)


def test_numbers_that_are_no_times_in_any_unit_are_refused(tmp_path: Path) -> None:
    calls = parquet(tmp_path, "follow_up", customer_id=pa.array(["001"]), called_at=pa.array([45_000]))
    with pytest.raises(DataError, match="'called_at' must hold an ISO date or time"):
        times(tmp_path, calls)


def test_an_attribute_of_ten_digits_is_no_date(tmp_path: Path) -> None:
    text = "customer_id,size\n" + "".join(f"{i},17432982{i}\n" for i in range(10, 40))
    read = read_tables(project(tmp_path, customers=text)).tables["customers"].to_pyarrow()
    assert read["size"].to_pylist()[:2] == [1743298210, 1743298211]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([45_658, 45_659], [datetime(2025, 1, 1, 23, 59, 59, 999_999), datetime(2025, 1, 2, 23, 59, 59, 999_999)]),
        ([45_658, 45_659.75], [datetime(2025, 1, 1), datetime(2025, 1, 2, 18)]),
    ],
)
def test_serial_days_of_a_workbook_are_local_dates_or_moments(
    tmp_path: Path, days: list[float], expected: list[datetime]
) -> None:
    book = openpyxl.Workbook()
    for row in (["customer_id", "called_at"], *(["001", day] for day in days)):
        book.active.append(row)
    book.save(tmp_path / "calls.xlsx")
    calls = TableConfig(path=tmp_path / "calls.xlsx")
    got, notes = times(tmp_path, calls, zone="UTC")
    assert got == expected
    assert any("Read as days as spreadsheets count them." in note for note in notes)
    with pytest.raises(ConfigError, match="must have a time zone; got 2 values without one"):
        times(tmp_path, calls)


def test_moments_of_the_test_are_what_python_says() -> None:
    assert [micros(moment) / 1e6 for moment in MOMENTS] == [
        moment.replace(tzinfo=UTC).timestamp() for moment in MOMENTS
    ]
