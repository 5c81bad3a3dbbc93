"""Rows that occur in a table more than once."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import numpy as np
from ibis.util import gen_name

from silentnps.numerics.arrays import Integers

_COPY = "silentnps_copy"

_HASHES_AT_ONCE = 2**24


def n_and_distinct(rows: ir.Table, columns: list[str], *, most: int = 0) -> tuple[int, int]:
    """Count the rows, and those that do not repeat an earlier one in these columns.

    Rows with different hashes are different; only where two hashes are equal are the values themselves compared,
    which takes several times the memory. DuckDB holds all hashes that it compares: those of a table of about `most`
    rows are stored, and compared a part at a time.
    """
    hashes = rows.select(**{_COPY: rows[columns[0]].hash() if len(columns) == 1 else _hash_of(rows, columns)})
    parts = 1 << max(0, (most // _HASHES_AT_ONCE).bit_length())
    stored = gen_name("hashes") if parts > 1 else None
    if stored:
        hashes = rows.get_backend().create_table(stored, hashes, temp=True)
    n, distinct = 0, 0
    for part in range(parts):
        some = hashes.filter((hashes[_COPY] & (parts - 1)) == part) if stored else hashes
        values = some[_COPY].to_pyarrow().to_numpy()
        n, distinct = n + len(values), distinct + _n_distinct(values)
    if stored:
        rows.get_backend().raw_sql(f"DROP TABLE {stored}")
    if n == distinct:
        return n, distinct
    groups = rows.group_by(columns).aggregate(**{_COPY: rows.count()})
    return _two(groups.aggregate(n=groups[_COPY].sum().fill_null(0), distinct=groups.count()))


def _n_distinct(values: Integers) -> int:
    """Count the different values; sorting takes a small part of the time and memory of a hash table."""
    ordered = np.sort(values)
    return int(np.count_nonzero(ordered[1:] != ordered[:-1])) + min(len(ordered), 1)


def _two(counts: ir.Table) -> tuple[int, int]:
    (found,) = counts.to_pyarrow().to_pylist()
    return int(found["n"]), int(found["distinct"])


def _hash_of(rows: ir.Table, columns: list[str]) -> ir.IntegerColumn:
    return ibis.struct({name: rows[name] for name in columns}).hash()


def repeats_of(rows: ir.Table, columns: list[str], *, row: str) -> ir.Table:
    """Return the rows that repeat an earlier one in these columns; `row` is the column of row numbers."""
    return _count_copies(rows, columns, row).filter(ibis._[_COPY] > 0).drop(_COPY)


def first_of_each(rows: ir.Table, columns: list[str], *, row: str) -> ir.Table:
    """Return the rows without those that repeat an earlier one in these columns."""
    return _count_copies(rows, columns, row).filter(ibis._[_COPY] == 0).drop(_COPY)


def _count_copies(rows: ir.Table, columns: list[str], row: str) -> ir.Table:
    return rows.mutate(**{_COPY: ibis.row_number().over(group_by=columns, order_by=row)})
