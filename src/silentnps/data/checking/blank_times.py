"""Times of what may still happen that are blank in every row: nobody records them.

A blank `closed_at` says that a case is open, and a blank `fulfilled_at` that an order waits. Where no row of a
table has one, the program that wrote it does not record them, and every case would stay open for ever.
"""

from __future__ import annotations

import ibis.expr.types as ir

from silentnps.data.findings import Finding
from silentnps.schema import HAPPENED

_FEWEST = 30
"""From this many rows on it is no chance that nothing has happened yet."""

_CURE = (
    "No row has one, so it counts as not recorded, not as what never happened: features of it are missing. Export "
    "the column if there is one."
)


def without_blank_times(table: str, rows: ir.Table, n_rows: int) -> tuple[ir.Table, list[Finding]]:
    """Return a table of `n_rows` without the times of `schema.HAPPENED` that no row has, and what was left out."""
    there = [name for name in HAPPENED if name in rows.columns]
    if not there or n_rows < _FEWEST:
        return rows, []
    filled = rows.aggregate(**{name: rows[name].count() for name in there}).execute().iloc[0]
    blank = [name for name in there if not filled[name]]
    found = [Finding(table, name, "a time in some row", "note", n_rows, (), _CURE, "column") for name in blank]
    return (rows.drop(*blank) if blank else rows), found
