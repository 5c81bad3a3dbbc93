"""What the bytes of a text file say before it is parsed: packing, encoding, ends of lines, quotes."""

from __future__ import annotations

import codecs
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, cast

from silentnps.data.files.paths import shown
from silentnps.errors import DataError

_CHUNK = 1 << 20
_END = 1 << 16
_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks; that of UTF-32 begins with that of UTF-16."""

_NOT_TEXT = (
    (_ZIP, "a workbook or an archive", "Name a workbook .xlsx, an archive of one CSV file .zip."),
    (b"\xd0\xcf\x11\xe0", "a workbook of an old Excel", "Name it .xls."),
    (b"PAR1", "a Parquet file", "Name it .parquet."),
    (b"%PDF", "a PDF", "Export the table as CSV."),
)
Packing = Literal["none", "gzip", "zip"]
"""How the bytes of a file are packed."""

UNREADABLE = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError)
"""What reading a damaged file raises; of an archive also a packing that Python does not know."""

_MARKUP = (b"<!doctype", b"<html", b"<table", b"<?xml")


@dataclass(frozen=True)
class TextBytes:
    """What is known of a file of text.

    `end` holds its last bytes. `plain_ends` says that every line ends in the same of LF and CRLF; `lines` counts
    them, one without an end included.
    """

    file: Path
    packed: Packing
    encoding: str
    has_mark: bool
    lines: int
    plain_ends: bool
    ends_in_cr: bool
    has_backslashed_quotes: bool
    has_nul: bool
    end: bytes


def open_bytes(file: Path, *, packed: Packing) -> BinaryIO:
    """Open the unpacked bytes of a file.

    Raises
    ------
    DataError
        If it is an archive of several files, or of none.
    """
    if packed == "zip":
        return _open_member(file)
    return cast(BinaryIO, gzip.open(file, "rb")) if packed == "gzip" else file.open("rb")


def _open_member(file: Path) -> BinaryIO:
    with zipfile.ZipFile(file) as archive:
        members = [name for name in archive.namelist() if not name.endswith("/") and not _is_hidden(name)]
        if len(members) != 1:
            raise DataError(
                f"{shown(file)} must be an archive of one CSV file; got {len(members)} files in it. Unpack it."
            )
        try:
            return cast(BinaryIO, archive.open(members[0]))
        except RuntimeError:  # as which zipfile says that it needs a password
            raise DataError(f"{shown(file)} must be open to all; got a password on it. Unpack it.") from None


def _is_hidden(member: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in member.split("/"))


def inspect_bytes(file: Path, *, encoding: str | None) -> TextBytes:
    """Read a file once, as fast as the disk, and say what its bytes are like; `encoding` is what is declared.

    Raises
    ------
    DataError
        If it cannot be read or is no text.
    """
    try:
        with file.open("rb") as stream:
            packed = _packing(file, stream.read(4))
        with open_bytes(file, packed=packed) as stream:
            start = stream.read(_CHUNK)
            _refuse_other_formats(file, start)
            mark = next((name for mark, name in _MARKS if start.startswith(mark)), None)
            counts = _Counts()
            counts.add(start)
            for chunk in _chunks(stream):
                counts.add(chunk)
    except UNREADABLE as error:
        raise unreadable(file, error) from None
    return TextBytes(
        file,
        packed,
        mark or encoding or _without_mark(start),
        mark is not None,
        counts.n_lines,
        counts.n_cr == counts.n_crlf and counts.n_crlf in (0, counts.n_lf),
        counts.n_cr - counts.n_crlf > counts.n_lf,
        counts.backslashed,
        counts.nul,
        counts.end,
    )


def _packing(file: Path, start: bytes) -> Packing:
    if start.startswith(_GZIP) or file.suffix.lower() == ".gz":
        return "gzip"
    return "zip" if start == _ZIP and file.suffix.lower() == ".zip" else "none"


def unreadable(file: Path, error: Exception) -> DataError:
    """Return the error of a file that cannot be read, in the words of the system."""
    words = getattr(error, "strerror", None) or str(error).splitlines()[0].rstrip(".")
    return DataError(f"{shown(file)} must be readable; got an error ({words}). Write the file again.")


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK):
        yield chunk


class _Counts:
    """Counts over the chunks of a file; what may lie across two chunks is looked for with the byte before."""

    def __init__(self) -> None:
        self.n_lf = self.n_cr = self.n_crlf = 0
        self.backslashed = self.nul = False
        self.end = b""

    def add(self, chunk: bytes) -> None:
        joined = self.end[-1:] + chunk
        self.n_lf += chunk.count(b"\n")
        self.n_cr += chunk.count(b"\r")
        self.n_crlf += joined.count(b"\r\n")
        self.backslashed = self.backslashed or b'\\"' in joined
        self.nul = self.nul or b"\0" in chunk
        self.end = (self.end + chunk)[-_END:]

    @property
    def n_lines(self) -> int:
        return self.n_lf + (self.end[-1:] not in (b"", b"\n"))


def _without_mark(start: bytes) -> str:
    """Return UTF-16 where every second byte is zero, as in Latin text without a mark, else UTF-8."""
    even, odd = start[0:4096:2], start[1:4096:2]
    if odd and odd.count(0) > 0.7 * len(odd) and even.count(0) < 0.1 * len(even):
        return "utf-16-le"
    if even and even.count(0) > 0.7 * len(even) and odd.count(0) < 0.1 * len(odd):
        return "utf-16-be"
    return "utf-8"


def _refuse_other_formats(file: Path, start: bytes) -> None:
    for magic, what, cure in _NOT_TEXT:
        if start.startswith(magic):
            raise DataError(f"{shown(file)} must be text; got {what}. {cure}")
    if start.lstrip(codecs.BOM_UTF8 + b" \t\r\n").lower().startswith(_MARKUP):
        raise DataError(
            f"{shown(file)} must be a table of text; got a page of HTML or XML. Open it in a spreadsheet and save"
            " it as CSV UTF-8."
        )
