"""Damaged exports of other programs, tables of other keys, and what `init` is given, drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from damages import MARK, N_ANSWERS, Columns, Project, csv_text, customers, damaged_bytes, healthy, responses, typed
from damages_of_files import in_sqlite

_SECONDS = 1_740_823_200
ODD_CELLS: list[Any] = [
    *(
        None,
        "",
        " ",
        "N/A",
        "-",
        "-1",
        "11",
        "5.5",
        "1e400",
        "9" * 40,
        "true",
        "nps",
        "csat",
        "Deleted",
        "\u202e",
        '"',
    ),
    *(
        "2025-02-30",
        "0000-00-00",
        "31.12.2024",
        "1740823200000",
        "=1+1",
        "a@b",
        "@",
        "x" * 70_000,
        "{}",
        "[]",
        "\0",
    ),
    *(f"{MARK}@mail.example", f"{MARK}-000", f"'{MARK}'", "10 - Extremely likely", "\ud7ff", "a\nb", "a,b;c\td"),
]


def delighted(rng: random.Random) -> Columns:
    rows = range(N_ANSWERS)
    return {
        "id": [f"r{i}" for i in rows],
        "email": [f"{MARK}-{i:03d}@mail.example" for i in rows],
        "survey_type": ["nps" for _ in rows],
        "score": [str(i % 11) for i in rows],
        "comment": [f"{MARK} so so" for _ in rows],
        "permalink": [f"https://x.example/{i}" for i in rows],
        "created_at": [str(_SECONDS + 3600 * i) for i in rows],
    }


def zendesk(rng: random.Random) -> Columns:
    rows = range(N_ANSWERS)
    return {
        "id": [str(i) for i in rows],
        "requester_email": [f"{MARK}-{i:03d}@mail.example" for i in rows],
        "created_at": [f"2025-02-{1 + i % 28:02d}T10:00:00Z" for i in rows],
        "solved_at": [f"2025-02-{1 + i % 28:02d}T12:00:00Z" for i in rows],
        "priority": [rng.choice(["low", "high"]) for _ in rows],
        "type": [rng.choice(["problem", "question"]) for _ in rows],
        "status": [rng.choice(["solved", "closed"]) for _ in rows],
    }


def shopify(rng: random.Random) -> Columns:
    """Two line items an order; the fields of the order are on the first."""
    rows, n = range(N_ANSWERS), N_ANSWERS

    def first(values: list[str]) -> list[str]:
        return [value if i % 2 == 0 else "" for i, value in enumerate(values)]

    return {
        "Name": [f"#{1000 + i // 2}" for i in rows],
        "Email": [f"{MARK}-{i // 2:03d}@mail.example" for i in rows],
        "Financial Status": first(["paid"] * n),
        "Currency": first(["EUR"] * n),
        "Total": first([f"{i}.50" for i in rows]),
        "Discount Amount": first(["0.00"] * n),
        "Created at": first([f"2025-02-{1 + i % 28:02d} 10:00:00 +0100" for i in rows]),
        "Lineitem quantity": ["1" for _ in rows],
        "Lineitem name": ["Article" for _ in rows],
        "Refunded Amount": first(["0.00"] * n),
    }


EXPORTS: dict[str, tuple[str, Callable[[random.Random], Columns]]] = {
    "delighted": ("responses", delighted),
    "zendesk": ("support", zendesk),
    "shopify_orders": ("orders", shopify),
}


def keyed(rng: random.Random, folder: Path) -> Project:
    """Return a healthy project whose customers have e-mail addresses."""
    project = healthy(rng, folder)
    columns = customers(rng)
    columns["email"] = [f"{name}@Mail.example" for name in columns["customer_id"]]
    (folder / "customers.csv").write_text(csv_text(columns), encoding="utf-8")
    project.config["tables"]["customers"]["columns"] = {"email": "email"}
    return project


def exports(rng: random.Random, folder: Path) -> Project:
    """Damage an export that a preset reads: cells, columns, rows or bytes; each row is used or set aside."""
    project = keyed(rng, folder)
    preset = rng.choice(list(EXPORTS))
    table, make = EXPORTS[preset]
    columns = damaged_columns(rng, make(rng))
    project.rows[table] = len(next(iter(columns.values())))
    path = folder / "export.csv"
    path.write_text(csv_text(columns), encoding="utf-8")
    if rng.random() < 0.2:
        path.write_bytes(damaged_bytes(rng, path.read_bytes()))
        project.rows[table] = None
    named = preset if rng.random() < 0.9 else rng.choice(["nope", "zendesk", "delighted", "", "../x"])
    section: dict[str, Any] = {"path": path.name, "preset": named}
    if rng.random() < 0.2:
        section["columns"] = {rng.choice(["customer_id", "rating", "amount", "nope"]): rng.choice(list(columns))}
    if rng.random() < 0.2:
        section["identified_by"] = rng.choice(["email", "phone", "customer_id", ""])
    project.config["tables"][table] = section
    return project


def damaged_columns(rng: random.Random, columns: Columns) -> Columns:
    """Return columns shuffled, some with odd cells, one perhaps gone, renamed or in capitals."""
    n = len(next(iter(columns.values())))
    for _ in range(rng.choice([0, 1, 3])):
        cells = columns[rng.choice(list(columns))]
        odd = rng.choice(ODD_CELLS)
        for at in rng.sample(range(n), rng.choice([1, 2, n // 2, n])):
            cells[at] = odd
    order = rng.sample(list(columns), len(columns)) if rng.random() < 0.5 else list(columns)
    change = rng.random()
    if change < 0.15:
        order = order[:-1]
    renamed = {order[0]: rng.choice(["", "x", "x" * 300, order[-1], '"q"', "a\nb"])} if change > 0.9 else {}
    copies = rng.sample(range(n), rng.choice([0, 0, 3]))  # as incremental syncs and repeated pages write them
    return {renamed.get(name, name): [*columns[name], *(columns[name][at] for at in copies)] for name in order}


def keys(rng: random.Random, folder: Path) -> Project:
    """Identify answers by e-mail addresses, with odd, repeated and missing ones, and a damaged file of links."""
    project = keyed(rng, folder)
    answers = responses(rng)
    answers["mail"] = [f" {name.upper()}@mail.example" for name in answers.pop("customer_id")]
    held = dict(answers)
    if rng.random() < 0.7:
        held = damaged_columns(rng, held)
    (folder / "responses.csv").write_text(csv_text(held), encoding="utf-8")
    project.config["tables"]["responses"] |= {
        "columns": {rng.choice(["customer_id", "customer_id", "email"]): "mail"},
        "identified_by": rng.choice(["email"] * 6 + ["phone", "customer_id", "e mail"]),
        "max_unmatched_share": rng.choice([1, 1, 1, 0.03]),
    }
    project.rows["responses"] = len(next(iter(held.values())))
    if rng.random() < 0.5:
        project.config["identity"] = _identity(rng, folder)
    return project


def _identity(rng: random.Random, folder: Path) -> dict[str, Any]:
    links = {
        "id": [f"{MARK}-{i:03d}" for i in range(50)],
        "mail": [f"{MARK}-{i % 45:03d}@mail.example" for i in range(50)],
        "phone": [str(i) for i in range(50)],
    }
    links = damaged_columns(rng, links)
    path = folder / "links.csv"
    path.write_text(csv_text(links), encoding="utf-8")
    if rng.random() < 0.2:
        path.write_bytes(damaged_bytes(rng, path.read_bytes()))
    columns = {"customer_id": "id", "email": "mail", **({"phone": "phone"} if rng.random() < 0.5 else {})}
    return {
        "links": [{"path": path.name, "columns": columns}] * rng.choice([1, 1, 2]),
        "plus_addressing": rng.random() < 0.5,
        "forms": rng.choice([{}, {"email": "id"}, {"email": "email"}, {"nope": "id"}]),
    }


def files_of_init(rng: random.Random, folder: Path) -> list[str]:
    """Write a list of customers, answers and other files, some of them damaged; return what `init` is given."""
    of_customers = customers(rng)
    of_customers["email"] = [f"{name}@mail.example" for name in of_customers["customer_id"]]
    given = {"crm": of_customers, "survey": responses(rng)}
    for preset in rng.sample(list(EXPORTS), rng.choice([0, 1, 2])):
        given[preset] = EXPORTS[preset][1](rng)
    damaged = rng.sample(list(given), rng.choice([0, 1, 1, 2]))
    files = []
    for name, columns in given.items():
        held = damaged_columns(rng, columns) if name in damaged and rng.random() < 0.6 else columns
        files.append(_written(rng, folder, name, held, damage=name in damaged))
    return [*files, *(str(folder / name) for name in rng.sample(_NO_FILES, rng.choice([0, 0, 1])))]


_NO_FILES = [
    "nope.csv",
    ".",
    "..",
    "x\ny.csv",
    "*.nope",
    "[",
    "~/nope",
    "s3://bucket/x.csv",
    "postgresql://nope:1/x",
    "",
]


def _written(rng: random.Random, folder: Path, name: str, columns: Columns, *, damage: bool) -> str:
    """Write a table in one of the formats that are read, its bytes perhaps damaged."""
    suffix = rng.choice([".csv", ".csv", ".csv", ".parquet", ".xlsx", ".sqlite"])
    path = folder / f"{name}{suffix}"
    if suffix == ".parquet":
        texts = {key: pa.array([None if v is None else str(v) for v in values]) for key, values in columns.items()}
        pq.write_table(pa.table(typed(columns) if "rating" in columns and not damage else texts), path)
    elif suffix == ".sqlite":
        in_sqlite(path, name, {key or "unnamed": values for key, values in columns.items()}, {})
    elif suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row in [list(columns), *zip(*columns.values(), strict=True)]:
            book.active.append([None if v is None else str(v).replace("\0", "")[:32_000] for v in row])
        book.save(path)
    else:
        path.write_text(csv_text(columns), encoding="utf-8")
    if damage and rng.random() < 0.5:
        path.write_bytes(damaged_bytes(rng, path.read_bytes()))
    return str(path)
