"""Scores on Spark: executors read features, score them and write parts; the driver keeps the valid parts."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
import pyarrow as pa

from silentnps.bundle.training_reference import Reference
from silentnps.errors import DataError
from silentnps.features.engine.expressions import KEYS
from silentnps.features.large_base.feature_reader import frames_of
from silentnps.scoring.tally import Tally, sum_tallies, tally

_ROWS_TALLIED = 100_000


class Scorer(Protocol):
    """The scorer that is sent to the executors once, so it must be picklable."""

    def scores(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        """Return the scores of a part, and the checksum of its features."""
        ...

    def write(self, scores: pd.DataFrame, path: Path) -> None:
        """Write a part."""
        ...


@dataclass(frozen=True)
class WrittenPart:
    """A part of the scores that an executor wrote, and the checksum of its features."""

    path: Path
    rows: int
    total: int


def score_on_spark(
    spark: Any, features: Path, wave: str, scorer: Scorer, folder: Path, *, rows: int
) -> list[WrittenPart]:
    """Score the features of a wave and return the parts, in the order of Spark's partitions.

    Parameters
    ----------
    spark
        A session, see `spark_session`.
    features
        The file or folder of features, on a disk that the driver and the executors share.
    folder
        Where executors write, on the same disk. Files that are not among the parts come from failed attempts.
    rows
        The maximum number of rows per part.

    Raises
    ------
    DataError
        If the features were written by an earlier version, or the folder is not shared.
    """
    rows_of_wave = _rows_of(spark, features, wave)
    sent = spark.sparkContext.broadcast(scorer)
    target = folder.resolve()

    def write(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from _written(batches, sent.value, target, rows)

    written = rows_of_wave.mapInArrow(write, "name string, n long, total string").collect()
    parts = [WrittenPart(folder / row["name"], row["n"], int(row["total"])) for row in written]
    for part in parts:
        if not part.path.exists():
            raise DataError(
                "the folder of `output` must be on a disk that all machines of Spark share; got nothing of "
                f"{part.path}, which an executor wrote. Choose such an `output`."
            )
    return parts


def tally_on_spark(spark: Any, features: Path, wave: str, reference: Reference) -> Tally:
    """Count the features of a wave on executors, as `tally` does; arguments and errors as `score_on_spark`."""
    sent = spark.sparkContext.broadcast(reference)

    def count(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for frame in frames_of(batches, rows=_ROWS_TALLIED):
            counted = tally(sent.value, frame, before=None)
            yield pa.RecordBatch.from_pydict({"tally": [json.dumps(counted.to_dict())]})

    counted = _rows_of(spark, features, wave).mapInArrow(count, "tally string").collect()
    return sum_tallies(Tally.from_dict(json.loads(row["tally"])) for row in counted)


def _rows_of(spark: Any, features: Path, wave: str) -> Any:
    """Return the features of a wave as a Spark data frame."""
    frame = spark.read.parquet(features.resolve().as_uri())
    if not set(KEYS) <= set(frame.columns):
        raise DataError(f"{features} was written by an earlier version. Run `silentnps train` again.")
    return frame.where(frame["wave"] == wave)


def _written(
    batches: Iterator[pa.RecordBatch], scorer: Scorer, folder: Path, rows: int
) -> Iterator[pa.RecordBatch]:
    """Score what one task reads and write it; yield the name, rows and checksum of each part."""
    for frame in frames_of(batches, rows=rows):
        scores, total = scorer.scores(frame)
        # a unique name, since a task may be retried or run twice
        name = uuid.uuid4().hex
        scorer.write(scores, folder / name)
        facts = {"name": [name], "n": [len(scores)], "total": [str(total)]}
        yield pa.RecordBatch.from_pydict(facts)
