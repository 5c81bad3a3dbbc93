"""The section on key drivers: the largest as bars with their stability, and in groups."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from silentnps.explanation.feature_groups import ACTIONABLE, CONTEXT
from silentnps.report.content import ReportContent
from silentnps.report.wording.cells import Cell, count_cell, share_cell, size_cell
from silentnps.report.wording.words import short, whole

_MOST_BARS = 15
_MOST_ROWS = 50
_MOST_CORRELATED = 10
_MOST_MEMBERS = 4
_WORTH_POINTS = 0.05
_CLOSE_ENOUGH = 0.95

_DIRECTIONS = {1: "a higher NPS", -1: "a lower NPS"}
_UNSTABLE, _ACTIONABLE = "sign not stable", "can be acted on"

_GROUP_WORDS = {
    ACTIONABLE: "what can be acted on",
    CONTEXT: "context, taken as given",
    "attributes": "who they are",
    "tenure": "time as a customer",
    "rhythm": "how regularly they order",
    "frequency": "how often they order",
    "recency": "how recently they ordered",
    "monetary": "spend and discounts",
    "lifetime": "expected orders and spend",
    "baskets": "what and where they buy",
    "engagement": "visits, clicks and app use",
    "outreach": "messages to and from them",
}
"""Descriptions of groups of features whose names say little."""


@dataclass(frozen=True)
class Bar:
    """A key driver as a bar: its length in percent of the longest; `marks` are its tags."""

    name: str
    size: Cell
    length: float
    direction: str
    marks: tuple[str, ...] = ()

    @property
    def spoken(self) -> str:
        """Return the text alternative of the drawing."""
        return "; ".join([f"{self.name}: {self.size.text} points", self.direction, *self.marks])


@dataclass(frozen=True)
class DriverRow:
    """A key driver in the table; `direction` says what higher values go with, `agreement` is a share of refits."""

    name: str
    size: Cell
    direction: str
    family: str
    is_actionable: bool
    agreement: Cell
    is_unstable: bool


@dataclass(frozen=True)
class GroupRow:
    """A group of features: their joint size, their number, and the bar's length in percent of the longest."""

    name: str
    size: Cell
    n_features: Cell
    length: float
    members: str = ""

    @property
    def spoken(self) -> str:
        """Return the text alternative of the drawing."""
        return f"{self.name}: {self.size.text} points together"


@dataclass(frozen=True)
class Closeness:
    """How close the fast reasons are to their reference; `is_close` if they can be taken at face value."""

    words: str
    is_close: bool


def driver_bars(drivers: pd.DataFrame, most: int = _MOST_BARS) -> list[Bar]:
    """Return the largest key drivers, down to a tenth of a point."""
    shown = worth_showing(drivers).head(most)
    longest = shown["mean_absolute_points"].max() if len(shown) else 1.0
    return [
        Bar(
            _name(row),
            size_cell(row["mean_absolute_points"]),
            _length(row, longest),
            f"higher values go with {direction_of(row)}" if row.get("direction") else "differs by category",
            _marks(row),
        )
        for row in shown.to_dict("records")
    ]


def driver_rows(drivers: pd.DataFrame) -> list[DriverRow]:
    """Return up to fifty key drivers for the table; none if the bars already show all that is known."""
    if "family" not in drivers:
        return []
    return [
        DriverRow(
            _name(row),
            size_cell(row["mean_absolute_points"]),
            direction_of(row),
            group_name(row["family"], row["family"]),
            bool(row.get("actionable", False)),
            share_cell(float(row.get("sign_agreement", math.nan))),
            is_unstable(row),
        )
        for row in worth_showing(drivers).head(_MOST_ROWS).to_dict("records")
    ]


def family_rows(content: ReportContent) -> list[GroupRow]:
    """Return the families of features, largest first."""
    table = worth_showing(_grouping(content, "family"))
    longest = table["mean_absolute_points"].max() if len(table) else 1.0
    return [
        GroupRow(
            group_name(row["group"], row["words"]),
            size_cell(row["mean_absolute_points"]),
            count_cell(row["n_features"]),
            _length(row, longest),
        )
        for row in table.to_dict("records")
    ]


def action_bars(content: ReportContent) -> list[Bar]:
    """Return what can be acted on and what cannot, the larger first."""
    table = worth_showing(_grouping(content, "actionable"))
    longest = table["mean_absolute_points"].max() if len(table) else 1.0
    return [
        Bar(
            group_name(row["group"], row["words"]),
            size_cell(row["mean_absolute_points"]),
            _length(row, longest),
            f"{row['n_features']:,.0f} {'feature' if row['n_features'] == 1 else 'features'}",
        )
        for row in table.to_dict("records")
    ]


def correlated_rows(content: ReportContent) -> list[GroupRow]:
    """Return the ten largest groups of more than one correlated feature, with their members."""
    table = _grouping(content, "correlated")
    shown = worth_showing(table[table["n_features"] > 1] if len(table) else table).head(_MOST_CORRELATED)
    return [
        GroupRow(
            short(row["words"]),
            size_cell(row["mean_absolute_points"]),
            count_cell(row["n_features"]),
            100.0,
            _members(content.drivers, str(row["group"])),
        )
        for row in shown.to_dict("records")
    ]


def closeness(content: ReportContent) -> Closeness | None:
    """Say how close the fast reasons are to their reference; None if that was not measured."""
    if content.agreement is None or not math.isfinite(content.agreement[0]):
        return None
    r, gap, n = content.agreement
    correlation = f"{r:.3f}".replace("-", "−")
    sentence = (
        f"The fast reasons agree with Shapley values of the score itself at r\u00a0=\u00a0{correlation}; "
        f"the largest gap is {gap:.1f} points ({whole(n)} customers)."
    )
    return Closeness(sentence, r >= _CLOSE_ENOUGH)


def worth_showing(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of at least a tenth of a point, as printed."""
    return table[table["mean_absolute_points"] >= _WORTH_POINTS] if len(table) else table


def _grouping(content: ReportContent, grouping: str) -> pd.DataFrame:
    table = content.driver_groups
    return table[table["grouping"] == grouping] if len(table) else table


def _length(row: dict[Any, Any], longest: float) -> float:
    return round(100 * float(row["mean_absolute_points"]) / longest, 2)


def _name(row: dict[Any, Any]) -> str:
    return short(row.get("words", row["feature"]))


def group_name(group: Any, otherwise: Any) -> str:
    """Return a group of features in words."""
    return _GROUP_WORDS.get(str(group), short(otherwise))


def direction_of(row: dict[Any, Any]) -> str:
    """Return what higher values of a feature go with."""
    return _DIRECTIONS.get(int(row.get("direction", 0)), "– (by category)")


def is_unstable(row: dict[Any, Any]) -> bool:
    """Return whether refits disagree about the sign; False if nothing is known of them."""
    return not row.get("stable", True) and math.isfinite(row.get("sign_agreement", 0.0))


def _marks(row: dict[Any, Any]) -> tuple[str, ...]:
    marks = [(_ACTIONABLE, bool(row.get("actionable", False))), (_UNSTABLE, is_unstable(row))]
    return tuple(mark for mark, applies in marks if applies)


def _members(drivers: pd.DataFrame, group: str) -> str:
    """Name the largest features of a cluster, which is called `cluster <number>`."""
    if "cluster" not in drivers:
        return ""
    names = [_name(row) for row in drivers.to_dict("records") if f"cluster {row['cluster']}" == group]
    more = len(names) - _MOST_MEMBERS
    return "; ".join(names[:_MOST_MEMBERS]) + (f"; and {more} more" if more > 0 else "")
