"""Customers who opted out or were forgotten: who they are, and tables and populations without them."""

from __future__ import annotations

from collections.abc import Collection

import ibis
import ibis.expr.types as ir
from ibis.util import gen_name

OPTED_OUT = "opted_out"


def opted_out_of(customers: ir.Table) -> ir.Table | None:
    """Return the ids of the customers who opted out, column customer_id; None if the table does not say."""
    if OPTED_OUT not in customers.columns:
        return None
    return customers.filter(customers.opted_out.fill_null(False)).select("customer_id")


def ids_of(table: ir.Table) -> list[str]:
    """Return the distinct ids in a table, none if it has no customers."""
    if "customer_id" not in table.columns:
        return []
    ids = table.select("customer_id").distinct().to_pandas()["customer_id"]
    return [str(each) for each in ids.dropna()]


def n_rows_with_id(table: ir.Table, customer_id: str) -> int:
    """Return how many rows of a table are a customer's."""
    if "customer_id" not in table.columns:
        return 0
    return int(table.filter(table.customer_id == customer_id).count().execute())


def without_ids(table: ir.Table, ids: Collection[str]) -> ir.Table:
    """Return a table without the rows of some customers."""
    if not ids or "customer_id" not in table.columns:
        return table
    return table.filter((~table.customer_id.isin(sorted(ids))).fill_null(True))


def without_answers(population: ir.Table, out: ir.Table) -> tuple[ir.Table, int, int]:
    """Return the population in which some customers never were invited and did not answer, stored as it was.

    Also returned are how many of them are in it, and how many answers they gave.
    """
    marked = out.mutate(silentnps_out=ibis.literal(True))
    joined = population.left_join(marked, "customer_id").select(*population.columns, "silentnps_out")
    objects = joined.silentnps_out.fill_null(False)
    theirs = joined.filter(objects)
    counts = theirs.aggregate(n=theirs.customer_id.nunique(), answers=theirs.respondent.cast("int64").sum())
    n, answers = (0 if value is None else int(value) for value in counts.to_pyarrow().to_pylist()[0].values())
    if not n:
        return population, 0, 0
    changed = joined.mutate(
        invited=joined.invited & ~objects,
        respondent=joined.respondent & ~objects,
        rating=objects.ifelse(ibis.null("float64"), joined.rating),
        reminders=objects.ifelse(ibis.null("float64"), joined.reminders),
    )
    connection = population.get_backend()
    stored = connection.create_table(gen_name("population"), changed.select(*population.columns), temp=True)
    return stored, n, answers
