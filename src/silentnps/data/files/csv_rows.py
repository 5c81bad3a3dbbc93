"""The rows of a CSV file below its header: what is no row is skipped and counted, what cannot be one is refused."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from silentnps.data.files.csv_bytes import TextBytes
from silentnps.data.files.csv_layout import Layout, shape_of
from silentnps.data.files.csv_records import Record, lines_of, records_of
from silentnps.data.files.paths import shown
from silentnps.errors import DataError

_MOST_BELOW = 20
"""How many lines may be below the last row."""

_TOTAL = re.compile(
    r"(grand |sub)?-?(totals?|sums?|average|mean|median|summe|gesamt(summe)?|insgesamt|durchschnitt|mittelwert"
    r"|somme|moyenne|totale?s?|suma|media|promedio|totaal|gemiddelde|count|anzahl)\b.{0,30}",
    re.IGNORECASE,
)
"""The word that begins a line of totals, in the languages of the most exports."""


@dataclass
class Skipped:
    """Numbers of the lines that are no rows, by what they are; the first of them and how many there are."""

    lines: dict[str, list[int]] = field(default_factory=dict)

    def add(self, what: str, record_line: int) -> None:
        """Count a line."""
        self.lines.setdefault(what, []).append(record_line)


def rows_of(text: TextBytes, layout: Layout, skipped: Skipped) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a file, each as wide as its header; what is skipped is added to `skipped`.

    Raises
    ------
    DataError
        If a record cannot be a row: too many values, or too few of their columns' kinds.
    """
    yield from rows_of_records(text.file, layout, records_of(text, lines_of(text), layout.dialect), skipped)


def rows_of_records(
    file: Path, layout: Layout, records: Iterable[Record], skipped: Skipped
) -> Iterator[tuple[str, ...]]:
    """Yield the rows among the records of a file, as `rows_of` does; the cells are the same objects."""
    for line in layout.above:
        skipped.add("above the header", line)
    below: deque[Record] = deque()
    before: Record | None = None
    for record in _body(layout, records):
        below.append(record)
        if len(below) > _MOST_BELOW:
            before = yield from _row(file, layout, below.popleft(), before, skipped)
    for record in _without_end(layout, list(below), skipped):
        before = yield from _row(file, layout, record, before, skipped)


def ends_like_a_total(text: TextBytes) -> bool:
    """Return whether the last lines of a file may be no rows: empty, or a total."""
    end = text.end.decode(text.encoding.removesuffix("-sig"), errors="replace")
    lines = [line.strip("\t ,;|\"'") for line in end.rstrip("\r\n").splitlines()[-_MOST_BELOW:]]
    return any(not line or _TOTAL.match(line) for line in lines)


def _body(layout: Layout, records: Iterable[Record]) -> Iterator[Record]:
    below = (record for record in records if record.line > layout.header.line and record.cells != ("",))
    return below if all(layout.names) else (_named(layout, record) for record in below)


def _named(layout: Layout, record: Record) -> Record:
    """Return a record without what is in columns that have no name: a number of the line makes no row of it."""
    nameless = {at for at, name in enumerate(layout.names) if not name}
    return replace(record, cells=tuple("" if at in nameless else cell for at, cell in enumerate(record.cells)))


def _row(
    file: Path, layout: Layout, record: Record, before: Record | None, skipped: Skipped
) -> Generator[tuple[str, ...], None, Record]:
    """Yield the record as a row unless it is none; return it for the one after it."""
    cells, width = record.cells, layout.width
    if record.is_empty:
        skipped.add("empty", record.line)
    elif tuple(map(str.strip, cells)) == layout.names:
        skipped.add("the header again", record.line)
    elif len(cells) == 1 < width and cells[0].lstrip().startswith("#"):
        skipped.add("comments", record.line)
    else:
        _refuse_no_row(file, layout, record, before)
        yield (*cells[:width], *("" for _ in range(width - len(cells))))
    return record


def _refuse_no_row(file: Path, layout: Layout, record: Record, before: Record | None) -> None:
    cells, width = record.cells, layout.width
    if len(record.raw) > 1 and _swallows(layout, record):
        raise DataError(
            f"{shown(file)} must close each quote that it opens; got one in line {record.line} that takes in"
            f" {len(record.raw) - 1} lines that look like rows. Remove it, or write it twice within a quoted value."
        )
    too_many = any(cell.strip() for cell in cells[width:])
    too_few = len(cells) < width and not _may_be_short(layout, record, before)
    if too_many or too_few:
        raise DataError(
            f"{shown(file)} must have as many values in each line as names in its header, {width}; got"
            f" {len(cells)} in line {record.line}. Quote values that hold the delimiter or a line break."
        )


def _may_be_short(layout: Layout, record: Record, before: Record | None) -> bool:
    """Return whether a record only lacks empty values at its end, and is not part of a row broken in two."""
    broken = before is not None and len(before.cells) + len(record.cells) - 1 == layout.width > 2
    if broken and before is not None and len(before.cells) < layout.width and len(record.raw) == 1:
        return layout.fits(record.cells) is True and layout.fits(record.cells[:1]) is True
    return layout.fits(record.cells) is True


def _swallows(layout: Layout, record: Record) -> bool:
    """Return whether each further line of a record would be a row by itself."""
    lines = [line.split(layout.dialect.delimiter) for line in record.raw[1:]]
    if layout.width < 2 or any(len(cells) != layout.width for cells in lines):
        return False
    fits = [layout.fits([cell.strip(' "') for cell in cells]) for cells in lines]
    return all(fit is True for fit in fits) or (len(lines) > 1 and all(fit is not False for fit in fits))


def _without_end(layout: Layout, records: list[Record], skipped: Skipped) -> Sequence[Record]:
    """Return the last records without those below the table: empty ones, totals, and text of one cell."""
    first = len(records)
    while first and _is_no_row(layout, records, first - 1):
        first -= 1
    while first < len(records) and not _begins_the_end(layout, records, first):
        first += 1
    for record in records[first:]:
        skipped.add("empty" if record.is_empty else "below the table", record.line)
    return records[:first]


def _is_no_row(layout: Layout, records: list[Record], at: int) -> bool:
    record = records[at]
    if record.is_empty:
        return True
    if _is_total(layout, record):
        others = [cell for cell in record.cells if cell.strip() and not _TOTAL.match(cell.strip())]
        numbers = all(shape_of(cell) == "number" for cell in others)
        return record.n_filled < layout.width or numbers or _is_apart(records, at)
    return record.n_filled == 1 and layout.width > 2 and layout.fits(record.cells) is not True


def _begins_the_end(layout: Layout, records: list[Record], at: int) -> bool:
    return records[at].is_empty or _is_apart(records, at) or _is_total(layout, records[at])


def _is_apart(records: list[Record], at: int) -> bool:
    """Return whether an empty line is before a record."""
    if at == 0:
        return False
    before = records[at - 1]
    return before.is_empty or records[at].line > before.line + len(before.raw)


def _is_total(layout: Layout, record: Record) -> bool:
    """Return whether the first word of a record is that of a total, where other values stand in the other rows."""
    at = next(at for at, cell in enumerate(record.cells) if cell.strip())
    is_word = _TOTAL.fullmatch(record.cells[at].strip()) is not None
    return is_word and layout.fits(("",) * at + record.cells[at : at + 1]) is not True
