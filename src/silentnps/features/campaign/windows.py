"""A campaign in the tables: who got it, when it started, and the windows before and after."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import ibis
import ibis.expr.types as ir

from silentnps.counts import counted
from silentnps.data.checking.versions import latest
from silentnps.errors import ConfigError, DataError
from silentnps.schema import TABLES

USUAL_DAYS = 90
"""Length of a window, where the data have as much."""

FEWEST_DAYS = 14
"""Shorter windows tell too little."""

CLOCKS = {name: str(TABLES[name].clock) for name in ("orders", "returns", "engagement")}
"""The tables whose events are counted, and their clocks."""

_SLACK = 0.25
"""A table reaches back over a window if its first event is within this share of the window's length."""


@dataclass(frozen=True)
class Campaign:
    """Who got a campaign, by id, and when its first row starts (UTC); `last_start` is that of its last row."""

    campaign_id: str
    customers: frozenset[str]
    start: datetime
    last_start: datetime


@dataclass(frozen=True)
class Windows:
    """Three windows of `days` each: two before the start, and one from it on."""

    start: datetime
    days: int

    @property
    def length(self) -> timedelta:
        """Return the length of a window."""
        return timedelta(days=self.days)

    @property
    def edges(self) -> tuple[datetime, datetime, datetime, datetime]:
        """Return the moments between which the windows lie; the start is the third."""
        return (self.start - 2 * self.length, self.start - self.length, self.start, self.start + self.length)


@dataclass(frozen=True)
class Span:
    """The first and the last event of each table."""

    of: Mapping[str, tuple[datetime, datetime]]

    @property
    def first(self) -> datetime:
        """Return the first event of all."""
        return min(first for first, _ in self.of.values())

    @property
    def last(self) -> datetime:
        """Return the last event of all."""
        return max(last for _, last in self.of.values())

    def reaches(self, name: str, windows: Windows, window: int) -> bool:
        """Return whether a table has events from the beginning of a window on."""
        return bool(self.of[name][0] <= windows.edges[window] + _SLACK * windows.length)


def n_others(tables: Mapping[str, ir.Table], campaign: Campaign, windows: Windows) -> int:
    """Return how many other campaigns start within the windows around the start."""
    rows = tables["campaigns"]
    low, high = (ibis.literal(windows.edges[place], "timestamp") for place in (1, 3))
    within = rows.filter(rows.campaign_id != campaign.campaign_id, rows.starts_at >= low, rows.starts_at < high)
    return int(within.campaign_id.nunique().execute())


def find_campaign(tables: Mapping[str, ir.Table], campaign_id: str) -> Campaign:
    """Return a campaign by its id.

    Raises
    ------
    DataError
        If there is no table `campaigns`.
    ConfigError
        If it has no such campaign, or one without customers.
    """
    if "campaigns" not in tables:
        raise DataError(
            "tables must have campaigns, one row per campaign and customer who got it; got none. Add the table."
        )
    rows = tables["campaigns"]
    mine = rows.filter(rows.campaign_id == campaign_id)
    if "customer_id" in rows.columns:
        mine = mine.filter(mine.customer_id.notnull())
    if not int(mine.count().execute()):
        _refuse(rows, campaign_id)
    bounds = mine.aggregate(first=mine.starts_at.min(), last=mine.starts_at.max()).to_pyarrow().to_pylist()[0]
    ids = mine.select("customer_id").distinct().to_pyarrow().column("customer_id").to_pylist()
    return Campaign(campaign_id, frozenset(ids), _naive(bounds["first"]), _naive(bounds["last"]))


def _refuse(rows: ir.Table, campaign_id: str) -> None:
    known = int(rows.campaign_id.nunique().execute())
    if int(rows.filter(rows.campaign_id == campaign_id).count().execute()):
        raise ConfigError(
            f"--campaign must have rows with a customer_id; got none for {campaign_id!r}. Say in `campaigns` who "
            "got it: a campaign that everybody got leaves nobody to compare with."
        )
    raise ConfigError(
        f"--campaign must be a campaign_id of the table campaigns; got {campaign_id!r}, which is none of its "
        f"{counted(known, 'campaign')}. Correct the id."
    )


def span_of(tables: Mapping[str, ir.Table]) -> Span:
    """Return the first and last event of each table whose events are counted.

    Raises
    ------
    DataError
        If there is none.
    """
    spans = {name: (first, last) for name, first, last in _bounds(tables)}
    if not spans:
        raise DataError(
            f"tables must have events of {', '.join(CLOCKS)}; got none. Without any, nothing can be compared."
        )
    return Span(spans)


def _bounds(tables: Mapping[str, ir.Table]) -> Iterator[tuple[str, datetime, datetime]]:
    for name, clock in CLOCKS.items():
        if name not in tables:
            continue
        rows = tables[name]
        found = rows.aggregate(first=rows[clock].min(), last=rows[clock].max()).to_pyarrow().to_pylist()[0]
        if found["first"] is not None:
            yield name, _naive(found["first"]), _naive(found["last"])


def choose_windows(campaign: Campaign, span: Span, days: int | None) -> Windows:
    """Return the windows: of `days`, or else as long as the data allow, up to `USUAL_DAYS`.

    Raises
    ------
    ConfigError
        If the data do not have that many days before and after the start.
    """
    after = math.floor((span.last - campaign.start) / timedelta(days=1))
    before = math.floor((campaign.start - span.first) / timedelta(days=1))
    most = min(after, before)
    chosen = days or max(min(USUAL_DAYS, after, before // 2), min(FEWEST_DAYS, most))
    if chosen > most or most < FEWEST_DAYS:
        cure = f"Take --days {most} or fewer." if most >= FEWEST_DAYS else "Such a campaign cannot be judged yet."
        raise ConfigError(
            f"events must reach {chosen if days else FEWEST_DAYS} days back from the start of the campaign, and on "
            f"from it; got {max(before, 0)} days before and {max(after, 0)} after. {cure}"
        )
    return Windows(campaign.start, chosen)


def events_in_windows(
    tables: Mapping[str, ir.Table], name: str, windows: Windows, value: str | None = None
) -> ir.Table:
    """Return, per customer with events, their number or the sum of a column in each window (w0, w1, w2)."""
    rows, clock = latest(name, tables[name]), CLOCKS[name]
    first, *_, last = (ibis.literal(moment, "timestamp") for moment in windows.edges)
    rows = rows.filter(rows[clock] >= first, rows[clock] < last)
    worth = rows[value].fill_null(0) if value else ibis.literal(1)
    sums = {}
    for place, (low, high) in enumerate(zip(windows.edges, windows.edges[1:], strict=False)):
        inside = (rows[clock] >= ibis.literal(low, "timestamp")) & (rows[clock] < ibis.literal(high, "timestamp"))
        sums[f"w{place}"] = inside.ifelse(worth, 0).sum()
    return rows.group_by("customer_id").aggregate(**sums)


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)
