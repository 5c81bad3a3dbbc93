"""Times as numbers: whole units since 1970, told apart by their magnitude, and days of spreadsheets.

The years from 1990 to 2100 are disjoint ranges in seconds, milliseconds, microseconds and days.
"""

from __future__ import annotations

from collections.abc import Mapping

_FIRST, _LAST = 631_152_000, 4_102_444_800
"""Seconds from 1970 to the beginnings of 1990 and 2100."""
_SECOND = {"seconds": 1, "milliseconds": 1_000, "microseconds": 1_000_000}
_DAY = 86_400
_DAYS_TO_1970 = 25_569
"""Days from the one that spreadsheets call 0 to 1970."""

DAYS, FRACTIONS = "days", "fractions of days"
"""Units of spreadsheets; a column with a fraction holds moments, one without holds dates."""
SINCE_1970 = tuple(_SECOND)


def is_unit(number: str, unit: str) -> str:
    """Return SQL that is true of a number which in this unit is a time of the years from 1990 to 2100."""
    if unit == DAYS:
        return f"{number} BETWEEN {_FIRST // _DAY + _DAYS_TO_1970} AND {_LAST // _DAY + _DAYS_TO_1970}"
    return f"{number} BETWEEN {_FIRST * _SECOND[unit]} AND {_LAST * _SECOND[unit]}"


def counts_of(number: str, *, serial_days: bool) -> dict[str, str]:
    """Return SQL of the numbers of values in each unit; `serial_days` says that days are one."""
    counts = {unit: f"count(*) FILTER (WHERE {is_unit(number, unit)})" for unit in SINCE_1970}
    if serial_days:
        days = is_unit(number, DAYS)
        counts[DAYS] = f"count(*) FILTER (WHERE {days})"
        counts[FRACTIONS] = f"count(*) FILTER (WHERE {days} AND {number} <> trunc({number}))"
    return counts


def unit_of(counts: Mapping[str, int]) -> str | None:
    """Return the unit in which the most values are times, None if none is."""
    unit = max((*SINCE_1970, DAYS), key=lambda unit: counts.get(unit, 0))
    if not counts.get(unit):
        return None
    return FRACTIONS if unit == DAYS and counts.get(FRACTIONS) else unit


def said(unit: str) -> str:
    """Return the words for what numbers in a unit are."""
    return f"{unit} since 1970 (UTC)" if unit in SINCE_1970 else "days as spreadsheets count them"


def as_text(number: str, unit: str, other: str) -> str:
    """Return SQL of the ISO text of a number; `other` is written for one that is no time, null stays null."""
    if unit in SINCE_1970:
        micros = f"CAST(round({number} * {1_000_000 // _SECOND[unit]}) AS BIGINT)"
        text = f"strftime(make_timestamp({micros}), '%Y-%m-%d %H:%M:%S.%f') || '+00'"
        return _guarded(number, is_unit(number, unit), text, other)
    millis = f"CAST(round(({number} - {_DAYS_TO_1970}) * {_DAY * 1000}) AS BIGINT)"
    written = "%Y-%m-%d" if unit == DAYS else "%Y-%m-%d %H:%M:%S.%f"
    text = f"strftime(make_timestamp({millis} * 1000), '{written}')"
    return _guarded(number, is_unit(number, DAYS), text, other)


def _guarded(number: str, test: str, text: str, other: str) -> str:
    return f"CASE WHEN {number} IS NULL THEN NULL WHEN {test} THEN {text} ELSE '{other}' END"
