"""Which segments events give: each is a column of text, known before `as_of`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import ibis.expr.types as ir

Kind = Literal["main", "last", "value", "hour", "weekday"]


@dataclass(frozen=True)
class EventSegment:
    """One segmentation by events.

    `main` is the most frequent value of a column in the 365 days before as_of (of several the latest), `last` that
    of the latest event before as_of with a value. The others describe the invitation of the wave itself: the value
    of a column, and the hours (three at a time) and the weekday at which it was sent, in local time. `none` is the
    segment of customers without such an event.
    """

    name: str
    table: str
    column: str
    kind: Kind
    words: str
    none: str


def _segment(name: str, column: str, kind: Kind, words: str, none: str) -> EventSegment:
    return EventSegment(name, name.split("_")[0], column, kind, words, none)


_NO_ORDERS, _NO_CONTACT, _NOT_INVITED = "(no orders)", "(no contact)", "(not invited)"

EVENT_SEGMENTS = {
    segment.name: segment
    for segment in (
        _segment("orders_main_channel", "channel", "main", "channel of most orders of 365 days", _NO_ORDERS),
        _segment("orders_main_store", "store_id", "main", "store of most orders of 365 days", _NO_ORDERS),
        _segment("orders_main_category", "category", "main", "category of most orders of 365 days", _NO_ORDERS),
        _segment("orders_last_channel", "channel", "last", "channel of the last order", _NO_ORDERS),
        _segment("orders_last_store", "store_id", "last", "store of the last order", _NO_ORDERS),
        _segment("outreach_last_channel", "channel", "last", "channel of the last contact", _NO_CONTACT),
        _segment("outreach_main_associate", "associate_id", "main", "associate of most contacts", _NO_CONTACT),
        _segment("support_last_category", "category", "last", "category of the last case", "(no case)"),
        _segment("invitations_channel", "channel", "value", "channel of the invitation", _NOT_INVITED),
        _segment("invitations_hour", "invited_at", "hour", "hour of the invitation", _NOT_INVITED),
        _segment("invitations_weekday", "invited_at", "weekday", "weekday of the invitation", _NOT_INVITED),
    )
}
"""Every segmentation by events, by name."""


def available_event_segments(tables: Mapping[str, ir.Table] | Mapping[str, Collection[str]]) -> list[str]:
    """Return the names of the segmentations that tables allow, whose columns are given or which are tables."""
    columns = {name: set(getattr(table, "columns", table)) for name, table in tables.items()}
    return [name for name, one in EVENT_SEGMENTS.items() if one.column in columns.get(one.table, set())]
