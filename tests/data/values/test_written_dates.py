"""Dates in the forms that people and survey tools write, each one way in its column."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from written_tables import project

from silentnps.config import TableConfig
from silentnps.data.reading.sources import read_tables
from silentnps.errors import ConfigError, DataError

NOON = datetime(2025, 1, 5, 15, 4)
END = datetime(2025, 1, 5, 23, 59, 59, 999_999)


def called_at(folder: Path, *texts: str, day_first: bool | None = None, zone: str | None = "UTC") -> list[datetime]:
    rows = "".join(f'001,"{text}"\n' for text in texts)
    path = folder / "calls.csv"
    path.write_text(f"customer_id,called_at\n{rows}", encoding="utf-8")
    calls = TableConfig(path=path, day_first=day_first)
    read = read_tables(project(folder, timezone=zone, follow_up=calls))
    return read.tables["follow_up"].to_pyarrow()["called_at"].to_pylist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("05.01.2025", END),
        ("5. 1. 2025 15:04", NOON),
        ("2025/01/05 3:04 PM", NOON),
        ("2025/01/05 4:04:00 PM GMT+1", NOON),
        ("2025/01/05 9:34:00 AM GMT-5:30", NOON),
        ("2025-01-05T15:04:00.000Z", NOON),
        ("2025-01-05 10:04:00 -0500", NOON),
        ("Jan 5, 2025 3:04 PM", NOON),
        ("January 5, 2025 at 3:04 PM", NOON),
        ("Sunday, January 5, 2025", END),
        ("Jan 5th, 2025, 3:04 p.m.", NOON),
        ("Sun, 05 Jan 2025 15:04:00 +0000", NOON),
        ("Sun, 05 Jan 2025 15:04:00 GMT", NOON),
        ("05-Jan-2025", END),
        ("20250105", END),
        ("2025.01.05 15:04", NOON),
        ("12:04 PM", None),
    ],
)
def test_each_form_is_the_moment_that_it_says(tmp_path: Path, text: str, expected: datetime | None) -> None:
    if expected is None:
        with pytest.raises(DataError, match="'called_at' must hold an ISO date or time"):
            called_at(tmp_path, text)
        return
    assert called_at(tmp_path, text) == [expected]


@pytest.mark.parametrize("month", range(1, 13))
def test_no_weekday_is_taken_for_a_month(tmp_path: Path, month: int) -> None:
    days = [datetime(2025, month, day, 8) for day in range(1, 8)]
    assert called_at(tmp_path, *(f"{day:%A, %d %B %Y} 08:00" for day in days)) == days


def test_a_zone_within_the_texts_needs_no_declared_one(tmp_path: Path) -> None:
    assert called_at(tmp_path, "2025/01/05 4:04:00 PM GMT+1", zone=None) == [NOON]


def test_day_and_month_are_told_apart_by_the_values_or_declared(tmp_path: Path) -> None:
    march, april = datetime(2025, 4, 3, 8), datetime(2025, 3, 4, 8)
    assert called_at(tmp_path, "03/04/2025 8:00", "13/04/2025 8:00")[0] == march
    assert called_at(tmp_path, "03/04/2025 8:00", "04/13/2025 8:00")[0] == april
    assert called_at(tmp_path, "03/04/2025 8:00", day_first=True) == [march]
    assert called_at(tmp_path, "03/04/2025 8:00", day_first=False) == [april]
    with pytest.raises(ConfigError, match="`day_first: true` or `day_first: false`"):
        called_at(tmp_path, "03/04/2025 8:00")
    with pytest.raises(DataError, match=r"got 1 bad rows \(first rows 2\)"):
        called_at(tmp_path, "03/14/2025 8:00", "13/04/2025 8:00", "05/15/2025 8:00")
