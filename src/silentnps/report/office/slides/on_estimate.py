"""The slides on the number: what it is, why it differs from the survey, its segments, and how it is known."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from silentnps.estimation.formulas.nps_estimate import NPSEstimate
from silentnps.report.content import ReportContent
from silentnps.report.office.slides.deck import Card, Chart, Ends, Series, Slide, Table, ends
from silentnps.report.office.words import answers, headline, notices
from silentnps.report.sections import assumption_name, assumption_rows, by_clearness, segment_tables
from silentnps.report.wording import words
from silentnps.report.wording.direction import verdict
from silentnps.report.wording.words import confidence, interval, points, short, true_minus, whole

_MOST_SEGMENTATIONS, _MOST_SEGMENTS = 2, 10
_NAMES = {"base": "Whole base", "survey": "Survey", "silent": "Silent customers"}


def number_slide(content: ReportContent) -> Slide:
    """Return the slide with the number, its interval and the survey beside it."""
    report = content.estimate
    told = notices(content)
    return Slide(
        title=headline(content),
        notes=[*(line.text for line in told), *(line.text for line in answers(content)), _travels(content)],
        lines=[("How certain it is", words.how_sure(report))],
        chart=_of_three(content),
        cards=_cards(content),
        notices=[line.text for line in told],
        footnote=footnote(content, "NPS in points, from −100 to +100"),
        right_share=0.44,
    )


def why_slide(content: ReportContent) -> Slide:
    """Return the slide on why silent customers and those who answered differ."""
    report = content.estimate
    changes = words.what_would_change_it(report)
    return Slide(
        title=_difference(content),
        notes=[line.text for line in answers(content)],
        lines=[
            ("Why they differ", words.why_different(report)),
            *(("What would change it" if i == 0 else "", sentence) for i, sentence in enumerate(changes)),
        ],
        chart=_in_parts(content),
        footnote=footnote(content, "NPS of silent customers in points"),
    )


def segment_slides(content: ReportContent) -> Iterator[Slide]:
    """Return a slide for each of the first two segmentations."""
    tables = {one.name: one for one in segment_tables(content.estimate)}
    for name in list(content.estimate.segments["segmentation"].unique())[:_MOST_SEGMENTATIONS]:
        rows = content.estimate.segments
        rows = rows[(rows["segmentation"] == name) & ~rows["suppressed"].astype(bool)]
        rows = rows.sort_values("n", ascending=False, kind="stable").head(_MOST_SEGMENTS)
        if len(rows):
            yield _segment_slide(content, str(name), rows, tables[short(name)].n_segments)


def known_slide(content: ReportContent) -> Slide:
    """Return the slide on how the number is known: the other assumptions, and what would tip it."""
    report = content.estimate
    rows = assumption_rows(report)
    tipping = [("", true_minus(text)) for text in report.tipping_points.get("words", [])]
    shown = Table(
        ["Assumption", "NPS", "Interval", "What it assumes"],
        [[row["name"], row["value"], f"{row['low']} to {row['high']}", str(row["note"])] for row in rows],
        (0.26, 0.1, 0.25, 0.39),
        [i for i, row in enumerate(rows) if row["headline"]],
    )
    said = [f"{row['name']}: {row['value']} ({row['low']} to {row['high']}). {row['verdict']}" for row in rows]
    return Slide(
        title=_agreement(content),
        notes=[true_minus(report.disagreement), *said, *(text for _, text in tipping)],
        lines=tipping[:1],
        chart=_by_assumption(content),
        table=shown,
        footnote=footnote(content, "NPS of silent customers by assumption about who answers"),
        right_share=0.58,
    )


def footnote(content: ReportContent, what: str) -> str:
    """Return the line at the foot of a slide: what is measured, of whom, how sure, by what."""
    level = confidence(content.estimate.base.confidence_level)
    return (
        f"{what}; {level} intervals. {short(content.project)}, wave {short(content.wave)}. "
        f"silentnps {content.version}, {content.generated_at}"
    )


def _travels(content: ReportContent) -> str:
    report = content.estimate
    parts = [
        f"{_NAMES[tone]}: {points(of.value)}{_in_brackets(of)}, {whole(of.n)} customers"
        for tone, of in (("base", report.base), ("survey", report.respondents), ("silent", report.silent))
        if of.n
    ]
    return f"{'; '.join(parts)}. Intervals are {confidence(report.base.confidence_level)}."


def _in_brackets(of: NPSEstimate) -> str:
    return f" ({interval(of.low, of.high)})" if of.low < of.high else ""


def _cards(content: ReportContent) -> list[Card]:
    report = content.estimate
    base, survey, silent = report.base, report.respondents, report.silent
    cards = [
        Card(_NAMES["base"], points(base.value), (_ranged(base), f"{whole(base.n)} customers"), "base"),
        Card(_NAMES["survey"], points(survey.value), ("counted", f"{whole(survey.n)} who answered"), "survey"),
    ]
    if not silent.n:
        return cards
    below = (_ranged(silent), f"{whole(silent.n)} who did not answer")
    return [*cards, Card(_NAMES["silent"], points(silent.value), below, "silent")]


def _ranged(of: NPSEstimate) -> str:
    return f"{interval(of.low, of.high)} ({confidence(of.confidence_level)})" if of.low < of.high else "counted"


def _of_three(content: ReportContent) -> Chart:
    report = content.estimate
    named = (("base", report.base), ("survey", report.respondents), ("silent", report.silent))
    kept = [(tone, of) for tone, of in named if of.n]
    return Chart(
        "bars",
        [_NAMES[tone] for tone, _ in kept],
        [_series("NPS", [(of.value, ends(of.low, of.high)) for _, of in kept], [tone for tone, _ in kept])],
        "NPS in points",
    )


def _series(name: str, numbers: list[tuple[float, Ends]], tones: list[str]) -> Series:
    return Series(name, [value for value, _ in numbers], tones, [ends for _, ends in numbers])


def _difference(content: ReportContent) -> str:
    report = content.estimate
    survey, silent = report.respondents.value, report.silent
    if silent.n == 0:
        return "Everybody answered, so the survey is the whole base"
    if silent.low <= survey <= silent.high:
        if verdict(report, "survey") == "agrees":
            return "Silent customers are about as satisfied as those who answered"
        return "These data cannot tell whether silent customers are less satisfied than those who answered"
    than = "less" if silent.value < survey else "more"
    inside = interval(silent.low, silent.high)
    against = f"against the survey's {points(survey)}"
    return f"Silent customers are {than} satisfied: {points(silent.value)} ({inside}) {against}"


def _in_parts(content: ReportContent) -> Chart | None:
    """Return the way from the survey over missing at random to the headline."""
    report = content.estimate
    if report.silent.n == 0:
        return None
    steps: list[tuple[str, str, float, Ends]] = [("Survey", "survey", report.respondents.value, None)]
    table = report.by_assumption
    steps += [
        (assumption_name("mar", report), "base", float(row["value"]), ends(row["low"], row["high"]))
        for row in table[table["assumption"] == "mar"].to_dict("records")
        if report.headline != "mar" and math.isfinite(row["value"])
    ]
    silent = report.silent
    steps.append((assumption_name(report.headline, report), "silent", silent.value, ends(silent.low, silent.high)))
    numbers = [(value, ends) for _, _, value, ends in steps]
    series = _series("NPS", numbers, [tone for _, tone, _, _ in steps])
    return Chart("bars", [name for name, _, _, _ in steps], [series], "NPS in points")


def _segment_slide(content: ReportContent, name: str, rows: pd.DataFrame, n_segments: int) -> Slide:
    records = rows.to_dict("records")
    numbers = [(float(row["value"]), ends(row["low"], row["high"])) for row in records]
    chart = Chart(
        "bars",
        [short(row["segment"]) for row in records],
        [_series("NPS of silent customers", numbers, ["silent"])],
        "NPS of silent customers",
    )
    table = Table(
        ["Segment", "Silent", "Interval", "Base", "Survey", "Customers"],
        [_segment_cells(row) for row in records],
        (0.23, 0.12, 0.24, 0.11, 0.13, 0.17),
    )
    title, about = _clearest(content, name, records)
    left = f" The {len(records)} largest of {whole(n_segments)} segments." if n_segments > len(records) else ""
    said = [f"{cells[0]}: {cells[1]} ({cells[2]}), {cells[5]} customers." for cells in table.rows]
    return Slide(
        title=title,
        notes=[*([about] if about else []), f"Silent customers by {short(name)}.{left}", *said],
        chart=chart,
        table=table,
        footnote=footnote(content, f"{about}{left} NPS in points".strip()),
        right_share=0.54,
    )


def _segment_cells(row: dict[Any, Any]) -> list[str]:
    base, survey = (math.nan if row[key] is None else float(row[key]) for key in ("base_value", "survey_nps"))
    inside = interval(float(row["low"]), float(row["high"]))
    return [short(row["segment"]), points(row["value"]), inside, points(base), points(survey), whole(row["n"])]


def _clearest(content: ReportContent, name: str, records: list[dict[Any, Any]]) -> tuple[str, str]:
    """Return the message on segments, and how many pairs it was chosen from."""
    pairs = content.estimate.segment_differences
    pairs = by_clearness(pairs[pairs["segmentation"] == name]) if len(pairs) else pairs
    if pairs.empty:
        low, high = (pick(records, key=lambda row: row["value"]) for pick in (min, max))
        span = " to ".join(f"{points(row['value'])} ({short(row['segment'])})" for row in (low, high))
        return f"Silent customers by {short(name)}: from {span}", ""
    row = pairs.iloc[0]
    about = (
        f"The clearest of {whole(len(pairs))} pairs; among many, some differ by chance." if len(pairs) > 1 else ""
    )
    if row["low"] <= 0 <= row["high"]:
        return f"Silent customers by {short(name)}: no two segments are known to differ", about
    first, second = (short(row[key]) for key in ("segment", "other"))
    size, low, high = row["difference"], row["low"], row["high"]
    if size < 0:
        first, second, size, low, high = second, first, -size, -high, -low
    above = f"{first} is {size:.1f} points above {second} ({interval(low, high)})"
    return f"Silent customers by {short(name)}: {above}", about


def _agreement(content: ReportContent) -> str:
    report = content.estimate
    if "verdict" not in report.by_assumption:
        return "The number rests on an assumption about who answers"
    others = report.by_assumption[report.by_assumption["assumption"] != report.headline]
    counts = others["verdict"].value_counts()
    against, n = int(counts.get("contradicts", 0)), int(counts.sum() - counts.get("", 0))
    if n and int(counts.get("agrees", 0)) == n:
        return f"All {n} other assumptions agree with the headline"
    if against:
        return f"The number depends on the assumption: {against} of {n} others contradict the headline"
    return "These data cannot tell whether the other assumptions differ from the headline"


def _by_assumption(content: ReportContent) -> Chart | None:
    report = content.estimate
    table = report.by_assumption
    records = table[table["value"].notna()].to_dict("records") if len(table) else []
    if not records:
        return None
    numbers = [(float(row["value"]), ends(row["low"], row["high"])) for row in records]
    tones = ["silent" if row["assumption"] == report.headline else "survey" for row in records]
    names = [assumption_name(row["assumption"], report) for row in records]
    return Chart("bars", names, [_series("NPS", numbers, tones)], "NPS of silent customers")
