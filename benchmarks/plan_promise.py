"""Does `plan` keep its promise? The width that it expects and the one it promises, against the estimate's.

    python benchmarks/plan_promise.py --seeds 0 10 --projects FOLDER --width 10 --json plan_promise.json

FOLDER/SEED is the folder of a demonstration of that seed, as `benchmarks/demo_coverage.py --keep` leaves it; it is
copied, and nothing is written there. Of the customers on the list that `plan` writes, each answers the call with
`--answer-rate`, less often if dissatisfied (`--by-satisfaction`, log odds per class), and tells the simulated
truth. Then the project is trained and estimated with the calls. Each seed prints one JSON line. With --small a
retailer of 2,000 customers and a light model are made in a temporary folder for one seed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from scipy.special import expit

from figures import Row, show
from silentnps.config import load_config
from silentnps.simulation.simulate import simulate
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.commands.demo import true_nps
from silentnps.workflow.commands.estimate import estimate
from silentnps.workflow.commands.plan import plan
from silentnps.workflow.commands.train import train

_RATINGS = np.array([3, 8, 10])
_CALLED_AT = pd.Timestamp("2026-01-15", tz="UTC")
_CLASS_CODES = {"detractor": 0, "passive": 1, "promoter": 2}


def keep_promise(
    folder: Path, width: float, answer_rate: float, by_satisfaction: float, seed: int
) -> dict[str, float]:
    """Plan the calls of a project, make them, estimate again, and return what was promised and what came."""
    project = Project(load_config(folder / "config.yaml"))
    made = plan(project, width=width, answer_rate=answer_rate)
    if made.plan.calls is None:
        raise SystemExit(made.sentence)
    n_answers = write_calls(folder, project, answer_rate, by_satisfaction, seed)
    content = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    content["tables"]["follow_up"] = {"path": "follow_up.parquet"}
    (folder / "config.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    project = Project(load_config(folder / "config.yaml"))
    train(project)
    silent = estimate(project).silent
    truth = true_nps(folder / "data", _last_wave(folder)["wave"].iloc[0])
    return {
        "seed": seed,
        "promised": width,
        "calls": float(made.plan.calls),
        "expected_answers": float(made.plan.answers or 0),
        "answers": float(n_answers),
        "expected": float(made.plan.width_expected or 0.0),
        "width": silent.high - silent.low,
        "ratio": (silent.high - silent.low) / width,
        "truth": truth,
        "estimate": silent.value,
        "covered": float(silent.low <= truth <= silent.high),
    }


def write_calls(folder: Path, project: Project, answer_rate: float, by_satisfaction: float, seed: int) -> int:
    """Call everybody on the list, write the table of follow-ups, and return how many answered."""
    calls = pd.read_csv(project.output / "calls.csv", dtype={"customer_id": str})
    truth = _last_wave(folder)
    truth = truth.assign(customer_id=truth["customer_id"].astype(str)).set_index("customer_id")
    classes = truth.loc[calls["customer_id"], "nps_class"].astype(str).map(_CLASS_CODES).to_numpy()
    odds = np.log(answer_rate / (1.0 - answer_rate)) + by_satisfaction * (classes - 1.0)
    answers = np.random.default_rng(1_000 + seed).random(len(calls)) < expit(odds)
    rating = pd.Series(_RATINGS[classes], dtype="Int64").where(answers)
    ids = pd.read_parquet(folder / "data" / "customers.parquet", columns=["customer_id"])["customer_id"]
    table = pd.DataFrame(
        {"customer_id": calls["customer_id"].astype(ids.dtype), "called_at": _CALLED_AT, "rating": rating}
    )
    table.to_parquet(folder / "follow_up.parquet", index=False)
    return int(answers.sum())


def _last_wave(folder: Path) -> pd.DataFrame:
    truth = pd.read_parquet(folder / "data" / "truth.parquet")
    return truth[truth["wave"] == truth["wave"].max()]


def small_project(folder: Path, seed: int) -> None:
    """Simulate a small retailer and train a light model."""
    simulate(folder / "data", customers=2_000, seed=seed)
    names = ("customers", "invitations", "responses", "orders", "returns", "support")
    content = {
        "name": "small",
        "output": "out",
        "timezone": "UTC",
        "tables": {name: {"path": f"data/{name}.parquet"} for name in names},
        "waves": {"period": "quarter"},
        "model": {"repeats": 1, "folds": 2, "trees": 20, "candidates": ["logistic"]},
        "estimation": {"replicates": 10},
        "explanation": {"refits": 0},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    train(Project(load_config(folder / "config.yaml")))


def main() -> None:
    """Run the seeds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs=2, default=(0, 10), metavar=("FIRST", "END"))
    parser.add_argument("--projects", type=Path, help="folder of trained demonstrations, one per seed")
    parser.add_argument("--width", type=float, default=10.0)
    parser.add_argument("--answer-rate", type=float, default=0.4)
    parser.add_argument("--by-satisfaction", type=float, default=0.25)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--small", action="store_true", help="one seed, 2,000 customers, 45 points")
    options = parser.parse_args()
    first, end = (options.seeds[0], options.seeds[0] + 1) if options.small else options.seeds
    width = 45.0 if options.small else options.width
    rows = []
    for seed in range(first, end):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "project"
            if options.small:
                small_project(folder, seed)
            else:
                shutil.copytree(options.projects / str(seed), folder)
            rows.append(keep_promise(folder, width, options.answer_rate, options.by_satisfaction, seed))
        print(json.dumps(rows[-1]), flush=True)
    show(summary(pd.DataFrame(rows)), options.json)


def summary(table: pd.DataFrame) -> list[Row]:
    """Return how the widths that came compare with the one promised."""
    ratio, name = table["width"] / table["expected"], f"plan --width {table['promised'].iloc[0]:g}"
    return [
        (name, "plans", len(table), "plans"),
        (name, "width over what was expected, median", float(ratio.median()), "ratio"),
        (name, "width over what was expected, largest", float(ratio.max()), "ratio"),
        (name, "within 15 % of what was expected", float((ratio.sub(1.0).abs() <= 0.15).mean()), "share"),
        (name, "width over promise, median", float(table["ratio"].median()), "ratio"),
        (name, "promise kept", float((table["ratio"] <= 1.0).mean()), "share"),
        (name, "intervals that cover", float(table["covered"].sum()), "intervals"),
    ]


if __name__ == "__main__":
    main()
