"""The log of a team: for each customer whether the contact is open, done or skipped, and when it was done."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from silentnps.actions.goals import DONE, GOALS, OPEN, STATUSES
from silentnps.actions.list_files import read_table
from silentnps.errors import DataError

_NEEDED = ("customer_id", "status", "done_at")


def read_log(path: Path, *, zone: str | None = None) -> pd.DataFrame:
    """Return a log, columns customer_id, status, done_at, row, and goal if the file has it.

    The file is a CSV, or a list's own workbook with `status` and `done_at` filled in. An empty status is open, or
    done where done_at is known. Times are local times of `zone` (default: UTC); those with a zone become so.

    Raises
    ------
    DataError
        If it cannot be read, a column is missing, or a value is none.
    """
    table = _opened(path)
    log = pd.DataFrame(
        {"row": range(2, len(table) + 2), "customer_id": [_id(each) for each in table["customer_id"]]}
    )
    times = [_time(each, zone) for each in table["done_at"]]
    words = [_word(each) for each in table["status"]]
    log["done_at"] = pd.to_datetime(
        pd.Series([None if each is _NO_TIME else each for each in times]), errors="raise"
    )
    log["status"] = [
        word or (OPEN if pd.isna(at) else DONE) for word, at in zip(words, log["done_at"], strict=True)
    ]
    if "goal" in table:
        log["goal"] = [_word(each) for each in table["goal"]]
        _refuse(path, log, ~log["goal"].isin(GOALS), "goal", f"one of {', '.join(GOALS)}")
    _refuse(path, log, log["customer_id"] == "", "customer_id", "an id")
    _refuse(path, log, ~log["status"].isin(STATUSES), "status", f"one of {', '.join(STATUSES)}")
    _refuse(path, log, pd.Series([each is _NO_TIME for each in times]), "done_at", "a date or a time")
    missing = (log["status"] == DONE) & log["done_at"].isna()
    _refuse(path, log, missing, "done_at", "known where the status is done")
    log.loc[log["status"] != DONE, "done_at"] = pd.NaT
    return log


def _opened(path: Path) -> pd.DataFrame:
    try:
        table = read_table(path)
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or "it is no such file"
        raise DataError(
            f"{path} must be a CSV file or a workbook; got one that cannot be read ({words})."
        ) from None
    for name in _NEEDED:
        if name not in table:
            raise DataError(f"{path} must have the column {name!r}; got none. Add it.")
    return table


_NO_TIME = object()
"""Stands for what is no time."""


def _id(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if pd.isna(cell) else str(cell).strip()


def _word(cell: Any) -> str:
    return "" if pd.isna(cell) else str(cell).strip().lower()


def _time(cell: Any, zone: str | None) -> Any:
    if pd.isna(cell) or not str(cell).strip():
        return None
    try:
        moment = pd.Timestamp(cell if isinstance(cell, datetime) else str(cell).strip())
    except (ValueError, OverflowError):
        return _NO_TIME
    return moment.tz_convert(ZoneInfo(zone or "UTC")).tz_localize(None) if moment.tzinfo else moment


def _refuse(path: Path, log: pd.DataFrame, bad: pd.Series, column: str, rule: str) -> None:
    rows = log.loc[bad.to_numpy(dtype=bool), "row"].tolist()
    if rows:
        first = ", ".join(map(str, rows[:5]))
        raise DataError(
            f"{path}: {column} must be {rule}; got {len(rows):,} other values, the first in line {first}. Correct"
            " the file."
        )
