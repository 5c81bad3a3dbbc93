"""Features of the fulfilment and the delivery of orders: promised, late, and how long they took.

An order is fulfilled when it leaves the shop: when it is handed to the carrier or to the customer. A delivery under
way at `as_of` is late once its promised time has passed; when it will arrive is not yet known.
"""

from __future__ import annotations

from functools import partial

import ibis
import ibis.expr.types as ir

from silentnps.features.catalog import event_column, feature
from silentnps.features.windows import SECONDS_PER_DAY, count_of, flag, max_of, seconds_between, share, within

_delivery = partial(feature, "orders", family="delivery", role="shadow", actionable=True)
_late = partial(_delivery, columns=("promised_at", "delivered_at"))
_fulfilment = partial(_delivery, columns=("fulfilled_at",))


@event_column("orders", "promised_at", "delivered_at")
def seconds_late(events: ir.Table) -> ir.IntegerValue:
    """How late a promised delivery is so far, 0 when on time; null without a promise or if unknown."""
    until = ibis.cases((events.delivered_at_happened, events.delivered_at), (_undelivered(events), events.as_of))
    late = seconds_between(events.promised_at, until)
    return late * flag(late > 0)  # the greatest of null and 0 would be 0, not null


@event_column("orders", "delivered_at")
def seconds_to_delivery(events: ir.Table) -> ir.IntegerValue:
    """Seconds from order to delivery; null if not delivered before as_of."""
    return seconds_between(events.ordered_at, events.delivered_at)


@event_column("orders", "fulfilled_at")
def seconds_to_fulfilment(events: ir.Table) -> ir.IntegerValue:
    """Seconds from order to fulfilment; null if not fulfilled before as_of."""
    return seconds_between(events.ordered_at, events.fulfilled_at)


@event_column("orders", "fulfilled_at")
def seconds_waited(events: ir.Table) -> ir.IntegerValue:
    """Seconds that an order waited for fulfilment so far; null if it is unknown whether it still waits."""
    return ibis.cases(
        (events.fulfilled_at_happened, seconds_between(events.ordered_at, events.fulfilled_at)),
        (_unfulfilled(events), events.seconds_ago),
    )


def _unfulfilled(events: ir.Table) -> ir.BooleanValue:
    return ~events.fulfilled_at_happened


def _undelivered(events: ir.Table) -> ir.BooleanValue:
    return ~events.delivered_at_happened


def _promised(events: ir.Table, days: int) -> ir.BooleanValue:
    return events.promised_at.notnull() & within(events, days)


@_late(unit="share", words="share of late deliveries in the last 180 days")
def orders_late_share_180d(events: ir.Table) -> ir.Value:
    """Late deliveries over promised ones, of the orders of the last 180 days."""
    late, recent = events.seconds_late, within(events, 180)
    return share(events.count(where=(late > 0) & recent), late.count(where=recent))


@_late(unit="orders", empty=0, words="late deliveries in the last 90 days")
def orders_late_count_90d(events: ir.Table) -> ir.Value:
    """Orders of the last 90 days whose delivery is late."""
    return count_of(events.seconds_late > 0, _promised(events, 90))


@_late(unit="days", words="days late of the worst delivery in the last 180 days")
def orders_days_late_max_180d(events: ir.Table) -> ir.Value:
    """Most days late (0 when on time) among the promised deliveries of the last 180 days."""
    return events.seconds_late.max(where=within(events, 180)) / SECONDS_PER_DAY


@_late(unit="days", words="average days late of deliveries in the last 180 days")
def orders_days_late_mean_180d(events: ir.Table) -> ir.Value:
    """Mean days late (0 when on time) of the promised deliveries of the last 180 days."""
    late, recent = events.seconds_late, within(events, 180)
    return late.sum(where=recent) / late.count(where=recent) / SECONDS_PER_DAY


@_late(unit="days", words="days since the last order that came late")
def orders_days_since_last_late(events: ir.Table) -> ir.Value:
    """Days from the last order whose delivery is late to as_of."""
    return events.seconds_ago.min(where=events.seconds_late > 0) / SECONDS_PER_DAY


@_late(unit="orders", empty=0, words="promised deliveries that are under way")
def orders_under_way_90d(events: ir.Table) -> ir.Value:
    """Orders of the last 90 days with a promised delivery that had not come before as_of."""
    return count_of(_undelivered(events), _promised(events, 90))


@_late(unit="orders", empty=0, words="deliveries under way that are overdue")
def orders_late_under_way_90d(events: ir.Table) -> ir.Value:
    """Orders of the last 90 days whose promised delivery was overdue and had not come before as_of."""
    return count_of(events.seconds_late > 0, _promised(events, 90), among=_undelivered(events))


@_delivery(unit="days", columns=("delivered_at",), words="average days from order to delivery, last 180 days")
def orders_delivery_days_mean_180d(events: ir.Table) -> ir.Value:
    """Mean days from order to delivery, of the orders of the last 180 days that have arrived."""
    taken, recent = events.seconds_to_delivery, within(events, 180)
    return taken.sum(where=recent) / taken.count(where=recent) / SECONDS_PER_DAY


@_fulfilment(unit="days", words="average days from order to fulfilment, last 180 days")
def orders_fulfilment_days_mean_180d(events: ir.Table) -> ir.Value:
    """Mean days from order to fulfilment, of the orders of the last 180 days that have been fulfilled."""
    taken, recent = events.seconds_to_fulfilment, within(events, 180)
    return taken.sum(where=recent) / taken.count(where=recent) / SECONDS_PER_DAY


@_fulfilment(unit="days", words="days that the slowest order of the last 180 days waited for fulfilment")
def orders_fulfilment_days_max_180d(events: ir.Table) -> ir.Value:
    """Most days from order to fulfilment, so far for an order that waits, of the orders of the last 180 days."""
    return events.seconds_waited.max(where=within(events, 180)) / SECONDS_PER_DAY


@_fulfilment(unit="orders", empty=0, words="orders of the last 90 days that are not fulfilled")
def orders_unfulfilled_90d(events: ir.Table) -> ir.Value:
    """Orders of the last 90 days that had not been fulfilled before as_of."""
    return count_of(_unfulfilled(events), within(events, 90))


@_fulfilment(unit="days", empty=0, words="days that the oldest unfulfilled order has waited")
def orders_unfulfilled_oldest_days_90d(events: ir.Table) -> ir.Value:
    """Days since the oldest order of the last 90 days that had not been fulfilled before as_of; 0 without one."""
    return max_of(events.seconds_ago * flag(_unfulfilled(events)), within(events, 90)) / SECONDS_PER_DAY
