"""Rows that occur in a table more than once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

from silentnps.data.files.duckdb_errors import guarded

_COPY = "silentnps_copy"

_HASHES_AT_ONCE = 2**27
_BATCH = 1_000_000

Hashes = npt.NDArray[np.int64]


def n_and_distinct(rows: ir.Table, columns: list[str], *, most: int | None = None) -> tuple[int, int]:
    """Count the rows, and those that do not repeat an earlier one in these columns.

    Rows with different hashes are different; only where two hashes are equal are the values themselves compared,
    which takes several times the memory. Hashes are sorted, which takes two thirds of the time and of the memory of
    looking each of them up; those of a table of very many rows a part at a time. There are at most `most` rows;
    None: they are counted first.
    """
    most = int(rows.count().execute()) if most is None else most
    hashed = rows.select(**{_COPY: _hash_of(rows, columns)})
    parts = 1 << (most // _HASHES_AT_ONCE).bit_length()
    n, distinct = 0, 0
    for part in range(parts):
        some = hashed if parts == 1 else hashed.filter((hashed[_COPY] & (parts - 1)) == part)
        of_part = _of_hashes(some, most)
        n, distinct = n + of_part[0], distinct + of_part[1]
    if n == distinct:
        return n, distinct
    groups = rows.group_by(columns).aggregate(**{_COPY: rows.count()})
    counts = groups.aggregate(n=groups[_COPY].sum().fill_null(0), distinct=groups.count())
    (found,) = counts.to_pyarrow().to_pylist()
    return int(found["n"]), int(found["distinct"])


def _of_hashes(hashed: ir.Table, most: int) -> tuple[int, int]:
    """Count the hashes, of which there are no more than `most`, and the different ones, by a core for each half."""
    hashes = np.empty(most, dtype=np.int64)
    start, end = 0, most
    for batch in _batches(hashed):
        low = batch < 0
        below, above = batch[low], batch[~low]
        hashes[start : start + below.size] = below
        hashes[end - above.size : end] = above
        start, end = start + below.size, end - above.size
    with ThreadPoolExecutor(2) as pool:
        distinct = sum(pool.map(_n_different, (hashes[:start], hashes[end:])))
    return start + most - end, distinct


def _batches(hashed: ir.Table) -> Iterator[Hashes]:
    backend: Any = hashed.get_backend()
    with guarded("a table"):
        for batch in backend.con.sql(backend.compile(hashed)).to_arrow_reader(_BATCH):
            yield batch.column(0).to_numpy()


def _n_different(hashes: Hashes) -> int:
    hashes.sort()
    return int(np.count_nonzero(hashes[1:] != hashes[:-1])) + min(hashes.size, 1)


def _hash_of(rows: ir.Table, columns: list[str]) -> ir.IntegerColumn:
    if len(columns) == 1:
        return rows[columns[0]].hash()
    return ibis.struct({name: rows[name] for name in columns}).hash()


def repeats_of(rows: ir.Table, columns: list[str], *, row: str) -> ir.Table:
    """Return the rows that repeat an earlier one in these columns; `row` is the column of row numbers."""
    return _count_copies(rows, columns, row).filter(ibis._[_COPY] > 0).drop(_COPY)


def first_of_each(rows: ir.Table, columns: list[str], *, row: str) -> ir.Table:
    """Return the rows without those that repeat an earlier one in these columns."""
    return _count_copies(rows, columns, row).filter(ibis._[_COPY] == 0).drop(_COPY)


def _count_copies(rows: ir.Table, columns: list[str], row: str) -> ir.Table:
    return rows.mutate(**{_COPY: ibis.row_number().over(group_by=columns, order_by=row)})
