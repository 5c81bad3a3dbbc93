"""A new user's exports, five commands, and whether the interval covers the planted truth, by kinds of exports.

python benchmarks/onboarding.py --variant delighted-shopify --seeds 10 --json onboarding.json
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from silentnps.config import load_config
from silentnps.workflow.artifacts.estimate import read_estimate
from silentnps.workflow.artifacts.project import Project

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from new_user import write_new_user  # noqa: E402 - found by the line above
from postgres_server import SECRET, programs, running_server  # noqa: E402

VARIANTS = {
    f"{survey}-{orders}": (survey, orders)
    for survey, orders in (
        ("delighted", "shopify"),
        ("qualtrics", "shopify"),
        ("delighted", "postgresql"),
        ("delighted", "xlsx"),
        ("own", "sqlite"),
        ("own", "duckdb"),
    )
}
"""The survey tool and what holds the orders; list of customers, tickets and newsletters are CSV files always."""


def five_commands(folder: Path, *, customers: int, seed: int, survey: str, orders: str) -> dict[str, object]:
    """Return what one new user gets: estimate, interval, truth, and the seconds of each command."""
    with running_server() if orders == "postgresql" else nullcontext() as server:
        user = write_new_user(folder, customers=customers, seed=seed, survey=survey, orders=orders, server=server)
        config = folder / "config.yaml"
        seconds = {}
        for words in (
            ["init", *user.files, "-o", str(config), "--timezone", "UTC", "--yes"],
            ["train", "-c", str(config)],
            ["report", "-c", str(config)],
            ["score", "-c", str(config), "--csv"],
            ["plan", "-c", str(config), "--width", "40"],
        ):
            seconds[words[0]] = _seconds_of(words)
    silent = read_estimate(Project(load_config(config))).silent
    return {
        "survey": survey,
        "orders": orders,
        "seed": seed,
        "truth": round(user.truth, 2),
        "estimate": round(silent.value, 2),
        "low": round(silent.low, 2),
        "high": round(silent.high, 2),
        "covered": bool(silent.low <= user.truth <= silent.high),
        "seconds": seconds,
    }


def _seconds_of(words: list[str]) -> float:
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "silentnps", *words],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"SHOP_DB_PASSWORD": SECRET},
    )
    if done.returncode:
        raise SystemExit(f"{words[0]} failed: {done.stderr[-2000:]}")
    return round(time.perf_counter() - start, 1)


def main() -> None:
    """Run every kind of exports with every seed, and say in how many the interval covers the truth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write every result there")
    parser.add_argument("--small", action="store_true", help="one seed of 1,000 customers")
    parser.add_argument("--variant", choices=VARIANTS, action="append", help="may be repeated; all by default")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--customers", type=int, default=4000)
    args = parser.parse_args()
    seeds, customers = (1, 1000) if args.small else (args.seeds, args.customers)
    results = []
    for variant in args.variant or VARIANTS:
        survey, orders = VARIANTS[variant]
        if orders == "postgresql" and programs() is None:
            print(f"{variant}: PostgreSQL's server is not installed, left out")
            continue
        found = []
        for seed in range(args.first_seed, args.first_seed + seeds):
            with tempfile.TemporaryDirectory() as folder:
                result = five_commands(Path(folder), customers=customers, seed=seed, survey=survey, orders=orders)
            found.append(result)
            print(json.dumps(result), flush=True)
        covered = sum(bool(result["covered"]) for result in found)
        print(f"{variant}: the interval covers the truth in {covered} of {seeds} seeds", flush=True)
        results += found
    if args.json:
        args.json.write_text(json.dumps(_rows(results), indent=1), encoding="utf-8")


def _rows(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one row for each number of each result, and how many intervals of each kind cover."""
    rows = []
    for result in results:
        name = f"{result['survey']}-{result['orders']}/{result['seed']}"
        seconds = {f"seconds of {command}": value for command, value in result["seconds"].items()}
        points = {key: result[key] for key in ("truth", "estimate", "low", "high")}
        rows += [{"name": name, "metric": key, "value": value, "unit": "points"} for key, value in points.items()]
        rows += [{"name": name, "metric": key, "value": value, "unit": "s"} for key, value in seconds.items()]
    for name in dict.fromkeys(f"{result['survey']}-{result['orders']}" for result in results):
        of_kind = [bool(r["covered"]) for r in results if f"{r['survey']}-{r['orders']}" == name]
        rows.append({"name": name, "metric": "intervals", "value": len(of_kind), "unit": "seeds"})
        rows.append({"name": name, "metric": "intervals that cover", "value": sum(of_kind), "unit": "seeds"})
    return rows


if __name__ == "__main__":
    main()
