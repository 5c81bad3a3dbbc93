"""The words in which features are written: windows before `as_of` and lengths of time, in whole seconds."""

from __future__ import annotations

import ibis.expr.types as ir

SECONDS_PER_DAY = 86_400
SECONDS_PER_HOUR = 3_600


def seconds_between(start: ir.TimestampValue, end: ir.TimestampValue) -> ir.IntegerValue:
    """Return the whole seconds from `start` to `end`: integers, so that their sums are the same in every run."""
    return end.delta(start, unit="second")


def within(events: ir.Table, days: int) -> ir.BooleanValue:
    """Return whether an event fell in the last `days` days before `as_of`, both ends included."""
    return events.seconds_ago <= days * SECONDS_PER_DAY


def count_within(events: ir.Table, days: int) -> ir.IntegerScalar:
    """Return the number of events in the last `days` days."""
    return events.count(where=within(events, days))


def days_since_last(events: ir.Table) -> ir.FloatingScalar:
    """Return the days from the last event to `as_of`."""
    return events.seconds_ago.min() / SECONDS_PER_DAY


def share(part: ir.NumericValue, whole: ir.NumericValue) -> ir.FloatingValue:
    """Return part / whole, null where the whole is zero."""
    return part / whole.nullif(0)


def flag(condition: ir.BooleanValue) -> ir.IntegerValue:
    """Return 1 for true and 0 for false."""
    return condition.cast("int64")
