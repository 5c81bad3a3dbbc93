"""Built features read in batches of a fixed number of rows, so that a base may be larger than memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from silentnps.features.engine.expressions import KEYS

_READ_ROWS = 50_000


def feature_batches(path: Path, wave: str, *, rows: int) -> Iterator[pd.DataFrame]:
    """Yield the rows of a wave, `rows` at a time, the last batch the rest, in the order of the files.

    `path` is a file of features or a folder of them. Texts that are features are categories. The batches depend on
    the rows and their order alone, not on how the files are laid out. OSError or ValueError if it cannot be read.
    """
    yield from frames_of(_groups(path, wave), rows=rows)


def _groups(path: Path, wave: str, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a wave, one group of a file after the other: a scanner of many files reads far ahead."""
    files, in_wave = ds.dataset(path, format="parquet"), pc.field("wave") == wave
    for file in files.get_fragments(filter=in_wave):
        for group in file.split_by_row_group(filter=in_wave, schema=files.schema):
            yield from group.to_table(schema=files.schema, columns=columns, filter=in_wave).to_batches(_READ_ROWS)


def frames_of(batches: Iterable[pa.RecordBatch], *, rows: int) -> Iterator[pd.DataFrame]:
    """Yield the rows of batches as frames of `rows` each, the last one the rest."""
    waiting: list[pa.RecordBatch] = []
    n_waiting = 0
    for batch in batches:
        waiting.append(batch)
        n_waiting += batch.num_rows
        while n_waiting >= rows:
            table = pa.Table.from_batches(waiting)
            yield _frame(table.slice(0, rows))
            waiting = table.slice(rows).to_batches()
            n_waiting -= rows
    if n_waiting:
        yield _frame(pa.Table.from_batches(waiting))


def first_and_last(path: Path, wave: str) -> tuple[datetime, datetime] | None:
    """Return the first and the last `as_of` of a wave, None if it has no row; errors as `feature_batches`."""
    found = [
        pc.min_max(batch.column("as_of")).as_py() for batch in _groups(path, wave, ["as_of"]) if batch.num_rows
    ]
    return (min(each["min"] for each in found), max(each["max"] for each in found)) if found else None


def _frame(table: pa.Table) -> pd.DataFrame:
    texts = [
        each.name for each in table.schema if pa.types.is_string(each.type) or pa.types.is_large_string(each.type)
    ]
    frame: pd.DataFrame = table.to_pandas(categories=[name for name in texts if name not in KEYS])
    return frame
