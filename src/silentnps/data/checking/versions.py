"""Rows that are written again later: from when to when the values of each version were the latest known.

A table that is updated in place says in `known_at` since when its values have been known; one that keeps versions
has several rows of one key with different `known_at`. A row without `known_at` has been known since its own clock.
"""

from __future__ import annotations

from collections.abc import Collection

import ibis
import ibis.expr.types as ir

from silentnps.schema import KNOWN_AT, TABLES, Table

SUPERSEDED_AT = "superseded_at"
"""When the next version of the same row became known; null of the latest one."""


def filled(table: Table, rows: ir.Table) -> ir.Table:
    """Return the rows with the clock in place of a missing `known_at`."""
    if KNOWN_AT not in rows.columns:
        return rows
    return rows.mutate(**{KNOWN_AT: rows[KNOWN_AT].coalesce(rows[table.clock])})


def with_versions(name: str, rows: ir.Table) -> ir.Table:
    """Add SUPERSEDED_AT to the rows of a table with `known_at`; return any other, and one that has it, as it is.

    Versions of a row have the same key (`row_id` in a table without its own), or without one the same natural key.
    Rows known at the same moment are not versions of each other.
    """
    if KNOWN_AT not in rows.columns or SUPERSEDED_AT in rows.columns:
        return rows
    table = TABLES[name]
    rows = filled(table, rows)
    later = ibis.window(
        group_by=_same_row(table, rows.columns), order_by=KNOWN_AT, range=(ibis.interval(microseconds=1), None)
    )
    return rows.mutate(**{SUPERSEDED_AT: rows[KNOWN_AT].min().over(later)})


def version_columns(name: str, columns: Collection[str]) -> set[str]:
    """Return the columns that tell versions of a row, and since when they are known; none without `known_at`."""
    table = TABLES[name]
    return {KNOWN_AT, str(table.clock), *_same_row(table, columns)} if KNOWN_AT in columns else set()


def _same_row(table: Table, columns: Collection[str]) -> tuple[str, ...]:
    return table.key_in(columns) or tuple(key for key in table.natural_key if key in columns)


def latest(name: str, rows: ir.Table) -> ir.Table:
    """Return the last version of each row; a table without `known_at` as it is."""
    if KNOWN_AT not in rows.columns:
        return rows
    versions = with_versions(name, rows)
    return versions.filter(versions[SUPERSEDED_AT].isnull()).drop(SUPERSEDED_AT)


def known_before(rows: ir.Table, moment: ir.TimestampValue) -> list[ir.BooleanValue]:
    """Return the conditions of the version that was known before a moment, of rows of `with_versions`."""
    if SUPERSEDED_AT not in rows.columns:
        return []
    replaced = rows[SUPERSEDED_AT]
    return [rows[KNOWN_AT] < moment, replaced.isnull() | (replaced >= moment)]
