"""What customers of a year ago and new customers spent before a moment, against the same days a year before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import ibis
import ibis.expr.types as ir
import pandas as pd

from silentnps.data.checking.versions import known_before, with_versions
from silentnps.errors import ConfigError
from silentnps.schema import MINOR_UNITS, TABLES

YEAR = timedelta(days=365)
_CUSTOMERS_AT_ONCE = 2_500_000
"""Customers whose spend is summed in one query: of ten million it would take gigabytes."""

FEWEST_DAYS = 28
"""With fewer days before the moment that have their days a year before, growth is not told."""


@dataclass(frozen=True)
class SpendByOrigin:
    """Spend less refunds in `days` days before `moment`, by whose it is, and a year before, in units of currency.

    `before` is that of everybody in the same days a year before, `retained` that of customers with an order more
    than a year before the moment. The spend of others, who are new, is `earned` where their attribute says that
    they came by recommendation, and `bought` else. Refunds of unknown amount are not taken off.
    """

    moment: datetime
    days: int
    before: float
    retained: float
    earned: float
    bought: float


def spend_by_origin(
    tables: Mapping[str, ir.Table], moment: datetime, *, column: str | None = None, values: Collection[str] = ()
) -> SpendByOrigin | None:
    """Return the spend before a moment by where customers come from; None without two comparable times of it.

    The days are 365, or as many as orders reach back beyond a year: the same days of two years, so that a season
    is held against itself.

    Parameters
    ----------
    column, values
        An attribute of customers, and its values that mean a recommendation, whatever their case.

    Raises
    ------
    ConfigError
        If `column` is no attribute of customers.
    """
    if "orders" not in tables or "amount" not in tables["orders"].columns:
        return None
    customers = _with_origin(tables["customers"], column, values)
    orders = _events("orders", tables["orders"], "amount", moment)
    days = _days(orders, moment)
    if days < FEWEST_DAYS:
        return None
    flows = orders.mutate(ordered=True)
    if "returns" in tables and "refund_amount" in tables["returns"].columns:
        refunds = _events("returns", tables["returns"], "refund_amount", moment)
        flows = flows.union(refunds.mutate(amount=-refunds.amount, ordered=False))
    n_parts = -(-int(customers.count().to_pandas()) // _CUSTOMERS_AT_ONCE)
    found: Counter[str] = Counter()
    for part in range(max(n_parts, 1)):
        of_part = flows if n_parts <= 1 else flows.filter(_part_of(flows.customer_id, n_parts) == part)
        found.update(_sums(customers, of_part, moment, timedelta(days=days)))
    units = {name: found[name] / MINOR_UNITS for name in ("before", "retained", "earned", "bought")}
    return SpendByOrigin(moment, days, **units) if found["before"] > 0 else None


def _events(name: str, table: ir.Table, amount: str, moment: datetime) -> ir.Table:
    """Return the events of a table that were known before a moment: customer_id, at, amount."""
    end = ibis.literal(moment, "timestamp")
    rows = with_versions(name, table)
    at = rows[str(TABLES[name].clock)]
    rows = rows.filter(at < end, *known_before(rows, end))
    return rows.select("customer_id", at=at.cast("timestamp"), amount=rows[amount].cast("int64"))


def _days(orders: ir.Table, moment: datetime) -> int:
    first = orders.at.min().to_pandas()
    if pd.isna(first):
        return 0
    return min((moment - YEAR - pd.Timestamp(first).to_pydatetime()) // timedelta(days=1), YEAR.days)


def _with_origin(customers: ir.Table, column: str | None, values: Collection[str]) -> ir.Table:
    if column is None:
        return customers.select("customer_id", recommended=ibis.literal(False))
    if column not in customers.columns:
        raise ConfigError(
            f"value.earned.column must be an attribute of customers; got {column!r}, which is none or is left out. "
            "Correct the name."
        )
    wanted = [value.strip().lower() for value in values]
    text = customers[column].cast("string").strip().lower()
    return customers.select("customer_id", recommended=text.isin(wanted).fill_null(False))


def _part_of(customer_id: ir.Value, n_parts: int) -> ir.Value:
    """Return which of so many parts a customer is in; half of the hashes are below 0."""
    return (customer_id.hash() % n_parts + n_parts) % n_parts


def _sums(customers: ir.Table, flows: ir.Table, moment: datetime, length: timedelta) -> dict[str, int]:
    """Return the sums of `SpendByOrigin` over the customers of some flows, in minor units."""
    year_ago = ibis.literal(moment - YEAR, "timestamp")
    now = flows.at >= ibis.literal(moment - length, "timestamp")
    then = (flows.at >= ibis.literal(moment - YEAR - length, "timestamp")) & (flows.at < year_ago)
    spent = flows.group_by("customer_id").aggregate(
        first=flows.at.min(where=flows.ordered),
        now=flows.amount.sum(where=now),
        then=flows.amount.sum(where=then),
    )
    rows = spent.filter(spent["first"].notnull()).join(customers, "customer_id")
    is_new = rows["first"] >= year_ago
    row = rows.aggregate(
        before=rows["then"].sum(),
        retained=rows["now"].sum(where=~is_new),
        earned=rows["now"].sum(where=is_new & rows["recommended"]),
        bought=rows["now"].sum(where=is_new & ~rows["recommended"]),
    ).to_pandas()
    return {str(name): int(value) for name, value in row.fillna(0).iloc[0].items()}
