"""Features of the deliveries of orders: promised, late, and how long they took.

A delivery that is under way at `as_of` is late once its promise has passed; when it will arrive is not known yet.
"""

from __future__ import annotations

from functools import partial

import ibis
import ibis.expr.types as ir

from silentnps.features.catalog import feature
from silentnps.features.windows import SECONDS_PER_DAY, known, seconds_between, share, within

_delivery = partial(feature, "orders", family="delivery", role="shadow", actionable=True)
_late = partial(_delivery, columns=("promised_at", "delivered_at"))


def _seconds_late(events: ir.Table) -> ir.IntegerValue:
    """Return how late each promised delivery is so far, 0 when in time; null without a promise."""
    so_far = known(events, "delivered_at").ifelse(events.delivered_at, events.as_of)
    late = seconds_between(events.promised_at, so_far)
    return (late > 0).ifelse(late, ibis.ifelse(events.promised_at.notnull(), 0, None))


@_late(unit="share", words="share of late deliveries in the last 180 days")
def orders_late_share_180d(events: ir.Table) -> ir.Value:
    """Late deliveries over promised ones, of the orders of the last 180 days."""
    late, recent = _seconds_late(events), within(events, 180)
    return share(events.count(where=(late > 0) & recent), late.count(where=recent))


@_late(unit="orders", empty=0, words="late deliveries in the last 90 days")
def orders_late_count_90d(events: ir.Table) -> ir.Value:
    """Orders of the last 90 days whose delivery is late."""
    return events.count(where=(_seconds_late(events) > 0) & within(events, 90))


@_late(unit="days", words="days late of the worst delivery in the last 180 days")
def orders_days_late_max_180d(events: ir.Table) -> ir.Value:
    """Most days late (0 when in time) among the promised deliveries of the last 180 days."""
    return _seconds_late(events).max(where=within(events, 180)) / SECONDS_PER_DAY


@_late(unit="days", words="average days late of deliveries in the last 180 days")
def orders_days_late_mean_180d(events: ir.Table) -> ir.Value:
    """Mean days late (0 when in time) of the promised deliveries of the last 180 days."""
    late, recent = _seconds_late(events), within(events, 180)
    return late.sum(where=recent) / late.count(where=recent) / SECONDS_PER_DAY


@_delivery(unit="days", columns=("delivered_at",), words="average days from order to delivery, last 180 days")
def orders_delivery_days_mean_180d(events: ir.Table) -> ir.Value:
    """Mean days from order to delivery, of the orders of the last 180 days that have arrived."""
    arrived = known(events, "delivered_at") & within(events, 180)
    taken = seconds_between(events.ordered_at, events.delivered_at)
    return taken.sum(where=arrived) / taken.count(where=arrived) / SECONDS_PER_DAY
