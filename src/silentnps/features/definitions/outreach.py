"""Features of outreach: what was sent to a customer and what was answered. A reply counts from its own time on.

Each channel of CHANNELS has two features, `outreach_<channel>_count_365d` and
`outreach_<channel>_answer_share_365d`.
"""

from __future__ import annotations

from functools import partial

import ibis.expr.types as ir

from silentnps.features.catalog import FeatureFunction, feature
from silentnps.features.windows import (
    SECONDS_PER_DAY,
    SECONDS_PER_HOUR,
    count_of,
    count_within,
    days_since_last,
    seconds_between,
    share_of,
    within,
)

_outreach = partial(feature, "outreach", family="outreach", role="response driver")
_replies = partial(_outreach, columns=("replied_at",))
_channels = partial(_outreach, role="neither")

CHANNELS = {
    "sms": "text messages",
    "chat": "chats",
    "video": "video calls",
    "email": "e-mails",
    "call": "phone calls",
    "appointment": "appointments",
}
"""The values of `outreach.channel`, in lower case, and the name of their messages in words."""


@_outreach(unit="messages", empty=0, actionable=True, words="messages sent in the last 90 days")
def outreach_count_90d(events: ir.Table) -> ir.Value:
    """Messages sent in the last 90 days."""
    return count_within(events, 90)


@_outreach(unit="messages", empty=0, actionable=True, words="messages sent in the last year")
def outreach_count_365d(events: ir.Table) -> ir.Value:
    """Messages sent in the last 365 days."""
    return count_within(events, 365)


@_outreach(unit="days", words="days since the last message")
def outreach_days_since_last(events: ir.Table) -> ir.Value:
    """Days from the last message sent to as_of."""
    return days_since_last(events)


@_replies(unit="replies", empty=0, words="messages answered in the last year")
def outreach_replies_365d(events: ir.Table) -> ir.Value:
    """Messages sent in the last 365 days and answered before as_of."""
    return count_of(events.replied_at_happened, within(events, 365))


@_replies(unit="share", words="share of messages answered in the last year")
def outreach_answer_share_365d(events: ir.Table) -> ir.Value:
    """Messages answered before as_of over messages sent, of the last 365 days."""
    return share_of(events.replied_at_happened, within(events, 365))


@_replies(unit="days", words="days since the last answer to a message")
def outreach_days_since_last_reply(events: ir.Table) -> ir.Value:
    """Days from the last reply to as_of."""
    return seconds_between(events.replied_at, events.as_of).min() / SECONDS_PER_DAY


@_replies(role="neither", unit="hours", words="average hours to an answer, last year")
def outreach_hours_to_reply_mean_365d(events: ir.Table) -> ir.Value:
    """Mean hours from a message to its reply, of the messages of the last 365 days answered before as_of."""
    taken, recent = seconds_between(events.sent_at, events.replied_at), within(events, 365)
    return taken.sum(where=recent) / taken.count(where=recent) / SECONDS_PER_HOUR


def _sent_by(channel: str, messages: str) -> FeatureFunction:
    def count(events: ir.Table) -> ir.Value:
        return count_of(events.channel == channel, within(events, 365))

    return _named(count, f"outreach_{channel}_count_365d", f"Sent in the last 365 days: {messages}.")


def _answer_share_of(channel: str, messages: str) -> FeatureFunction:
    def answer_share(events: ir.Table) -> ir.Value:
        return share_of(events.replied_at_happened, (events.channel == channel) & within(events, 365))

    name, definition = f"outreach_{channel}_answer_share_365d", f"answered before as_of over {messages} sent"
    return _named(answer_share, name, f"{messages.capitalize()} {definition}, of the last 365 days.")


def _named(function: FeatureFunction, name: str, definition: str) -> FeatureFunction:
    function.__name__, function.__doc__ = name, definition
    return function


for _channel, _messages in CHANNELS.items():
    _channels(
        unit="messages", empty=0, actionable=True, columns=("channel",), words=f"{_messages} sent in the last year"
    )(_sent_by(_channel, _messages))
    _channels(
        unit="share", columns=("channel", "replied_at"), words=f"share of {_messages} answered in the last year"
    )(_answer_share_of(_channel, _messages))
