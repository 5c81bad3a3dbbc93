"""Lists as files: workbooks and CSV for people, JSON lines and Parquet for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import python_calamine as calamine

from silentnps.actions.goals import STATUSES
from silentnps.storage.parquet_tables import write_parquet
from silentnps.storage.spreadsheet_csv import read_csv, write_csv
from silentnps.storage.spreadsheet_xlsx import CellKind, Sheet, write_xlsx

FORMATS = ("xlsx", "csv", "jsonl", "parquet")

_KINDS: dict[str, CellKind] = {
    "rank": "whole",
    "probability": "share",
    "expected_nps": "points",
    "expected_spend": "money",
    "value": "money",
    "contact_on": "date",
    "done_at": "date",
}
_ABOUT = "About"


def write_list(table: pd.DataFrame, path: Path, *, kind: str, about: Mapping[str, str] | None = None) -> None:
    """Write a list in a format of `FORMATS`; a workbook has a second sheet with what it is about."""
    if kind == "xlsx":
        write_xlsx(_sheets(table, about or {}), path)
    elif kind == "csv":
        write_csv(table, path)
    elif kind == "jsonl":
        lines = (json.dumps(_plain(row), ensure_ascii=False) for row in table.to_dict("records"))
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    else:
        write_parquet(table.astype({"done_at": "datetime64[us]"}) if "done_at" in table else table, path)


def _sheets(table: pd.DataFrame, about: Mapping[str, str]) -> list[Sheet]:
    named = table.rename(columns=_spaced)
    kinds: dict[str, CellKind] = {_spaced(name): kind for name, kind in _KINDS.items() if name in table}
    choices = {"status": STATUSES} if "status" in table else {}
    sheets = [Sheet("List", named, kinds, choices=choices)]
    if about:
        words = pd.DataFrame(list(about.items()), columns=["what", "of this list"])
        sheets.append(Sheet(_ABOUT, words, filters=False))
    return sheets


def _spaced(name: object) -> str:
    return str(name).replace("_", " ")


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        str(name): None if pd.isna(value) else value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in row.items()
    }


def read_table(path: Path) -> pd.DataFrame:
    """Read the first sheet of a workbook, or a CSV file, with every cell as it is written, empty ones missing.

    Names of columns are in lower case, with `_` for blanks.

    Raises
    ------
    OSError, ValueError
        If it cannot be read.
    """
    if path.suffix.lower() in {".xlsx", ".xlsm", ".xls", ".ods"}:
        table = next(iter(_sheets_of(path).values()))
    else:
        columns = tuple(pd.read_csv(path, nrows=0).columns)
        table = read_csv(path, text=columns, keep_words=True)
    return table.rename(columns=lambda name: str(name).strip().lower().replace(" ", "_"))


def _sheets_of(path: Path) -> dict[str, pd.DataFrame]:
    try:
        return pd.read_excel(path, engine="calamine", dtype=object, sheet_name=None)
    except calamine.CalamineError as error:
        raise ValueError("no workbook") from error


def read_workbook(path: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the list of a workbook and what it is about.

    Raises
    ------
    OSError, ValueError
        If it cannot be read.
    """
    sheets = _sheets_of(path)
    about = sheets.get(_ABOUT, pd.DataFrame())
    return read_table(path), {str(row[0]): str(row[1]) for row in about.itertuples(index=False)}
