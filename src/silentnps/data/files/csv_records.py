"""Records of a CSV file as people's tools write it, each with the number of its first line.

Quotes are those of RFC 4180, or escaped by a backslash, or not escaped at all: one that neither a delimiter nor the
end of the line follows does not close the text.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

from silentnps.data.files.csv_bytes import UNREADABLE, TextBytes, open_bytes, unreadable
from silentnps.data.files.paths import shown
from silentnps.errors import DataError

_LONGEST_LINE = 1 << 24
_MOST_LINES_OF_A_TEXT = 10_000
_QUOTE = '"'
_BYTE_ORDER_MARK = "\ufeff"


_NO_TEXT = "\0\x1a"


@dataclass(frozen=True)
class Dialect:
    """How the values of a line are told apart."""

    delimiter: str
    backslash: bool = False


@dataclass(frozen=True)
class Record:
    """The cells of one record; `line` is the number of its first line, `raw` are its lines as they stand."""

    line: int
    cells: tuple[str, ...]
    raw: tuple[str, ...]
    n_stray: int = 0

    @property
    def is_empty(self) -> bool:
        """Return whether nothing but blanks is in it, or the marks that old programs write at the end of a file."""
        return not any(cell.strip().strip(_NO_TEXT) for cell in self.cells)

    @property
    def n_filled(self) -> int:
        """Return the number of cells with something in them."""
        return sum(bool(cell.strip()) for cell in self.cells)


def lines_of(text: TextBytes) -> Iterator[str]:
    """Yield the lines of a file without their ends.

    Raises
    ------
    DataError
        If it is damaged, not of its encoding, or has a line without end.
    """
    try:
        with open_bytes(text.file, packed=text.packed) as stream:
            newline = "\r" if text.ends_in_cr else "\n"
            if not text.has_nul and _has_wide_characters(text.encoding):
                raise _other_encoding(text)
            decoded = io.TextIOWrapper(stream, encoding=text.encoding, newline=newline)
            while line := decoded.readline(_LONGEST_LINE):
                if len(line) == _LONGEST_LINE:
                    raise DataError(
                        f"{shown(text.file)} must have lines of less than {_LONGEST_LINE:,} characters; got a"
                        " longer one. Check that it is text and was not cut."
                    )
                yield line.rstrip("\r\n")
    except UnicodeError:
        raise _other_encoding(text) from None
    except UNREADABLE as error:
        raise unreadable(text.file, error) from None


def records_of(text: TextBytes, lines: Iterator[str], dialect: Dialect) -> Iterator[Record]:
    """Yield the records of lines."""
    reader = _Reader(text, lines, dialect)
    while (record := reader.record()) is not None:
        yield record


class _Reader:
    """Reads one record after the other; `_line` is the line at hand and `_at` the place in it."""

    def __init__(self, text: TextBytes, lines: Iterator[str], dialect: Dialect) -> None:
        self._text, self._lines, self._dialect = text, lines, dialect
        self._n_lines = self._n_stray = self._at = 0
        self._line = ""
        self._raw: list[str] = []

    def record(self) -> Record | None:
        self._raw, self._n_stray = [], 0
        if not self._next():
            return None
        first = self._n_lines
        if _QUOTE not in self._line:
            return Record(first, tuple(self._line.split(self._dialect.delimiter)), tuple(self._raw))
        cells = [self._cell()]
        while self._line[self._at : self._at + 1] == self._dialect.delimiter:
            self._at += 1
            cells.append(self._cell())
        return Record(first, tuple(cells), tuple(self._raw), self._n_stray)

    def _next(self) -> bool:
        line = next(self._lines, None)
        if line is None:
            return False
        self._line, self._at = line.lstrip(_BYTE_ORDER_MARK), 0
        self._n_lines += 1
        self._raw.append(self._line)
        return True

    def _cell(self) -> str:
        start = self._at
        while self._line[start : start + 1] == " ":
            start += 1
        if self._line[start : start + 1] == _QUOTE:
            self._at = start + 1
            return self._quoted()
        end = self._line.find(self._dialect.delimiter, self._at)
        start, self._at = self._at, len(self._line) if end < 0 else end
        return self._line[start : self._at]

    def _quoted(self) -> str:
        parts: list[str] = []
        opened, stray = self._n_lines, self._n_stray
        while True:
            quote = self._line.find(_QUOTE, self._at)
            if quote < 0:
                parts.append(self._line[self._at :] + "\n")
                self._go_on(opened)
                continue
            parts.append(self._line[self._at : quote])
            after = self._at_quote(quote, stray=self._n_stray > stray)
            if after is None:
                return self._unescaped("".join(parts))
            self._at = after
            parts.append(_QUOTE)

    def _at_quote(self, quote: int, *, stray: bool) -> int | None:
        """Return where the text goes on after a quote within it; None, and stand at the delimiter, if it ends."""
        if self._dialect.backslash and self._is_escaped(quote):
            return quote + 1
        if self._line[quote + 1 : quote + 2] == _QUOTE:
            # Where a quote was not escaped before, the last of two at the end of a cell closes it.
            return quote + 1 if stray and self._ends(quote + 2) is not None else quote + 2
        end = self._ends(quote + 1)
        if end is not None:
            self._at = end
            return None
        self._n_stray += 1
        return quote + 1

    def _ends(self, place: int) -> int | None:
        """Return the place of the delimiter or the line's end if nothing but blanks is before it."""
        while self._line[place : place + 1] == " ":
            place += 1
        is_end = self._line[place : place + 1] in ("", self._dialect.delimiter)
        return place if is_end else None

    def _is_escaped(self, quote: int) -> bool:
        before = self._line[self._at : quote]
        return (len(before) - len(before.rstrip("\\"))) % 2 == 1

    def _unescaped(self, cell: str) -> str:
        if not self._dialect.backslash:
            return cell
        return cell.replace("\\" + _QUOTE, _QUOTE).replace("\\\\", "\\")

    def _go_on(self, opened: int) -> None:
        if self._n_lines - opened >= _MOST_LINES_OF_A_TEXT or not self._next():
            raise DataError(
                f"{shown(self._text.file)} must close each quote that it opens; got one in line {opened} that is"
                " not closed. Remove it, or write it twice within a quoted value."
            )


def _has_wide_characters(encoding: str) -> bool:
    """Return whether delimiters and ends of lines have bytes of zero in an encoding."""
    return b"\0" in "\n".encode(encoding)


def _other_encoding(text: TextBytes) -> DataError:
    wanted = "UTF-8" if text.encoding.startswith("utf-8") else text.encoding
    line = _first_other(text)
    where = f" in line {line}" if line else ""
    return DataError(
        f"{shown(text.file)} must be {wanted} text; got another encoding{where}. Save it as UTF-8, or declare the"
        " table's `encoding:`, such as windows-1252."
    )


def _first_other(text: TextBytes) -> int | None:
    if not text.encoding.startswith("utf-8"):
        return None
    with open_bytes(text.file, packed=text.packed) as stream:
        for number, line in enumerate(stream, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return None
