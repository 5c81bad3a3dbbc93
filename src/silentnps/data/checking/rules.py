"""What can be wrong with a row of a canonical table, each rule as an expression on the table."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

from silentnps.data.findings import Effect
from silentnps.data.reading.currencies import CURRENCY, has_money
from silentnps.schema import HAPPENED, KEY_MATCH, KNOWN_AT, PLANNED, ROW_ID, Column, Table

IN_ORDER = (
    ("responses", "invited_at", "responded_at"),
    ("orders", "ordered_at", "promised_at"),
    ("orders", "ordered_at", "fulfilled_at"),
    ("orders", "ordered_at", "delivered_at"),
    ("outreach", "sent_at", "replied_at"),
    ("support", "opened_at", "first_response_at"),
    ("support", "opened_at", "closed_at"),
    ("referrals", "referred_at", "converted_at"),
    ("campaigns", "starts_at", "ends_at"),
)
"""Table, and two columns of which the first must not be later than the second. One of them is optional."""

IN_CUSTOMERS = "in the table customers"
"""The rule that orphans break."""

_UNANSWERED = "remove the rows: an unanswered invitation belongs into the table invitations."
_NOT_REACHED = "leave them empty where the customer did not answer the call."
_TOLERANCE = timedelta(days=1)


def of_somebody(key: str) -> str:
    """Return the rule that rows break whose key belongs to no customer."""
    return f"the {key} of a customer"


def of_one(key: str) -> str:
    """Return the rule that rows break whose key belongs to several customers."""
    return f"the {key} of one customer only"


@dataclass(frozen=True)
class Rule:
    """One rule of one column. `bad` gives, for a table, a boolean that is true in a bad row; null is not bad.

    A value that `stays` is left in its column, where it says itself that it is unknown: see `schema.HAPPENED`.
    """

    column: str
    rule: str
    effect: Effect
    cure: str
    bad: Callable[[ir.Table], ir.BooleanValue]
    stays: bool = False


def rules_of(
    table: Table,
    columns: Collection[str],
    *,
    customers: ir.Table | None,
    now: datetime | None,
    earliest: date | None = None,
    identified_by: str | None = None,
) -> list[Rule]:
    """Return the rules of a table's columns that can be judged row by row.

    A bad value sets its row aside where the column is required, and is treated as unknown where it is optional.
    `customers` holds the customers that exist; `now` is in UTC without zone, and None leaves the future alone, as
    `earliest` does the past. `identified_by` is the key that was looked up for the table's customer_id.
    """
    present = [column for column in table.columns if column.name in columns]
    rules = [rule for column in present for rule in _column_rules(table, column, now, earliest)]
    rules += [
        _in_order(table, earlier, later)
        for name, earlier, later in IN_ORDER
        if name == table.name and {earlier, later} <= set(columns)
    ]
    if has_money(table, columns) and CURRENCY in columns:
        rules.append(_currency(table))
    if identified_by is not None:
        rules += [_of_somebody(identified_by, customers), _of_one(identified_by)]
    elif customers is not None and "customer_id" in columns:
        rules.append(_orphan(customers))
    return rules


def _column_rules(table: Table, column: Column, now: datetime | None, earliest: date | None) -> list[Rule]:
    if column.name == "rating":
        return [_rating(column)]
    rules = [_blank(column)] if column.required or column.name == ROW_ID else []
    if column.name == KNOWN_AT:
        rules.append(_not_dated(str(table.clock)))
    if column.low is not None:
        rules.append(_bounds(column, column.low))
    if column.kind == "time" and column.name not in PLANNED and now is not None:
        rules.append(_future(column, now))
    if column.kind == "time" and earliest is not None:
        rules.append(_long_past(column, earliest))
    return rules


def _rating(column: Column) -> Rule:
    low, high = column.low, column.high
    # Of an optional rating null says that nobody answered; a rating that is none must not be read as that.
    words, cure = ("", _UNANSWERED) if column.required else (", or empty", _NOT_REACHED)
    return Rule(
        column.name,
        f"a whole number from {low} to {high}{words}",
        "stop",
        f"Correct these ratings, or {cure}",
        lambda t: (t[column.name].isnull() & column.required) | ~t[column.name].between(low, high),
    )


def _blank(column: Column) -> Rule:
    return Rule(
        column.name,
        "present",
        "row",
        "The rows are set aside. Fill in the missing values.",
        lambda t: t[column.name].isnull() & (t[KEY_MATCH].isnull() if KEY_MATCH in t.columns else True),
    )


def _not_dated(clock: str) -> Rule:
    return Rule(
        KNOWN_AT,
        "present",
        "note",
        f"The rows count as known since {clock}. Fill in the missing times.",
        lambda t: t[KNOWN_AT].isnull() & t[clock].notnull(),
    )


def _currency(table: Table) -> Rule:
    money = [column.name for column in table.columns if column.kind == "money"]

    def bad(t: ir.Table) -> ir.BooleanValue:
        amounts = reduce(or_, (t[name].notnull() for name in money if name in t.columns))
        return t[CURRENCY].isnull() & amounts & t[CURRENCY].max().as_scalar().notnull()

    cure = "The rows are set aside: money is not guessed. Fill in the missing codes."
    return Rule(CURRENCY, "present where others are", "row", cure, bad)


def _bounds(column: Column, low: float) -> Rule:
    return Rule(
        column.name,
        f"at least {low}",
        *_consequence(column, "Correct the values; refunds belong into the table returns."),
        lambda t: t[column.name] < low,
    )


def _future(column: Column, now: datetime) -> Rule:
    # A date of today counts as the end of its day, which is later than now.
    latest = ibis.literal(now + _TOLERANCE)
    # What will be known one day must not count from its own clock on.
    consequence = replace(column, required=True) if column.name == KNOWN_AT else column
    return Rule(
        column.name,
        "no later than now",
        *_consequence(consequence, "Correct the times or the configured `timezone`."),
        lambda t: t[column.name] > latest,
    )


def _long_past(column: Column, earliest: date) -> Rule:
    first = ibis.literal(datetime.combine(earliest, time()))
    cure = "Programs write such times where none is known: leave them empty, or set `earliest`."
    return Rule(
        column.name,
        f"no earlier than {earliest}",
        *_consequence(column, cure),
        lambda t: t[column.name] < first,
        stays=column.name in HAPPENED,
    )


def _consequence(column: Column, cure: str) -> tuple[Effect, str]:
    if column.required:
        return "row", f"The rows are set aside. {cure}"
    return "value", f"The values are treated as unknown. {cure}"


def _in_order(table: Table, earlier: str, later: str) -> Rule:
    optional, other = (later, earlier) if earlier in table.required else (earlier, later)
    words = f"no earlier than {other}" if optional == later else f"no later than {other}"
    return Rule(
        optional,
        words,
        "value",
        "The values are treated as unknown. Correct the times; give both columns times, or both dates.",
        lambda t: t[later] < t[earlier],
        stays=optional in HAPPENED,
    )


def _orphan(customers: ir.Table) -> Rule:
    known = customers.customer_id
    return Rule(
        "customer_id",
        IN_CUSTOMERS,
        "row",
        "The rows are set aside. Add the customers, or remove the rows.",
        lambda t: t.customer_id.notnull() & ~t.customer_id.isin(known),
    )


def _of_somebody(key: str, customers: ir.Table | None) -> Rule:
    def bad(t: ir.Table) -> ir.BooleanValue:
        gone = ~t.customer_id.isin(customers.customer_id) if customers is not None else False
        return (t[KEY_MATCH] == "none") | (t.customer_id.notnull() & gone)

    cure = (
        f"The rows are set aside. Add their {key} to customers, or a file that has customer_id and {key} to"
        " identity.links."
    )
    return Rule("customer_id", of_somebody(key), "row", cure, bad)


def _of_one(key: str) -> Rule:
    cure = f"The rows are set aside. Nothing is guessed: give each {key} to one customer."
    return Rule("customer_id", of_one(key), "row", cure, lambda t: t[KEY_MATCH] == "several")
