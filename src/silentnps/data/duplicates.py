"""Rows that are in a table more than once."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

_COPY = "silentnps_copy"


def n_repeats(rows: ir.Table, columns: list[str]) -> int:
    """Count the rows that repeat an earlier one in these columns."""
    return int(rows.count().execute()) - int(rows.select(columns).distinct().count().execute())


def repeats_of(rows: ir.Table, columns: list[str], *, row: str) -> ir.Table:
    """Return the rows that repeat an earlier one in these columns; `row` is the column of row numbers."""
    return _count_copies(rows, columns, row).filter(ibis._[_COPY] > 0).drop(_COPY)


def first_of_each(rows: ir.Table, columns: list[str], *, row: str) -> ir.Table:
    """Return the rows without those that repeat an earlier one in these columns."""
    return _count_copies(rows, columns, row).filter(ibis._[_COPY] == 0).drop(_COPY)


def _count_copies(rows: ir.Table, columns: list[str], row: str) -> ir.Table:
    return rows.mutate(**{_COPY: ibis.row_number().over(group_by=columns, order_by=row)})
