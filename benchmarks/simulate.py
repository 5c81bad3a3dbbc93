"""Seconds and peak memory of `simulate`.

python benchmarks/simulate.py --customers 1000000 --json simulate.json
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from silentnps.simulation.simulate import simulate

SMALL = 2_000
BYTES_PER_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


def measure(customers: int) -> list[dict[str, str | float]]:
    """Simulate into a temporary folder and return one row per measure."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        simulate(Path(folder), customers=customers)
        seconds = time.perf_counter() - started
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * BYTES_PER_RSS_UNIT
    name = f"simulate {customers:,} customers"
    return [
        {"name": name, "metric": "duration", "value": round(seconds, 2), "unit": "seconds"},
        {"name": name, "metric": "peak_memory", "value": round(peak / 1e9, 3), "unit": "GB"},
        {"name": name, "metric": "size_on_disk", "value": round(size / 1e9, 3), "unit": "GB"},
    ]


def main() -> None:
    """Read the arguments, measure, and write the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--json", type=Path, help="write the rows here; otherwise to standard output")
    parser.add_argument("--small", action="store_true", help=f"{SMALL} customers, to see that it runs")
    arguments = parser.parse_args()
    text = json.dumps(measure(SMALL if arguments.small else arguments.customers), indent=2) + "\n"
    if arguments.json is None:
        sys.stdout.write(text)
    else:
        arguments.json.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
