"""The nightly job on Spark beside the same on DuckDB: 30 columns of a generated base and their scores.

    python benchmarks/spark.py --customers 1000000 --folder /tmp/scale --json spark.json

Master local[2], its start included; memory of the JVM is not counted. It needs Java 17. Every figure is of a
process of its own: seconds without imports.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import features_peers
import scale
from figures import Row, largest_gap, show

SPARK = {"master": "local[2]", "config": {"spark.driver.memory": "4g", "spark.sql.shuffle.partitions": 8}}


def features_on_spark(folder: Path, customers: int) -> None:
    """Write the tables for Spark and build the 30 columns there."""
    from silentnps.config import SparkConfig
    from silentnps.distributed import build_on_spark, spark_session
    from silentnps.features.large_base.exported import export_tables

    tables, population = scale.opened(folder)
    exclude = scale.excluded(tables, everything=False)
    work, out = folder / "on_spark" / "tables", folder / "on_spark" / "features.parquet"
    for path in (work, out):
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
    export_tables(tables, population, work, exclude=exclude)
    with spark_session(SparkConfig.model_validate(SPARK)) as spark:
        build_on_spark(spark, work, out, exclude=exclude)
    shutil.rmtree(work)


def score_on_spark(folder: Path, customers: int) -> None:
    """Score the features that Spark built."""
    from silentnps.config import ProjectConfig
    from silentnps.workflow.artifacts.project import Project
    from silentnps.workflow.commands.score import score as run

    raw = scale.project_of(folder / "on_spark").config.model_dump()
    run(Project(ProjectConfig.model_validate(raw | {"engine": "spark", "spark": SPARK})), reasons=0)


TASKS: dict[str, Callable[[Path, int], float | None]] = {
    "features_on_spark": features_on_spark,
    "score_on_spark": score_on_spark,
}


def measure(options: argparse.Namespace) -> list[Row]:
    """Measure features and scores on DuckDB and on Spark, and hold the ones to the others."""
    from silentnps.scoring.batch import IF_RESPONDENT, PROBABILITIES

    rows = []
    for customers in options.customers:
        folder = scale.base(options.folder / "spark", customers)
        for task in ("features", "score", "features_on_spark", "score_on_spark"):
            if task == "score" and not (folder / "model").exists():
                scale.train(folder)
                (folder / "on_spark").mkdir(exist_ok=True)
                (folder / "on_spark" / "model").symlink_to(folder.resolve() / "model")
            script = __file__ if task in TASKS else scale.__file__
            seconds = scale.timed(task, folder, customers, script=script)["seconds"]
            rows.append((f"{task}, {customers:,}", "seconds", seconds, "s"))
        numbers = (*PROBABILITIES, *IF_RESPONDENT, "expected_nps")
        for what, columns in (("features.parquet", tuple(features_peers.COLUMNS)), ("scores", numbers)):
            one, other = (f"{place / what}/*.parquet" for place in (folder, folder / "on_spark"))
            gap = largest_gap(one, other, columns)
            print(f"{what}: largest gap {gap:.1e}", flush=True)
            rows.append((f"{what}, {customers:,}", "largest gap", gap, ""))
    return rows


def main() -> None:
    """Generate, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--folder", type=Path, default=Path(os.environ.get("TMPDIR", "/tmp")) / "silentnps_scale")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--small", action="store_true", help="20,000 customers")
    parser.add_argument("--task", choices=TASKS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task:
        scale.as_child(TASKS[options.task], options.folder, options.customers[0])
        return
    if options.small:
        options.customers = [20_000]
    show(measure(options), options.json)


if __name__ == "__main__":
    main()
