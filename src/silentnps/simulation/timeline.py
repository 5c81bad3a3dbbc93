"""The calendar of the simulation. Everywhere inside it, time is in days since `EPOCH`, as a float."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

EPOCH = date(2024, 1, 1)
END = float((date(2026, 1, 1) - EPOCH).days)
"""Nothing is recorded from here on."""

STEP = END / 24
"""Behaviour reacts to satisfaction once in a step, about a month."""

STEP_STARTS = tuple(STEP * step for step in range(24))


@dataclass(frozen=True)
class Wave:
    """One survey wave; invitations go out during `WINDOW` days from `start`."""

    label: str
    survey_id: str
    start: float


def _wave(quarter: int, start: date) -> Wave:
    return Wave(f"2025-Q{quarter}", f"nps-2025-q{quarter}", float((start - EPOCH).days))


WAVES = (
    _wave(1, date(2025, 2, 10)),
    _wave(2, date(2025, 5, 12)),
    _wave(3, date(2025, 8, 11)),
    _wave(4, date(2025, 11, 10)),
)
WINDOW = 10.0
