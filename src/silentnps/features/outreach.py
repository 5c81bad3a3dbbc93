"""Features of outreach: what was sent to a customer and what was answered. A reply counts from its own time."""

from __future__ import annotations

from functools import partial

import ibis.expr.types as ir

from silentnps.features.catalog import feature
from silentnps.features.windows import SECONDS_PER_DAY, count_within, known, seconds_between, share, within

_outreach = partial(feature, "outreach", family="outreach", role="response driver")
_replies = partial(_outreach, columns=("replied_at",))


@_outreach(unit="messages", empty=0, actionable=True, words="messages sent in the last 90 days")
def outreach_count_90d(events: ir.Table) -> ir.Value:
    """Messages sent in the last 90 days."""
    return count_within(events, 90)


@_outreach(unit="messages", empty=0, actionable=True, words="messages sent in the last year")
def outreach_count_365d(events: ir.Table) -> ir.Value:
    """Messages sent in the last 365 days."""
    return count_within(events, 365)


@_replies(unit="replies", empty=0, words="messages answered in the last year")
def outreach_replies_365d(events: ir.Table) -> ir.Value:
    """Messages sent in the last 365 days and answered before as_of."""
    return events.count(where=known(events, "replied_at") & within(events, 365))


@_replies(unit="share", words="share of messages answered in the last year")
def outreach_answer_share_365d(events: ir.Table) -> ir.Value:
    """Messages answered before as_of over messages sent, of the last 365 days."""
    return share(outreach_replies_365d(events), count_within(events, 365))


@_replies(unit="days", words="days since the last answer to a message")
def outreach_days_since_last_reply(events: ir.Table) -> ir.Value:
    """Days from the last reply to as_of."""
    since = seconds_between(events.replied_at, events.as_of)
    return since.min(where=known(events, "replied_at")) / SECONDS_PER_DAY
