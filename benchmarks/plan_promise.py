"""Does `plan` keep its promise? The width that it expects and the one it promises, against the estimate's.

    python benchmarks/plan_promise.py --seeds 100 112 --width 10 --json plan_promise.json

Each seed simulates a demonstration and trains it, or copies FOLDER/SEED of `--projects`, as `demo_coverage.py
--keep` leaves it. `plan` says how many to call. Of the customers on its list each answers the call with
`--answer-rate`, less often if dissatisfied (`--by-satisfaction`, log odds per class), and tells the simulated
truth. Then the project is trained and estimated with the calls. It is done twice: all calls at once, and in two
steps, where half of the list is called, `plan` says how many more, and these are called. Reasons are not refitted,
as no interval of the estimate uses them. Each prints one JSON line. With --small a retailer of 2,000 customers and
a light model are made for one seed.
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

_CONFIGS = Path(__file__).parents[1] / "configs"
_RATINGS = np.array([3, 8, 10])
_CALLED_AT = pd.Timestamp("2026-01-15", tz="UTC")
_CLASS_CODES = {"detractor": 0, "passive": 1, "promoter": 2}


def keep_promise(folder: Path, options: argparse.Namespace, seed: int, *, steps: int) -> dict[str, float]:
    """Plan the calls of a project, make them in so many steps, and return what was promised and what came."""
    project = Project(load_config(folder / "config.yaml"))
    called: list[str] = []
    for step in range(1, steps + 1):
        rate = options.answer_rate if step == 1 else None  # later that of the calls so far
        made = plan(project, width=options.width, answer_rate=rate, assurance=options.assurance)
        if made.plan.calls is None:
            raise SystemExit(made.sentence)
        called += made.to_call if step == steps else made.to_call[: len(made.to_call) // 2]
        n_answers = write_calls(folder, called, options.answer_rate, options.by_satisfaction, seed)
        project = _with_calls(folder)
    train(project)
    silent = estimate(project).silent
    truth = true_nps(folder / "data", _last_wave(folder)["wave"].iloc[0])
    return {
        "seed": seed,
        "steps": steps,
        "promised": options.width,
        "calls": len(called),
        "answers_expected": float(made.plan.answers or 0),
        "answers": n_answers,
        "expected": float(made.plan.width_expected or 0.0),
        "assured": float(made.plan.width_assured or 0.0),
        "width": silent.high - silent.low,
        "truth": truth,
        "estimate": silent.value,
        "covered": float(silent.low <= truth <= silent.high),
    }


def write_calls(folder: Path, called: list[str], answer_rate: float, by_satisfaction: float, seed: int) -> int:
    """Write the table of follow-ups, and return how many of those called answered."""
    truth = _last_wave(folder)
    truth = truth.assign(customer_id=truth["customer_id"].astype(str)).set_index("customer_id")
    everybody = truth["nps_class"].astype(str).map(_CLASS_CODES)
    odds = np.log(answer_rate / (1.0 - answer_rate)) + by_satisfaction * (everybody - 1.0)
    would_answer = pd.Series(np.random.default_rng(1_000 + seed).random(len(odds)) < expit(odds), odds.index)
    classes, answers = everybody.loc[called].to_numpy(), would_answer.loc[called].to_numpy()
    rating = pd.Series(_RATINGS[classes], dtype="Int64").where(answers)
    ids = pd.read_parquet(folder / "data" / "customers.parquet", columns=["customer_id"])["customer_id"]
    table = pd.DataFrame({"customer_id": called, "called_at": _CALLED_AT, "rating": rating})
    table["customer_id"] = table["customer_id"].astype(ids.dtype)
    table.to_parquet(folder / "follow_up.parquet", index=False)
    return int(answers.sum())


def _with_calls(folder: Path) -> Project:
    content = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    content["tables"]["follow_up"] = {"path": "follow_up.parquet"}
    content["explanation"] = {"refits": 0}
    (folder / "config.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return Project(load_config(folder / "config.yaml"))


def _last_wave(folder: Path) -> pd.DataFrame:
    truth = pd.read_parquet(folder / "data" / "truth.parquet")
    return truth[truth["wave"] == truth["wave"].max()]


def new_project(folder: Path, seed: int) -> None:
    """Simulate the demonstration and train it, without refits of the reasons."""
    content = yaml.safe_load((_CONFIGS / "demo.yaml").read_text(encoding="utf-8"))
    content |= {"output": "out", "explanation": {"refits": 0}}
    _simulate_and_train(folder, content, list(content["tables"]), customers=20_000, seed=seed)


def small_project(folder: Path, seed: int) -> None:
    """Simulate a small retailer and train a light model."""
    content = {
        "name": "small",
        "output": "out",
        "timezone": "UTC",
        "waves": {"period": "quarter"},
        "model": {"repeats": 1, "folds": 2, "trees": 20, "candidates": ["logistic"]},
        "estimation": {"replicates": 10},
        "explanation": {"refits": 0},
    }
    names = ["customers", "invitations", "responses", "orders", "returns", "support"]
    _simulate_and_train(folder, content, names, customers=2_000, seed=seed)


def _simulate_and_train(
    folder: Path, content: dict[str, object], names: list[str], *, customers: int, seed: int
) -> None:
    simulate(folder / "data", customers=customers, seed=seed)
    content = content | {"tables": {name: {"path": f"data/{name}.parquet"} for name in names}}
    (folder / "config.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    train(Project(load_config(folder / "config.yaml")))


def main() -> None:
    """Run the seeds and print the table."""
    options = _options()
    first, end = options.seeds
    make = new_project
    if options.small:
        end, options.width, make = first + 1, 45.0, small_project
    rows = []
    for seed in range(first, end):
        with tempfile.TemporaryDirectory() as name:
            trained = Path(name) / "trained"
            if options.projects is None or options.small:
                make(trained, seed)
            else:
                shutil.copytree(options.projects / str(seed), trained)
            for steps in (1, 2):
                folder = shutil.copytree(trained, Path(name) / f"in_{steps}")
                rows.append(keep_promise(folder, options, seed, steps=steps))
                print(json.dumps(rows[-1]), flush=True)
    table = pd.DataFrame(rows)
    show([row for steps in (1, 2) for row in summary(table[table["steps"] == steps], options)], options.json)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs=2, default=(100, 112), metavar=("FIRST", "END"))
    parser.add_argument("--projects", type=Path, help="folder of trained demonstrations, one per seed")
    parser.add_argument("--width", type=float, default=10.0)
    parser.add_argument("--assurance", type=float, help="as of plan; else the width is the expected one")
    parser.add_argument("--answer-rate", type=float, default=0.4)
    parser.add_argument("--by-satisfaction", type=float, default=0.25)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--small", action="store_true", help="one seed, 2,000 customers, 45 points")
    return parser.parse_args()


def summary(table: pd.DataFrame, options: argparse.Namespace) -> list[Row]:
    """Return how the widths that came compare with those that were asked for, expected and assured."""
    steps = {1: "at once", 2: "in two steps"}[int(table["steps"].iloc[0])]
    wish = f"--width {options.width:g}" + (f" --assurance {options.assurance:g}" if options.assurance else "")
    name = f"plan {wish}, {steps}"
    asked, expected = table["width"] / options.width, table["width"] / table["expected"]
    return [
        (name, "plans", len(table), "plans"),
        (name, "calls, median", float(table["calls"].median()), "calls"),
        (name, "width over width asked for, median", float(asked.median()), "ratio"),
        (name, "width over width asked for, smallest", float(asked.min()), "ratio"),
        (name, "width over width asked for, largest", float(asked.max()), "ratio"),
        (name, "within 15 % of width asked for", float((asked.sub(1.0).abs() <= 0.15).mean()), "share"),
        (name, "width over width expected, median", float(expected.median()), "ratio"),
        (name, "within 15 % of width expected", float((expected.sub(1.0).abs() <= 0.15).mean()), "share"),
        (name, "at most the width assured", float((table["width"] <= table["assured"]).mean()), "share"),
        (name, "intervals that cover", float(table["covered"].sum()), "intervals"),
    ]


if __name__ == "__main__":
    main()
