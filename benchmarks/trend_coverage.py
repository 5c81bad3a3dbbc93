"""Do the trend's intervals hold? Waves of trained demonstrations, and the changes between them, against the truth.

    python benchmarks/trend_coverage.py --seeds 0 20 --projects FOLDER --json trend_coverage.json

FOLDER/SEED is the folder of a demonstration of that seed, as `silentnps demo` leaves it: config.yaml, data with its
truth, and the trained model. Nothing is written there. Each seed prints one JSON line. With --small a demonstration
of 3,000 customers is made in a temporary folder for one seed.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd
from scipy import stats

from silentnps.bundle.bundle import load_bundle
from silentnps.config import load_config
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.commands.demo import demo
from silentnps.workflow.decisions.trend import compute_trend

LEAST_COVERAGE, FALSE_ALARMS = 0.93, 0.01
VALUES = {0: -100.0, 1: 0.0, 2: 100.0, "detractor": -100.0, "passive": 0.0, "promoter": 100.0}

UNITS = {
    "coverage": "share",
    "p_value": "probability",
    "mean_error": "points",
    "mean_absolute_error": "points",
    "root_mean_squared_error": "points",
    "mean_width": "points",
    "survey_rmse": "points",
    "smallest_change": "points",
}


def truth_of(folder: Path) -> dict[str, pd.Series]:
    """Return the true NPS of each wave's silent customers and of its base."""
    table = pd.read_parquet(folder / "data" / "truth.parquet")
    value = table["nps_class"].map(VALUES)
    silent = ~table["answered"].astype(bool)
    return {
        "base": value.groupby(table["wave"]).mean(),
        "silent": value[silent].groupby(table["wave"][silent]).mean(),
    }


def one_project(seed: int, folder: Path) -> list[dict[str, Any]]:
    """Return one row per interval: what it is of, its truth, estimate and ends."""
    project, truth = Project(load_config(folder / "config.yaml")), truth_of(folder)
    start = time.perf_counter()
    report = compute_trend(project, load_bundle(project.model))
    seconds = time.perf_counter() - start
    rows: list[dict[str, Any]] = []
    survey = report.levels.set_index("period")["survey"]
    for of, known in truth.items():
        rows.extend(
            _row(seed, "level", of, known[row["period"]], row[of], row[f"{of}_low"], row[f"{of}_high"])
            for row in report.levels.to_dict("records")
        )
        for row in report.changes[report.changes["of"] == of].to_dict("records"):
            change, moved = (each[row["after"]] - each[row["before"]] for each in (known, survey))
            found = _row(seed, "change", of, change, row["change"], row["low"], row["high"])
            rows.append(found | {"survey_error": moved - change, "smallest_change": row["smallest_change"]})
    return [row | {"seconds": seconds} for row in rows]


def _row(seed: int, what: str, of: str, truth: float, value: float, low: float, high: float) -> dict[str, Any]:
    covered = bool(low <= truth <= high)
    numbers = {"truth": float(truth), "estimate": value, "low": low, "high": high, "covered": covered}
    return {"seed": seed, "what": what, "of": of, **numbers}


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return coverage with its test against `LEAST_COVERAGE`, errors and widths, by what and of whom."""
    rows = []
    for (what, of), part in table.groupby(["what", "of"]):
        errors, n = part["estimate"] - part["truth"], len(part)
        test = stats.binomtest(int(part["covered"].sum()), n, LEAST_COVERAGE, alternative="less")
        rows.append(
            {
                "what": what,
                "of": of,
                "intervals": n,
                "covered": int(part["covered"].sum()),
                "coverage": part["covered"].mean(),
                "p_value": test.pvalue,
                "mean_error": errors.mean(),
                "mean_absolute_error": errors.abs().mean(),
                "root_mean_squared_error": (errors**2).mean() ** 0.5,
                "mean_width": (part["high"] - part["low"]).mean(),
                "survey_rmse": (part["survey_error"] ** 2).mean() ** 0.5 if what == "change" else float("nan"),
                "smallest_change": part["smallest_change"].mean() if what == "change" else float("nan"),
            }
        )
    return pd.DataFrame(rows)


def main() -> None:
    """Run the seeds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs=2, default=(0, 20), metavar=("FIRST", "END"))
    parser.add_argument("--projects", type=Path, help="folder of trained demonstrations, one per seed")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--small", action="store_true", help="one seed, 3,000 customers")
    options = parser.parse_args()
    first, end = options.seeds
    rows: list[dict[str, Any]] = []
    for seed in range(first, first + 1 if options.small else end):
        rows.extend(_of_seed(seed, None if options.small else options.projects))
        print(json.dumps({"seed": seed, "seconds": rows[-1]["seconds"]}), flush=True)
    table = pd.DataFrame(rows)
    found = summary(table)
    print(found.round(3).to_string(index=False))
    rejected = found["p_value"] < FALSE_ALARMS
    print(f"coverage below {LEAST_COVERAGE} at the level {FALSE_ALARMS}: {int(rejected.sum())} of {len(found)}")
    if options.json:
        metrics = [
            {"name": f"{row['what']} {row['of']}", "metric": metric, "value": float(row[metric]), "unit": unit}
            for row in found.to_dict("records")
            for metric, unit in UNITS.items()
            if row[metric] == row[metric]
        ]
        options.json.write_text(json.dumps(metrics, indent=1), encoding="utf-8")


def _of_seed(seed: int, projects: Path | None) -> list[dict[str, Any]]:
    if projects is not None:
        return one_project(seed, projects / str(seed))
    with tempfile.TemporaryDirectory() as folder:
        demo(Path(folder), customers=3_000, seed=seed)
        return one_project(seed, Path(folder))


if __name__ == "__main__":
    main()
