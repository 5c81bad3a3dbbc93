"""Small files as a shop has them, in its own words."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

DAYS = pd.date_range("2025-01-06", periods=30, freq="D")


def write_own_files(folder: Path, *, days: str = "%d.%m.%Y") -> list[str]:
    """Write customers, answers of two surveys, orders of two years and tickets; return the paths."""
    numbers = [f"K{row:04d}" for row in range(200)]
    crm = pd.DataFrame(
        {
            "Kundennummer": numbers,
            "Mail": [f"Person{row}@mail.example" for row in range(200)],
            "Region": ["north", "south", "east", "west"] * 50,
            "Late deliveries": [row % 5 for row in range(200)],
            "Churned": ["yes", "no"] * 100,
            "Joined": [f"{DAYS[row % 30]:{days}}" for row in range(200)],
        }
    )
    survey = pd.DataFrame(
        {
            "E-Mail": [f"PERSON{row}@mail.example " for row in range(80)],
            "NPS score": [row % 11 for row in range(80)],
            "Submitted at": [f"2025-{'02' if row < 40 else '05'}-{10 + row % 8}T10:00:00Z" for row in range(80)],
        }
    )
    orders = pd.DataFrame(
        {
            "Order number": [f"A{row}" for row in range(300)],
            "Customer": [numbers[row % 200] for row in range(300)],
            "Order date": [f"2024-{1 + row % 12:02d}-15T08:00:00+01:00" for row in range(300)],
            "Total": [f"{10 + row % 90}.50" for row in range(300)],
        }
    )
    tickets = pd.DataFrame(
        {
            "Ticket": range(50),
            "Customer no": numbers[:50],
            "Opened": ["2024-11-05T08:00:00Z"] * 50,
            "Topic": ["complaint", "question"] * 25,
        }
    )
    files = {
        "crm": crm,
        "survey": survey,
        "orders-2024": orders[:150],
        "orders-2025": orders[150:],
        "tickets": tickets,
    }
    for name, frame in files.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    return [str(folder / f"{name}.csv") for name in files]
