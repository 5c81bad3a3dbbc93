"""The nightly job as its user runs it: commands on a generated base, night after night, with the peak of memory.

    python benchmarks/nightly.py --customers 1000000 --folder /tmp/scale --json nightly.json

All features of the base at a moment in full; the same moment again after a thousandth of the customers had an order
that arrived late; the next night, which takes the events of the night before, and is compared with a full run; then
scores, without reasons and with. Every figure is of a command as a whole process, imports and checks included.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import yaml

import scale
from figures import Row, largest_gap, numbers_of, show
from generated_base import EVENT_TABLES

TONIGHT, TOMORROW, SINCE = "2026-03-01T00:00:00", "2026-03-02T00:00:00", "2026-02-01"


def write_project(folder: Path) -> Path:
    """Write the configuration of a base into its folder; orders may be of several files."""
    tables = {name: {"path": f"{name}.parquet"} for name in EVENT_TABLES}
    tables["orders"]["path"] = "orders*.parquet"
    content = {"name": "nightly", "output": "nightly", "tables": tables, "timezone": "UTC"}
    path = folder / "nightly.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def run(name: str, *arguments: str | Path) -> list[Row]:
    """Run a command in a process of its own and return its seconds and peak."""
    command = [str(Path(sys.executable).with_name("silentnps")), *map(str, arguments)]
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = child.stdout.read() if child.stdout else ""
    _, status, used = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        sys.exit(said)
    peak = used.ru_maxrss * 1024 / 2**30
    print(f"{name}: {seconds:.1f} s, {peak:.2f} GiB; {said.strip().splitlines()[-1]}", flush=True)
    return [(name, "seconds", seconds, "s"), (name, "peak", peak, "GiB")]


def arrive_late(folder: Path, customers: int) -> None:
    """Write orders of February of a thousandth of the customers, as a file beside the orders."""
    late = (
        f"SELECT * REPLACE ('late' || order_id AS order_id, TIMESTAMP '2026-02-20' + to_seconds(i % 86400) AS "
        f"ordered_at) FROM '{folder / 'orders.parquet'}' LIMIT {max(customers // 1000, 1)}"
    )
    duckdb.sql(f"COPY ({late}) TO '{folder / 'orders_late.parquet'}' (FORMAT parquet)")


def give_a_model(folder: Path) -> None:
    """Train a model of the features that are there."""
    output = folder / "nightly"
    if not (output / "model").exists():
        (output / "features.parquet").symlink_to(output / "features_as_of.parquet")
        scale.train(output)
        (output / "features.parquet").unlink()


def measure(folder: Path, customers: int) -> list[Row]:
    """Measure the nights of one base."""
    config, output = write_project(folder), folder / "nightly"
    (folder / "orders_late.parquet").unlink(missing_ok=True)
    for name in ("events", "renewed"):
        shutil.rmtree(output / name, ignore_errors=True)
    rows = run(f"features in full, {customers:,}", "features", "-c", config, "--as-of", TONIGHT)
    since = ("--since", SINCE)
    if not (output / "events").exists():  # a smaller base keeps none without being asked
        rows += run(
            f"features that keep events, {customers:,}", "features", "-c", config, "--as-of", TONIGHT, *since
        )
    give_a_model(folder)
    arrive_late(folder, customers)
    rows += run(f"late events, {customers:,}", "features", "-c", config, "--as-of", TONIGHT, *since)
    rows += run(f"next night, {customers:,}", "features", "-c", config, "--as-of", TOMORROW, *since)
    renewed = (output / "features_as_of.parquet").rename(output / "renewed")
    rows += run(f"next night in full, {customers:,}", "features", "-c", config, "--as-of", TOMORROW)
    built = output / "features_as_of.parquet"
    files = f"{built}/*.parquet" if built.is_dir() else str(built)
    gap = largest_gap(f"{renewed}/*.parquet", files, numbers_of(files))
    rows.append((f"next night, {customers:,}", "largest gap from the full run", gap, ""))
    for name, reasons in (("scores", "0"), ("scores with reasons", "3")):
        rows += run(f"{name}, {customers:,}", "score", "-c", config, "--as-of", TOMORROW, "--reasons", reasons)
    return rows


def main() -> None:
    """Generate, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=Path(os.environ.get("TMPDIR", "/tmp")) / "silentnps_scale")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--small", action="store_true", help="20,000 customers")
    options = parser.parse_args()
    customers = 20_000 if options.small else options.customers
    show(measure(scale.base(options.folder, customers), customers), options.json)


if __name__ == "__main__":
    main()
