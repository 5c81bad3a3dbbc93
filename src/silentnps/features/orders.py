"""Features of orders: recency, frequency, money and rhythm. Deliveries are in `delivery`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import ibis
import ibis.expr.types as ir

from silentnps.data.schema import KNOWN_AT, MINOR_UNITS
from silentnps.features.catalog import feature
from silentnps.features.windows import calendar_days_ago, count_within, days_since_last, flag, share, within

_driver = partial(feature, "orders", role="response driver")
_recency = partial(_driver, family="recency", unit="days")
_frequency = partial(_driver, family="frequency")
_rhythm = partial(_driver, family="rhythm")
_money = partial(_driver, family="monetary", unit="currency")


def with_gaps(tables: Mapping[str, ir.Table]) -> ir.Table:
    """Return the orders with `gap_days`, the calendar days since the customer's order before (null for the first).

    Orders of one day are one visit: their gap is 0 and no feature of rhythm counts it. Orders with `known_at` come
    back as they are: which one was before depends on the moment, see `with_gaps_as_known`.
    """
    orders = tables["orders"]
    return orders if KNOWN_AT in orders.columns else _gaps(orders, ["customer_id"])


def with_gaps_as_known(events: ir.Table) -> ir.Table:
    """Add `gap_days` to orders with `known_at`, among those that count at each as_of."""
    return _gaps(events, ["customer_id", "as_of"]) if KNOWN_AT in events.columns else events


def _gaps(orders: ir.Table, group: list[str]) -> ir.Table:
    before = orders.ordered_at.lag().over(ibis.window(group_by=group, order_by="ordered_at"))
    return orders.mutate(gap_days=orders.ordered_at.date().delta(before.date(), unit="day"))


@_recency(words="days since the last order")
def orders_days_since_last(events: ir.Table) -> ir.Value:
    """Days from the last order to as_of."""
    return days_since_last(events)


@_frequency(unit="orders", empty=0, words="orders in the last 30 days")
def orders_count_30d(events: ir.Table) -> ir.Value:
    """Orders in the last 30 days."""
    return count_within(events, 30)


@_frequency(unit="orders", empty=0, words="orders in the last 90 days")
def orders_count_90d(events: ir.Table) -> ir.Value:
    """Orders in the last 90 days."""
    return count_within(events, 90)


@_frequency(unit="orders", empty=0, words="orders in the last 180 days")
def orders_count_180d(events: ir.Table) -> ir.Value:
    """Orders in the last 180 days."""
    return count_within(events, 180)


@_frequency(unit="orders", empty=0, words="orders in the last year")
def orders_count_365d(events: ir.Table) -> ir.Value:
    """Orders in the last 365 days."""
    return count_within(events, 365)


@_frequency(unit="orders", empty=0, words="orders so far")
def orders_count_total(events: ir.Table) -> ir.Value:
    """Orders before as_of."""
    return events.count()


@_frequency(unit="flag", empty=0, words="has bought exactly once")
def orders_single_purchase(events: ir.Table) -> ir.Value:
    """1 if there is exactly one order before as_of, else 0."""
    return flag(events.count() == 1)


@_money(empty=0, words="spend so far")
def orders_amount_total(events: ir.Table) -> ir.Value:
    """Sum of the amounts of the orders before as_of."""
    return events.amount.sum() / MINOR_UNITS


@_money(empty=0, words="spend in the last year")
def orders_amount_365d(events: ir.Table) -> ir.Value:
    """Sum of the amounts of the orders of the last 365 days."""
    return events.amount.sum(where=within(events, 365)) / MINOR_UNITS


@_money(words="average order value")
def orders_average_amount(events: ir.Table) -> ir.Value:
    """Mean amount of the orders before as_of."""
    return events.amount.sum() / events.count() / MINOR_UNITS


@_driver(
    family="monetary",
    unit="share",
    actionable=True,
    columns=("discount",),
    words="share of the full price that was discounted in the last year",
)
def orders_discount_share_365d(events: ir.Table) -> ir.Value:
    """Discounts over amounts plus discounts, of the orders of the last 365 days."""
    discount = events.discount.sum(where=within(events, 365)).fill_null(0)
    return share(discount, discount + events.amount.sum(where=within(events, 365)))


@_rhythm(unit="days", words="usual days between purchases")
def orders_median_gap_days(events: ir.Table) -> ir.Value:
    """Median of the days between successive days with an order."""
    return events.gap_days.median(where=events.gap_days > 0)


@_rhythm(unit="ratio", words="time since the last order against the usual gap")
def orders_overdue_ratio(events: ir.Table) -> ir.Value:
    """Days since the last order over the median gap: above 1 the next order is overdue."""
    return days_since_last(events) / events.gap_days.median(where=events.gap_days > 0)


@_rhythm(unit="flag", empty=0, words="has bought again within 180 days")
def orders_repeat_within_180d(events: ir.Table) -> ir.Value:
    """1 if any order came on a later day, at most 180 days after the order before it, else 0."""
    return flag(events.gap_days.between(1, 180).any().fill_null(False))


@_rhythm(unit="days with an order", empty=0, words="days with a repeat order")
def orders_repeat_days(events: ir.Table) -> ir.Value:
    """Days with an order after the first such day: the frequency of BG/NBD."""
    return events.count(where=events.gap_days > 0)


@_rhythm(unit="days", words="days from the first to the last order")
def orders_recency_days(events: ir.Table) -> ir.Value:
    """Calendar days from the first order to the last: the recency of BG/NBD."""
    days_ago = calendar_days_ago(events, events.ordered_at)
    return days_ago.max() - days_ago.min()


@_rhythm(unit="days", words="days since the first order")
def orders_age_days(events: ir.Table) -> ir.Value:
    """Calendar days from the first order to as_of: the age of BG/NBD."""
    return calendar_days_ago(events, events.ordered_at).max()
