"""Several answers of one customer at one moment, or on one day without times: the last in the file counts.

Which of them counts must not depend on what they say: the lowest rating, for one, would pull the score down.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from silentnps.data.checking.duplicates import n_and_distinct
from silentnps.schema import KNOWN_AT, TABLES

TIED = ("responses", "follow_up")
"""The tables of which one row per customer and moment counts."""

TIE_RULE = "different in each answer of a customer"
TIE_CURE = "Of answers at one moment, or on one day without times, the last in the file counts. Give them times."

_LAST = "silentnps_last"
_PLACE = "silentnps_place"


def last_of_moment(name: str, rows: ir.Table, *, row: str | None = None) -> ir.Table:
    """Return the rows of a table without those that a later row of the same customer and moment replaces.

    Versions of an answer are not at one moment, nor are a relational answer and another, a call that was answered
    and one that was not. Tables of which all rows count are returned as they are.

    Parameters
    ----------
    row
        The column with the places of rows in the file; without it the rows are in the file's order.
    """
    return _by_place(name, rows, row, last=True)


def replaced_at_moment(name: str, rows: ir.Table, *, row: str) -> ir.Table:
    """Return the rows that `last_of_moment` leaves out."""
    return _by_place(name, rows, row, last=False)


def n_moments(name: str, rows: ir.Table, *, most: int = 0) -> int | None:
    """Count the rows that `last_of_moment` keeps; None of a table of which all rows count.

    `most` is about how many rows there are, as in `n_and_distinct`.
    """
    if name not in TIED:
        return None
    same = {f"same_{i}": value for i, value in enumerate(_same(name, rows))}
    return n_and_distinct(rows.select(**same), list(same), most=most)[1]


def _by_place(name: str, rows: ir.Table, row: str | None, *, last: bool) -> ir.Table:
    if name not in TIED:
        return rows
    placed = rows if row else rows.mutate(**{_PLACE: ibis.row_number()})
    same = ibis.window(group_by=_same(name, placed), order_by=ibis.desc(row or _PLACE))
    ranked = placed.mutate(**{_LAST: ibis.row_number().over(same)})
    return ranked.filter((ranked[_LAST] == 0) == last).select(rows.columns)


def _same(name: str, rows: ir.Table) -> list[ir.Value]:
    """Return what rows have in common of which one counts."""
    clock = rows[str(TABLES[name].clock)]
    same: list[ir.Value] = [rows.customer_id, clock]
    if KNOWN_AT in rows.columns:
        same.append(rows[KNOWN_AT].coalesce(clock))
    if "survey_type" in rows.columns:
        same.append((rows.survey_type.strip().lower() == "relational").fill_null(False))
    if name == "follow_up" and "rating" in rows.columns:
        same.append(rows.rating.isnull())
    return same
