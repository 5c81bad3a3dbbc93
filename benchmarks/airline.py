"""Real answers with most of them hidden: the whole job by the command line, against the hidden truth.

    python benchmarks/airline.py OUT --data survey_union_dedup.parquet --seeds 0 10 --json airline.json

Writes customers, responses and truth for each seed (15 % answer, drivers and satisfaction by 0.5 a class step
drive answering), runs validate, train, estimate, score and report with configs/airline.yaml, and prints a table.
`--prepare` stops after writing the first seed's files.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from sklearn.metrics import roc_auc_score

from mechanisms import CORE, draw_answers

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / "configs" / "airline.yaml"
DATA = Path(os.environ.get("SILENTNPS_DATA", ROOT.parent / "shared" / "data"))
DRIVERS = [
    "airline_status",
    "age",
    "gender",
    "price_sensitivity",
    "year_of_first_flight",
    "flights_per_year",
    "loyalty",
    "total_freq_flyer_accts",
    "shopping_amount_at_airport",
    "eating_and_drinking_at_airport",
    "class",
    "partner_name",
    "origin_state",
    "scheduled_departure_hour",
    "flight_distance",
]
SHADOWS = [
    "type_of_travel",
    "departure_delay_in_minutes",
    "arrival_delay_in_minutes",
    "flight_cancelled",
    "flight_time_in_minutes",
]
CODES = {"detractor": 0, "passive": 1, "promoter": 2}
VALUES = np.array([-100.0, 0.0, 100.0])


def write_tables(survey: pd.DataFrame, folder: Path, *, seed: int) -> pd.DataFrame:
    """Write customers, responses and truth of one draw; return the truth (customer_id, nps_class, answered)."""
    classes = survey["nps_class"].map(CODES).to_numpy()
    answered = draw_answers(survey[DRIVERS], classes, CORE["drivers_and_satisfaction"], rate=0.15, seed=seed)
    ids = survey["respondent_id"].astype(str)
    folder.mkdir(parents=True, exist_ok=True)
    survey[DRIVERS + SHADOWS].assign(customer_id=ids).to_parquet(folder / "customers.parquet", index=False)
    responses = pd.DataFrame(
        {"customer_id": ids, "responded_at": survey["flight_date"], "rating": survey["likelihood_to_recommend"]}
    )
    responses[answered].to_parquet(folder / "responses.parquet", index=False)
    truth = pd.DataFrame({"customer_id": ids, "nps_class": survey["nps_class"], "answered": answered})
    truth.to_parquet(folder / "truth.parquet", index=False)
    return truth


def write_config(folder: Path) -> Path:
    """Write configs/airline.yaml with its paths pointing into `folder`; return the file."""
    config = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    config["output"] = "result"
    for name, table in config["tables"].items():
        table["path"] = f"data/{name}.parquet"
    path = folder / "airline.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


def run(command: str, config: Path) -> float:
    """Run a command as a user would and return its seconds."""
    start = time.perf_counter()
    program = [sys.executable, "-c", "from silentnps.cli import main; main()", command, "-c", str(config)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"silentnps {command} failed: {done.stderr}")
    return time.perf_counter() - start


def one_seed(survey: pd.DataFrame, out: Path, seed: int) -> dict[str, float]:
    """Run everything for one draw and return its numbers."""
    folder = out / f"seed{seed}"
    truth = write_tables(survey, folder / "data", seed=seed)
    config = write_config(folder)
    seconds = {name: run(name, config) for name in ("validate", "train", "estimate", "score", "report")}
    result = folder / "result"
    silent = json.loads((result / "estimate" / "estimate.json").read_text(encoding="utf-8"))["silent"]
    scores = pd.read_parquet(result / "scores").merge(truth, on="customer_id", suffixes=("", "_true"))
    hidden = scores[~scores["answered"]]
    true_nps = VALUES[hidden["nps_class_true"].map(CODES)].mean()
    survey_nps = VALUES[truth.loc[truth["answered"], "nps_class"].map(CODES)].mean()
    return {
        "seed": seed,
        "truth": true_nps,
        "survey": survey_nps,
        "estimate": silent["value"],
        "low": silent["low"],
        "high": silent["high"],
        "survey_error": survey_nps - true_nps,
        "error": silent["value"] - true_nps,
        "covered": float(silent["low"] <= true_nps <= silent["high"]),
        "auc_detractor": roc_auc_score(hidden["nps_class_true"] == "detractor", hidden["p_detractor"]),
        "scores_minus_estimate": hidden["expected_nps"].mean() - silent["value"],
        **{f"seconds_{name}": value for name, value in seconds.items()},
    }


def main() -> None:
    """Run the seeds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, default=DATA / "southeast_airlines" / "survey_union_dedup.parquet")
    parser.add_argument("--seeds", type=int, nargs=2, default=(0, 10), metavar=("FIRST", "END"))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--small", action="store_true", help="one seed")
    parser.add_argument("--prepare", action="store_true", help="write the first seed's files and stop")
    options = parser.parse_args()
    survey = pd.read_parquet(options.data)
    if options.prepare:
        write_tables(survey, options.out / "data", seed=options.seeds[0])
        return
    first, end = options.seeds
    seeds = range(first, first + 1 if options.small else end)
    rows = []
    for seed in seeds:
        rows.append(one_seed(survey, options.out, seed))
        print(json.dumps(rows[-1]), flush=True)
    table = pd.DataFrame(rows)
    print(
        table.drop(columns=[name for name in table if name.startswith("seconds")]).round(2).to_string(index=False)
    )
    summary = {
        "median absolute error of the survey": table["survey_error"].abs().median(),
        "median absolute error of the estimate": table["error"].abs().median(),
        "intervals that cover": table["covered"].sum(),
        "lowest AUC of detractors": table["auc_detractor"].min(),
        "seconds of all commands": table.filter(like="seconds_").sum(axis=1).median(),
    }
    for name, value in summary.items():
        print(f"{name}: {value:.3f}")
    if options.json:
        found = [{"name": "airline", "metric": k, "value": float(v), "unit": ""} for k, v in summary.items()]
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
