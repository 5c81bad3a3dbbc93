"""Do the intervals of `actions --read-back` hold? Lists of a simulated team whose contacts have a known effect.

    python benchmarks/action_coverage.py --seeds 0 50 --json action_coverage.json

Each seed simulates a retailer, trains on the third of its four waves, lists customers to recover with a fifth held
out, and simulates the same retailer again with every listed customer contacted on the planned day, which raises
satisfaction by `--effect`. Truth comes from two more simulations of the same seed: in one all who were listed or
held out are contacted, in the other nobody. Each seed prints one JSON line.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from figures import Row, coverage, show
from silentnps.config import load_config
from silentnps.simulation.simulate import simulate
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.commands.score import score
from silentnps.workflow.commands.train import train
from silentnps.workflow.decisions.lists.actions import list_actions
from silentnps.workflow.decisions.lists.files import actions_folder, read_ledger
from silentnps.workflow.decisions.lists.log import log_actions
from silentnps.workflow.decisions.lists.read_back import read_back

LISTED_ON = date(2025, 9, 1)
READ_BACK_DAYS = 110
UNTOUCHED = ("orders", "spend", "returns", "no_order")
TABLES = ("customers", "invitations", "responses", "orders", "returns", "outreach", "support", "engagement")
CONFIG: dict[str, Any] = {
    "name": "shop",
    "output": "out",
    "timezone": "UTC",
    "waves": {"period": "quarter"},
    "tables": {name: {"path": f"data/{name}.parquet"} for name in TABLES},
    "model": {"repeats": 1, "folds": 3, "trees": 40, "candidates": ["logistic"], "learning_curve": False},
    "estimation": {"wave": "2025-Q3", "replicates": 10},
    "explanation": {"refits": 0},
    "actions": {"capacity": 100_000, "holdout_share": 0.2, "read_back_days": READ_BACK_DAYS},
}


def one_seed(seed: int, customers: int, effect: float) -> list[dict[str, Any]]:
    """Return one row per outcome that was read back: truth, difference and interval."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        simulate(folder / "data", customers=customers, seed=seed)
        (folder / "config.yaml").write_text(yaml.safe_dump(CONFIG), encoding="utf-8")
        project = Project(load_config(folder / "config.yaml"))
        train(project)
        score(project)
        list_actions(project, "recover", on=LISTED_ON, formats=("csv",))
        ledger = read_ledger(project)
        treated = ledger[ledger["arm"] == "treated"]
        acted = treated.assign(done_at=treated["contact_on"].dt.tz_localize("UTC"))[["customer_id", "done_at"]]
        _write_log(project, acted)
        truth = _truth(folder, customers, seed, ledger, acted, effect)
        simulate(folder / "data", customers=customers, seed=seed, acted=acted, action_satisfaction=effect)
        found = read_back(project).effects
    rows = []
    for row in found.dropna(subset=["low"]).to_dict("records"):
        known = 0.0 if row["outcome"] in UNTOUCHED else truth.get(row["outcome"])
        if known is not None:
            covered = bool(row["low"] <= known <= row["high"])
            chosen = {key: row[key] for key in ("outcome", "difference", "low", "high", "n_treated", "n_holdout")}
            rows.append({"seed": seed, "truth": known, **chosen, "covered": covered})
    return rows


def _write_log(project: Project, acted: pd.DataFrame) -> None:
    path = actions_folder(project) / "log.csv"
    done = acted.assign(status="done", done_at=acted["done_at"].dt.strftime("%Y-%m-%d %H:%M"))
    done.to_csv(path, index=False)
    log_actions(project, path)


def _truth(
    folder: Path, customers: int, seed: int, ledger: pd.DataFrame, acted: pd.DataFrame, effect: float
) -> dict[str, float]:
    """Return what acting on all does to all, listed and held out, by outcome."""
    day = acted["done_at"].min()
    everybody = pd.DataFrame({"customer_id": ledger["customer_id"], "done_at": day})
    everybody["done_at"] = everybody["customer_id"].map(acted.set_index("customer_id")["done_at"]).fillna(day)
    outcomes = []
    for name, what in (("with", {"acted": everybody, "action_satisfaction": effect}), ("without", {})):
        simulate(folder / name, customers=customers, seed=seed, **what)
        outcomes.append(_answers(folder / name, ledger))
    return {key: outcomes[0][key] - outcomes[1][key] for key in outcomes[0]}


def _answers(folder: Path, ledger: pd.DataFrame) -> dict[str, float]:
    """Return the share of those in the ledger who answered after the list, and what they said."""
    responses = pd.read_parquet(folder / "responses.parquet")
    start = pd.Timestamp(LISTED_ON, tz="UTC")
    end = start + pd.Timedelta(days=READ_BACK_DAYS)
    within = responses["responded_at"].between(start, end, inclusive="left")
    rows = responses[within & responses["customer_id"].isin(ledger["customer_id"])]
    rating = rows["rating"].astype(float)
    nps = 100.0 * float((rating >= 9).mean() - (rating <= 6).mean())
    return {"nps": nps, "recovered": float((rating >= 7).mean()), "answered": len(rows) / len(ledger)}


def summary(table: pd.DataFrame) -> list[Row]:
    """Return how often intervals hold by outcome."""
    return [row for name, part in table.groupby("outcome") for row in coverage(str(name), part)]


def main() -> None:
    """Run the seeds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs=2, default=(0, 50), metavar=("FIRST", "END"))
    parser.add_argument("--customers", type=int, default=6_000)
    parser.add_argument("--effect", type=float, default=0.5, help="what a contact adds to satisfaction")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--small", action="store_true", help="one seed, 3,000 customers")
    options = parser.parse_args()
    first, end = (options.seeds[0], options.seeds[0] + 1) if options.small else options.seeds
    rows: list[dict[str, Any]] = []
    for seed in range(first, end):
        rows += one_seed(seed, 3_000 if options.small else options.customers, options.effect)
        print(json.dumps({row["outcome"]: row["covered"] for row in rows if row["seed"] == seed}), flush=True)
    show(summary(pd.DataFrame(rows)), options.json)


if __name__ == "__main__":
    main()
