"""The slides on what goes with the number: how it moved, what can be acted on, and what to do next."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from silentnps.report.content import ReportContent
from silentnps.report.decisions.next_steps import next_rows
from silentnps.report.drivers import closeness, direction_of, is_unstable, worth_showing
from silentnps.report.office.slides.deck import Chart, Ends, Series, Slide, Table, ends
from silentnps.report.office.slides.on_estimate import footnote
from silentnps.report.segment_drivers import change
from silentnps.report.trend import WaveRow, trend
from silentnps.report.what_if import what_if
from silentnps.report.wording.words import points, short

_MOST_WAVES, _MOST_DRIVERS, _MOST_SCENARIOS = 12, 8, 4
_WAVES = {"survey": "Survey", "base": "Whole base", "silent": "Silent customers"}
_ASSOCIATION = "Associations that the model found, not effects"


def trend_slide(content: ReportContent) -> Slide | None:
    """Return the slide on the waves so far; None where there are fewer than two with a number."""
    found = trend(content)
    if found is None or found.chart is None:
        return None
    table = content.trend.tail(_MOST_WAVES)
    records = table.to_dict("records")
    series = [_wave_series(records, of) for of in _WAVES]
    moved = change(content)
    rows = [[step.name, step.text, step.range_text or "–"] for step in moved.steps] if moved else []
    said = [_wave_in_words(row) for row in found.rows[-_MOST_WAVES:]]
    return Slide(
        title=_movement(records),
        notes=[
            *said,
            *(": ".join(row[:2]) for row in rows),
        ],
        lines=[("", _ON_WAVES)],
        chart=Chart(
            "lines",
            [short(row["wave"]) for row in records],
            [one for one in series if any(value is not None for value in one.values)],
            "NPS in points",
        ),
        table=Table(
            ["Change of the scores goes with", "Points", "Interval"], rows, (0.58, 0.14, 0.28), [len(rows) - 1]
        )
        if rows
        else None,
        footnote=footnote(content, "NPS in points"),
    )


_ON_WAVES = (
    "The interval of a survey covers only chance among those who answered. Waves whose intervals overlap may not "
    "differ at all."
)


def drivers_slide(content: ReportContent) -> Slide | None:
    """Return the slide on key drivers that can be acted on, else on all; None without key drivers."""
    table = worth_showing(content.drivers)
    if table.empty:
        return None
    kept = _stable(table)
    acted_on = kept[kept["actionable"].astype(bool)] if "actionable" in kept else kept.iloc[:0]
    shown = (acted_on if len(acted_on) else kept if len(kept) else table).head(_MOST_DRIVERS)
    records = shown.to_dict("records")
    scenarios = what_if(content)
    rows = [[row.name, row.gain.text] for row in scenarios.scenarios[:_MOST_SCENARIOS]] if scenarios else []
    close = closeness(content)
    names = [short(row.get("words", row["feature"])) for row in records]
    sizes = [float(row["mean_absolute_points"]) for row in records]
    first = f"{names[0]} ({sizes[0]:.1f} points on average)"
    return Slide(
        title=f"{'Largest key driver that can be acted on' if len(acted_on) else 'Largest key driver'}: {first}",
        notes=[
            f"{_ASSOCIATION}: changing a feature does not necessarily change the NPS.",
            *([] if close is None else [close.words]),
            *(_spoken(row, name) for row, name in zip(records, names, strict=True)),
            *(f"If {row[0]}: {row[1]} points by the model, not an effect." for row in rows),
        ],
        chart=Chart("bars", names, [Series("Points", sizes, ["silent"])], "Points, on average", signed=False),
        lines=[("How to read it", f"{_READ} {'' if close is None or close.is_close else close.words}".strip())],
        table=Table(["What the model answers to", "Points"], rows, (0.8, 0.2)) if rows else None,
        footnote=footnote(content, _ASSOCIATION),
    )


_READ = (
    "A bar says how many NPS points, up or down, a feature is associated with in the score of a silent customer, "
    "on average. These are associations, not effects: try a change on a random half first."
)


def next_slide(content: ReportContent) -> Slide:
    """Return the slide on what to do next."""
    rows = [[cell.replace("`", "") for cell in row] for row in next_rows(content)]
    return Slide(
        title=f"Next: {rows[0][0][0].lower()}{rows[0][0][1:]}" if rows else "Next: nothing, everybody answered",
        notes=[f"{what}: {why}. {how}" for what, why, how in rows],
        table=Table(["What", "Why", "How"], rows, (0.27, 0.43, 0.3), size=18) if rows else None,
        footnote=footnote(content, "What follows from this report"),
        right_share=1.0,
    )


def _wave_series(records: list[dict[Any, Any]], of: str) -> Series:
    values = [_known(row, of) for row in records]
    spans: list[Ends] = [
        None if value is None else ends(_number(row, f"{of}_low"), _number(row, f"{of}_high"))
        for row, value in zip(records, values, strict=True)
    ]
    return Series(_WAVES[of], values, [of], spans)


def _known(row: dict[Any, Any], of: str) -> float | None:
    value = _number(row, of)
    return None if not math.isfinite(value) or (of == "survey" and row["n_answers"] == 0) else value


def _number(row: dict[Any, Any], name: str) -> float:
    value = row.get(name)
    return math.nan if value is None or pd.isna(value) else float(value)


def _movement(records: list[dict[Any, Any]]) -> str:
    """Return how the whole base moved since the wave before, or the survey where only that is known."""
    for of, name in (("base", "The whole base"), ("survey", "The survey")):
        known = [row for row in records if _known(row, of) is not None]
        if len(known) < 2 or known[-1] is not records[-1]:
            continue
        before, now = known[-2:]
        moved = f"{name} went from {points(before[of])} to {points(now[of])} since {short(before['wave'])}"
        return f"{moved}; {_overlap(before, now, of)}"
    return "The last wave has no survey to compare with the waves before"


def _overlap(before: dict[Any, Any], now: dict[Any, Any], of: str) -> str:
    spans = [ends(_number(row, f"{of}_low"), _number(row, f"{of}_high")) for row in (before, now)]
    if spans[0] is None or spans[1] is None:
        return "an interval is missing, so it may be chance"
    apart = spans[0][1] < spans[1][0] or spans[1][1] < spans[0][0]
    return "their intervals do not overlap" if apart else "their intervals overlap, so it may be chance"


def _stable(table: pd.DataFrame) -> pd.DataFrame:
    return table[[not is_unstable(row) for row in table.to_dict("records")]]


def _spoken(row: dict[Any, Any], name: str) -> str:
    if not row.get("direction"):
        return f"{name}: {row['mean_absolute_points']:.1f} points; differs by category."
    return f"{name}: {row['mean_absolute_points']:.1f} points; higher values go with {direction_of(row)}."


def _wave_in_words(row: WaveRow) -> str:
    named = (("survey", row.survey), ("silent customers", row.silent), ("whole base", row.base))
    parts = [f"{name} {value.text}{_in_brackets(value.range_text)}" for name, value in named]
    return f"{row.name}: {', '.join(parts)}; {row.n_answers} answers."


def _in_brackets(range_text: str) -> str:
    return f" ({range_text})" if range_text else ""
