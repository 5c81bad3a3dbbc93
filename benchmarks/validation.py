"""`validate` of a large base as its user runs it, as a whole process: seconds, seconds of cores and peak memory.

    python benchmarks/validation.py --folder /tmp/scale --json validation.json

1,000,000 customers with 10,000,000 orders and their survey, the same with all events (20,000,000), and
10,000,000 customers with 200,000,000 events. Every base has answers of one wave, and nothing is wrong with its
rows: every check looks at all of them. `--damaged` adds copies and orphans to each table, for checks that look for
first rows.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
from pathlib import Path

import duckdb
import yaml

import large_base
from figures import Row, show
from generated_base import EVENT_TABLES

SIZES = ((1_000_000, 50_000), (10_000_000, 300_000))
"""Customers and answers."""

_EVENTS = tuple(name for name in EVENT_TABLES if name != "customers")


def write_project(folder: Path, name: str, events: tuple[str, ...], *, damaged: bool) -> Path:
    """Write the configuration of a base with some of its tables."""
    suffix = "*.parquet" if damaged else ".parquet"
    tables = {each: {"path": f"{each}{suffix}"} for each in (*events, "invitations", "responses")}
    tables["customers"] = {"path": "people.parquet"}
    content = {
        "name": name,
        "output": name,
        "timezone": "UTC",
        "tables": tables,
        "waves": {"period": "quarter"},
        "estimation": {"segments": ["region"]},
    }
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def damage(folder: Path) -> None:
    """Write a file beside each table of events: 1,000 rows once more, and 1,000 of nobody."""
    for name in _EVENTS:
        rows = f"(SELECT * FROM '{folder / name}.parquet' LIMIT 1000)"
        strangers = f"SELECT * REPLACE ('nobody' || customer_id AS customer_id) FROM {rows}"
        duckdb.sql(
            f"COPY (FROM {rows} UNION ALL {strangers}) TO '{folder / name}_damaged.parquet' (FORMAT parquet)"
        )


def measure(folder: Path, customers: int, events: tuple[str, ...], *, damaged: bool) -> list[Row]:
    """Measure one base, and count what the page says of it."""
    name = f"{'damaged_' if damaged else ''}{len(events)}_tables"
    config = write_project(folder, name, events, damaged=damaged)
    rows = sum(duckdb.sql(f"SELECT count(*) FROM '{folder / each}.parquet'").fetchall()[0][0] for each in events)
    title = f"{customers:,} customers, {rows:,} events{', damaged' if damaged else ''}"
    # Copies are above no share of the rows; an error or a request for attention would end the benchmark.
    figures = large_base.run(title, "validate", "-c", config)
    content = json.loads((folder / name / "validation.json").read_text(encoding="utf-8"))
    for table in content["tables"]:
        assert table["rows"] == table["used"] + sum(reason["rows"] for reason in table["aside"]), table["table"]
    return [*figures, (title, "warnings", float(content["verdict"]["warnings"]), "")]


def main() -> None:
    """Generate, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, nargs="+", help="of the two sizes only these")
    parser.add_argument("--damaged", action="store_true", help="also with copies and orphans in each table")
    parser.add_argument(
        "--folder", type=Path, default=Path(os.environ.get("TMPDIR", "/tmp")) / "silentnps_validation"
    )
    parser.add_argument("--delete", action="store_true", help="delete each base when it is measured")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--small", action="store_true", help="20,000 customers, 2,000 answers")
    options = parser.parse_args()
    sizes = ((20_000, 2_000),) if options.small else SIZES
    rows: list[Row] = []
    for customers, answers in sizes:
        if options.customers and customers not in options.customers:
            continue
        folder = large_base.surveyed(options.folder, customers, answers, 1)
        if customers < SIZES[1][0]:
            rows += measure(folder, customers, ("orders",), damaged=False)
        rows += measure(folder, customers, _EVENTS, damaged=False)
        if options.damaged:
            damage(folder)
            rows += measure(folder, customers, _EVENTS, damaged=True)
        if options.delete:
            shutil.rmtree(folder)
    show(rows, options.json)


if __name__ == "__main__":
    main()
