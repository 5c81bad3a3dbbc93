"""Features of the rows that training needs of a large base, built bucket by bucket into a folder of parts."""

from __future__ import annotations

from silentnps.config import ProjectConfig
from silentnps.counts import counted
from silentnps.errors import ConfigError
from silentnps.features.engine.expressions import Population, Tables
from silentnps.features.large_base.bucketed_build import Base, build_buckets, store_rows
from silentnps.storage.atomic import clear_leftovers, replace_folder, work_folder
from silentnps.storage.lock import write_lock
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.watch import Watch

BUCKET_ROWS = 250_000

_FOLLOW_UP = "follow_up"


def build_parts(project: Project, tables: Tables, population: Population, n_rows: int, *, watch: Watch) -> None:
    """Build the features of `n_rows` rows into the folder features.parquet, in place of older ones.

    Raises
    ------
    DataError
        If another job writes them, or there is no room.
    """
    base = Base.of(tables, population, exclude=project.config.features.exclude)
    buckets = max(-(-n_rows // BUCKET_ROWS), 1)
    watch.say(f"a large base: features of {n_rows:,} rows in {counted(buckets, 'bucket')} of customers")
    target = project.features
    with write_lock(target), work_folder(target.with_name(f".{target.stem}.rows")) as folder:
        clear_leftovers(target)
        store = store_rows(base, folder, buckets=buckets, progress=lambda name: watch.step(f"rows of {name}"))
        bar = watch.bar("features of buckets", buckets)
        watch.step("features of buckets")
        replace_folder(target, lambda out: build_buckets(base, store, out, progress=bar))


def refuse_calls(config: ProjectConfig, most_rows: int) -> None:
    """Refuse a follow-up sample, whose customers are drawn by somebody else, where silent customers are sampled.

    Raises
    ------
    ConfigError
        If there is a table of calls.
    """
    if _FOLLOW_UP in config.tables:
        raise ConfigError(
            f"tables must have no {_FOLLOW_UP} if all waves together have more than {most_rows:,} rows; got one. "
            "Leave it out, or leave customers out of the base."
        )
