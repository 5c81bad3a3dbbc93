"""Features of a generated base: silentnps against plain pandas and hand-written Polars, and all of its columns.

    python benchmarks/features.py --customers 1000000 --json features.json

Ten orders and ten other events a customer, events strictly before each customer's own moment. The three engines
compute the same 30 columns from the same Parquet files, each in a process of its own, in turn, `--rounds` times;
medians are reported, and that their values are equal. Then silentnps computes all that these tables allow. Polars
comes with pip install 'silentnps[benchmark]'.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd

import features_peers
from generated_base import EVENT_TABLES, write_base

SMALL = 20_000
TOLERANCE = 1e-9
GIB = 2**30


def run_silentnps(folder: Path, *, columns: list[str] | None) -> pd.DataFrame:
    """Return the features by silentnps: the chosen columns, or all."""
    import ibis

    from silentnps.features.engine.build import build_features
    from silentnps.features.engine.expressions import KEYS, available_features

    connection = ibis.duckdb.connect()
    tables = {name: connection.read_parquet(folder / f"{name}.parquet", table_name=name) for name in EVENT_TABLES}
    population = connection.read_parquet(folder / "population.parquet", table_name="population")
    names = [each.name for each in available_features(tables)]
    exclude = [name for name in names if columns is not None and name not in columns]
    frame = build_features(tables, population, exclude=exclude)
    return frame.drop(columns=[key for key in KEYS if key != "customer_id"]).set_index("customer_id")


def run_engine(engine: str, folder: Path) -> pd.DataFrame:
    """Return the features of one engine, by customer_id."""
    if engine == "silentnps, all columns":
        return run_silentnps(folder, columns=None)
    if engine == "silentnps":
        return run_silentnps(folder, columns=features_peers.COLUMNS)
    peers = {"pandas": features_peers.by_pandas, "polars": features_peers.by_polars}
    return peers[engine](folder)


def timed(engine: str, folder: Path) -> dict[str, float]:
    """Run one engine in a process of its own: seconds without imports, GiB at the peak, columns."""
    command = [sys.executable, __file__, "--engine", engine, "--folder", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def as_child(engine: str, folder: Path) -> None:
    """Time one engine here, and leave its columns in the folder for the comparison."""
    for module in ("pandas", "ibis", "silentnps.features.engine.build", "polars"):
        __import__(module)
    start = time.perf_counter()
    frame = run_engine(engine, folder)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / GIB
    if engine != "silentnps, all columns":
        frame[features_peers.COLUMNS].sort_index().to_parquet(folder / f"by_{engine}.parquet")
    print(json.dumps({"seconds": seconds, "peak": peak, "columns": frame.shape[1]}))


def largest_gaps(folder: Path) -> dict[str, float]:
    """Return the largest relative gap of each peer's values from those of silentnps; inf where one is unknown."""
    own = pd.read_parquet(folder / "by_silentnps.parquet").to_numpy()
    gaps = {}
    for peer in ("pandas", "polars"):
        other = pd.read_parquet(folder / f"by_{peer}.parquet").to_numpy()
        alike = np.isnan(own) == np.isnan(other)
        gap = np.abs(own - other) / np.maximum(np.abs(own), 1.0)
        gaps[peer] = float(np.nanmax(gap)) if alike.all() else float("inf")
    return gaps


def measure(folder: Path, rounds: int) -> list[dict[str, object]]:
    """Return rows of name, metric, value, unit."""
    engines = ("silentnps", "polars", "pandas")
    runs = {engine: [] for engine in engines}
    for _ in range(rounds):
        for engine in engines:
            runs[engine].append(timed(engine, folder))
    whole = [timed("silentnps, all columns", folder) for _ in range(rounds)]
    rows = []
    for engine, found in {**runs, "silentnps, all columns": whole}.items():
        rows.append((engine, "columns", found[0]["columns"], "columns"))
        rows.append((engine, "seconds", median(run["seconds"] for run in found), "seconds"))
        rows.append((engine, "peak", max(run["peak"] for run in found), "GiB"))
    for peer in ("pandas", "polars"):
        ratios = [
            own["seconds"] / other["seconds"] for own, other in zip(runs["silentnps"], runs[peer], strict=True)
        ]
        rows.append((f"silentnps over {peer}", "seconds", median(ratios), "ratio"))
    rows += [
        (f"silentnps against {peer}", "largest gap", gap, "share") for peer, gap in largest_gaps(folder).items()
    ]
    return [dict(zip(("name", "metric", "value", "unit"), row, strict=True)) for row in rows]


def parsed() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--small", action="store_true", help=f"{SMALL:,} customers, one round")
    parser.add_argument("--engine", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Generate a base, time the engines, print and write the table, and fail where values differ."""
    options = parsed()
    if options.engine:
        as_child(options.engine, options.folder)
        return
    customers, rounds = (SMALL, 1) if options.small else (options.customers, options.rounds)
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as name:
        write_base(Path(name), customers=customers)
        rows = measure(Path(name), rounds)
    print(pd.DataFrame(rows).to_string(index=False))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    gaps = [row["value"] for row in rows if row["metric"] == "largest gap"]
    if max(gaps) > TOLERANCE:
        sys.exit(f"the engines' values must be equal to {TOLERANCE}; got a gap of {max(gaps)}")


if __name__ == "__main__":
    main()
