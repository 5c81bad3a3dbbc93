"""Workbooks for people, as Excel and LibreOffice open them: no cell is a formula, and numbers are numbers.

Texts have the quote prefix, so that one such as =1+1 stays a text when somebody edits its cell. No time is written:
equal tables give equal bytes.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

CellKind = Literal["text", "whole", "number", "money", "points", "share", "date"]
"""How the cells of a column are written; a cell without a value is empty."""

_FORMATS: dict[CellKind, str] = {
    "text": "General",
    "whole": "#,##0",
    "number": "0.000",
    "money": "#,##0.00",
    "points": "+0.0;-0.0;0.0",
    "share": "0%",
    "date": "yyyy\\-mm\\-dd",
}
_NO_MOMENT = datetime(1980, 1, 1)
_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOST_CHARACTERS = 32_767
_MOST_WIDTH = 60
_LINE_POINTS, _MOST_POINTS = 15.0, 405.0
"""The height of a line, and the most that a row can have."""


@dataclass(frozen=True)
class Sheet:
    """A table of a workbook: its name, its rows, the kinds of its columns (else text), and columns to write in.

    With `filters` its header stays in view and can filter. `choices` has by column the values that a cell may have.
    """

    name: str
    table: pd.DataFrame
    kinds: Mapping[str, CellKind] = field(default_factory=dict)
    filters: bool = True
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Styles:
    """The styles of cells, which a workbook makes once each; those of heads stand over texts, or over numbers."""

    head: Format
    head_of_numbers: Format
    by_kind: Mapping[CellKind, Format]


def write_xlsx(sheets: Sequence[Sheet], path: Path) -> None:
    """Write tables as the sheets of one workbook."""
    written = BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        book.set_properties({"created": _NO_MOMENT})
        styles = _styles(book)
        for sheet in sheets:
            _fill(book.add_worksheet(sheet.name), sheet, styles)
    path.write_bytes(written.getvalue())


def _styles(book: xlsxwriter.Workbook) -> _Styles:
    as_text = {"quote_prefix": True, "text_wrap": True}
    head = {"bold": True, "bg_color": "#DCE6F1", "valign": "top", **as_text}
    by_kind = {
        kind: book.add_format(
            {
                "num_format": code,
                "valign": "top",
                **({**as_text, "align": "left", "indent": 1} if kind == "text" else {}),
            }
        )
        for kind, code in _FORMATS.items()
    }
    heads = book.add_format({**head, "align": "left", "indent": 1}), book.add_format({**head, "align": "right"})
    return _Styles(*heads, by_kind)


def _fill(place: Worksheet, sheet: Sheet, styles: _Styles) -> None:
    names = [str(name) for name in sheet.table]
    for column, name in enumerate(names):
        kind = sheet.kinds.get(name, "text")
        head = styles.head if kind == "text" else styles.head_of_numbers
        place.write_string(0, column, _printable(name), head)
        for row, value in enumerate(sheet.table.iloc[:, column].tolist(), start=1):
            _write(place, row, column, value, kind, styles)
        place.set_column(column, column, _width(sheet.table.iloc[:, column], name, kind))
    for row, n_lines in enumerate(_lines(sheet), start=1):
        if n_lines > 1:  # LibreOffice does not fit the height of rows to their texts
            place.set_row(row, min(n_lines * _LINE_POINTS, _MOST_POINTS))
    if sheet.filters:
        place.freeze_panes(1, 0)
        place.autofilter(0, 0, len(sheet.table), max(len(names) - 1, 0))
    for name, values in sheet.choices.items():
        if len(sheet.table):
            column = names.index(name)
            place.data_validation(1, column, len(sheet.table), column, {"validate": "list", "source": list(values)})
    place.set_landscape()
    place.fit_to_pages(1, 0)


def _lines(sheet: Sheet) -> list[int]:
    """Return in how many lines the longest text of each row is shown."""
    most = [1] * len(sheet.table)
    for name, cells in sheet.table.items():
        if sheet.kinds.get(str(name), "text") == "text":
            for row, value in enumerate(cells.tolist()):
                if isinstance(value, str) and (len(value) >= _MOST_WIDTH or "\n" in value):
                    most[row] = max(most[row], _lines_of(value))
    return most


def _lines_of(text: str) -> int:
    return sum(max(len(textwrap.wrap(line, _MOST_WIDTH)), 1) for line in text.splitlines())


def _write(place: Worksheet, row: int, column: int, value: Any, kind: CellKind, styles: _Styles) -> None:
    if pd.isna(value) or (kind == "text" and value == ""):
        place.write_blank(row, column, None, styles.by_kind[kind])
    elif kind == "text" or isinstance(value, str):
        place.write_string(row, column, _printable(str(value)), styles.by_kind["text"])
    elif kind == "date":
        day = pd.Timestamp(value).to_pydatetime().replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
        place.write_datetime(row, column, day, styles.by_kind["date"])
    else:
        place.write_number(row, column, float(value), styles.by_kind[kind])


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub("\ufffd", text)[:_MOST_CHARACTERS]


def _width(cells: pd.Series, name: str, kind: CellKind) -> int:
    if kind != "text":
        return max(12, len(name) + 3)
    longest = max((len(str(cell)) for cell in cells.dropna()), default=0)
    return min(max(longest, len(name) + 3, 10), _MOST_WIDTH)
