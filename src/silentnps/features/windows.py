"""The building blocks of features: windows before `as_of`, lengths of time in whole seconds, counts and shares.

As in SQL, a feature is computed over those events of its window for which the value it needs is known. If there are
events but the value is known for none of them, the feature is unknown; if there are no events, a count or a sum is
0.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

SECONDS_PER_DAY = 86_400
SECONDS_PER_HOUR = 3_600


def seconds_between(start: ir.TimestampValue, end: ir.TimestampValue) -> ir.IntegerValue:
    """Return the whole seconds from `start` to `end`: integers, so that sums are the same in every run."""
    return end.delta(start, unit="second")


def within(events: ir.Table, days: int) -> ir.BooleanValue:
    """Return whether an event fell in the last `days` days before `as_of`, including both ends."""
    return events.seconds_ago <= days * SECONDS_PER_DAY


def count_within(events: ir.Table, days: int) -> ir.IntegerScalar:
    """Return the number of events in the last `days` days."""
    return events.count(where=within(events, days))


def count_of(
    condition: ir.BooleanValue, where: ir.BooleanValue | None = None, *, among: ir.BooleanValue | None = None
) -> ir.IntegerScalar:
    """Return the number of events for which `condition` holds, in the window `where` (default: of all events).

    With `among`, only events in that state count, such as open cases; events of unknown state do not.
    """
    holds = condition.cast("int64")
    if among is not None:
        return _zero_if_empty(holds.sum(where=among if where is None else among & where), count_of(among, where))
    return holds.sum() if where is None else _zero_if_empty(holds.sum(where=where), _count(where))


def share_of(condition: ir.BooleanValue, where: ir.BooleanValue | None = None) -> ir.FloatingValue:
    """Return the share of events for which `condition` holds, among those for which it is known; else null."""
    counted = condition if where is None else condition & where
    return share(counted.count(where=counted), condition.count(where=where))


def sum_of(values: ir.NumericValue, where: ir.BooleanValue) -> ir.NumericScalar:
    """Return the sum of the known values of the events `where`."""
    return _zero_if_empty(values.sum(where=where), _count(where))


def max_of(values: ir.NumericValue, where: ir.BooleanValue) -> ir.NumericScalar:
    """Return the largest known value of the events `where`, 0 if there are none."""
    return _zero_if_empty(values.max(where=where), _count(where))


def nunique_of(values: ir.Value, where: ir.BooleanValue) -> ir.IntegerScalar:
    """Return the number of different known values of the events `where`."""
    return _zero_if_empty(values.nunique(where=where).nullif(0), _count(where))


def _count(where: ir.BooleanValue) -> ir.IntegerScalar:
    return where.cast("int64").sum()


def _zero_if_empty(known: ir.NumericScalar, n: ir.IntegerScalar) -> ir.NumericScalar:
    """Return `known`, an aggregate of `n` events, or 0 if there are no events; with events, null stays unknown."""
    return known.coalesce((n == 0).ifelse(0, ibis.null("int64")))


def days_since_last(events: ir.Table) -> ir.FloatingScalar:
    """Return the days from the last event to `as_of`."""
    return events.seconds_ago.min() / SECONDS_PER_DAY


def share(part: ir.NumericValue, whole: ir.NumericValue) -> ir.FloatingValue:
    """Return part / whole, null where the whole is zero."""
    return part / whole.nullif(0)


def flag(condition: ir.BooleanValue) -> ir.IntegerValue:
    """Return 1 for true, 0 for false and null for unknown."""
    return condition.cast("int64")
