"""Data frames written as Parquet, independently of the warning filters of the process.

All threads share those filters: pandas uses one to silence a warning of pyarrow on times with a zone, and another
thread that leaves a `warnings.catch_warnings` block removes it. Here times are passed to Arrow as UTC without a
zone, and get their zone there.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


def arrow_table(frame: pd.DataFrame) -> pa.Table:
    """Return a frame as an Arrow table without its index; times keep their unit and zone."""
    zones = {place: dtype for place, dtype in enumerate(frame.dtypes) if isinstance(dtype, pd.DatetimeTZDtype)}
    plain = frame.copy(deep=False)
    for place in zones:
        plain.isetitem(place, frame.iloc[:, place].dt.tz_convert(None))
    table = pa.Table.from_pandas(plain, preserve_index=False)
    for place, dtype in zones.items():
        zoned = table.column(place).cast(pa.timestamp(dtype.unit, _name(dtype)))
        table = table.set_column(place, table.column_names[place], zoned)
    return table


def write_parquet(
    frame: pd.DataFrame, path: Path, *, compression: str = "snappy", row_group_size: int | None = None
) -> None:
    """Write a frame as Parquet, without its index."""
    pq.write_table(arrow_table(frame), path, compression=compression, row_group_size=row_group_size)


def _name(dtype: pd.DatetimeTZDtype) -> str:
    """Return Arrow's name of a time zone."""
    return str(pa.lib.tzinfo_to_string(dtype.tz))
