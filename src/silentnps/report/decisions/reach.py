"""The picture of key drivers: how many silent customers each concerns, and by how many points it lowers them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from silentnps.counts import counted
from silentnps.explanation.reach import SCORE, START
from silentnps.report.charts import Axis
from silentnps.report.content import ReportContent
from silentnps.report.drivers import group_name
from silentnps.report.wording.cells import Cell, points_cell, share_cell
from silentnps.report.wording.words import interval, percent, points, short, whole

WORTH_POINTS = 0.05
"""Drivers that cost less would read as 0.0."""

_MOST_PALE, _MOST_NAMED = 12, 10
_RADIUS = {"low": 5, "medium": 7, "high": 9}
_PALE_RADIUS = 4
_APART = 7.0
"""Names are at least so far from each other, in percent of the height."""

_RIGHT_HALF = 50.0
_NAMES = {
    "buying": "how they buy",
    "monetary": "spend",
    "baskets": "what they buy",
    "engagement": "visits and app",
    "outreach": "messages",
}
"""Names short enough for the picture on a phone."""


@dataclass(frozen=True)
class ReachDot:
    """A driver in the picture, in percent from the left and from the top; `name` is empty for a pale one."""

    name: str
    x: float
    y: float
    radius: int
    name_y: float = 0.0

    @property
    def to_the_left(self) -> bool:
        """Return whether the name is on the left of the dot."""
        return self.x > _RIGHT_HALF


@dataclass(frozen=True)
class ReachChart:
    """The picture: dots, labels of the axes in percent, and its text alternative."""

    dots: list[ReachDot]
    across: list[tuple[float, str]]
    up: list[tuple[float, str]]
    spoken: str


@dataclass(frozen=True)
class ReachRow:
    """A driver in the table; `share`, `lowered` and `total` with their intervals as text."""

    name: str
    can_be_acted_on: bool
    share: tuple[Cell, str]
    lowered: tuple[Cell, str]
    total: tuple[Cell, str]
    others: Cell
    together: Cell
    owner: str
    effort: str
    action: str


@dataclass(frozen=True)
class Reach:
    """Drivers by reach and points: the picture, all rows, and what they add up to."""

    chart: ReachChart | None
    rows: list[ReachRow]
    start: Cell
    score: Cell
    n: str


def reach(content: ReportContent) -> Reach | None:
    """Return the drivers by reach and points; None where they were not computed."""
    table = content.reach
    if table.empty:
        return None
    known = table[~table["driver"].isin([START, SCORE])]
    ends = table.set_index("driver")["together"]
    return Reach(
        _chart(known),
        [_row(row) for row in known.to_dict("records")],
        points_cell(ends[START]),
        points_cell(ends[SCORE]),
        whole(table["n"].iloc[0]),
    )


def acted_on(content: ReportContent) -> pd.DataFrame:
    """Return the drivers that can be acted on and cost a tenth of a point or more, those that cost most first."""
    table = content.reach
    return table[(table["owner"] != "") & (table["total"] <= -WORTH_POINTS)] if len(table) else table


def driver_sentence(row: dict[Any, Any]) -> str:
    """Say whom a driver concerns, by how much, and who can do something about it."""
    inside = _inside(row, "total")
    return (
        f"{_capital(driver_name(row['driver']))}: concerns {percent(row['reach'])} of silent customers and lowers "
        f"their scores by {abs(row['points']):.1f} points on average, {points(row['total'])}"
        f"{f' ({inside})' if inside else ''} of the NPS. For {row['owner']}; effort: {row['effort']}."
    )


def driver_name(driver: Any) -> str:
    """Return a driver in words."""
    return _NAMES.get(str(driver), group_name(driver, str(driver).replace("_", " ")))


def _row(row: dict[Any, Any]) -> ReachRow:
    return ReachRow(
        short(driver_name(row["driver"])),
        bool(row["owner"]),
        (share_cell(float(row["reach"])), _share_inside(row)),
        (points_cell(row["points"]), _inside(row, "points")),
        (points_cell(row["total"]), _inside(row, "total")),
        points_cell(row["others"]),
        points_cell(row["together"]),
        str(row["owner"]),
        str(row["effort"]),
        str(row["action"]),
    )


def _inside(row: dict[Any, Any], name: str) -> str:
    low, high = float(row[f"{name}_low"]), float(row[f"{name}_high"])
    return interval(low, high) if math.isfinite(low) and math.isfinite(high) else ""


def _share_inside(row: dict[Any, Any]) -> str:
    low, high = float(row["reach_low"]), float(row["reach_high"])
    return f"{percent(low)} to {percent(high)}" if math.isfinite(low) and math.isfinite(high) else ""


def _chart(table: pd.DataFrame) -> ReachChart | None:
    costly = table[table["total"] <= -WORTH_POINTS]
    named, pale = costly[costly["owner"] != ""], costly[costly["owner"] == ""]
    shown = pd.concat([pale.head(_MOST_PALE), named.head(_MOST_NAMED)])
    if shown.empty:
        return None
    across = Axis.around([0.0, *(100.0 * shown["reach"])])
    up = Axis.around([0.0, *(-shown["points"])])
    dots = [_dot(row, across, up) for row in shown.to_dict("records")]
    return ReachChart(
        _with_names_apart(dots),
        [(across.at(tick), f"{tick:g} %") for tick in across.ticks],
        [(up.up(tick), f"−{tick:g}" if tick else "0") for tick in up.ticks],
        "Key drivers by reach and points. "
        + "; ".join(
            f"{driver_name(row['driver'])}: {percent(row['reach'])} of silent customers, {points(row['points'])} "
            "points"
            for row in named.head(_MOST_NAMED).to_dict("records")
        )
        + f"; {counted(len(pale.head(_MOST_PALE)), 'more driver')} that cannot be acted on",
    )


def _dot(row: dict[Any, Any], across: Axis, up: Axis) -> ReachDot:
    x, y = across.at(100.0 * row["reach"]), up.up(-row["points"])
    if not row["owner"]:
        return ReachDot("", x, y, _PALE_RADIUS)
    return ReachDot(short(driver_name(row["driver"])), x, y, _RADIUS.get(str(row["effort"]), _PALE_RADIUS), y)


def _with_names_apart(dots: list[ReachDot]) -> list[ReachDot]:
    """Return the dots, their names moved up or down until each is apart from the next."""
    named = sorted((dot for dot in dots if dot.name), key=lambda dot: dot.y)
    places = [dot.y for dot in named]
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + _APART)
    lowest = 96.0
    for i in reversed(range(len(places))):
        places[i] = min(places[i], lowest)
        lowest = places[i] - _APART
    moved = [
        ReachDot(dot.name, dot.x, dot.y, dot.radius, round(y, 2)) for dot, y in zip(named, places, strict=True)
    ]
    return [*(dot for dot in dots if not dot.name), *moved]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
