"""The nightly job at scale: features in buckets, scores in parts, and both in a row, with the peak of memory.

    python benchmarks/scale.py features --customers 1000000 10000000 --folder /tmp/scale --json scale.json
    python benchmarks/scale.py score --customers 1000000 --folder /tmp/scale

`features`: 30 columns of a generated base in buckets, beside one plain DuckDB query of the same columns that may
use 14 GB; both write Parquet. `score`: all features, then scores of features that are ready, without and with
reasons, beside LightGBM's own predict of the same two heads on the same rows, all with two threads; the model has
no learned features, which are made in scoring. Every figure is of a process of its own: seconds without imports,
GiB at the peak.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import features_peers
from figures import Row, largest_gap, show
from generated_base import EVENT_TABLES, write_base

BUCKET_CUSTOMERS = 250_000
_ANSWERS = 3_000


def opened(folder: Path) -> tuple[dict[str, Any], Any]:
    """Return the tables of a generated base and its population, on one connection."""
    import ibis

    connection = ibis.duckdb.connect()
    connection.raw_sql(f"SET temp_directory = '{folder / 'spill'}'")
    tables = {name: connection.read_parquet(folder / f"{name}.parquet", table_name=name) for name in EVENT_TABLES}
    return tables, connection.read_parquet(folder / "population.parquet", table_name="population")


def excluded(tables: dict[str, Any], *, everything: bool) -> list[str]:
    """Return the features to leave out: all but the 30 of the peers, or none."""
    from silentnps.features.engine.expressions import available_features

    names = [each.name for each in available_features(tables)]
    return [] if everything else [name for name in names if name not in features_peers.COLUMNS]


def features(folder: Path, customers: int, *, everything: bool = False) -> None:
    """Build features in buckets and write a part for each."""
    from silentnps.features.large_base.bucketed_build import Base, build_buckets, store_rows

    tables, population = opened(folder)
    out, work = folder / "features.parquet", folder / "work"
    for path in (out, work):
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
    base = Base.of(tables, population, exclude=excluded(tables, everything=everything))
    buckets = max(customers // BUCKET_CUSTOMERS, 1)
    events = store_rows(base, work, buckets=buckets)
    build_buckets(base, events, out)
    shutil.rmtree(work)


def one_query(folder: Path, customers: int) -> None:
    """Build the same columns by one query of DuckDB's, as an analyst would write it, with 14 GB to use."""
    from silentnps.features.engine.expressions import ROW, available_features, numbered, table_features

    tables, population = opened(folder)
    connection = population.get_backend()
    connection.raw_sql("SET memory_limit = '14GB'")
    names = features_peers.COLUMNS
    wide = rows = numbered(population)
    for name in tables:
        own = [each for each in available_features(tables) if each.tables == (name,) and each.name in names]
        if own:
            found = table_features(name, tables, rows, own).rename(row_of_table=ROW)
            wide = wide.left_join(found, wide[ROW] == found.row_of_table).drop("row_of_table")
    query = connection.compile(wide.select("customer_id", "wave", "as_of", *names))
    connection.raw_sql(f"COPY ({query}) TO '{folder / 'by_one_query.parquet'}' (FORMAT parquet)")


def equal(folder: Path) -> float:
    """Return the largest gap between bucketed columns and those of the one query; inf where one is missing."""
    empty = {**dict.fromkeys(features_peers.ZERO, "0"), "engagement_dormant_90d": "1"}
    built, plain = folder / "features.parquet" / "*.parquet", folder / "by_one_query.parquet"
    return largest_gap(str(built), str(plain), features_peers.COLUMNS, empty=empty)


def train(folder: Path) -> None:
    """Train the largest of the default models on made answers of customers of the base, and keep its bundle."""
    from silentnps.config import EstimationConfig, FeaturesConfig, ModelConfig
    from silentnps.features.engine.expressions import KEYS
    from silentnps.outcome.survey_data import SurveyData, tidy_features
    from silentnps.training.train import train_model
    from silentnps.workflow.wave_data import roles_of

    frame = pd.read_parquet(next(iter(sorted((folder / "features.parquet").iterdir())))).iloc[: 4 * _ANSWERS]
    frame = frame.reset_index(drop=True)
    rng = np.random.default_rng(0)
    late = frame["orders_late_count_90d"].to_numpy()
    satisfied = rng.logistic(size=len(frame)) - 0.8 * late + 0.2 * frame["orders_count_90d"].to_numpy()
    classes = np.digitize(satisfied, [-0.7, 0.6]).astype(np.int64)
    answered = np.arange(len(frame)) < _ANSWERS
    frame = frame.assign(respondent=answered, rating=np.where(answered, classes * 4.0 + 2.0, np.nan))
    rows = tidy_features(frame.drop(columns=list(KEYS)))
    drivers, shadows = roles_of(rows, FeaturesConfig())
    yes = np.ones(len(rows), dtype=bool)
    data = SurveyData(rows, np.where(answered, classes, -1), yes, yes, np.arange(len(rows)), drivers, shadows)
    model = ModelConfig(candidates=("stack_long",), repeats=1, folds=3, learning_curve=False)
    trained = train_model(data, model=model, estimation=EstimationConfig(), random_state=0)
    info = {"wave": str(frame["wave"].iloc[0]), "out_of_fold_digest": "made", "features_digest": "made"}
    bundle = replace(trained.bundle, info={**trained.bundle.info, **info})
    bundle.save(folder / "model")
    keep_background(bundle, rows, folder)


def keep_background(bundle: Any, rows: pd.DataFrame, folder: Path) -> None:
    """Write what scores with reasons need beside the bundle."""
    from silentnps.explanation.contributions.explain import compute_background
    from silentnps.explanation.contributions.refits import RefitContributions
    from silentnps.explanation.feature_groups import Dendrogram
    from silentnps.workflow.artifacts.reasons import Reasons, write_reasons

    nobody = RefitContributions(np.zeros((0, 0, 1), dtype=np.float32), pd.RangeIndex(0), ("x",))
    customers = pd.DataFrame({"label": [], "earlier": []})
    made = Reasons(compute_background(bundle, rows), None, nobody, Dendrogram(np.zeros((0, 4)), ()), customers)
    write_reasons(folder / "reasons", made, model_digest=str(bundle.info["out_of_fold_digest"]))


def project_of(folder: Path) -> Any:
    """Return a project whose output is the folder."""
    from silentnps.config import ProjectConfig
    from silentnps.workflow.artifacts.project import Project

    tables = {"customers": {"path": folder / "customers.parquet"}}
    return Project(ProjectConfig(name="scale", tables=tables, output=folder))


def score(folder: Path, customers: int, *, reasons: int = 0) -> None:
    """Score the features that are ready."""
    from silentnps.workflow.commands.score import score as run

    run(project_of(folder), reasons=reasons)


def score_with_reasons(folder: Path, customers: int) -> None:
    """Score with three reasons for and against."""
    score(folder, customers, reasons=3)


def lightgbm_alone(folder: Path, customers: int) -> float:
    """Return the seconds that LightGBM takes to predict both heads, matrices being made outside the clock."""
    from silentnps.bundle.bundle import load_bundle
    from silentnps.features.large_base.feature_reader import feature_batches

    bundle, total = load_bundle(folder / "model"), 0.0
    for frame in feature_batches(folder / "features.parquet", bundle.info["wave"], rows=100_000):
        matrix = bundle.code_book.matrix(bundle.complete(frame))
        for head in bundle.model.trees:
            head.predict(matrix[:1], raw_score=True)  # LightGBM is imported and reads the model
        start = time.perf_counter()
        for head in bundle.model.trees:
            head.predict(matrix, raw_score=True, num_threads=2)
        total += time.perf_counter() - start
    return total


def all_features(folder: Path, customers: int) -> None:
    """Build all features that the tables allow."""
    features(folder, customers, everything=True)


TASKS: dict[str, Callable[[Path, int], float | None]] = {
    "features": features,
    "one_query": one_query,
    "all_features": all_features,
    "score": score,
    "score_with_reasons": score_with_reasons,
    "lightgbm": lightgbm_alone,
}


def timed(task: str, folder: Path, customers: int, *, script: str = __file__) -> dict[str, float]:
    """Run a task of a script in a process of its own."""
    command = [sys.executable, script, "--task", task, "--folder", str(folder), "--customers", str(customers)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = dict(json.loads(done.stdout.splitlines()[-1]))
    print(f"{task} {customers:,}: {found['seconds']:.1f} s, {found['peak']:.2f} GiB", flush=True)
    return found


def as_child(task: Callable[[Path, int], float | None], folder: Path, customers: int) -> None:
    """Time a task here; its seconds are its own where it returns them."""
    ours = ("silentnps.features.large_base.bucketed_build", "silentnps.workflow.commands.score")
    for module in ("pandas", "ibis", "lightgbm", *ours):
        __import__(module)
    start = time.perf_counter()
    own = task(folder, customers)
    seconds = time.perf_counter() - start if own is None else own
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 2**30
    print(json.dumps({"seconds": seconds, "peak": peak}))


def base(folder: Path, customers: int) -> Path:
    """Return the folder of a generated base, which is made if it is not there."""
    made = folder / f"base_{customers}"
    if not (made / "population.parquet").exists():
        made.mkdir(parents=True, exist_ok=True)
        write_base(made, customers=customers)
    return made


def measure_features(options: argparse.Namespace) -> list[Row]:
    """Measure features of every size, and the one query of the largest."""
    rows = []
    for customers in options.customers:
        folder = base(options.folder, customers)
        own, plain = timed("features", folder, customers), timed("one_query", folder, customers)
        name = f"features, {customers:,} customers"
        rows += [(name, "seconds", own["seconds"], "s"), (name, "peak", own["peak"], "GiB")]
        rows += [(f"one query, {customers:,}", "seconds", plain["seconds"], "s")]
        rows += [(f"one query, {customers:,}", "peak", plain["peak"], "GiB")]
        rows += [(name, "over one query", own["seconds"] / plain["seconds"], "ratio")]
        rows += [(name, "largest gap from one query", equal(folder), "")]
    seconds = [row[2] for row in rows if row[0].startswith("features") and row[1] == "seconds"]
    rows.append(
        ("features", f"{options.customers[-1]:,} over {options.customers[0]:,}", seconds[-1] / seconds[0], "")
    )
    return rows


def measure_score(options: argparse.Namespace) -> list[Row]:
    """Measure all features, scores, scores with reasons, and LightGBM alone."""
    rows = []
    for customers in options.customers:
        folder = base(options.folder, customers)
        tasks = ("all_features", "score", "lightgbm", "score_with_reasons")
        found = {}
        for task in tasks if options.reasons else tasks[:3]:
            found[task] = timed(task, folder, customers)
            if task == "all_features" and not (folder / "model").exists():
                train(folder)
        for task, each in found.items():
            rows += [(f"{task}, {customers:,}", "seconds", each["seconds"], "s")]
            rows += [(f"{task}, {customers:,}", "peak", each["peak"], "GiB")]
        speed = found["lightgbm"]["seconds"] / found["score"]["seconds"]
        rows.append((f"score, {customers:,}", "customers a second over LightGBM's", speed, "ratio"))
        whole = found["all_features"]["seconds"] + found["score"]["seconds"]
        rows.append((f"whole, {customers:,}", "seconds", whole, "s"))
    return rows


MEASURES = {"features": measure_features, "score": measure_score}


def main() -> None:
    """Generate, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="?", choices=MEASURES, default="features")
    parser.add_argument("--customers", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--folder", type=Path, default=Path(os.environ.get("TMPDIR", "/tmp")) / "silentnps_scale")
    parser.add_argument("--no-reasons", dest="reasons", action="store_false")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--small", action="store_true", help="20,000 and 40,000 customers")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task:
        as_child(TASKS[options.task], options.folder, options.customers[0])
        return
    if options.small:
        options.customers = [20_000, 40_000]
    show(MEASURES[options.what](options), options.json)


if __name__ == "__main__":
    main()
