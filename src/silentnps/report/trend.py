"""The section on the waves so far: the survey of each, and the estimate where there is one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pandas as pd

from silentnps.estimation.trend.words import story
from silentnps.report.charts import Axis
from silentnps.report.content import ReportContent
from silentnps.report.wording.words import interval, p_value, points, short, true_minus, whole

_MOST_WAVES = 24
_MOST_CHANGES, _MOST_REASONS = 12, 3
_MOST_LABELS = 6
_LONGEST_LABEL = 10
_FIRST_AT, _LAST_AT = 13.0, 90.0
_BESIDE = {"survey": 0.0, "base": 3.0, "silent": 6.0}
"""How far to the right of its wave each estimate is drawn, in percent, so that intervals do not overlap."""

_NAMES = {"survey": "survey", "base": "whole base", "silent": "silent customers"}


@dataclass(frozen=True)
class Value:
    """An NPS with its interval as text; a dash where there is none."""

    text: str
    range_text: str


@dataclass(frozen=True)
class WaveRow:
    """A wave: how many answered, and the NPS of the survey, of silent customers and of the base."""

    name: str
    n_answers: str
    survey: Value
    silent: Value
    base: Value


@dataclass(frozen=True)
class Place:
    """An NPS in the drawing, with its interval, in percent from the left and from the top."""

    tone: str
    x: float
    y: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Line:
    """A line from wave to wave, in pieces, with a gap where a wave has no number."""

    tone: str
    pieces: list[tuple[float, float, float, float]]


@dataclass(frozen=True)
class Chart:
    """The waves from left to right: a line for each NPS, estimates with their intervals, labels."""

    lines: list[Line]
    places: list[Place]
    across: list[tuple[float, str]]
    up: list[tuple[float, str]]
    zero: float | None
    spoken: str


@dataclass(frozen=True)
class Trend:
    """Waves in order; `chart` is None for a single wave, `n_more` counts earlier waves that are not shown."""

    rows: list[WaveRow]
    n_more: int
    has_estimates: bool
    chart: Chart | None


@dataclass(frozen=True)
class ChangeRow:
    """A change of an NPS between two periods."""

    before: str
    after: str
    of: str
    change: Value
    p_value: str
    smallest: str


@dataclass(frozen=True)
class Why:
    """The parts of the change between two periods, in words, with the totals that they add up to."""

    title: str
    rows: list[tuple[str, Value]]


@dataclass(frozen=True)
class Movement:
    """What moved between periods: the last changes, with reasons and sentences; `n_more` counts earlier changes."""

    n_more: int
    changes: list[ChangeRow]
    why: list[Why]
    sentences: list[str]


def movement(content: ReportContent) -> Movement | None:
    """Return the changes of all customers between periods; None without any."""
    table = content.trend_changes
    if table.empty:
        return None
    records = table[table["segmentation"] == ""].to_dict("records")
    reasons = story(content.trend_why)[-_MOST_REASONS:] if len(content.trend_why) else []
    return Movement(
        max(len(records) - _MOST_CHANGES, 0),
        [_change(record) for record in records[-_MOST_CHANGES:]],
        [_why(*part) for part in reasons],
        [true_minus(sentence) for sentence in content.trend_sentences],
    )


def _change(record: dict[Any, Any]) -> ChangeRow:
    value = Value(points(record["change"]), interval(record["low"], record["high"]))
    smallest, of = f"{record['smallest_change']:.1f}", _NAMES[record["of"]]
    return ChangeRow(
        short(record["before"]), short(record["after"]), of, value, p_value(record["p_value"]), smallest
    )


def _why(before: str, after: str, rows: pd.DataFrame) -> Why:
    title = f"From {short(before)} to {short(after)}"
    found = [
        (str(row["words"]), Value(points(row["points"]), interval(row["low"], row["high"])))
        for row in rows.to_dict("records")
    ]
    return Why(title, found)


def trend(content: ReportContent) -> Trend | None:
    """Return the last 24 waves; None if there are none."""
    table = content.trend.tail(_MOST_WAVES)
    if table.empty:
        return None
    records = table.to_dict("records")
    return Trend(
        rows=[_row(record) for record in records],
        n_more=len(content.trend) - len(table),
        has_estimates=any(_is_known(record, of) for record in records for of in ("silent", "base")),
        chart=_chart(records) if len(records) > 1 else None,
    )


def _row(record: dict[Any, Any]) -> WaveRow:
    n = record["n_answers"]
    values = {of: _value(record, of) for of in ("survey", "silent", "base")}
    return WaveRow(short(record["wave"]), whole(n) if math.isfinite(n) else "–", **values)


def _is_known(record: dict[Any, Any], of: str) -> bool:
    """Return whether there is an NPS; a survey without answers has none."""
    return math.isfinite(_number(record, of)) and not (of == "survey" and record["n_answers"] == 0)


def _number(record: dict[Any, Any], name: str) -> float:
    value = record.get(name)
    return math.nan if value is None or pd.isna(value) else float(value)


def _value(record: dict[Any, Any], of: str) -> Value:
    if not _is_known(record, of):
        return Value("–", "")
    low, high = _number(record, f"{of}_low"), _number(record, f"{of}_high")
    known = math.isfinite(low) and math.isfinite(high)
    return Value(points(_number(record, of)), interval(low, high) if known else "")


def _chart(records: list[dict[Any, Any]]) -> Chart | None:
    known = [(i, of) for i, record in enumerate(records) for of in _BESIDE if _is_known(record, of)]
    if not known:
        return None
    up = Axis.around([_number(records[i], f"{of}{end}") for i, of in known for end in ("", "_low", "_high")])
    width = (_LAST_AT - _FIRST_AT) / (len(records) - 1)
    xs = [round(_FIRST_AT + width * i, 2) for i in range(len(records))]
    places = {(i, of): _place(records[i], of, xs[i], up) for i, of in known}
    return Chart(
        lines=[_line(of, {i: place for (i, other), place in places.items() if other == of}) for of in _BESIDE],
        places=list(places.values()),
        across=_labels(records, xs),
        up=[(round(100 - at, 2), label) for at, label in up.marks],
        zero=up.up(0.0) if up.low <= 0 <= up.high else None,
        spoken="NPS by wave. " + "; ".join(_spoken(records[i], of) for i, of in known),
    )


def _place(record: dict[Any, Any], of: str, x: float, up: Axis) -> Place:
    low, high = _number(record, f"{of}_low"), _number(record, f"{of}_high")
    ranged = math.isfinite(low) and math.isfinite(high) and high > low
    ends = (up.up(low), up.up(high)) if ranged else (None, None)
    return Place(of, round(x + _BESIDE[of], 2), up.up(_number(record, of)), *ends)


def _line(tone: str, places: dict[int, Place]) -> Line:
    """Return the line through the waves in a row; a wave without a number leaves a gap."""
    pairs = [(places[i], places[j]) for i, j in pairwise(places) if j == i + 1]
    return Line(tone, [(one.x, one.y, other.x, other.y) for one, other in pairs])


def _labels(records: list[dict[Any, Any]], xs: list[float]) -> list[tuple[float, str]]:
    """Return labels of at most six waves, the last one among them."""
    step = -(-len(records) // _MOST_LABELS)
    return [(xs[i], _cut(str(records[i]["wave"]))) for i in sorted(range(len(records) - 1, -1, -step))]


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST_LABEL else name[: _LONGEST_LABEL - 1] + "…"


def _spoken(record: dict[Any, Any], of: str) -> str:
    value = _value(record, of)
    ends = f" ({value.range_text})" if value.range_text else ""
    return f"{short(record['wave'])}, {_NAMES[of]}: {value.text}{ends}"
