"""The words in which features are written: windows before `as_of` and lengths of time, in whole seconds."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

SECONDS_PER_DAY = 86_400
SECONDS_PER_HOUR = 3_600


def seconds_between(start: ir.TimestampValue, end: ir.TimestampValue) -> ir.IntegerValue:
    """Return the whole seconds from `start` to `end`: integers, so that their sums are the same in every run."""
    return end.delta(start, unit="second")


def calendar_days_ago(events: ir.Table, clock: ir.TimestampValue) -> ir.IntegerValue:
    """Return the number of midnights between `clock` and `as_of`."""
    return events.as_of.date().delta(clock.date(), unit="day")


def within(events: ir.Table, days: int) -> ir.BooleanValue:
    """Return whether an event fell in the last `days` days before `as_of`, both ends included."""
    return events.seconds_ago <= days * SECONDS_PER_DAY


def count_within(events: ir.Table, days: int) -> ir.IntegerScalar:
    """Return the number of events in the last `days` days."""
    return events.count(where=within(events, days))


def days_since_last(events: ir.Table) -> ir.FloatingScalar:
    """Return the days from the last event to `as_of`."""
    return events.seconds_ago.min() / SECONDS_PER_DAY


def known(events: ir.Table, column: str) -> ir.BooleanValue:
    """Return whether a later time of an event had passed at `as_of`; false where it is missing."""
    return ibis.coalesce(events[column] < events.as_of, False)


def count_where(condition: ir.BooleanValue) -> ir.IntegerScalar:
    """Return how many events meet a condition; null where none has a known one."""
    return condition.cast("int64").sum()


def share(part: ir.NumericValue, whole: ir.NumericValue) -> ir.FloatingValue:
    """Return part / whole, null where the whole is zero."""
    return part / whole.nullif(0)


def flag(condition: ir.BooleanValue) -> ir.IntegerValue:
    """Return 1 for true and 0 for false."""
    return condition.cast("int64")
