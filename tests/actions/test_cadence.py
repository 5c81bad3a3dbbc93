"""Days of contact: the next step after the last order, never before the list, on working days."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from silentnps.actions.cadence import contact_dates

TUESDAY = date(2025, 7, 1)


def one(cadence: str, days: float, on: date = TUESDAY, *, weekends: bool = True) -> date:
    return contact_dates(pd.Series([cadence]), np.array([days]), on, weekends=weekends)[0]


@pytest.mark.parametrize(
    ("cadence", "days", "expected"),
    [
        ("2-2-2", 0, "2025-07-03"),
        ("2-2-2", 2, "2025-07-01"),
        ("2-2-2", 3, "2025-07-12"),  # ordered on 28 June: two weeks
        ("2-2-2", 20, "2025-08-11"),  # ordered on 11 June: two months
        ("2-2-2", 100, "2025-07-01"),
        ("3-3-3", 1, "2025-07-03"),
        ("3-3-3", 10, "2025-07-12"),
        ("3-3-3", 30, "2025-09-01"),  # ordered on 1 June: three months
        ("at once", 1, "2025-07-01"),
        ("2-2-2", np.nan, "2025-07-01"),
    ],
)
def test_by_hand(cadence: str, days: float, expected: str) -> None:
    assert one(cadence, days).isoformat() == expected


def test_weekends_are_moved_to_monday_unless_they_count() -> None:
    assert one("at once", 0, date(2025, 7, 5), weekends=False) == date(2025, 7, 7)
    assert one("at once", 0, date(2025, 7, 6), weekends=False) == date(2025, 7, 7)
    assert one("at once", 0, date(2025, 7, 6), weekends=True) == date(2025, 7, 6)


def test_no_contact_is_before_the_list() -> None:
    for days in range(0, 200, 7):
        for cadence in ("at once", "2-2-2", "3-3-3"):
            assert one(cadence, days, weekends=False) >= TUESDAY
