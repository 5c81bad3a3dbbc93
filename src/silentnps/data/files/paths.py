"""Which files a configured path means: one that exists is itself, whatever its name; else the path is a pattern."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from silentnps.errors import ConfigError

Format = Literal["parquet", "csv", "duckdb", "sqlite", "workbook"]

_PACKED = (".gz", ".zip")
_TOLD_BY_BYTES: dict[bytes, Format] = {b"SQLite format 3\0": "sqlite"}
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_FORMATS: dict[str, Format] = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    **dict.fromkeys(_PACKED, "csv"),
    ".duckdb": "duckdb",
    ".ddb": "duckdb",
    ".db": "duckdb",
    ".sqlite": "sqlite",
    ".sqlite3": "sqlite",
    **dict.fromkeys((".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), "workbook"),
}
_OF_FOLDERS: dict[str, Format] = {".parquet": "parquet", ".pq": "parquet", ".csv": "csv", ".tsv": "csv"}
"""In a folder a .txt or .db beside the data is more often a note than a table."""
_MOST_ENTRIES = 200_000
_T = TypeVar("_T")
_WILD = frozenset("*?[")
_LONGEST_SHOWN, _ENDS_SHOWN = 500, 200


@dataclass(frozen=True)
class TableFiles:
    """The files of a table, in order, all of one format: those of `path`, which is a pattern if `by_pattern`."""

    path: Path
    files: tuple[Path, ...]
    format: Format
    by_pattern: bool = False


def find_files(path: Path) -> TableFiles:
    """Return the files that a path means.

    Raises
    ------
    ConfigError
        If there is none, or they are of several formats or of one that is not read.
    """
    try:
        matched = _find(path)
    except (OSError, ValueError) as error:  # a name that is too long, or that no file can have
        words = getattr(error, "strerror", None) or "no file can have this name"
        raise ConfigError(
            f"the path of a table must be one that can be looked up; got {shown(path)} ({words})."
            " Correct `path:` in the configuration."
        ) from None
    formats = sorted({file_format for _, file_format in matched.pairs})
    if len(formats) > 1:
        raise ConfigError(
            f"the files of a table must be of one format; got {' and '.join(formats)} in {shown(path)}."
            " Give a pattern such as `*.csv`, or move the others."
        )
    return TableFiles(path, tuple(file for file, _ in matched.pairs), formats[0], matched.by_pattern)


def shown(path: Path | str) -> str:
    """Return a path as messages write it: on one line, unprintable characters as escapes, a long one with a gap."""
    text = str(path)
    text = text if len(text) <= _LONGEST_SHOWN else f"{text[:_ENDS_SHOWN]}...{text[-_ENDS_SHOWN:]}"
    return text if text.isprintable() else text.encode("unicode_escape", "backslashreplace").decode("ascii")


def exactly(path: Path | str) -> str:
    """Return the pattern that DuckDB matches with this file alone: what it reads is a pattern to it, always."""
    return "".join(f"[{character}]" if character in _WILD else character for character in str(path))


@dataclass(frozen=True)
class _Pairs:
    pairs: list[tuple[Path, Format]]
    by_pattern: bool = False


def _find(path: Path) -> _Pairs:
    if path.is_dir():
        pairs = _in_folder(path)
        if not pairs:
            raise _none("a folder with Parquet or CSV files", path)
        return _Pairs(pairs)
    if path.exists():
        return _Pairs([(path, _format(path))])
    matched = [Path(name) for name in sorted(_few(path, glob.iglob(_pattern(path), recursive=True)))]
    pairs = [pair for file in matched for pair in (_in_folder(file) if file.is_dir() else [(file, _format(file))])]
    if not pairs:
        raise _none("an existing file, folder or pattern", path)
    return _Pairs(list(dict.fromkeys(pairs)), by_pattern=True)


def _few(path: Path, entries: Iterable[_T]) -> Iterator[_T]:
    for n, entry in enumerate(entries):
        if n >= _MOST_ENTRIES:
            raise ConfigError(
                f"the path of a table must hold at most {_MOST_ENTRIES:,} files and folders; got more in"
                f" {shown(path)}. Name the folder of the table."
            )
        yield entry


def _none(what: str, path: Path) -> ConfigError:
    return ConfigError(
        f"the path of a table must be {what}; got {shown(path)}. Correct `path:` in the configuration."
    )


def _pattern(path: Path) -> str:
    """Return the path as a pattern in which the folders that exist are themselves."""
    known = next((parent for parent in path.parents if parent.exists()), None)
    if known is None:
        return str(path)
    return str(Path(glob.escape(str(known)), path.relative_to(known)))


def _in_folder(folder: Path) -> list[tuple[Path, Format]]:
    # Writers leave files such as _SUCCESS, .part-0.crc or _delta_log/ beside the data.
    files = sorted(
        file
        for file in _few(folder, folder.rglob("*"))
        if not any(part[0] in "._" for part in file.relative_to(folder).parts) and file.is_file()
    )
    return [(file, _OF_FOLDERS[suffix]) for file in files if (suffix := _suffix(file)) in _OF_FOLDERS]


def _suffix(file: Path) -> str:
    suffix = file.suffix.lower()
    return Path(file.stem).suffix.lower() if suffix in _PACKED else suffix


def _format(file: Path) -> Format:
    file_format = _FORMATS.get(file.suffix.lower())
    if file_format is None or not file.is_file():
        raise ConfigError(
            "the path of a table must end in .parquet, .csv, .xlsx, .duckdb or .sqlite; got"
            f" {shown(file)}. Save the table as one of them."
        )
    return _by_bytes(file, file_format)


def _by_bytes(file: Path, named: Format) -> Format:
    """Return the format that the first bytes tell where the name may mean two: .db, and .xls of what is text."""
    if named not in ("duckdb", "workbook"):
        return named
    try:
        with file.open("rb") as stream:
            start = stream.read(16)
    except OSError:  # whoever reads it says what is wrong
        return named
    if named == "workbook":
        return "workbook" if start.startswith(_WORKBOOKS) or not start else "csv"
    return _TOLD_BY_BYTES.get(start, named)
