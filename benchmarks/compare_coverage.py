"""Do the intervals of `compare` hold? Differences between segments of trained demonstrations, against the truth.

    python benchmarks/compare_coverage.py --seeds 0 20 --projects FOLDER --json compare_coverage.json

FOLDER/SEED is the folder of a demonstration of that seed, as `benchmarks/demo_coverage.py --keep` leaves it; it is
copied, and nothing is written there. Each segment of region, tier, acquisition channel and age band is held
against all other customers. Each seed prints one JSON line. With --small a demonstration of 3,000 customers is
made in a temporary folder for one seed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from figures import Row, coverage, show
from silentnps.config import load_config
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.commands.demo import demo
from silentnps.workflow.decisions.compare import compare

COLUMNS = ("region", "tier", "acquisition_channel", "age_band")
VALUES = {"detractor": -100.0, "passive": 0.0, "promoter": 100.0}


def one_project(seed: int, folder: Path) -> list[dict[str, Any]]:
    """Return one row per difference of a project: what it is of, its truth, estimate and intervals."""
    truth = pd.read_parquet(folder / "data" / "truth.parquet")
    truth = truth[(truth["wave"] == truth["wave"].max()) & ~truth["answered"].astype(bool)]
    customers = pd.read_parquet(folder / "data" / "customers.parquet").set_index("customer_id")
    value = truth["nps_class"].astype(str).map(VALUES).to_numpy()
    found = compare(Project(load_config(folder / "config.yaml")), by=COLUMNS)
    rows = []
    for row in found.differences.to_dict("records"):
        labels = customers.loc[truth["customer_id"], row["segmentation"]].astype(str).to_numpy()
        own = labels == str(row["segment"])
        rest = ~own if row["other"] == "(the others)" else labels == str(row["other"])
        known = float(value[own].mean() - value[rest].mean())
        rows.append(
            {
                "seed": seed,
                "segmentation": row["segmentation"],
                "segment": row["segment"],
                "truth": known,
                "difference": row["difference"],
                "low": row["low"],
                "high": row["high"],
                "covered": bool(row["low"] <= known <= row["high"]),
                "jointly": bool(row["joint_low"] <= known <= row["joint_high"]),
                "told_apart": bool(row["differs"]),
                "right_sign": bool(row["difference"] * known > 0),
            }
        )
    return rows


def summary(table: pd.DataFrame) -> list[Row]:
    """Return how often single intervals hold, by segmentation and in all, and how often all joint ones do."""
    parts = [(str(name), part) for name, part in table.groupby("segmentation")]
    rows = [row for name, part in [*parts, ("all", table)] for row in coverage(name, part)]
    held = table.groupby("seed")["jointly"].all()
    apart = table[table["told_apart"]]
    wrong = int((~apart["right_sign"]).sum())
    return [
        *rows,
        ("all", "told apart", float(table["told_apart"].mean()), "share"),
        ("all", "surveys all of whose joint intervals hold", float(held.mean()), "share"),
        ("all", "told apart in the wrong direction", wrong, "differences"),
    ]


def main() -> None:
    """Run the seeds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs=2, default=(0, 20), metavar=("FIRST", "END"))
    parser.add_argument("--projects", type=Path, help="folder of trained demonstrations, one per seed")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--small", action="store_true", help="one seed, 3,000 customers")
    options = parser.parse_args()
    first, end = (options.seeds[0], options.seeds[0] + 1) if options.small else options.seeds
    rows: list[dict[str, Any]] = []
    for seed in range(first, end):
        with tempfile.TemporaryDirectory(dir=options.projects) as name:
            folder = Path(name) / "project"
            if options.small:
                demo(folder, customers=3_000, seed=seed)
            else:  # files are replaced, never written into: links are copies
                shutil.copytree(options.projects / str(seed), folder, copy_function=os.link)
            rows += one_project(seed, folder)
        of_seed = [row["covered"] for row in rows if row["seed"] == seed]
        print(json.dumps({"seed": seed, "intervals": len(of_seed), "covered": sum(of_seed)}), flush=True)
    show(summary(pd.DataFrame(rows)), options.json)


if __name__ == "__main__":
    main()
