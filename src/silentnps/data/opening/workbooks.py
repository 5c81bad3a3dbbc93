"""Sheets of workbooks of Excel and LibreOffice: numbers, dates and texts stay what their cells are.

What is a header and what is no row is told as in a CSV file. A column whose cells are all of one kind has its type;
one of several kinds is text, in which numbers are written plainly and times as ISO. Workbooks do not tell a date
from a midnight: in a column with times of day it is a midnight, whatever else the column has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any

import python_calamine as calamine
from ibis.backends.duckdb import Backend

from silentnps.data.files.csv_files import notes_of, shared_names
from silentnps.data.files.csv_layout import SAMPLE_LINES, layout_of_records
from silentnps.data.files.csv_records import Dialect, Record
from silentnps.data.files.csv_rows import Skipped, rows_of_records
from silentnps.data.files.duckdb_errors import quote
from silentnps.data.files.paths import shown
from silentnps.data.opening.source import Source, named, refuse_other_columns
from silentnps.data.opening.stored_rows import groups_of, stored_rows
from silentnps.errors import ConfigError, DataError

_DIALECT = Dialect(",")
_MIDNIGHT = time()
_MARK = "T"
"""What a date is stored with, as a text may look like one."""
_MOST_OF_GROUPS = 30


class _Number(str):
    """A number as text."""


class _Day(str):
    """A date as ISO text."""


class _Moment(str):
    """A date and time as ISO text."""


class _Flag(str):
    """True or false as text."""


_TYPES: dict[frozenset[type], str] = {
    frozenset({_Number}): "DOUBLE",
    frozenset({_Day}): "DATE",
    frozenset({_Moment}): "TIMESTAMP",
    frozenset({_Day, _Moment}): "TIMESTAMP",
    frozenset({_Flag}): "BOOLEAN",
}


@dataclass(frozen=True)
class _Stored:
    """A sheet whose rows are a table of the session, all as text; `kinds` are the classes of cells by column."""

    name: str
    table: str
    kinds: dict[str, set[type]]
    twice: Mapping[str, tuple[str, str]]
    notes: tuple[str, ...]


def workbook_source(backend: Backend, files: Sequence[Path], table: str | None, *, name: str) -> Source:
    """Store the rows of one sheet of each file; `table` names it, which is needed where several hold something.

    Raises
    ------
    ConfigError
        If there is no such sheet, or several and none is named.
    DataError
        If a file cannot be read, a sheet has no header or a line that cannot be a row, or their columns differ.
    """
    sheets = [_stored(backend, file, table) for file in files]
    refuse_other_columns([(sheet.name, tuple(sheet.kinds)) for sheet in sheets])
    kinds: dict[str, set[type]] = {}
    for sheet in sheets:
        for column, found in sheet.kinds.items():
            kinds.setdefault(column.lower(), set()).update(found)
    types = {column: _TYPES.get(frozenset(kinds[column.lower()]), "VARCHAR") for column in sheets[0].kinds}
    read = ", ".join(
        f"CAST({_unmarked(column, kinds[column.lower()])} AS {kind}) AS {quote(column)}"
        for column, kind in types.items()
    )
    scans = [f"SELECT {read} FROM {sheet.table}" for sheet in sheets]
    return Source(
        sheets[0].name if len(sheets) == 1 else name,
        f"({' UNION ALL '.join(scans)})",
        types,
        twice={lower: names for sheet in sheets for lower, names in sheet.twice.items()},
        notes=tuple(note for sheet in sheets for note in sheet.notes),
        stored=tuple(sheet.table for sheet in sheets),
        serial_days=True,
    )


def _unmarked(column: str, kinds: Collection[type]) -> str:
    """Return SQL of a column's texts, its days written as dates or, beside times of day, as midnights."""
    if _Day not in kinds:
        return quote(column)
    time_of_day = f" {_MIDNIGHT}" if _Moment in kinds else ""
    return f"regexp_replace({quote(column)}, '^(\\d{{4}}-\\d{{2}}-\\d{{2}}){_MARK}$', '\\1{time_of_day}')"


def _stored(backend: Backend, file: Path, table: str | None) -> _Stored:
    sheet, skipped = _sheet(file, table), Skipped()
    first = list(islice(_records(sheet), SAMPLE_LINES))
    layout = layout_of_records(file, _DIALECT, first)
    twice = shared_names(layout.names)
    columns = {at: name for at, name in enumerate(layout.names) if name and name.lower() not in twice}
    if not columns:
        raise DataError(f"{shown(file)} must name its columns; got none with a name of its own. Name them.")
    kinds: dict[int, set[type]] = {at: set() for at in columns}
    records = chain(first, islice(_records(sheet), SAMPLE_LINES, None))
    rows = rows_of_records(file, layout, records, skipped)
    groups = ([_noted(row, kinds) for row in group] for group in groups_of(rows))
    stored = stored_rows(backend, str(file), dict.fromkeys(columns.values(), "VARCHAR"), groups)
    return _Stored(
        f"{shown(file)} ({shown(sheet.name)})",
        stored,
        {columns[at]: found for at, found in kinds.items()},
        twice,
        tuple(notes_of(file, layout, skipped)),
    )


def sheets_of(file: Path) -> list[str]:
    """Return the names of the sheets of a workbook that have something in them; DataError if it cannot be read."""
    book, names = _book(file)
    return [name for name in names if book.get_sheet_by_name(name).height]


def _sheet(file: Path, table: str | None) -> Any:
    book, names = _book(file)
    same = [name for name in names if table is not None and name.casefold() == table.casefold()]
    if same:  # Excel has no two sheets whose names differ in case only
        return book.get_sheet_by_name(table if table in same else same[0])
    filled = [sheet for name in names if (sheet := book.get_sheet_by_name(name)).height]
    if table is None and len(filled) == 1:
        return filled[0]
    listed = ", ".join(shown(sheet.name) for sheet in filled) or "no sheet with anything in it"
    raise ConfigError(
        f"the key 'table' must name one sheet of {shown(file)}; got {named(table)}. The workbook has {listed}."
    )


def _book(file: Path) -> tuple[Any, list[str]]:
    """Return a workbook and the names of its sheets, all of which can be read."""
    try:
        book = calamine.CalamineWorkbook.from_path(str(file))
        names = [sheet.name for sheet in book.sheets_metadata if sheet.typ == calamine.SheetTypeEnum.WorkSheet]
        for name in names:
            book.get_sheet_by_name(name)
    except calamine.PasswordError:
        raise DataError(f"{shown(file)} must be open to all; got a password on it. Save it without one.") from None
    except (calamine.CalamineError, OSError, ValueError):
        raise DataError(
            f"{shown(file)} must be a readable workbook; got a damaged one. Save it again as .xlsx."
        ) from None
    return book, names


def _records(sheet: Any) -> Iterator[Record]:
    """Yield the rows of a sheet, numbered as the spreadsheet does; merged cells of a column hold one value."""
    merged, groups = _merged_down(sheet), _rows_of_groups(sheet)
    held: dict[int, tuple[int, Any]] = {}
    for at, cells in enumerate(sheet.iter_rows()):
        row = list(cells)
        for column, last in merged.get(at, ()):
            held[column] = last, row[column]
        for column, (last, value) in list(held.items()):
            row[column] = value
            if at >= last:
                del held[column]
        yield Record(at + 1, tuple("" if at in groups else _text(cell) for cell in row), ("",))


def _merged_down(sheet: Any) -> dict[int, list[tuple[int, int]]]:
    """Return column and last row of each range of merged cells of one column, by its first row."""
    merged: dict[int, list[tuple[int, int]]] = {}
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        if left == right and bottom > top:
            merged.setdefault(top, []).append((left, bottom))
    return merged


def _rows_of_groups(sheet: Any) -> set[int]:
    """Return the first rows that name groups of columns by merged cells over the columns' own names."""
    first = list(islice(sheet.iter_rows(), _MOST_OF_GROUPS + 1))
    names = [[isinstance(cell, str) and bool(cell.strip()) for cell in row] for row in first]
    groups = {
        top
        for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()
        if right > left and top == bottom < len(first) - 1 and all(names[top + 1][left : right + 1])
    }
    found = (at for at in range(len(first)) if at not in groups and sum(map(bool, first[at])) > 1)
    return {at for at in groups if at < next(found, 0)}


def _text(value: Any) -> str:
    """Return a cell as text of the class that says what it was."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return _Flag(str(value).lower())
    if isinstance(value, int | float):
        return _Number(int(value) if value == int(value) else repr(value))
    if isinstance(value, datetime):
        if value.time() == _MIDNIGHT:
            return _Day(value.date().isoformat())
        return _Moment(value.isoformat(" "))
    if isinstance(value, date):
        return _Day(value.isoformat())
    return str(value) if isinstance(value, time | timedelta) else ""


def _noted(row: Sequence[str], kinds: dict[int, set[type]]) -> list[str | None]:
    """Return the cells of the columns that are read, and note of what kinds they are."""
    cells = []
    for at, found in kinds.items():
        cell = row[at]
        if cell.strip():
            found.add(type(cell))
        cells.append(f"{cell}{_MARK}" if isinstance(cell, _Day) else cell or None)
    return cells
