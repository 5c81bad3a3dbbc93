"""Exports of other programs, written from their public descriptions, with their traps in them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from written_tables import project

from silentnps.config import TableConfig
from silentnps.data.reading.sources import ReadTables, read_tables

Row = dict[str, object]

N_CUSTOMERS = 60
SECONDS = 1735725600
"""2025-01-01 10:00 UTC."""
DAY = 86_400


def csv_text(rows: Sequence[Row], *, mark: bool = False, reverse: bool = False) -> str:
    """Return rows as CSV, on demand with a byte-order mark and with the columns in the other order."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, list(reversed(names)) if reverse else names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return ("\ufeff" if mark else "") + out.getvalue()


def read_export(
    folder: Path, table: str, rows: Sequence[Row], preset: str, *, zone: str | None = "UTC", **options: Any
) -> ReadTables:
    """Write rows and read them by a preset."""
    path = folder / f"{table}.csv"
    path.write_text(csv_text(rows), encoding="utf-8")
    config = project(folder, timezone=zone, **{table: TableConfig(path=path, preset=preset, **options)})
    return read_tables(config)


def set_aside(read: ReadTables) -> dict[str, int]:
    """Return how many rows each rule set aside."""
    return {finding.rule: finding.rows for finding in read.findings if finding.effect == "row"}


def said(read: ReadTables) -> str:
    return " ".join(str(finding) for finding in read.findings)


@dataclass(frozen=True)
class Export:
    """One export: the preset that reads it, its rows, how many of them belong to an earlier one, and the tables.

    Of the tables each has the number of rows that it gets.
    """

    preset: str
    rows: list[Row]
    tables: dict[str, int]
    joined: int = 0


def mail(n: int) -> str:
    return f"p{n % N_CUSTOMERS}@m.example"


def customers() -> list[Row]:
    """Return a list of customers with numbers of their own."""
    return [
        {"Customer Number": f"K{n:04d}", "E-Mail": mail(n), "Region": "north" if n % 3 else "south"}
        for n in range(N_CUSTOMERS)
    ]


def charge(n: int, **changed: object) -> Row:
    """Return one charge of Stripe's API."""
    return {
        "id": f"ch_{n}",
        "object": "charge",
        "amount": 1250 + n,
        "amount_refunded": 0,
        "captured": "true",
        "created": SECONDS + DAY * n,
        "currency": "eur",
        "customer": f"cus_{n % N_CUSTOMERS}",
        "livemode": "true",
        "paid": "true",
        "receipt_email": mail(n),
        "refunded": "false",
        "status": "succeeded",
        **changed,
    }


def stripe_charges() -> Export:
    refused = [
        charge(90, status="failed", paid="false"),
        charge(91, livemode="false"),
        charge(92, captured="false"),
        charge(93, currency=""),
    ]
    return Export("stripe_charges", [*(charge(n) for n in range(80)), *refused], {"orders": 80})


EXPORTS = {make.__name__: make for make in (stripe_charges,)}
