"""Damaged inputs, drawn from a seed: tables in every format, types, values and names of files.

Each draws from `rng` and writes a project into a folder. Text cells hold `MARK`, which stands for what is personal.
"""

from __future__ import annotations

import gzip
import random
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

MARK = "qzmark"
N_CUSTOMERS = 60
N_ANSWERS = 40


@dataclass
class Project:
    """A project to write: its configuration, its tables as columns of text, and how many rows each must have."""

    folder: Path
    config: dict[str, Any]
    rows: dict[str, int | None] = field(default_factory=dict)

    def write(self) -> Path:
        path = self.folder / "config.yaml"
        path.write_text(yaml.safe_dump(self.config), encoding="utf-8")
        return path


Columns = dict[str, list[Any]]


def customers(rng: random.Random) -> Columns:
    ids = [f"{MARK}-{i:03d}" for i in range(N_CUSTOMERS)]
    names = [f"{MARK} {rng.choice('abc')}{i}" for i in range(N_CUSTOMERS)]
    regions = [rng.choice(["north", "south"]) for _ in ids]
    return {"customer_id": ids, "name": names, "region": regions, "visits": [str(i % 7) for i in range(len(ids))]}


def responses(rng: random.Random) -> Columns:
    days = [f"2025-03-{1 + i % 28:02d} 10:00:00" for i in range(N_ANSWERS)]
    return {
        "customer_id": [f"{MARK}-{i:03d}" for i in range(N_ANSWERS)],
        "rating": [str(i % 11) for i in range(N_ANSWERS)],
        "responded_at": days,
        "comment": [f"{MARK} {rng.choice(['good', 'bad, late', 'so so'])}" for _ in days],
    }


TABLES: dict[str, Callable[[random.Random], Columns]] = {"customers": customers, "responses": responses}


def csv_text(columns: Columns, delimiter: str = ",") -> str:
    def cell(value: Any) -> str:
        text = "" if value is None else str(value)
        return '"' + text.replace('"', '""') + '"' if any(c in text for c in delimiter + '"\n\r') else text

    rows = [list(columns), *map(list, zip(*columns.values(), strict=True))]
    return "".join(delimiter.join(map(cell, row)) + "\n" for row in rows)


def healthy(rng: random.Random, folder: Path) -> Project:
    """Return a project of two CSV files in which nothing is wrong."""
    project = Project(folder, {"name": "p", "output": "out", "timezone": "UTC", "tables": {}})
    for name, make in TABLES.items():
        columns = make(rng)
        (folder / f"{name}.csv").write_text(csv_text(columns), encoding="utf-8")
        project.config["tables"][name] = {"path": f"{name}.csv"}
        project.rows[name] = len(columns["customer_id"])
    return project


# --- bytes


def damaged_bytes(rng: random.Random, content: bytes) -> bytes:
    """Return content with bytes flipped, put in, taken out, cut off, doubled or moved."""
    data = bytearray(content)
    for _ in range(rng.choice([1, 1, 1, 2, 5, 20])):
        if data:
            rng.choice(_DAMAGES)(rng, data, rng.randrange(len(data)))
    return bytes(data)


def _flip(rng: random.Random, data: bytearray, at: int) -> None:
    data[at] ^= 1 << rng.randrange(8)


def _put_in(rng: random.Random, data: bytearray, at: int) -> None:
    data[at:at] = bytes(rng.randrange(256) for _ in range(rng.randint(1, 9)))


def _take_out(rng: random.Random, data: bytearray, at: int) -> None:
    del data[at : at + rng.randint(1, 9)]


def _cut(rng: random.Random, data: bytearray, at: int) -> None:
    del data[max(at, len(data) // 2) :]


def _mean_another(rng: random.Random, data: bytearray, at: int) -> None:
    data[at] = rng.choice(b'\0\n\r",;\t|\\\xff\xfe\xef')


def _double(rng: random.Random, data: bytearray, at: int) -> None:
    data[at:at] = data[at : at + rng.randint(1, 60)]


def _set(rng: random.Random, data: bytearray, at: int) -> None:
    data[at] = rng.randrange(256)


_DAMAGES = [_flip, _flip, _put_in, _take_out, _cut, _mean_another, _mean_another, _double, _set]


def bytes_of_csv(rng: random.Random, folder: Path) -> Project:
    project = healthy(rng, folder)
    name = rng.choice(list(TABLES))
    path = folder / f"{name}.csv"
    path.write_bytes(damaged_bytes(rng, path.read_bytes()))
    project.rows[name] = None  # a byte may be a line's end
    return project


def bytes_of_parquet(rng: random.Random, folder: Path) -> Project:
    project = healthy(rng, folder)
    name = rng.choice(list(TABLES))
    table = pa.table(typed(TABLES[name](rng)))
    path = folder / f"{name}.parquet"
    pq.write_table(
        table,
        path,
        compression=rng.choice(["snappy", "none", "zstd", "gzip"]),
        use_dictionary=rng.random() < 0.6,
        row_group_size=rng.choice([7, 1000]),
    )
    path.write_bytes(damaged_bytes(rng, path.read_bytes()))
    project.config["tables"][name] = {"path": path.name}
    return project


def bytes_of_duckdb(rng: random.Random, folder: Path) -> Project:
    project = healthy(rng, folder)
    name = rng.choice(list(TABLES))
    path = folder / "base.duckdb"
    in_duckdb(path, name, pa.table(typed(TABLES[name](rng))))
    path.write_bytes(damaged_bytes(rng, path.read_bytes()))
    project.config["tables"][name] = {"path": path.name, "table": rng.choice([name, name, None, "nope"])}
    return project


def bytes_of_gzip(rng: random.Random, folder: Path) -> Project:
    project = healthy(rng, folder)
    name = rng.choice(list(TABLES))
    path = folder / f"{name}.csv.{rng.choice(['gz', 'GZ'])}"
    packed = gzip.compress((folder / f"{name}.csv").read_bytes())
    path.write_bytes(damaged_bytes(rng, packed) if rng.random() < 0.8 else packed)
    project.config["tables"][name] = {"path": path.name}
    return project


def in_duckdb(path: Path, name: str, table: pa.Table) -> None:
    # DuckDB has no half floats.
    halves = [pa.types.is_float16(field.type) for field in table.schema]
    fields = [
        field.with_type(pa.float32()) if half else field for field, half in zip(table.schema, halves, strict=True)
    ]
    table = table.cast(pa.schema(fields))
    # DuckDB finds no place for its log beside a file with a question mark in its path.
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "made.duckdb"
        with duckdb.connect(made) as base:
            base.register("given", table)
            base.execute(f'CREATE TABLE "{name}" AS SELECT * FROM given')
        shutil.move(made, path)


def typed(columns: Columns) -> Columns:
    typed = dict(columns)
    if "rating" in typed:
        typed["rating"] = [int(value) for value in typed["rating"]]
        typed["responded_at"] = [datetime.fromisoformat(value) for value in typed["responded_at"]]
    return typed


# --- CSV as people write it


def csv_dialect(rng: random.Random, folder: Path) -> Project:
    """Write a table as one of many tools does; every row of it can be read."""
    project = healthy(rng, folder)
    name = rng.choice(list(TABLES))
    delimiter = rng.choice([",", ";", "\t", "|"])
    text = csv_text(TABLES[name](rng), delimiter)
    changes = rng.sample(_MANNERS, rng.randint(0, 3))
    for change in sorted(changes, key=lambda change: change is not _unnamed):  # rows alone have numbers
        text = change(rng, text, delimiter)
    text = text.replace("\n", rng.choice(["\n", "\n", "\r\n", "\r"]))
    encoding = rng.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
    (folder / f"{name}.csv").write_bytes(text.encode(encoding))
    return project


def _title(rng: random.Random, text: str, by: str) -> str:
    title = rng.choice(["Export 2025", "NPS export", "Report: all stores", "# exported by a tool"])
    return title + rng.choice(["\n", "\n\n", by * 3 + "\n"]) + text


def _total(rng: random.Random, text: str, by: str) -> str:
    word = rng.choice(["Total", "total:", "Sum", "Summe", "Grand total", "Average"])
    return text + rng.choice(["", "\n", by * 3 + "\n"]) + word + rng.choice([f"{by}5.1{by * 2}\n", f"{by}5.1\n"])


def _unnamed(rng: random.Random, text: str, by: str) -> str:
    lines = text.splitlines()
    return "".join(f"{'' if at == 0 else at}{by}{line}\n" for at, line in enumerate(lines))


def _trailing(rng: random.Random, text: str, by: str) -> str:
    return text.replace("\n", by * rng.randint(1, 3) + "\n")


def _blank_lines(rng: random.Random, text: str, by: str) -> str:
    lines = text.splitlines()
    for _ in range(rng.randint(1, 4)):
        lines.insert(rng.randrange(len(lines) + 1), rng.choice(["", "", by * 3, " "]))
    return "\n".join(lines) + "\n"


def _blank_names(rng: random.Random, text: str, by: str) -> str:
    head, _, body = text.partition("\n")
    return by.join(f" {name} " for name in head.split(by)) + "\n" + body


def _below(rng: random.Random, text: str, by: str) -> str:
    return text + "\n" + rng.choice(["40 rows\n", "Exported on a Monday\n", "Source: the tool\nPage 1\n"])


def _no_last_end(rng: random.Random, text: str, by: str) -> str:
    return text.rstrip("\n")


_MANNERS = [_title, _total, _unnamed, _trailing, _blank_lines, _blank_names, _below, _no_last_end]


def csv_broken(rng: random.Random, folder: Path) -> Project:
    """Write a table with a line that is no row of it: it is refused, or all are read."""
    project = healthy(rng, folder)
    name = rng.choice(list(TABLES))
    path = folder / f"{name}.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines = rng.choice(_BREAKS)(rng, lines, rng.randrange(1, len(lines)))
    project.rows[name] = min(project.rows[name] or 0, max(0, len(lines) - 1))
    text = "\n".join(lines) + "\n" * bool(lines)
    encoded = text.encode("utf-8", "surrogatepass") if rng.random() < 0.7 else text.encode("latin-1", "replace")
    path.write_bytes(encoded)
    return project


Lines = list[str]


def _opened(rng: random.Random, lines: Lines, at: int) -> Lines:
    return [*lines[:at], '"' + lines[at], *lines[at + 1 :]]


def _taken_in(rng: random.Random, lines: Lines, at: int) -> Lines:
    first, _, rest = lines[at].partition(",")
    lines[at] = f'{first},"{rest}'
    later = rng.randrange(at, len(lines))
    cells = lines[later].split(",")
    cells[1] += '"'
    lines[later] = ",".join(cells)
    return lines


def _too_long(rng: random.Random, lines: Lines, at: int) -> Lines:
    return [*lines[:at], lines[at] + ",x,y", *lines[at + 1 :]]


def _too_short(rng: random.Random, lines: Lines, at: int) -> Lines:
    cells = lines[at].split(",")
    return [*lines[:at], ",".join(cells[: rng.randint(1, len(cells) - 1)]), *lines[at + 1 :]]


def _broken_in_two(rng: random.Random, lines: Lines, at: int) -> Lines:
    place = lines[at].rfind(" ")
    lines[at] = lines[at][:place] + "\n" + lines[at][place + 1 :]
    return lines


def _odd_letters(rng: random.Random, lines: Lines, at: int) -> Lines:
    odd = rng.choice(["\xff", "\ud800", "\u2028", "\x1a", "é", "𝒳", "\0"])
    return [*lines[:at], lines[at].replace(MARK, MARK + odd, 1), *lines[at + 1 :]]


def _no_header(rng: random.Random, lines: Lines, at: int) -> Lines:
    return lines[1:]


def _cut_lines(rng: random.Random, lines: Lines, at: int) -> Lines:
    return lines[: rng.choice([0, 1, at])]


def _other_names(rng: random.Random, lines: Lines, at: int) -> Lines:
    name = rng.choice(["customer_id,customer_id", "", "Id", '"Who  are\tyou?"'])
    return [lines[0].replace("customer_id", name), *lines[1:]]


def _header_again(rng: random.Random, lines: Lines, at: int) -> Lines:
    return [*lines[:at], lines[0], *lines[at:]]


_BREAKS = [
    *(_opened, _taken_in, _too_long, _too_short, _broken_in_two, _odd_letters, _no_header, _cut_lines),
    *(_other_names, _header_again),
]


# --- values and types

_ODD_TEXTS = [
    *(
        "",
        " ",
        "N/A",
        "-",
        "null",
        "NaN",
        "inf",
        "-1",
        "11",
        "5.5",
        "1e5",
        "1e400",
        "9" * 40,
        "0x1f",
        "1,5",
        "5 EUR",
    ),
    *(
        "0001-01-01",
        "9999-12-31",
        "9999-12-31 23:59:59.999999",
        "0000-00-00",
        "2025-02-30",
        "1900-01-01T00:00+14:00",
    ),
    *("294247-01-10", "infinity", "-infinity", "epoch", "2025-03-01 10:00 America/New_York", "12:00", "31.12.2024"),
    *("=1+1", "'; DROP TABLE x", "\\", '"', "{}", "[/north]", "\u202e", "\ufeff", "true", "yes"),
]


def odd_values(rng: random.Random, folder: Path) -> Project:
    """Put values of other kinds, and of the ends of theirs, into some cells."""
    project = healthy(rng, folder)
    name = rng.choice(list(TABLES))
    columns = TABLES[name](rng)
    for _ in range(rng.randint(1, 4)):
        cells = columns[rng.choice(list(columns))]
        odd = rng.choice([*_ODD_TEXTS, f"{MARK}-odd"])
        for at in rng.sample(range(len(cells)), rng.choice([1, 2, len(cells)])):
            cells[at] = odd
    (folder / f"{name}.csv").write_text(csv_text(columns), encoding="utf-8")
    project.config["timezone"] = rng.choice(["UTC", "Europe/Berlin", "Pacific/Kiritimati", "America/St_Johns"])
    return project


_TYPES: list[Callable[[int], pa.Array]] = [
    lambda n: pa.array([datetime(2025, 3, 1)] * n, pa.timestamp("ms")),
    lambda n: pa.array([datetime(2025, 3, 1)] * n, pa.timestamp("ns", "Europe/Berlin")),
    lambda n: pa.array([2**62] * n, pa.int64()).cast(pa.timestamp("us")),
    lambda n: pa.array([-(2**62 // 1000)] * n, pa.int64()).cast(pa.timestamp("s")),
    lambda n: pa.array([-(2**31)] * n, pa.int32()).cast(pa.date32()),
    lambda n: pa.array([2**31 - 1] * n, pa.int32()).cast(pa.date32()),
    lambda n: pa.array([date(1, 1, 1)] * n),
    lambda n: pa.array([datetime(9999, 12, 31, 23, 59, 59)] * n),
    lambda n: pa.array([time(12)] * n),
    lambda n: pa.array([timedelta(1)] * n),
    lambda n: pa.array([Decimal("5.50")] * n),
    lambda n: pa.array([Decimal(10) ** 37] * n, pa.decimal128(38, 0)),
    lambda n: pa.array([2**64 - 1] * n, pa.uint64()),
    lambda n: pa.array([5] * n, pa.int8()),
    lambda n: pa.array([5.0] * n, pa.float16()),
    lambda n: pa.array([float("nan")] * n),
    lambda n: pa.array([float("inf")] * n),
    lambda n: pa.array([True] * n),
    lambda n: pa.array([b"\xff\0" + MARK.encode()] * n),
    lambda n: pa.array([[MARK]] * n),
    lambda n: pa.array([{MARK: 1}] * n),
    lambda n: pa.array([[("k", MARK)]] * n, pa.map_(pa.string(), pa.string())),
    lambda n: pa.array([None] * n),
    lambda n: pa.array([MARK] * n).dictionary_encode(),
    lambda n: pa.array([f"{MARK}-{i:03d}" for i in range(n)], pa.large_string()),
    lambda n: pa.array([MARK] * n, pa.string_view()),
    lambda n: pa.array(["2025-03-01T10:00:00Z"] * n),
]


def odd_types(rng: random.Random, folder: Path) -> Project:
    """Give a column another type, or the table other columns or none, in Parquet or DuckDB."""
    project = healthy(rng, folder)
    name = rng.choice(list(TABLES))
    columns: dict[str, Any] = typed(TABLES[name](rng))
    n = rng.choice([len(columns["customer_id"])] * 4 + [0])
    columns = {key: values[:n] for key, values in columns.items()}
    wanted = rng.choice([*columns, "extra", "signed_up_at", "invited_at"])
    columns[wanted] = rng.choice(_TYPES)(n)
    project.rows[name] = n
    in_base = rng.random() < 0.3
    path = folder / ("base.duckdb" if in_base else f"{name}.parquet")
    if in_base:
        in_duckdb(path, name, pa.table(columns))
    else:
        pq.write_table(pa.table(columns), path)
    project.config["tables"][name] = {"path": path.name, **({"table": name} if in_base else {})}
    return project


# --- names of files

_ODD_NAMES = [
    "a[1]",
    "w?",
    "s*",
    "[x",
    "a]b",
    "q'q",
    'd"d',
    "per%20cent",
    "100%25",
    "hash#",
    "{b}",
    "a b",
    "é",
    "x=1",
]
_SIBLINGS = {"a[1]": "a1", "w?": "wx", "s*": "sx", "[x": "xx"}


def odd_names(rng: random.Random, folder: Path) -> Project:
    """Name a file, or the folder of the project, with what others read as a pattern; siblings that would match."""
    odd = rng.choice(_ODD_NAMES)
    if rng.random() < 0.4:
        (folder / _SIBLINGS.get(odd, "sibling")).mkdir()
        healthy(rng, folder / _SIBLINGS.get(odd, "sibling"))
        folder = folder / odd
        folder.mkdir()
    project = healthy(rng, folder)
    name = rng.choice(list(TABLES))
    columns = TABLES[name](rng)
    suffix = rng.choice([".csv", ".parquet", ".duckdb", ".CSV"])
    for stem in {odd, _SIBLINGS.get(odd, odd)}:
        _save(folder / f"{stem}{suffix}", name, columns)
    table = {"table": name} if suffix == ".duckdb" else {}
    project.config["tables"][name] = {"path": f"{odd}{suffix}", **table}
    if rng.random() < 0.3:
        patterns = [
            "*.nope",
            "**",
            "*.csv",
            "nope/*.csv",
            "?" * 300,
            "[",
            "x" * 5000,
            ".",
            "..",
            "/dev/null",
            "/proc",
        ]
        project.config["tables"][name] = {"path": rng.choice(patterns)}
        project.rows[name] = None
    return project


def _save(path: Path, name: str, columns: Columns) -> None:
    if path.suffix == ".parquet":
        pq.write_table(pa.table(typed(columns)), path)
    elif path.suffix == ".duckdb":
        in_duckdb(path, name, pa.table(typed(columns)))
    else:
        path.write_text(csv_text(columns), encoding="utf-8")
