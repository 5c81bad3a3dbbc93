"""How many rows of each table match a customer, by period, and which customers the tables do not share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import ibis
import ibis.expr.types as ir
import pandas as pd

from silentnps.data.identity.linked_tables import LinkedTables, unmatched_keys
from silentnps.data.reading.keys import CUSTOMER_ID
from silentnps.data.values.local_time import local_time
from silentnps.schema import KEY_MATCH, TABLES

Period = Literal["month", "quarter"]

ALL = "all"
"""Stands for all periods of a table together."""

COUNTS = ("rows", "matched", "orphans", "several", "without_key")
"""Rows, and of these: of one customer, of no customer, with a key of several customers, without a key."""

_SURVEYS = ("responses", "invitations")


@dataclass(frozen=True)
class SurveyCustomers:
    """The customers of a survey's table: how many, how many without an order, and how many keys are of nobody.

    `without_orders` is None where there is no table of orders. A key of several customers is of nobody.
    """

    table: str
    customers: int
    without_orders: int | None
    keys_of_nobody: int


def match_by_period(linked: LinkedTables, period: Period) -> pd.DataFrame:
    """Return one row per table and period, after one per table for all of it, in the order of the schema.

    Periods are in local time of `timezone`. The columns are `table`, `key`, `period`, `COUNTS` and `match_share` in
    [0, 1], NaN of an empty table. Rows whose time is unknown have an empty period.
    """
    customers = linked.tables["customers"]
    parts = [
        _matches(name, _in_local_time(name, table, linked.config.timezone), customers, linked, period)
        for name, table in linked.tables.items()
        if name != "customers" and CUSTOMER_ID in table.columns
    ]
    columns = ["table", "key", "period", *COUNTS]
    counts = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    return counts[columns].assign(match_share=counts["matched"] / counts["rows"].where(counts["rows"] > 0))


def survey_customers(linked: LinkedTables) -> list[SurveyCustomers]:
    """Return what is to be said of each table of a survey."""
    return [
        _survey_customers(name, linked, linked.tables["customers"]) for name in _SURVEYS if name in linked.tables
    ]


def _in_local_time(name: str, table: ir.Table, zone: str | None) -> ir.Table:
    """Return a table whose clock shows the local time."""
    clock = str(TABLES[name].clock)
    return table.mutate(**{clock: local_time(table[clock], zone)})


def _matches(name: str, table: ir.Table, customers: ir.Table, linked: LinkedTables, period: Period) -> pd.DataFrame:
    key = linked.identified_by.get(name, CUSTOMER_ID)
    flags = table.select(period=_period(table[str(TABLES[name].clock)], period), **_flags(table, customers))
    sums = {count: flags[count].sum().fill_null(0) for count in COUNTS[1:]}
    of_periods = flags.group_by("period").aggregate(rows=flags.count(), **sums).order_by("period").to_pandas()
    of_all = of_periods[list(COUNTS)].sum().to_frame().T.assign(period=ALL)
    counts = pd.concat([of_all, of_periods], ignore_index=True).assign(table=name, key=key)
    typed: pd.DataFrame = counts.astype(dict.fromkeys(COUNTS, "int64"))
    return typed


def _flags(table: ir.Table, customers: ir.Table) -> Mapping[str, ir.BooleanValue]:
    """Return which of `COUNTS` but the rows each row is, exactly one."""
    ids = table[CUSTOMER_ID]
    known = ids.notnull() & ids.isin(customers.filter(customers[CUSTOMER_ID].notnull())[CUSTOMER_ID])
    match = table[KEY_MATCH] if KEY_MATCH in table.columns else ids
    several = (match == "several").fill_null(False) if KEY_MATCH in table.columns else ibis.literal(False)
    blank = match.isnull()
    return {"matched": known, "orphans": ~known & ~several & ~blank, "several": several, "without_key": blank}


def _period(clock: ir.TimestampValue, period: Period) -> ir.StringValue:
    year = clock.year().cast(str)
    label = clock.strftime("%Y-%m") if period == "month" else year + "-Q" + clock.quarter().cast(str)
    return label.fill_null("")


def _survey_customers(name: str, linked: LinkedTables, customers: ir.Table) -> SurveyCustomers:
    asked = linked.tables[name].select(CUSTOMER_ID).distinct().filter(ibis._[CUSTOMER_ID].notnull())
    known = asked.semi_join(customers, CUSTOMER_ID)
    orders = linked.tables.get("orders")
    without = None if orders is None else int(known.anti_join(orders, CUSTOMER_ID).count().execute())
    n_nobody = int(asked.anti_join(customers, CUSTOMER_ID).count().execute())
    return SurveyCustomers(name, int(known.count().execute()), without, n_nobody + _keys_of_nobody(name, linked))


def _keys_of_nobody(name: str, linked: LinkedTables) -> int:
    if name not in linked.identified_by:
        return 0
    connection = linked.tables[name].get_backend()
    rows = connection.raw_sql(f"SELECT count(*) FROM {unmatched_keys(name)}")
    return int(rows.fetchall()[0][0])
