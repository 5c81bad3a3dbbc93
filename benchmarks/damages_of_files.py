"""Damaged workbooks, SQLite files, archives, encodings, parts of a table and fields, drawn from a seed."""

from __future__ import annotations

import codecs
import io
import random
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl

from damages import MARK, TABLES, Columns, Project, csv_text, damaged_bytes, healthy, typed

# --- workbooks


def bytes_of_workbook(rng: random.Random, folder: Path) -> Project:
    """Damage the bytes of a workbook, of one of the files packed in it, or leave one of them out."""
    project, name, path = _placed(
        rng, folder, rng.choice([".xlsx", ".xlsx", ".XLSX", ".xlsm", ".xlsb", ".xls", ".ods"])
    )
    content = _workbook(TABLES[name](rng))
    path.write_bytes(damaged_bytes(rng, content) if rng.random() < 0.4 else _repacked(rng, content))
    return project


def cells_of_workbook(rng: random.Random, folder: Path) -> Project:
    """Put cells of other kinds into a workbook, further sheets, merged cells, or lines around the table."""
    project, name, path = _placed(rng, folder, ".xlsx")
    columns = TABLES[name](rng) if rng.random() < 0.5 else typed(TABLES[name](rng))
    for _ in range(rng.randint(1, 3)):
        cells = columns[rng.choice(list(columns))]
        for at in rng.sample(range(len(cells)), rng.choice([1, 2, len(cells)])):
            cells[at] = rng.choice(_CELLS)
    book = _book(columns)
    for change in rng.sample(_CHANGES, rng.randint(0, 2)):
        change(rng, book)
    book.save(path)
    if rng.random() < 0.3:
        project.config["tables"][name]["table"] = rng.choice(["Sheet", "sheet", "Nope", "", "a'b"])
    project.rows[name] = None if book.active.merged_cells.ranges else project.rows[name]
    return project


_CELLS: list[Any] = [
    *(
        None,
        "",
        " ",
        True,
        False,
        0,
        -1,
        11,
        5.5,
        1e300,
        2**60,
        "N/A",
        "#N/A",
        "=1/0",
        "=1+1",
        "'5",
        "5 ",
        f"{MARK} x",
    ),
    *(datetime(1900, 1, 1), datetime(9999, 12, 31, 23, 59, 59), date(2025, 3, 1), time(12), timedelta(days=3)),
    *(45717, 45717.5, -45717, "2025-03-01T10:00:00Z", "x" * 32_000, "a\nb", "a\tb", "\u202e", '=HYPERLINK("x")'),
]


def _hidden_sheet(rng: random.Random, book: Any) -> None:
    sheet = book.create_sheet(rng.choice(["notes", "a'b", "ß", "x" * 31]))
    sheet.append([f"{MARK} note", 1])
    sheet.sheet_state = rng.choice(["visible", "hidden", "veryHidden"])


def _empty_sheet(rng: random.Random, book: Any) -> None:
    book.create_sheet("empty", rng.choice([0, 1]))


def _title_above(rng: random.Random, book: Any) -> None:
    book.active.insert_rows(1, amount=rng.choice([1, 2]))
    book.active["A1"] = "NPS export"


def _blank_row(rng: random.Random, book: Any) -> None:
    book.active.insert_rows(rng.randint(2, 20))


def _blank_column(rng: random.Random, book: Any) -> None:
    book.active.insert_cols(rng.randint(1, 4))


def _merged(rng: random.Random, book: Any) -> None:
    row, column = rng.randint(1, 20), rng.randint(1, 4)
    book.active.merge_cells(
        start_row=row, end_row=row + rng.choice([0, 1, 5]), start_column=column, end_column=column + 1
    )


def _same_names(rng: random.Random, book: Any) -> None:
    book.active.cell(1, 2).value = book.active.cell(1, rng.choice([1, 3])).value


def _total_below(rng: random.Random, book: Any) -> None:
    book.active.append(["Total", None, rng.choice([5.1, None, "x"])])


_CHANGES: list[Callable[[random.Random, Any], None]] = [
    *(_hidden_sheet, _empty_sheet, _title_above, _blank_row, _blank_column, _merged, _same_names, _total_below),
]


def _book(columns: Columns) -> Any:
    book = openpyxl.Workbook()
    book.active.append(list(columns))
    for row in zip(*columns.values(), strict=True):
        book.active.append(list(row))
    return book


def _workbook(columns: Columns) -> bytes:
    stream = io.BytesIO()
    _book(columns).save(stream)
    return stream.getvalue()


def _repacked(rng: random.Random, content: bytes) -> bytes:
    """Return an archive in which the content of one file is damaged, or the file is gone, empty or there twice."""
    packed = zipfile.ZipFile(io.BytesIO(content))
    names = packed.namelist()
    chosen, stream = rng.choice([*names, "xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"]), io.BytesIO()
    with zipfile.ZipFile(stream, "w") as again:
        for name in names:
            data = packed.read(name)
            if name == chosen:
                if rng.random() < 0.15:
                    continue
                data = damaged_bytes(rng, data) if rng.random() < 0.9 else b""
            again.writestr(name, data)
    return stream.getvalue()


# --- SQLite


def bytes_of_sqlite(rng: random.Random, folder: Path) -> Project:
    """Damage the bytes of a SQLite file."""
    project, name, path = _placed(rng, folder, rng.choice([".sqlite", ".db", ".sqlite3"]))
    in_sqlite(path, name, typed(TABLES[name](rng)), {})
    path.write_bytes(damaged_bytes(rng, path.read_bytes()))
    project.config["tables"][name]["table"] = name
    return project


def values_of_sqlite(rng: random.Random, folder: Path) -> Project:
    """Put values of several types into the columns of a SQLite table, views and odd names beside it."""
    project, name, path = _placed(rng, folder, ".sqlite")
    columns = TABLES[name](rng)
    for _ in range(rng.randint(1, 3)):
        cells = columns[rng.choice(list(columns))]
        for at in rng.sample(range(len(cells)), rng.choice([1, 2, len(cells)])):
            cells[at] = rng.choice(_STORED)
    kinds = ["", "TEXT", "INTEGER", "REAL", "BLOB", "BOOLEAN", "DATETIME", "DECIMAL(10,2)", "odd kind"]
    in_sqlite(path, name, columns, {column: rng.choice(kinds) for column in columns})
    project.config["tables"][name]["table"] = rng.choice([name, name, name, "a_view", "broken", "nope", None])
    project.rows[name] = len(columns["customer_id"])
    return project


_STORED: list[Any] = [
    *(None, "", " ", 0, 1, -1, 11, 2**62, -(2**63), 5.5, 1e300, float("inf"), b"\xff\0" + MARK.encode(), b"", MARK),
    *("5", "N/A", "2025-03-01", "\0", "a\0b", "x" * 100_000, 1740823200, 1740823200000, "=1+1", "true"),
]


def in_sqlite(path: Path, name: str, columns: Columns, kinds: dict[str, str]) -> None:
    """Write a table with a view of it, and a view of a table that is gone."""
    declared = ", ".join(f'"{column}" {kinds.get(column, "")}' for column in columns)
    with closing(sqlite3.connect(path)) as base:
        base.execute(f'CREATE TABLE "{name}" ({declared})')
        marks = ", ".join("?" * len(columns))
        rows = [
            [str(v) if isinstance(v, datetime) else v for v in row] for row in zip(*columns.values(), strict=True)
        ]
        base.executemany(f'INSERT INTO "{name}" VALUES ({marks})', rows)
        base.execute(f'CREATE VIEW a_view AS SELECT * FROM "{name}"')
        base.execute("CREATE VIEW broken AS SELECT * FROM gone")
        base.commit()


# --- archives


def bytes_of_zip(rng: random.Random, folder: Path) -> Project:
    """Pack a table with other files, in folders, with odd names, or damage the archive."""
    project, name, path = _placed(rng, folder, rng.choice([".zip", ".csv.zip", ".ZIP"]))
    text, whole = (folder / f"{name}.csv").read_bytes(), project.rows[name]
    with zipfile.ZipFile(
        path, "w", rng.choice([zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_LZMA])
    ) as archive:
        archive.writestr(
            rng.choice([f"{name}.csv", f"a/b/{name}.csv", "../x.csv", "/x", "é.csv", " ", "x" * 300]), text
        )
        for other in rng.sample(_MEMBERS, rng.choice([0, 0, 1, 2])):
            archive.writestr(*other)
    damage = rng.random()
    if damage < 0.5:
        path.write_bytes(damaged_bytes(rng, path.read_bytes()))
    elif damage < 0.6:
        path.write_bytes(rng.choice([b"", b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 18, text]))
    project.rows[name] = whole if damage >= 0.6 else None
    return project


_MEMBERS: list[tuple[str, bytes]] = [
    *(("__MACOSX/._x.csv", b"\0\5"), ("readme.txt", b"hello"), ("other.csv", b"a,b\n1,2\n"), ("folder/", b"")),
    *((".DS_Store", b"\0"), ("inner.zip", b"PK\x03\x04"), ("x.xlsx", b"PK\x03\x04")),
]


# --- text in other encodings, in parts, and with huge fields


def encodings(rng: random.Random, folder: Path) -> Project:
    """Write a table in an encoding, with or without a mark, and say another one, the same or none."""
    project, name, path = _placed(rng, folder, ".csv")
    columns = TABLES[name](rng)
    column = "name" if name == "customers" else "comment"
    columns[column] = [
        f"{value} {rng.choice(['Zoë', 'Łódź', '東京', 'naïve €', 'plain'])}" for value in columns[column]
    ]
    written = rng.choice(_ENCODINGS)
    content = csv_text(columns).encode(written, "replace")
    path.write_bytes(rng.choice([b"", b"", b"", codecs.BOM_UTF8, codecs.BOM_UTF16_LE]) + content)
    if rng.random() < 0.6:
        project.config["tables"][name]["encoding"] = rng.choice(
            [*_ENCODINGS, written, written, "nope", "rot13", "idna"]
        )
    # A wrong encoding may take the end of a line for a part of a letter, which no program can tell.
    is_right = project.config["tables"][name].get("encoding") == written
    project.rows[name] = project.rows[name] if is_right else None
    return project


_ENCODINGS = [
    *("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "cp1252", "latin-1", "cp1250"),
    *("cp437", "mac-roman", "shift_jis", "gb18030", "euc-jp", "koi8-r", "cp037", "big5", "iso2022_jp"),
]


def parts(rng: random.Random, folder: Path) -> Project:
    """Write a table in parts whose columns are shuffled, other, fewer, damaged or of other formats."""
    project = healthy(rng, folder)
    name = rng.choice(list(TABLES))
    (folder / "parts").mkdir()
    columns = TABLES[name](rng)
    n, total = len(columns["customer_id"]), 0
    for part in range(3):
        own = {key: values[part * n // 3 : (part + 1) * n // 3] for key, values in columns.items()}
        order = rng.sample(list(own), len(own))
        if rng.random() < 0.15:
            order = order[:-1]
        own = {(key.upper() if rng.random() < 0.05 else key): own[key] for key in order}
        content = csv_text(own, rng.choice([",", ";"])).encode()
        is_broken = rng.random() < 0.1
        content = (
            rng.choice([b"", content[: len(content) // 2], damaged_bytes(rng, content)]) if is_broken else content
        )
        (folder / "parts" / f"{part}.csv").write_bytes(content)
        total = total if is_broken else total + len(next(iter(own.values())))
        project.rows[name] = None if is_broken or project.rows[name] is None else total
    (
        folder / "parts" / rng.choice(["x.csv.tmp", ".hidden.csv", "readme.txt", "y.parquet", "_SUCCESS"])
    ).write_bytes(b"PAR1")
    project.config["tables"][name] = {"path": rng.choice(["parts", "parts", "parts/*.csv", "parts/*", "parts/"])}
    return project


def huge_fields(rng: random.Random, folder: Path) -> Project:
    """Write a field of millions of letters, thousands of columns, very many blank lines, or NUL bytes."""
    project, name, path = _placed(rng, folder, ".csv")
    columns = TABLES[name](rng)
    which = rng.choice(["field", "names", "columns", "blank", "nul", "quotes"])
    if which == "field":
        cells = columns[rng.choice(list(columns))]
        cells[rng.randrange(len(cells))] = rng.choice(["x", "9", "é", '"', "a,b\n", " "]) * rng.choice(
            [70_000, 3_000_000]
        )
    elif which == "names":
        columns["n" * rng.choice([300, 100_000])] = [MARK] * len(columns["customer_id"])
    elif which == "columns":
        columns |= {
            f"c{i}": [rng.choice("01")] * len(columns["customer_id"]) for i in range(rng.choice([300, 1_000]))
        }
    text = csv_text(columns)
    if which == "blank":
        text = text.replace("\n", "\n" * rng.choice([2, 2_000])) + "\n" * rng.choice([1, 100_000])
    elif which == "nul":
        text = text.replace(rng.choice([",", "1", MARK, "\n"]), "\0", rng.choice([1, 5, -1]))
    elif which == "quotes":
        text = '"' * rng.choice([1, 3, 100_001]) + text
    path.write_text(text, encoding="utf-8")
    project.rows[name] = None if which in ("nul", "quotes") else project.rows[name]
    return project


def random_bytes(rng: random.Random, folder: Path) -> Project:
    """Write bytes that are no table at all under the ending of one, or what is no file."""
    project, name, path = _placed(rng, folder, rng.choice(_SUFFIXES))
    start = rng.choice(
        [b"", b"PAR1", b"PK\x03\x04", b"\x1f\x8b\x08", b"SQLite format 3\0", b"\xd0\xcf\x11\xe0", b"\xff\xfe"]
    )
    path.write_bytes(start + rng.randbytes(rng.choice([0, 1, 7, 100, 5_000, 200_000])))
    if path.suffix in (".duckdb", ".sqlite", ".db"):
        project.config["tables"][name]["table"] = rng.choice([name, None])
    project.rows[name] = None
    return project


_SUFFIXES = [
    *(
        ".csv",
        ".csv.gz",
        ".parquet",
        ".duckdb",
        ".sqlite",
        ".db",
        ".xlsx",
        ".xls",
        ".xlsb",
        ".ods",
        ".zip",
        ".tsv",
        ".txt",
    ),
    *(".json", "", ".pdf"),
]


def _placed(rng: random.Random, folder: Path, suffix: str) -> tuple[Project, str, Path]:
    """Return a healthy project of which one table is to be written to a file with this ending."""
    project = healthy(rng, folder)
    name = rng.choice(list(TABLES))
    path = folder / f"own_{name}{suffix}"
    project.config["tables"][name] = {"path": path.name}
    return project, name, path
