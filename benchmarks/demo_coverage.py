"""Does the demonstration's interval hold? The demo over many seeds of the simulation, against its truth.

    python benchmarks/demo_coverage.py --seeds 0 20 --json demo_coverage.json

Each seed runs what `silentnps demo` runs, in a temporary folder, and prints one JSON line. With `--keep` the
projects stay in a folder, one per seed, to be looked at further.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import pandas as pd

from silentnps.workflow.commands.demo import demo


def one_seed(seed: int, customers: int, keep: Path | None) -> dict[str, float]:
    """Run the demonstration with one seed and return its numbers."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        made = demo(Path(folder) if keep is None else keep / str(seed), customers=customers, seed=seed)
    silent = made.report.silent
    mar = made.report.by_assumption.set_index("assumption").loc["mar", "value"]
    return {
        "seed": seed,
        "truth": made.truth,
        "survey": made.report.respondents.value,
        "mar": float(mar),
        "estimate": silent.value,
        "low": silent.low,
        "high": silent.high,
        "covered": float(silent.low <= made.truth <= silent.high),
        "seconds": time.perf_counter() - start,
    }


def main() -> None:
    """Run the seeds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs=2, default=(0, 20), metavar=("FIRST", "END"))
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--keep", type=Path, help="folder for the projects")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--small", action="store_true", help="one seed, 4,000 customers")
    options = parser.parse_args()
    first, end = options.seeds
    seeds, customers = range(first, end), options.customers
    if options.small:
        seeds, customers = range(first, first + 1), 4_000
    rows = []
    for seed in seeds:
        rows.append(one_seed(seed, customers, options.keep))
        print(json.dumps(rows[-1]), flush=True)
    table = pd.DataFrame(rows)
    print(table.round(1).to_string(index=False))
    summary = {
        ("intervals that cover", "intervals"): table["covered"].sum(),
        ("intervals", "intervals"): len(table),
        ("root mean squared error", "points"): ((table["estimate"] - table["truth"]) ** 2).mean() ** 0.5,
        ("mean width", "points"): (table["high"] - table["low"]).mean(),
        ("root mean squared error of the survey", "points"): ((table["survey"] - table["truth"]) ** 2).mean()
        ** 0.5,
        ("median seconds", "s"): table["seconds"].median(),
    }
    for (name, unit), value in summary.items():
        print(f"{name}: {value:.2f} {unit}")
    if options.json:
        found = [{"name": "demo", "metric": m, "value": float(v), "unit": u} for (m, u), v in summary.items()]
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
