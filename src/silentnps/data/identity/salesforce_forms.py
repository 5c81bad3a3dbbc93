"""Customers' ids of Salesforce in the form that the table of customers has, of 15 or of 18 characters."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from silentnps.data.files.duckdb_errors import quote
from silentnps.data.findings import Note
from silentnps.data.reading.keys import CUSTOMER_ID
from silentnps.data.values.salesforce_ids import is_long, is_short, long_form, short_form


def in_form_of_customers(
    backend: Backend, tables: Mapping[str, ir.Table], identified_by: Collection[str]
) -> tuple[dict[str, ir.Table], list[Note]]:
    """Return tables whose ids of customers have the length of those in `customers`, and what was changed.

    Tables that another key identifies, named in `identified_by`, stay as they are, as does everything where not
    all ids of `customers` are of one form.
    """
    changed = dict(tables)
    length = _length(backend, tables["customers"]) if "customers" in tables else None
    if length is None:
        return changed, []
    differs, form = (is_long, short_form) if length == 15 else (is_short, long_form)
    notes = []
    for name, table in tables.items():
        if name == "customers" or name in identified_by or CUSTOMER_ID not in table.columns:
            continue
        n = _count(backend, table, differs(CUSTOMER_ID))
        if n:
            changed[name] = _replaced(backend, name, table, form(CUSTOMER_ID))
            other = 33 - length
            words = f"{n:,} ids of Salesforce have {other} characters, and are read as those of {length}"
            notes.append(Note.of(name, f"{words}, which customers have."))
    return changed, notes


def _length(backend: Backend, customers: ir.Table) -> int | None:
    """Return the length of the customers' ids, 15 or 18, if all can be of Salesforce; else None."""
    tests = f"bool_and({is_short(CUSTOMER_ID)}), bool_and({is_long(CUSTOMER_ID)})"
    sql = f"SELECT {tests} FROM {_rows(backend, customers)} WHERE {CUSTOMER_ID} IS NOT NULL"
    ((short, long),) = backend.raw_sql(sql).fetchall()
    return 15 if short else 18 if long else None


def _count(backend: Backend, table: ir.Table, condition: str) -> int:
    ((n,),) = backend.raw_sql(f"SELECT count(*) FROM {_rows(backend, table)} WHERE {condition}").fetchall()
    return int(n)


def _replaced(backend: Backend, name: str, table: ir.Table, ids: str) -> ir.Table:
    view = f"silentnps ids {name}"
    rows = _rows(backend, table)
    backend.raw_sql(f"CREATE VIEW {quote(view)} AS SELECT * REPLACE ({ids} AS {CUSTOMER_ID}) FROM {rows}")
    return backend.table(view)


def _rows(backend: Backend, table: ir.Table) -> str:
    return f"({backend.compile(table)})"
