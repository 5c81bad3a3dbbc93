"""Features: of every customer in every wave or at a moment, into one file, or of a large base into parts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq

from silentnps.counts import counted
from silentnps.distributed import build_on_spark, require_spark, spark_session
from silentnps.errors import ConfigError
from silentnps.features.engine.expressions import Population, Tables
from silentnps.features.large_base.bucketed_build import Base, build_buckets, renew_rows, store_rows
from silentnps.features.large_base.exported import export_tables
from silentnps.features.large_base.incremental_state import clear_state, read_state, save_state
from silentnps.features.population.local_time import naive_utc
from silentnps.storage.atomic import clear_leftovers, replace_folder, work_folder
from silentnps.storage.lock import write_lock
from silentnps.workflow.artifacts.project import Project, one_at_a_time
from silentnps.workflow.base import build_at_once, open_base
from silentnps.workflow.watch import QUIET, Watch

MOST_ROWS_AT_ONCE = 2_000_000
"""More rows of the population are built in buckets."""

_BUCKET_ROWS = 250_000


@dataclass(frozen=True)
class Written:
    """How many rows and columns of features were written, into how many parts, and how many rows were rebuilt."""

    rows: int
    columns: int
    parts: int
    renewed: int


def write_features(
    project: Project, *, as_of: datetime | None = None, since: datetime | None = None, watch: Watch = QUIET
) -> Written:
    """Build the features and write features.parquet: a file, or a folder of parts of a large base.

    Parameters
    ----------
    as_of
        Build those of the whole base at this moment in place of those of the waves, into features_as_of.parquet.
    since
        Use what the run before kept: of rows that happened before the month of this moment only the numbers are
        compared with it. Features equal those of a full run if these rows are unchanged.

    Raises
    ------
    ConfigError, DataError
        As `open_base`; DataError also if another job writes the same features, or there is no room for them.
    """
    if project.config.engine == "spark":
        _ready_for_spark(since)
    return _write_alone(project, as_of, since, watch)


@one_at_a_time
def _write_alone(project: Project, as_of: datetime | None, since: datetime | None, watch: Watch) -> Written:
    tables, population = open_base(project, as_of=as_of, watch=watch)
    target = project.features_as_of if as_of else project.features
    if project.config.engine == "spark":
        with write_lock(target):
            clear_leftovers(target)
            return _by_spark(project, target, tables, population, watch)
    n_rows = int(population.count().execute())
    if n_rows > MOST_ROWS_AT_ONCE or since is not None:
        with write_lock(target):
            clear_leftovers(target)
            return _in_parts(project, target, tables, population, n_rows, since=since, watch=watch)
    exclude = project.config.features.exclude
    frame = build_at_once(tables, population, exclude=exclude, target=target, watch=watch)
    return Written(len(frame), frame.shape[1], 1, len(frame))


def _ready_for_spark(since: datetime | None) -> None:
    if since is not None:
        raise ConfigError(
            "`--since` must go with `engine: duckdb`, which keeps rows for the next run; got `engine: spark`. "
            "Leave it out, or change the engine."
        )
    require_spark()


def _by_spark(project: Project, target: Path, tables: Tables, population: Population, watch: Watch) -> Written:
    """Build features on Spark, of tables that were checked and cleaned here."""
    exclude = project.config.features.exclude
    with work_folder(target.with_name(f".{target.stem}.tables")) as work:
        watch.step("writing the tables for Spark")
        export_tables(tables, population, work, exclude=exclude)
        watch.step("features on Spark")
        with spark_session(project.config.spark) as spark:
            replace_folder(target, lambda folder: build_on_spark(spark, work, folder, exclude=exclude))
    return _written(target, None)


def _written(target: Path, n_rebuilt: int | None) -> Written:
    """Return the counts of a folder of parts; without a number of rebuilt rows all of them count as rebuilt."""
    parts = [pq.read_metadata(path) for path in sorted(target.glob("part-*.parquet"))]
    rows = sum(part.num_rows for part in parts)
    return Written(rows, parts[0].num_columns, len(parts), rows if n_rebuilt is None else n_rebuilt)


def _in_parts(
    project: Project,
    target: Path,
    tables: Tables,
    population: Population,
    n_rows: int,
    *,
    since: datetime | None,
    watch: Watch,
) -> Written:
    base = Base.of(tables, population, exclude=project.config.features.exclude)
    folder = project.output / "events" / target.stem
    buckets = max(-(-n_rows // _BUCKET_ROWS), 1)
    state = read_state(folder, base) if since else None
    if since and (state is None or not buckets <= 2 * state.store.buckets):
        state = None
        watch.say("no rows of an earlier run of these features are kept: all are read")

    def say_table(name: str) -> None:
        watch.step(f"rows of {name}")

    if state is None or since is None:
        watch.say(f"{counted(buckets, 'bucket')} of customers")
        clear_state(folder)
        store = store_rows(base, folder, buckets=buckets, progress=say_table)
    else:
        store = renew_rows(state.store, base, state.run + 1, since=naive_utc(since), progress=say_table)
    previous = state.store if state and state.describes(target) else None
    n_rebuilt: list[int] = []

    def write(out: Path) -> None:
        bar = watch.bar("features of buckets", store.buckets)
        watch.step("features of buckets")
        n_rebuilt.append(build_buckets(base, store, out, previous=previous, previous_features=target, progress=bar))

    replace_folder(target, write)
    save_state(store, base, state.run + 1 if state else 0, target)
    return _written(target, n_rebuilt[0] if previous else None)
