"""The header, delimiter and kinds of columns of a CSV file, detected from its first lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from silentnps.data.files.csv_bytes import TextBytes
from silentnps.data.files.csv_records import Dialect, Record, lines_of, records_of
from silentnps.data.files.paths import shown
from silentnps.errors import DataError
from silentnps.schema import TABLES

_DELIMITERS = (",", ";", "\t", "|")
SAMPLE_LINES = 400
"""How many lines of a file tell its layout."""
_MOST_ABOVE = 30
"""How many lines may be above the header."""
_MOST_HEADERS = 2
"""How many further header rows there may be."""
_SEPARATOR = re.compile(r'"?sep=(.)"?[,;\t|]*', re.IGNORECASE)
"""The line with which Excel names the delimiter."""

_SHAPES = {
    "number": re.compile(r"[+-]?[\d.,]*\d%?"),
    "time": re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T]\d{1,2}:\d{2}.*)?"),
    "mail": re.compile(r"[^@\s]+@[^@\s]+\.\w+"),
    "code": re.compile(r"[A-Za-z]{1,4}[-_ ]?\d+"),
}
"""Kinds of values that tell a column from the others; a name is none of the first three."""
_OF_DATA = ("number", "time", "mail")
_KNOWN_NAMES = frozenset(column.name for table in TABLES.values() for column in table.columns)


@dataclass(frozen=True)
class Layout:
    """How a file is to be read: `header` is the record with the names, `above` are filled lines over it.

    `shapes` holds, by place, the kind of the values of a column whose values in the sample are nearly all of
    one, and `filled` the places of columns with any value.
    """

    dialect: Dialect
    header: Record
    above: tuple[int, ...]
    names: tuple[str, ...]
    shapes: dict[int, str]
    filled: frozenset[int]

    @property
    def width(self) -> int:
        """Return the number of columns, unnamed ones included."""
        return len(self.names)

    def fits(self, cells: Sequence[str]) -> bool | None:
        """Return whether cells have the kinds of their columns; None if nothing is known of these columns."""
        known = [(cell.strip(), self.shapes[at]) for at, cell in enumerate(cells) if at in self.shapes]
        fits = [_SHAPES[shape].fullmatch(cell) is not None for cell, shape in known if cell]
        return all(fits) if fits else None


def layout_of(text: TextBytes) -> Layout:
    """Find the header of a file.

    Raises
    ------
    DataError
        If there is none: the file is empty, or its first line is a row.
    """
    lines = list(islice(lines_of(text), SAMPLE_LINES))
    declared = _SEPARATOR.fullmatch(lines[0].lstrip("\ufeff")) if lines else None
    candidates = _DELIMITERS if declared is None else (declared.group(1),)
    samples = [_sample(text, lines, delimiter, skip=declared is not None) for delimiter in candidates]
    dialect, records = max(samples, key=lambda sample: _regularity(sample[1]))
    return layout_of_records(text.file, dialect, records)


def layout_of_records(file: Path, dialect: Dialect, records: Sequence[Record]) -> Layout:
    """Find the header among the first records of a file, such as those of a sheet.

    Raises
    ------
    DataError
        If there is none: the file is empty, or its first filled record is a row.
    """
    filled = [record for record in records if not record.is_empty]
    if not filled:
        raise DataError(
            f"{shown(file)} must have a header line; got an empty one. Write the columns' names on top."
        )
    return _layout(file, dialect, filled)


def shape_of(cell: str) -> str | None:
    """Return the kind of a value, None if it is any text."""
    return next((name for name, pattern in _SHAPES.items() if pattern.fullmatch(cell.strip())), None)


def _sample(text: TextBytes, lines: list[str], delimiter: str, *, skip: bool) -> tuple[Dialect, list[Record]]:
    """Return the records of the first lines under the better of both ways to escape quotes."""
    plain = Dialect(delimiter)
    records = _read(text, lines, plain)
    if text.has_backslashed_quotes:
        escaped = Dialect(delimiter, backslash=True)
        others = _read(text, lines, escaped)
        if _faults(others) <= _faults(records):
            plain, records = escaped, others
    return plain, records[1:] if skip else records


def _read(text: TextBytes, lines: list[str], dialect: Dialect) -> list[Record]:
    records: list[Record] = []
    try:
        records.extend(records_of(text, iter(lines), dialect))
    except DataError:  # a text that the sample cuts off; where it is never closed, the whole file says so
        return records
    return records


def _faults(records: list[Record]) -> tuple[int, int]:
    """Return how many records are not as wide as most, and how many quotes close nothing."""
    widths = Counter(len(record.cells) for record in records if not record.is_empty)
    most = max(widths.values(), default=0)
    return widths.total() - most, sum(record.n_stray for record in records)


def _regularity(records: list[Record]) -> tuple[bool, float, int, int]:
    """Return how well a delimiter fits; more is better.

    What may be a header comes first, then the share of records that are as wide as most, how early the header is (a
    decimal comma is in no name), and the width.
    """
    filled = [record for record in records if not record.is_empty]
    width = _usual_width(filled)
    if width < 2:
        return False, 0.0, 0, width
    first = next((at for at, record in enumerate(filled[:_MOST_ABOVE]) if _may_name(record, width)), None)
    share = sum(len(record.cells) == width for record in filled) / len(filled)
    return first is not None, round(share, 1), -(first or 0), width


def _may_name(record: Record, width: int) -> bool:
    no_data = all(shape_of(cell) not in _OF_DATA for cell in record.cells)
    return len(record.cells) >= width - 1 and record.n_filled > 1 and no_data


def _usual_width(filled: list[Record]) -> int:
    widths = Counter(len(record.cells) for record in filled)
    most = max(widths.values(), default=0)
    return max((width for width, n in widths.items() if n == most), default=0)


def _layout(file: Path, dialect: Dialect, filled: list[Record]) -> Layout:
    at = _header_at(filled)
    header, body = filled[at], filled[at + 1 :]
    names = tuple(name.strip() for name in header.cells)
    shapes = _shapes([record for record in body if len(record.cells) >= len(names)], len(names))
    above = tuple(record.line for record in filled[:at])
    used = frozenset(place for row in body for place, cell in enumerate(row.cells) if cell.strip())
    layout = Layout(dialect, header, above, names, shapes, used)
    if _is_row(layout, _below_headers(layout, body)):
        raise DataError(
            f"{shown(file)} must have a header line; got a row of values in line {header.line}. Write the"
            " columns' names on top."
        )
    return layout


def _header_at(filled: list[Record]) -> int:
    """Return the place of the first record that is as wide as most and has a name in most of its cells."""
    width = _named_width(filled)
    names = Counter(record.n_filled for record in filled if len(record.cells) >= width).most_common(1)[0][0]
    for at, record in enumerate(filled[:_MOST_ABOVE]):
        above = _is_comment(record) and at + 1 < len(filled) and len(filled[at + 1].cells) >= width
        if len(record.cells) >= width and not above and (names <= 2 or 2 * record.n_filled > names):
            return at
    return 0


def _named_width(filled: list[Record]) -> int:
    """Return how many columns most records have, without those at the end in which no record has anything."""
    width = _usual_width(filled)
    return max(
        (at + 1 for record in filled if len(record.cells) == width for at, cell in enumerate(record.cells) if cell),
        default=width,
    )


def _is_comment(record: Record) -> bool:
    first = record.cells[0].strip()
    return len(first) > 2 and first[0] == "#" and first[1] == " "


def _shapes(rows: list[Record], width: int) -> dict[int, str]:
    shapes: dict[int, str] = {}
    for at in range(width):
        kinds = Counter(shape_of(row.cells[at]) for row in rows if row.cells[at].strip())
        # A total or a marker of emptiness among many values does not change what they are.
        kind, n = kinds.most_common(1)[0] if kinds else (None, 0)
        if kind is not None and n >= 0.95 * kinds.total():
            shapes[at] = kind
    return shapes


def _below_headers(layout: Layout, body: list[Record]) -> list[Record]:
    """Return the records below further header rows, of which survey programs write one or two."""
    rest = body[_MOST_HEADERS:]
    below = replace(layout, shapes=_shapes([row for row in rest if len(row.cells) >= layout.width], layout.width))
    first = 0
    while first < min(_MOST_HEADERS, len(body)) and below.fits(body[first].cells) is False:
        first += 1
    return body[first:]


def _is_row(layout: Layout, body: list[Record]) -> bool:
    """Return whether the record that stands where the names should be is a row: its cells are like those below."""
    cells = layout.names
    if _KNOWN_NAMES & {name.lower() for name in cells}:
        return False
    shapes = [shape_of(cell) for cell in cells if cell]
    of_data = sum(shape in _OF_DATA for shape in shapes)
    if "time" in shapes or "mail" in shapes or 2 * of_data >= max(1, len(shapes)):
        return True
    like_below = any(
        shape is not None and shape == layout.shapes.get(at) for at, shape in enumerate(map(shape_of, cells))
    )
    again = any(tuple(map(str.strip, row.cells)) == cells for row in body)  # files put one below the other
    columns = [Counter(row.cells[at].strip() for row in body if at < len(row.cells)) for at in range(len(cells))]
    repeats = [counts[cell] for cell, counts in zip(cells, columns, strict=True) if cell and counts[cell]]
    return like_below or (not again and (len(repeats) > 1 or any(n > 1 for n in repeats)))
