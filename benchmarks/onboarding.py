"""A new user's exports, five commands, and whether the interval covers the planted truth, by kinds of exports.

python benchmarks/onboarding.py --seeds 10 --json onboarding.json
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from silentnps.config import load_config
from silentnps.workflow.artifacts.estimate import read_estimate
from silentnps.workflow.artifacts.project import Project

ROOT = Path(__file__).resolve().parents[1]

VARIANTS = (("own", "sqlite"), ("own", "duckdb"), ("own", "xlsx"))
"""The survey tool and what holds the orders."""


def five_commands(folder: Path, *, customers: int, seed: int, survey: str, orders: str) -> dict[str, object]:
    """Return what one new user gets: estimate, interval, truth, and the seconds of each command."""
    sys.path.insert(0, str(ROOT / "tests" / "support"))
    from new_user import write_new_user

    user = write_new_user(folder, customers=customers, seed=seed, survey=survey, orders=orders)
    config = folder / "config.yaml"
    seconds = {}
    for words in (
        ["init", *user.files, "-o", str(config), "--timezone", "UTC", "--yes"],
        ["train", "-c", str(config)],
        ["report", "-c", str(config)],
        ["score", "-c", str(config), "--csv"],
        ["plan", "-c", str(config), "--width", "40"],
    ):
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "silentnps", *words], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{words[0]} failed: {done.stderr[-2000:]}")
        seconds[words[0]] = round(time.perf_counter() - start, 1)
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


def main() -> None:
    """Run every kind of exports with every seed, and say in how many the interval covers the truth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write every result there")
    parser.add_argument("--small", action="store_true", help="one seed of 1,000 customers")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--customers", type=int, default=4000)
    args = parser.parse_args()
    seeds, customers = (1, 1000) if args.small else (args.seeds, args.customers)
    results = []
    for survey, orders in VARIANTS:
        for seed in range(seeds):
            with tempfile.TemporaryDirectory() as folder:
                result = five_commands(Path(folder), customers=customers, seed=seed, survey=survey, orders=orders)
            results.append(result)
            print(json.dumps(result), flush=True)
        covered = sum(bool(r["covered"]) for r in results if (r["survey"], r["orders"]) == (survey, orders))
        print(f"{survey} survey, {orders} orders: the interval covers the truth in {covered} of {seeds} seeds")
    if args.json:
        args.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
