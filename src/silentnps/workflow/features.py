"""Features: of every customer in every wave, into one file, or of a large base into a folder of parts."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from silentnps.data.atomic import replace_folder
from silentnps.features.buckets import build_in_buckets
from silentnps.features.expressions import Population, Tables
from silentnps.workflow.prepare import as_text, build_at_once, open_base
from silentnps.workflow.project import Project
from silentnps.workflow.watch import QUIET, Watch

MOST_ROWS_AT_ONCE = 2_000_000
"""More rows of the population are built in buckets."""

_BUCKET_ROWS = 250_000


@dataclass(frozen=True)
class Written:
    """How many rows and columns of features were written, and into how many parts."""

    rows: int
    columns: int
    parts: int


def write_features(project: Project, *, watch: Watch = QUIET) -> Written:
    """Build the features and write features.parquet: a file, or a folder of a large base; errors as `open_base`."""
    tables, population = open_base(project, watch=watch)
    n_rows = int(population.count().execute())
    if n_rows > MOST_ROWS_AT_ONCE:
        return _in_parts(project, tables, population, -(-n_rows // _BUCKET_ROWS), watch)
    frame = build_at_once(project, tables, population, watch=watch)
    return Written(len(frame), frame.shape[1], 1)


def _in_parts(project: Project, tables: Tables, population: Population, buckets: int, watch: Watch) -> Written:
    watch.say(f"a large base: {buckets} buckets of customers")
    bar, work = watch.bar("features", buckets), project.output / ".features.events"

    def write(folder: Path) -> None:
        built = build_in_buckets(
            tables,
            population,
            work,
            buckets=buckets,
            exclude=project.config.features.exclude,
            progress=lambda name: watch.say(f"events of {name}"),
        )
        for place, frame in enumerate(built):
            as_text(frame).to_parquet(folder / f"part-{place:05d}.parquet", index=False)
            bar(1)

    shutil.rmtree(work, ignore_errors=True)  # of a build that was killed
    work.mkdir(parents=True)
    try:
        replace_folder(project.features, write)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    parts = [pq.ParquetFile(path).metadata for path in sorted(project.features.iterdir())]
    return Written(sum(part.num_rows for part in parts), parts[0].num_columns, len(parts))
