"""Features of the customers themselves: tenure, and the attributes in the table of customers."""

from __future__ import annotations

from collections.abc import Collection

import ibis
import ibis.expr.types as ir

from silentnps.errors import DataError
from silentnps.features.catalog import CATALOG, feature
from silentnps.features.windows import SECONDS_PER_DAY, flag
from silentnps.schema import TABLES

RESERVED = ("wave", "as_of", "invited", "respondent", "rating", "reminders", "wave_starts_at", "silentnps_earlier")
"""Columns of the population; no attribute may have such a name, in upper or lower case."""


@feature(
    "customers",
    family="tenure",
    unit="days",
    role="response driver",
    columns=("signed_up_at",),
    words="days as a customer",
)
def customers_tenure_days(events: ir.Table) -> ir.Value:
    """Days from signing up to as_of; unknown where the date is missing or not before as_of."""
    return events.seconds_ago.max() / SECONDS_PER_DAY


TENURE_BANDS = (90, 365, 3 * 365)
"""The days of tenure at which each next band begins."""


@feature(
    "customers",
    family="tenure",
    unit="band",
    role="neither",
    inputs=("customers_tenure_days",),
    words="band of time as a customer",
)
def customers_tenure_band(built: ir.Table) -> ir.Value:
    """0 below 90 days as a customer, 1 below one year, 2 below three years (of 365 days), then 3."""
    first, second, third = (flag(built.customers_tenure_days >= days) for days in TENURE_BANDS)
    return first + second + third


@feature(
    "customers",
    "orders",
    family="tenure",
    unit="days",
    role="neither",
    inputs=("customers_tenure_days", "orders_days_since_first"),
    words="days from signing up to the first order",
)
def customers_days_to_first_order(built: ir.Table) -> ir.Value:
    """Days from signing up to the first order; below 0 where the order came first."""
    return built.customers_tenure_days - built.orders_days_since_first


def attribute_names(customers: ir.Table) -> tuple[str, ...]:
    """Return the columns of customers that are used as features as they are: numbers, booleans and text.

    Examples
    --------
    >>> attribute_names(ibis.memtable({"customer_id": ["a"], "region": ["north"], "points": [3]}))
    ('region', 'points')
    """
    canonical = {column.name for column in TABLES["customers"].columns}
    schema = customers.schema()
    return tuple(
        name
        for name, dtype in schema.items()
        if name not in canonical and (dtype.is_numeric() or dtype.is_boolean() or dtype.is_string())
    )


def check_attributes(names: tuple[str, ...]) -> None:
    """Refuse attributes named like a column of the population or a feature of the catalogue."""
    taken = [name for name in names if name.lower() in {*RESERVED, *CATALOG}]
    if taken:
        raise DataError(f"customers: a column must not have the name of a feature; got {taken[0]!r}. Rename it.")


def attribute_values(customers: ir.Table, names: Collection[str]) -> ir.Table:
    """Return customer_id and the named attributes, each as float64 or as text.

    Booleans become the texts "true" and "false"; null stays null.
    """
    return customers.select("customer_id", **{name: _number_or_text(customers[name]) for name in names})


def _number_or_text(column: ir.Value) -> ir.Value:
    if column.type().is_boolean():
        return ibis.cases((column, "true"), (~column, "false"))  # not ifelse, which treats null as false
    return column.cast("float64") if column.type().is_numeric() else column.cast("string")
