"""Features of orders: recency, frequency, money and rhythm. Deliveries are in `delivery`."""

from __future__ import annotations

from functools import partial

import ibis
import ibis.expr.types as ir

from silentnps.features.catalog import event_column, feature, summary
from silentnps.features.windows import (
    SECONDS_PER_DAY,
    count_within,
    days_since_last,
    flag,
    share,
    sum_of,
    within,
)
from silentnps.schema import MINOR_UNITS

_orders = partial(feature, "orders", role="response driver")
_recency = partial(_orders, family="recency", unit="days")
_frequency = partial(_orders, family="frequency")
_rhythm = partial(_orders, family="rhythm")
_money = partial(_orders, family="monetary", unit="currency")

_DAY_UNIT = 2**40
"""Larger than any amount in minor units."""


@event_column("orders")
def days_ago(events: ir.Table) -> ir.Value:
    """The midnights (of UTC) between an order and as_of."""
    return events.as_of.date().delta(events.ordered_at.date(), unit="day").cast("int32")


@summary("orders")
def orders_in_time(events: ir.Table) -> ir.Value:
    """The orders from the last to the first, each as its days_ago times _DAY_UNIT plus its amount.

    It is one list of numbers per customer, because a window over all orders would have to sort all of them.
    """
    return (events.days_ago * _DAY_UNIT + events.amount).collect().sort()


@summary("orders", inputs=("orders_in_time",))
def orders_gaps(built: ir.Table) -> ir.Value:
    """The gaps in days between successive days with an order, from the shortest to the longest.

    Orders on one day count as one visit, so no gap is 0.
    """
    orders = built.orders_in_time
    gaps = ibis.range(1, orders.length()).map(lambda i: orders[i] // _DAY_UNIT - orders[i - 1] // _DAY_UNIT)
    return gaps.filter(lambda gap: gap > 0).sort()


@_recency(words="days since the last order")
def orders_days_since_last(events: ir.Table) -> ir.Value:
    """Days from the last order to as_of."""
    return days_since_last(events)


@_recency(role="neither", words="days since the first order")
def orders_days_since_first(events: ir.Table) -> ir.Value:
    """Days from the first order to as_of."""
    return events.seconds_ago.max() / SECONDS_PER_DAY


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


@_money(role="neither", empty=0, words="spend in the last 90 days")
def orders_amount_90d(events: ir.Table) -> ir.Value:
    """Sum of the amounts of the orders of the last 90 days."""
    return sum_of(events.amount, within(events, 90)) / MINOR_UNITS


@_money(empty=0, words="spend in the last year")
def orders_amount_365d(events: ir.Table) -> ir.Value:
    """Sum of the amounts of the orders of the last 365 days."""
    return sum_of(events.amount, within(events, 365)) / MINOR_UNITS


@_money(words="average order value")
def orders_average_amount(events: ir.Table) -> ir.Value:
    """Mean amount of the orders before as_of."""
    return events.amount.sum() / events.count() / MINOR_UNITS


@_orders(
    role="neither",
    family="monetary",
    unit="ratio",
    words="average order value of the last 180 days against earlier ones",
)
def orders_average_amount_trend_180d(events: ir.Table) -> ir.Value:
    """Mean amount of the orders of the last 180 days over that of the orders before them; 1 is no change."""
    recent = within(events, 180)
    recent_mean = events.amount.sum(where=recent) / events.count(where=recent)
    earlier_mean = events.amount.sum(where=~recent) / events.count(where=~recent)
    return share(recent_mean, earlier_mean)


@_orders(
    family="monetary",
    unit="share",
    actionable=True,
    columns=("discount",),
    words="share of the full price that was discounted in the last year",
)
def orders_discount_share_365d(events: ir.Table) -> ir.Value:
    """Discounts over amounts plus discounts, of the orders of the last 365 days whose discount is known."""
    known = within(events, 365) & events.discount.notnull()
    discount = events.discount.sum(where=known)
    return share(discount, discount + events.amount.sum(where=known))


@_rhythm(unit="days", inputs=("orders_gaps",), words="usual days between purchases")
def orders_median_gap_days(built: ir.Table) -> ir.Value:
    """Median of the days between successive days with an order."""
    gaps, n = built.orders_gaps, built.orders_gaps.length()
    low, high = (index.cast("int32") for index in ((n - 1) // 2, n // 2))  # Spark requires 32-bit indices
    return (n > 0).ifelse((gaps[low] + gaps[high]) / 2, None)


@_rhythm(role="neither", unit="days", inputs=("orders_gaps",), words="longest pause between purchases")
def orders_longest_gap_days(built: ir.Table) -> ir.Value:
    """Most days between successive days with an order."""
    return (built.orders_gaps.length() > 0).ifelse(built.orders_gaps[built.orders_gaps.length() - 1], None)


@_rhythm(
    unit="ratio",
    inputs=("orders_days_since_last", "orders_median_gap_days"),
    words="time since the last order against the usual gap",
)
def orders_overdue_ratio(built: ir.Table) -> ir.Value:
    """Days since the last order over the median gap: above 1 the next order is overdue."""
    return built.orders_days_since_last / built.orders_median_gap_days


@_rhythm(unit="flag", empty=0, inputs=("orders_gaps",), words="has bought again within 180 days")
def orders_repeat_within_180d(built: ir.Table) -> ir.Value:
    """1 if any order came on a later day, at most 180 days after the order before it, else 0."""
    return (built.orders_gaps.length() > 0).ifelse(flag(built.orders_gaps[0] <= 180), 0)


@_rhythm(unit="days with an order", empty=0, inputs=("orders_gaps",), words="days with a repeat order")
def orders_repeat_days(built: ir.Table) -> ir.Value:
    """Days with an order after the first such day: the frequency of BG/NBD."""
    return built.orders_gaps.length()


@_rhythm(unit="days", words="days from the first to the last order")
def orders_recency_days(events: ir.Table) -> ir.Value:
    """Calendar days from the first order to the last: the recency of BG/NBD."""
    return events.days_ago.max() - events.days_ago.min()


@_rhythm(unit="days", words="days since the first order")
def orders_age_days(events: ir.Table) -> ir.Value:
    """Calendar days from the first order to as_of: the age of BG/NBD."""
    return events.days_ago.max()


@_money(
    role="neither",
    inputs=("orders_in_time", "orders_repeat_days"),
    words="average spend per day with a repeat order",
)
def orders_repeat_amount_mean(built: ir.Table) -> ir.Value:
    """Mean spend per day with an order after the first such day: the monetary value of Gamma-Gamma."""
    first_day = built.orders_in_time[built.orders_in_time.length() - 1] // _DAY_UNIT
    later = built.orders_in_time.filter(lambda order: order // _DAY_UNIT < first_day)
    amount = later.map(lambda order: order % _DAY_UNIT).sums()
    return share(amount, built.orders_repeat_days) / MINOR_UNITS
