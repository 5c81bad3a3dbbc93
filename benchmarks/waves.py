"""Several waves with few answers each: is the last one better for knowing the others, and do intervals hold?

    python benchmarks/waves.py --seeds 0 20 --customers 5000 --json waves.json

Simulated retailers with four waves of about 600 answers, selected by satisfaction. Each is estimated once with the
other waves and once by itself, against the truth; one JSON line per retailer.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from silentnps.config import ProjectConfig, load_config
from silentnps.estimation.wave.report import assemble_report
from silentnps.outcome.survey_data import SurveyData
from silentnps.simulation.simulate import simulate
from silentnps.training.train import train_model
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.base import build_project
from silentnps.workflow.wave_data import in_survey, learn, survey_data, wave_to_estimate

TABLES = (
    *("customers", "invitations", "responses", "orders", "returns", "outreach"),
    *("support", "referrals", "engagement"),
)


def shop(folder: Path, seed: int, customers: int, rate: float) -> tuple[ProjectConfig, SurveyData, float]:
    """Simulate a retailer; return its configuration, the data of its last wave, and the truth in points."""
    simulate(folder / "data", customers=customers, seed=seed, response_rate=rate)
    tables = "".join(f"  {name}: {{path: data/{name}.parquet}}\n" for name in TABLES)
    settings = folder / "shop.yaml"
    settings.write_text(f"name: shop\noutput: out\ntimezone: UTC\ntables:\n{tables}waves: {{period: quarter}}\n")
    config = load_config(settings)
    frame, _ = build_project(Project(config))
    wave = wave_to_estimate(frame, config)
    learned = learn(frame, config.features, random_state=0)
    rows = frame[in_survey(frame, wave, random_state=0)].reset_index(drop=True)
    truth = pd.read_parquet(folder / "data" / "truth.parquet")
    silent = truth[(truth["wave"].astype(str) == wave) & ~truth["answered"]]
    values = silent["nps_class"].astype(str).map({"detractor": -100.0, "passive": 0.0, "promoter": 100.0})
    return config, survey_data(learned.apply(rows), wave, config.features), float(values.mean())


def estimates(config: ProjectConfig, data: SurveyData) -> dict[str, float]:
    """Train on the data of a wave and return its estimate."""
    training = train_model(
        data, model=config.model, estimation=config.estimation, random_state=config.random_state, n_jobs=2
    )
    draws = training.bootstrap.draws(training.wave, training.repeats)
    silent = assemble_report(training.wave, training.repeats, draws).silent
    gamma = np.mean([repeat.point.selection.gamma for repeat in training.repeats], axis=0)
    return {
        "value": silent.value,
        "low": silent.low,
        "high": silent.high,
        "gamma_detractor": gamma[0],
        "gamma_promoter": gamma[2],
        "step": training.repeats[0].step or float("nan"),
    }


def one_seed(seed: int, customers: int, rate: float) -> dict[str, float]:
    """Estimate one retailer both ways."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        config, data, truth = shop(Path(folder), seed, customers, rate)
    answers = data.classes[data.answered & data.target]
    row = {"seed": seed, "truth": truth, "n_answers": len(answers), "survey": 100.0 * float((answers - 1).mean())}
    alone = replace(data, waves=None).take(np.flatnonzero(data.target | data.answered))
    for name, each in (("with", data), ("alone", alone)):
        row |= {f"{name}_{key}": float(value) for key, value in estimates(config, each).items()}
    return row | {"seconds": time.perf_counter() - start}


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return error, coverage and width of both ways."""
    rows = []
    for name in ("with", "alone"):
        error = table[f"{name}_value"] - table["truth"]
        covered = (table[f"{name}_low"] <= table["truth"]) & (table["truth"] <= table[f"{name}_high"])
        width = (table[f"{name}_high"] - table[f"{name}_low"]).mean()
        rows += [
            {"name": name, "metric": "mean absolute error", "value": error.abs().mean(), "unit": "points"},
            {"name": name, "metric": "bias", "value": error.mean(), "unit": "points"},
            {"name": name, "metric": "coverage", "value": covered.mean(), "unit": "share"},
            {"name": name, "metric": "width", "value": width, "unit": "points"},
        ]
    return pd.DataFrame(rows)


def main() -> None:
    """Run the seeds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs=2, default=(0, 20), metavar=("FIRST", "END"))
    parser.add_argument("--customers", type=int, default=5_000)
    parser.add_argument("--rate", type=float, default=0.15)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--small", action="store_true", help="one seed, 3,000 customers")
    options = parser.parse_args()
    first, end = (options.seeds[0], options.seeds[0] + 1) if options.small else options.seeds
    rows = []
    for seed in range(first, end):
        rows.append(one_seed(seed, 3_000 if options.small else options.customers, options.rate))
        print(json.dumps(rows[-1]), flush=True)
    table = summary(pd.DataFrame(rows))
    print(table.round(2).to_string(index=False))
    if options.json:
        options.json.write_text(json.dumps(table.to_dict("records"), indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
