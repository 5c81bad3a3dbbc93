"""Features of engagement: opens, clicks, visits, app use and shares."""

from __future__ import annotations

from functools import partial

import ibis.expr.types as ir

from silentnps.features.catalog import feature
from silentnps.features.windows import SECONDS_PER_DAY, count_of, count_within, days_since_last, flag, within

_engagement = partial(feature, "engagement", family="engagement", role="response driver")

DORMANT_DAYS = 90


@_engagement(unit="events", empty=0, words="visits and clicks in the last 30 days")
def engagement_count_30d(events: ir.Table) -> ir.Value:
    """Engagement events in the last 30 days."""
    return count_within(events, 30)


@_engagement(unit="events", empty=0, words="visits and clicks in the last 90 days")
def engagement_count_90d(events: ir.Table) -> ir.Value:
    """Engagement events in the last 90 days."""
    return count_within(events, 90)


@_engagement(unit="events", empty=0, words="visits and clicks in the last year")
def engagement_count_365d(events: ir.Table) -> ir.Value:
    """Engagement events in the last 365 days."""
    return count_within(events, 365)


@_engagement(unit="days", words="days since the last visit or click")
def engagement_days_since_last(events: ir.Table) -> ir.Value:
    """Days from the last engagement event to as_of."""
    return days_since_last(events)


@_engagement(unit="flag", empty=1, words="no visit or click for 90 days")
def engagement_dormant_90d(events: ir.Table) -> ir.Value:
    """1 if there was no engagement event in the last 90 days, or ever, else 0."""
    return flag(events.seconds_ago.min() > DORMANT_DAYS * SECONDS_PER_DAY)


KINDS = ("click", "visit", "app", "share")
"""The values of `engagement.kind`, in lower case, that have their own features."""

_kinds = partial(_engagement, role="neither", unit="events", empty=0, columns=("kind",))


def _of_kind(events: ir.Table, kind: str, days: int) -> ir.Value:
    return count_of(events.kind == kind, within(events, days))


@_kinds(words="clicks in the last 90 days")
def engagement_clicks_90d(events: ir.Table) -> ir.Value:
    """Clicks in the last 90 days."""
    return _of_kind(events, "click", 90)


@_kinds(words="visits in the last 90 days")
def engagement_visits_90d(events: ir.Table) -> ir.Value:
    """Visits in the last 90 days."""
    return _of_kind(events, "visit", 90)


@_kinds(words="uses of the app in the last 90 days")
def engagement_app_90d(events: ir.Table) -> ir.Value:
    """Uses of the app in the last 90 days."""
    return _of_kind(events, "app", 90)


@_kinds(words="shares with others in the last year")
def engagement_shares_365d(events: ir.Table) -> ir.Value:
    """Shares with others in the last 365 days."""
    return _of_kind(events, "share", 365)
