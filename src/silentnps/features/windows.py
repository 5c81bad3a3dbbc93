"""The words in which features are written: windows before `as_of` and lengths of time, in whole seconds.

A feature is computed over the events of its window of which is known what it asks for, as SQL does. Where there are
events but it is known of none, the feature is unknown; where there is no event, a number or a sum is 0.
"""

from __future__ import annotations

import ibis
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


def count_of(
    condition: ir.BooleanValue, where: ir.BooleanValue | None = None, *, among: ir.BooleanValue | None = None
) -> ir.IntegerScalar:
    """Return the number of events of a kind, of which `condition` holds, in the window `where` (of all).

    With `among` only those of them count that are in a state, such as open; one of unknown state does not.
    """
    kind = condition.cast("int64")
    if among is not None:
        return _or_nothing(kind.sum(where=among if where is None else among & where), count_of(among, where))
    return kind.sum() if where is None else _or_nothing(kind.sum(where=where), _n(where))


def share_of(condition: ir.BooleanValue, where: ir.BooleanValue | None = None) -> ir.FloatingValue:
    """Return the share of a kind among the events of known kind; null where there is none."""
    counted = condition if where is None else condition & where
    return share(counted.count(where=counted), condition.count(where=where))


def sum_of(values: ir.NumericValue, where: ir.BooleanValue) -> ir.NumericScalar:
    """Return the sum of the values that are known among the events `where`."""
    return _or_nothing(values.sum(where=where), _n(where))


def nunique_of(values: ir.Value, where: ir.BooleanValue) -> ir.IntegerScalar:
    """Return the number of different values among the events `where`."""
    return _or_nothing(values.nunique(where=where).nullif(0), _n(where))


def _n(where: ir.BooleanValue) -> ir.IntegerScalar:
    return where.cast("int64").sum()


def _or_nothing(known: ir.NumericScalar, n: ir.IntegerScalar) -> ir.NumericScalar:
    """Return what is known of `n` events, 0 if there are none; else null stays, unknown."""
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
