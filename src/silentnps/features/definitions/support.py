"""Features of support cases. A case is open, answered or closed as known at `as_of`."""

from __future__ import annotations

from functools import partial

import ibis.expr.types as ir

from silentnps.features.catalog import feature
from silentnps.features.windows import (
    SECONDS_PER_DAY,
    SECONDS_PER_HOUR,
    count_of,
    count_within,
    days_since_last,
    flag,
    seconds_between,
    within,
)

_support = partial(feature, "support", family="support", role="shadow", actionable=True)


COMPLAINT = "complaint"
"""The value of `support.category`, in lower case, that has its own features."""


def _complaint(events: ir.Table) -> ir.BooleanValue:
    return events.category == COMPLAINT


def _open(events: ir.Table) -> ir.BooleanValue:
    return ~events.closed_at_happened


def _mean_hours_until(events: ir.Table, column: str) -> ir.Value:
    taken, recent = seconds_between(events.opened_at, events[column]), within(events, 365)
    return taken.sum(where=recent) / taken.count(where=recent) / SECONDS_PER_HOUR


@_support(unit="cases", empty=0, words="support cases in the last 90 days")
def support_cases_90d(events: ir.Table) -> ir.Value:
    """Cases opened in the last 90 days."""
    return count_within(events, 90)


@_support(unit="cases", empty=0, words="support cases in the last year")
def support_cases_365d(events: ir.Table) -> ir.Value:
    """Cases opened in the last 365 days."""
    return count_within(events, 365)


@_support(unit="days", words="days since the last support case")
def support_days_since_last(events: ir.Table) -> ir.Value:
    """Days from the last opening of a case to as_of."""
    return days_since_last(events)


@_support(unit="cases", empty=0, columns=("category",), words="complaints in the last 180 days")
def support_complaints_180d(events: ir.Table) -> ir.Value:
    """Cases of the category complaint opened in the last 180 days."""
    return count_of(_complaint(events), within(events, 180))


@_support(unit="days", columns=("category",), words="days since the last complaint")
def support_days_since_last_complaint(events: ir.Table) -> ir.Value:
    """Days from the last opening of a case of the category complaint to as_of."""
    return events.seconds_ago.min(where=_complaint(events)) / SECONDS_PER_DAY


@_support(unit="cases", empty=0, columns=("closed_at",), words="support cases that are open")
def support_open_cases(events: ir.Table) -> ir.Value:
    """Cases opened but not closed before as_of."""
    return count_of(_open(events))


@_support(unit="cases", empty=0, columns=("category", "closed_at"), words="complaints that are open")
def support_open_complaints(events: ir.Table) -> ir.Value:
    """Cases of the category complaint opened but not closed before as_of."""
    return count_of(_complaint(events), among=_open(events))


@_support(unit="days", empty=0, columns=("closed_at",), words="days that the oldest open case has been open")
def support_oldest_open_days(events: ir.Table) -> ir.Value:
    """Days since the opening of the oldest case that was not closed before as_of; 0 without one."""
    return (events.seconds_ago * flag(_open(events))).max() / SECONDS_PER_DAY


@_support(unit="cases", empty=0, columns=("first_response_at", "closed_at"), words="cases without any response")
def support_unanswered_cases(events: ir.Table) -> ir.Value:
    """Cases neither answered nor closed before as_of."""
    return count_of(~events.first_response_at_happened & _open(events))


@_support(unit="hours", columns=("first_response_at",), words="average hours to the first response, last year")
def support_hours_to_response_mean_365d(events: ir.Table) -> ir.Value:
    """Mean hours to the first response, of the cases of the last 365 days that had one before as_of."""
    return _mean_hours_until(events, "first_response_at")


@_support(unit="hours", columns=("closed_at",), words="average hours to close a case, last year")
def support_hours_to_close_mean_365d(events: ir.Table) -> ir.Value:
    """Mean hours to close, of the cases of the last 365 days that were closed before as_of."""
    return _mean_hours_until(events, "closed_at")


@_support(unit="cases", empty=0, columns=("escalated", "closed_at"), words="escalated cases in the last year")
def support_escalations_365d(events: ir.Table) -> ir.Value:
    """Cases of the last 365 days, closed before as_of, that were escalated.

    An escalation has no time of its own; in a case still open at as_of it may come later.
    """
    return count_of(events.escalated, within(events, 365), among=events.closed_at_happened)
