"""Features on Spark: the same expressions as elsewhere, over tables in Parquet."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow.parquet as pq
from ibis.util import gen_name

from silentnps.errors import DataError
from silentnps.features.engine.expressions import wide_features
from silentnps.features.engine.sql_dialects import portable
from silentnps.features.engine.used_columns import POPULATION
from silentnps.features.population.wave_assignment import PERSON_WAVE

_ROWS_PER_PART = 250_000


def build_on_spark(spark: Any, tables: Path, folder: Path, *, exclude: Collection[str] = ()) -> int:
    """Build the features of every row of the population and return the number of rows.

    Parameters
    ----------
    spark
        A session, see `spark_session`.
    tables
        A folder of `export_tables`, on a disk that the driver and the executors share.
    folder
        Where part-*.parquet are written, in the columns and types of `build_features`, its categories as text; each
        part is sorted by wave and customer. On the same disk.

    Raises
    ------
    ConfigError, DataError
        As `build_features`, or if rows are missing from what the executors wrote.
    """
    with _temporary_views(spark, tables) as views:
        population = views.pop(POPULATION)
        wide = portable(wide_features(views, population, exclude=exclude, row=PERSON_WAVE))
        frame = spark.sql(population.get_backend().compile(wide))
        # timestamps in feature files have no time zone
        frame = frame.withColumn("as_of", frame["as_of"].cast("timestamp_ntz"))
        written = folder / "_written"
        ordered = frame.sortWithinPartitions("wave", "customer_id")
        ordered.write.option("maxRecordsPerFile", _ROWS_PER_PART).parquet(_address(written))
        n_rows = int(spark.read.parquet(_address(tables / POPULATION)).count())
    n_written = _move_parts(written, folder)
    if n_written != n_rows:
        raise DataError(
            f"the folder of `output` must be on a disk that all machines of Spark share; got {n_written:,} of "
            f"{n_rows:,} rows in {folder}. Choose such an `output`."
        )
    return n_written


@contextmanager
def _temporary_views(spark: Any, folder: Path) -> Iterator[dict[str, ir.Table]]:
    """Provide the tables of a folder as views within the block, with timestamps in UTC."""
    connection = ibis.pyspark.connect(spark)
    views = {path.name: gen_name(path.name) for path in sorted(folder.iterdir())}
    try:
        for name, view in views.items():
            rows = spark.read.parquet(_address(folder / name))
            local = {column: rows[column].cast("timestamp") for column, kind in rows.dtypes if kind == _LOCAL}
            rows.withColumns(local).createTempView(view)
        yield {name: connection.table(view) for name, view in views.items()}
    finally:
        for view in views.values():
            spark.catalog.dropTempView(view)


_LOCAL = "timestamp_ntz"


def _address(path: Path) -> str:
    return path.resolve().as_uri()


def _move_parts(written: Path, folder: Path) -> int:
    """Move the files that Spark wrote into the folder as numbered parts; return the number of rows."""
    files = [path for path in sorted(written.glob("part-*.parquet")) if pq.read_metadata(path).num_rows]
    for number, path in enumerate(files or sorted(written.glob("part-*.parquet"))[:1]):
        os.replace(path, folder / f"part-{number:05d}.parquet")
    for path in written.iterdir():
        path.unlink()
    written.rmdir()
    return sum(pq.read_metadata(path).num_rows for path in folder.glob("part-*.parquet"))
