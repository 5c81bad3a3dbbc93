"""Segments of customers by their events, each known before the moment at which their features were taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa
from ibis.util import gen_name

from silentnps.data.checking.versions import known_before, with_versions
from silentnps.data.values.local_time import local_time
from silentnps.features.event_segments.definitions import EVENT_SEGMENTS, EventSegment
from silentnps.features.windows import SECONDS_PER_DAY, seconds_between
from silentnps.numerics.levels import MISSING
from silentnps.schema import TABLES

_ROW, _SEGMENT = "silentnps_row", "silentnps_segment"
_WINDOW_DAYS = 365
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HOURS = 3
_PLAIN = ("store_id", "associate_id")
"""Columns whose values stay as they are written; of others case and surrounding blanks do not count."""


def event_segments(
    tables: Mapping[str, ir.Table], rows: pd.DataFrame, names: Sequence[str], *, zone: str | None = None
) -> pd.DataFrame:
    """Return the segments of customers by their events, one column of text for each name, in the order of the rows.

    Parameters
    ----------
    tables
        Canonical tables of one connection.
    rows
        customer_id and as_of (UTC), one row per customer.
    names
        Of `EVENT_SEGMENTS` that the tables allow.
    zone
        Time zone of hours and weekdays; None is UTC.

    Notes
    -----
    Only what was known before as_of counts, as in features; of a row with versions the latest known by then. An
    invitation is one sent at as_of: that is when the features of whoever was invited are taken. Where an answer
    is matched with no invitation, its customer is "(not invited)".
    """
    connection = next(iter(tables.values())).get_backend()
    stored = pa.table(
        {
            _ROW: np.arange(len(rows)),
            "customer_id": pa.array(rows["customer_id"].astype(str), type=pa.string()),
            "as_of": pa.array(rows["as_of"].to_numpy().astype("datetime64[us]")),
        }
    )
    name = gen_name("inputs")
    connection.con.register(name, stored)
    try:
        found = {one: _of_rows(connection.table(name), tables, EVENT_SEGMENTS[one], zone) for one in names}
    finally:
        connection.con.unregister(name)
    return pd.DataFrame(
        {one: _filled(values, len(rows), EVENT_SEGMENTS[one].none) for one, values in found.items()},
        index=rows.index,
    )


def _of_rows(
    rows: ir.Table, tables: Mapping[str, ir.Table], segment: EventSegment, zone: str | None
) -> pd.DataFrame:
    """Return the row and the segment of each customer who has such an event."""
    table = with_versions(segment.table, tables[segment.table])
    events = rows.join(table, "customer_id")
    if segment.kind in ("main", "last"):
        clock = str(TABLES[segment.table].clock)
        known = events.filter(events[clock] < events.as_of, *known_before(events, events.as_of))
        chosen = _main(known, segment, clock) if segment.kind == "main" else _last(known, segment, clock)
    else:
        chosen = _of_invitation(events.filter(events.invited_at == events.as_of), segment, zone)
    found: pd.DataFrame = chosen.select(_ROW, _SEGMENT).to_pandas()
    return found


def _text(events: ir.Table, column: str) -> ir.StringValue:
    text = events[column].cast("string").strip()
    return text if column in _PLAIN else text.lower()


def _main(events: ir.Table, segment: EventSegment, clock: str) -> ir.Table:
    recent = events.filter(seconds_between(events[clock], events.as_of) <= _WINDOW_DAYS * SECONDS_PER_DAY)
    valued = recent.mutate(**{_SEGMENT: _text(recent, segment.column)})
    counted = valued.group_by([_ROW, _SEGMENT]).aggregate(n=valued.count(), latest=valued[clock].max())
    unknown = counted[_SEGMENT].isnull()
    return _first(counted, [unknown, counted.n.desc(), counted.latest.desc(), counted[_SEGMENT]])


def _last(events: ir.Table, segment: EventSegment, clock: str) -> ir.Table:
    valued = events.mutate(**{_SEGMENT: _text(events, segment.column)})
    return _first(valued, [valued[_SEGMENT].isnull(), valued[clock].desc(), valued[_SEGMENT]])


def _of_invitation(sent: ir.Table, segment: EventSegment, zone: str | None) -> ir.Table:
    local = local_time(sent.invited_at, zone)
    if segment.kind == "hour":
        value = (local.hour() // _HOURS * _HOURS).cast("string")
    elif segment.kind == "weekday":
        value = local.day_of_week.index().cast("string")
    else:
        value = _text(sent, segment.column)
    valued = sent.mutate(**{_SEGMENT: value})
    named = _first(valued, [valued[_SEGMENT].isnull(), valued[_SEGMENT]])
    return named if segment.kind == "value" else _named(named, segment)


def _named(chosen: ir.Table, segment: EventSegment) -> ir.Table:
    names = (
        {str(hour): f"{hour:02}:00 to {hour + _HOURS - 1:02}:59" for hour in range(0, 24, _HOURS)}
        if segment.kind == "hour"
        else {str(day): f"{day + 1} {name}" for day, name in enumerate(_WEEKDAYS)}
    )
    return chosen.mutate(**{_SEGMENT: chosen[_SEGMENT].cases(*names.items(), else_=None)})


def _first(rows: ir.Table, order: list[ir.Value]) -> ir.Table:
    """Return the first row of each customer in an order."""
    ranked = rows.mutate(rank=ibis.row_number().over(ibis.window(group_by=_ROW, order_by=order)))
    return ranked.filter(ranked["rank"] == 0)


def _filled(found: pd.DataFrame, n: int, none: str) -> np.ndarray:
    values = np.full(n, none, dtype=object)
    values[found[_ROW].to_numpy(dtype=np.int64)] = found[_SEGMENT].astype(object).fillna(MISSING).to_numpy()
    return values
