"""The first screen: what to decide, in a few sentences each, before how it is known."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from silentnps.counts import counted
from silentnps.estimation.trend.words import story
from silentnps.report.content import ReportContent
from silentnps.report.decisions.next_steps import next_rows
from silentnps.report.decisions.reach import acted_on, driver_sentence
from silentnps.report.drivers import closeness
from silentnps.report.trend import trend
from silentnps.report.wording import words
from silentnps.report.wording.bands import bands_in_short
from silentnps.report.wording.words import interval, points, short, true_minus

_MOST_SEGMENTS, _MOST_DRIVERS, _MOST_STEPS = 4, 3, 4
_ASSOCIATION = "These are associations that the model found, not effects: try a change on a random half first."


@dataclass(frozen=True)
class Decision:
    """A question that a reader decides on, and what there is to say, a sentence or two each."""

    title: str
    sentences: list[str]


def decisions(content: ReportContent) -> list[Decision]:
    """Return what there is to decide, in its order."""
    found = [
        Decision("The number", [*_number(content)]),
        Decision("What changed, and why", _changed(content)),
        Decision("Segments that differ", _segments(content)),
        Decision("Key drivers that can be acted on", _drivers(content)),
        Decision("What to do next", _next(content)),
    ]
    return [Decision(one.title, [true_minus(text) for text in one.sentences]) for one in found if one.sentences]


def _number(content: ReportContent) -> list[str]:
    return [words.how_sure(content.estimate), *bands_in_short(content.estimate.base)]


def _changed(content: ReportContent) -> list[str]:
    if content.trend_sentences:
        first, *over_all = content.trend_sentences
        return [first, *_parts(content.trend_why), *over_all]
    found = trend(content)
    if found is None or len(found.rows) < 2:
        return ["There is no earlier wave with answers to compare with."]
    before, now = found.rows[-2:]
    moved = (
        f"The survey went from {_ranged(before.survey.text, before.survey.range_text)} in {before.name} to "
        f"{_ranged(now.survey.text, now.survey.range_text)} in {now.name}."
    )
    return [f"{moved} Whether the whole base moved, by how much and why: `silentnps trend -c FILE` tells."]


def _ranged(text: str, range_text: str) -> str:
    return f"{text} ({range_text})" if range_text else text


def _parts(why: pd.DataFrame) -> list[str]:
    if why.empty:
        return []
    _, _, rows = story(why)[-1]
    parts = [
        f"{row['words']} {points(row['points'])} ({interval(row['low'], row['high'])})"
        for row in rows[rows["of"] == "base"].to_dict("records")
        if row["part"] != "change"
    ]
    return [f"Its parts: {'; '.join(parts)}."]


def _segments(content: ReportContent) -> list[str]:
    if content.compared:
        return list(content.compared)
    report = content.estimate
    table = report.segments
    shown = table[table["base_low"].notna() & table["base_high"].notna()] if len(table) else table
    if shown.empty:
        return ["No segments were compared: `silentnps compare -c FILE --by COLUMN` does."]
    whole_base, level = report.base.value, report.base.confidence_level
    apart = shown[(shown["base_low"].astype(float) > whole_base) | (shown["base_high"].astype(float) < whole_base)]
    named = [
        f"{short(row['segmentation'])} {short(row['segment'])} {points(row['base_value'])} "
        f"({interval(row['base_low'], row['base_high'])})"
        for row in apart.loc[_farthest_first(apart, whole_base)].head(_MOST_SEGMENTS).to_dict("records")
    ]
    n = counted(len(shown), "segment")
    more = f", and {len(apart) - len(named)} more" if len(apart) > len(named) else ""
    found = (
        f"Of {n}, {len(apart)} {'has' if len(apart) == 1 else 'have'} an interval without the whole base's "
        f"{points(whole_base)}: {'; '.join(named)}{more}."
        if len(apart)
        else f"Of {n}, none has an interval without the whole base's {points(whole_base)}."
    )
    by = short(shown["segmentation"].iloc[0])
    return [
        f"{found} Each interval is a {100 * level:g} % one by itself, so with many segments some differ by chance: "
        f"`silentnps compare -c FILE --by {by}` tests them together, and says why they differ."
    ]


def _farthest_first(table: pd.DataFrame, value: float) -> pd.Index:
    return (table["base_value"].astype(float) - value).abs().sort_values(ascending=False, kind="stable").index


def _drivers(content: ReportContent) -> list[str]:
    rows = acted_on(content).head(_MOST_DRIVERS).to_dict("records")
    if not rows:
        return []
    close = closeness(content)
    doubt = [f"The reasons are approximate. {close.words}"] if close is not None and not close.is_close else []
    return [*(driver_sentence(row) for row in rows), " ".join([_ASSOCIATION, *doubt])]


def _next(content: ReportContent) -> list[str]:
    return [f"{what} ({how[:1].lower()}{how[1:]})." for what, _, how in next_rows(content)[:_MOST_STEPS]]
