"""Do the intervals of `silentnps impact` hold? A planted campaign over many seeds of the simulation.

    python benchmarks/impact_coverage.py --seeds 0 50 --json impact_coverage.json

Each seed and effect simulates a retailer in a temporary folder, runs the command, and prints one JSON line.
No model is trained, so that there is no expected NPS.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd
from scipy.stats import binomtest

from silentnps.config import ProjectConfig
from silentnps.simulation.simulate import simulate
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.decisions.impact import impact

EFFECTS = ((0.0, 0.05), (0.05, 0.1), (0.13, 0.3))
"""Planted on satisfaction (0, about 3 and about 8 points of NPS) and on orders a customer in 90 days."""

TABLES = ("customers", "invitations", "responses", "orders", "returns", "engagement", "campaigns")


def one_campaign(seed: int, customers: int, satisfaction: float, orders: float) -> dict[str, Any]:
    """Plant one campaign and return, by outcome, its effect, the estimate with its interval, and the verdict."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = folder / "data"
        simulate(data, customers=customers, seed=seed, campaign_satisfaction=satisfaction, campaign_orders=orders)
        tables = {table: {"path": str(data / f"{table}.parquet")} for table in TABLES}
        waves = {"period": "quarter"}
        config = ProjectConfig.model_validate(
            {"name": "planted", "output": folder / "out", "tables": tables, "timezone": "UTC", "waves": waves}
        )
        judged = impact(Project(config), campaign="planted")
        truth = pd.read_parquet(data / "truth_of_campaign.parquet")
        effects = pd.read_csv(judged.folder / "effects.csv").set_index("outcome")
    of_treated = truth[truth["treated"]]
    known = {"surveyed NPS": of_treated["nps_effect"].mean(), "orders": of_treated["orders_effect"].mean()}
    row: dict[str, Any] = {"seed": seed, "satisfaction": satisfaction, "seconds": time.perf_counter() - start}
    for outcome, found in effects.drop("order value", errors="ignore").iterrows():
        row[str(outcome)] = {
            "truth": float(known.get(str(outcome), 0.0)),
            **{key: float(found[key]) for key in ("effect", "low", "high", "standard_error")},
            **{key: float(found[key]) for key in ("placebo_low", "placebo_high")},
            "verdict": found["verdict"],
        }
    return row


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the coverage of each outcome, and whether an exact binomial test rejects .93 at 1 %."""
    flat = pd.DataFrame(
        {"outcome": outcome, "satisfaction": row["satisfaction"], **row[outcome]}
        for row in rows
        for outcome in row
        if isinstance(row[outcome], dict)
    )
    flat["covered"] = (flat["low"] <= flat["truth"]) & (flat["truth"] <= flat["high"])
    flat["placebo_failed"] = (flat["placebo_low"] > 0) | (flat["placebo_high"] < 0)
    found = []
    for (outcome, satisfaction), each in flat.groupby(["outcome", "satisfaction"], sort=False):
        error = each["effect"] - each["truth"]
        n, covered = len(each), int(each["covered"].sum())
        of = {
            ("intervals", "campaigns"): n,
            ("coverage", "share"): covered / n,
            ("p value of coverage .93 or more", "probability"): binomtest(covered, n, 0.93, "less").pvalue,
            ("truth", "units"): each["truth"].mean(),
            ("bias", "units"): error.mean(),
            ("standard deviation of the error", "units"): error.std(),
            ("mean standard error", "units"): each["standard_error"].mean(),
            ("placebo apart", "share"): each["placebo_failed"].mean(),
            ("said helped", "share"): (each["verdict"] == "helped").mean(),
        }
        name = f"{outcome}, satisfaction {satisfaction:+g}"
        found += [{"name": name, "metric": m, "value": float(v), "unit": u} for (m, u), v in of.items()]
    return found


def main() -> None:
    """Run the seeds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs=2, default=(0, 50), metavar=("FIRST", "END"))
    parser.add_argument("--customers", type=int, default=5_000)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--small", action="store_true", help="one seed, 3,000 customers")
    options = parser.parse_args()
    first, end = options.seeds
    seeds, customers = range(first, end), options.customers
    if options.small:
        seeds, customers = range(first, first + 1), 3_000
    rows = []
    for seed in seeds:
        for satisfaction, orders in EFFECTS:
            rows.append(one_campaign(seed, customers, satisfaction, orders))
            print(json.dumps(rows[-1]), flush=True)
    found = summary(rows)
    table = pd.DataFrame(found).pivot(index="name", columns="metric", values="value")
    print(table.round(3).to_string())
    if options.json:
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
