"""Built features read in batches of a fixed number of rows, so that a base may be larger than memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from silentnps.features.engine.expressions import KEYS

_READ_ROWS = 50_000


def feature_batches(path: Path, wave: str, *, rows: int) -> Iterator[pd.DataFrame]:
    """Yield the rows of a wave in the order of the files, `rows` at a time; the last batch has the rest.

    `path` is a file of features or a folder of them. Features that are text become categories. The batches depend
    only on the rows and their order, not on how they are divided into files.

    Raises
    ------
    OSError, ValueError
        If the files cannot be read.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> features = pd.DataFrame({"customer_id": ["a", "b", "c"], "wave": "2025-Q1", "orders_count_90d": 2.0})
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "features.parquet"
    ...     features.to_parquet(path)
    ...     [list(batch["customer_id"]) for batch in feature_batches(path, "2025-Q1", rows=2)]
    [['a', 'b'], ['c']]
    """
    yield from frames_of(_record_batches(path, wave), rows=rows)


def feature_columns(path: Path, wave: str, columns: Sequence[str]) -> pd.DataFrame:
    """Return some columns of all rows of a wave, in the order of `feature_batches`; errors as there."""
    batches = [batch for batch in _record_batches(path, wave, list(columns)) if batch.num_rows]
    return _frame(pa.Table.from_batches(batches)) if batches else pd.DataFrame(columns=list(columns))


def _record_batches(path: Path, wave: str, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a wave, one row group after the other: a scanner of many files reads far ahead."""
    files, in_wave = ds.dataset(path, format="parquet"), pc.field("wave") == wave
    for file in files.get_fragments(filter=in_wave):
        for group in file.split_by_row_group(filter=in_wave, schema=files.schema):
            yield from group.to_table(schema=files.schema, columns=columns, filter=in_wave).to_batches(_READ_ROWS)


def frames_of(batches: Iterable[pa.RecordBatch], *, rows: int) -> Iterator[pd.DataFrame]:
    """Yield the rows of the batches as frames of `rows` each; the last one has the rest."""
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
    """Return the first and the last `as_of` of a wave, None if it has no rows; errors as `feature_batches`."""
    batches = _record_batches(path, wave, ["as_of"])
    bounds = [pc.min_max(batch.column("as_of")).as_py() for batch in batches if batch.num_rows]
    if not bounds:
        return None
    return min(bound["min"] for bound in bounds), max(bound["max"] for bound in bounds)


def waves_of(path: Path) -> list[str]:
    """Return the waves of built features, in order; errors as `feature_batches`."""
    files = ds.dataset(path, format="parquet").get_fragments()
    found = (pc.unique(file.to_table(columns=["wave"]).column("wave")).to_pylist() for file in files)
    return sorted({str(wave) for waves in found for wave in waves})


def n_rows_of(path: Path, wave: str) -> int:
    """Return the number of rows of a wave; errors as `feature_batches`."""
    return sum(batch.num_rows for batch in _record_batches(path, wave, ["as_of"]))


def _frame(table: pa.Table) -> pd.DataFrame:
    texts = [
        column.name
        for column in table.schema
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    ]
    frame: pd.DataFrame = table.to_pandas(categories=[name for name in texts if name not in KEYS])
    return frame
