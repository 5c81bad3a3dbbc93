"""The tables of the report as sheets of a workbook: every row, numbers as numbers, headings in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from silentnps.report.content import ReportContent
from silentnps.report.drivers import direction_of, group_name
from silentnps.report.sections import assumption_name, by_clearness
from silentnps.report.wording.words import diagnostics_in_words

Kind = Literal["text", "count", "points", "size", "share", "number", "factor"]
"""How the cells of a column are shown; `points` have a sign, a `size` has none."""

Columns = Sequence[tuple[str, str, Kind]]
"""Columns of a sheet: where they come from, their headings, their kinds."""

_MOST_ROWS = 20_000
_LEVEL: Columns = [("confidence_level", "Confidence level", "share")]

_ASSUMPTIONS: Columns = [
    *[("name", "Assumption", "text"), ("value", "NPS of silent customers", "points")],
    *[("low", "From", "points"), ("high", "To", "points"), *_LEVEL],
    *[("verdict", "Compared with the headline", "text"), ("note", "What it assumes", "text")],
    *[("down", "To lower end", "size"), ("up", "To upper end", "size")],
]
_SEGMENTS: Columns = [
    *[("segmentation", "Segmentation", "text"), ("segment", "Segment", "text")],
    *[("value", "NPS of silent customers", "points"), ("low", "From", "points"), ("high", "To", "points")],
    *[("base_value", "NPS of the base", "points"), ("base_low", "Base from", "points")],
    *[("base_high", "Base to", "points"), ("survey_nps", "NPS of the survey", "points")],
    *[("n_respondents", "Answered", "count"), ("n", "Customers", "count"), *_LEVEL],
    *[("suppressed", "Suppressed", "text"), ("down", "To lower end", "size"), ("up", "To upper end", "size")],
]
_DIFFERENCES: Columns = [
    *[("segmentation", "Segmentation", "text"), ("segment", "Segment", "text"), ("other", "Minus", "text")],
    *[("difference", "Difference in NPS", "points"), ("low", "From", "points"), ("high", "To", "points")],
    *[("standard_error", "Standard error", "size"), *_LEVEL],
]
_DRIVERS: Columns = [
    *[("words", "Feature", "text"), ("mean_absolute_points", "Points, on average", "size")],
    *[("mean_points", "Points, net", "points"), ("goes_with", "Higher values go with", "text")],
    *[("kind", "Kind", "text"), ("actionable", "Can be acted on", "text")],
    *[("sign_agreement", "Refits that agree", "share"), ("stable", "Sign is stable", "text")],
    ("feature", "Column", "text"),
]
_GROUPS: Columns = [
    *[("grouping", "Grouping", "text"), ("name", "Group", "text"), ("n_features", "Features", "count")],
    *[("mean_absolute_points", "Points together, on average", "size"), ("mean_points", "Points, net", "points")],
]
_SHARED: Columns = [
    *[("words", "Associated with", "text"), ("points", "Points", "points")],
    *[("low", "From", "points"), ("high", "To", "points"), *_LEVEL],
]
_WHAT_IF: Columns = [
    *[("segmentation", "Segmentation", "text"), ("segment", "Segment", "text"), ("words", "If", "text")],
    *[("points", "Points by the model", "points"), ("share_better", "Share who gain a point", "share")],
    ("n", "Customers", "count"),
]
_TREND: Columns = [
    *[("wave", "Wave", "text"), ("n_answers", "Answers", "count")],
    *[("survey", "Survey", "points"), ("survey_low", "Survey from", "points")],
    *[("survey_high", "Survey to", "points"), ("silent", "Silent customers", "points")],
    *[("silent_low", "Silent from", "points"), ("silent_high", "Silent to", "points")],
    *[("base", "Whole base", "points"), ("base_low", "Base from", "points"), ("base_high", "Base to", "points")],
    *[*_LEVEL],
    *[("survey_down", "Survey to lower end", "size"), ("survey_up", "Survey to upper end", "size")],
    *[("silent_down", "Silent to lower end", "size"), ("silent_up", "Silent to upper end", "size")],
    *[("base_down", "Base to lower end", "size"), ("base_up", "Base to upper end", "size")],
]
_TIPPING: Columns = [
    *[("name", "Tipping point", "text"), ("level", "NPS of silent customers there", "points")],
    *[("class_step", "Class step (log odds)", "number"), ("odds", "Odds of answering, per class upward", "factor")],
    ("words", "In words", "text"),
]
_CURVE: Columns = [
    *[
        ("odds", "Odds of answering, per class upward", "factor"),
        ("nps_silent", "NPS of silent customers", "points"),
    ],
    ("class_step", "Class step (log odds)", "number"),
]
_SHADOWS: Columns = [
    *[
        ("shadow", "Family treated as response drivers", "text"),
        ("nps_silent", "NPS of silent customers", "points"),
    ],
    *[("low", "From", "points"), ("high", "To", "points"), *_LEVEL, ("change", "Change", "points")],
    *[("p_value", "p-value", "number"), ("p_holm", "p-value (Holm)", "number"), ("words", "In words", "text")],
]
_RATES: Columns = [
    *[("name", "Response driver", "text"), ("level", "Customers", "text")],
    *[("response_rate", "Response rate", "share"), ("low", "From", "share"), ("high", "To", "share"), *_LEVEL],
    *[("n_answers", "Answered", "count"), ("n_invited", "Asked", "count")],
]
_BALANCE: Columns = [
    *[("name", "Feature", "text"), ("level", "Level", "text"), ("role", "Role", "text")],
    *[
        ("mean_respondents", "Answered (mean or share)", "number"),
        ("mean_silent", "Silent (mean or share)", "number"),
    ],
    *[("difference_before", "Difference before weighting", "number")],
    ("difference_after", "Difference after weighting", "number"),
]
_EARLY_LATE: Columns = [
    *[("group", "Answers after", "text"), ("value", "NPS", "points"), ("low", "From", "points")],
    *[("high", "To", "points"), *_LEVEL, ("n", "Answers", "count"), ("words", "In words", "text")],
]


@dataclass(frozen=True)
class Sheet:
    """A table of a workbook: its name, what it has in one sentence, its rows under headings, kinds by heading."""

    name: str
    about: str
    table: pd.DataFrame
    kinds: Mapping[str, Kind]

    def rows_where(self, heading: str, value: object) -> tuple[int, int] | None:
        """Return the first and the last row, from 0, of the rows in a row that have a value; None without any."""
        found = np.flatnonzero((self.table[heading] == value).to_numpy())
        return (int(found[0]), int(found[-1])) if len(found) else None


def report_sheets(content: ReportContent) -> list[Sheet]:
    """Return the tables of a report that have rows, the most important first."""
    sheets = [*_on_estimate(content), *_on_drivers(content), *_on_certainty(content), *_on_answers(content)]
    return [sheet for sheet in sheets if len(sheet.table)]


def _on_estimate(content: ReportContent) -> list[Sheet]:
    report, level = content.estimate, content.estimate.base.confidence_level
    assumed = report.by_assumption.assign(
        name=[assumption_name(code, report) for code in report.by_assumption["assumption"]]
    )
    segments = report.segments.assign(order=report.segments["n"].where(~report.segments["suppressed"].astype(bool)))
    ranks = {name: i for i, name in enumerate(segments["segmentation"].unique())}
    segments = segments.assign(rank=segments["segmentation"].map(ranks))
    segments = segments.sort_values(["rank", "order"], ascending=[True, False], kind="stable")
    return [
        _sheet(
            *("By assumption", "NPS of silent customers under each assumption about who answers."),
            *(_with_ends(assumed), _ASSUMPTIONS, level),
        ),
        _sheet(
            *("Segments", "NPS of each segment; with many segments, some differ by chance."),
            *(_with_ends(segments), _SEGMENTS, level),
        ),
        _sheet(
            *("Differences", "Between the silent customers of two segments, the clearest first."),
            *(by_clearness(report.segment_differences).head(_MOST_ROWS), _DIFFERENCES, level),
        ),
    ]


def _on_drivers(content: ReportContent) -> list[Sheet]:
    drivers, groups, level = content.drivers, content.driver_groups, content.estimate.base.confidence_level
    if len(drivers):
        drivers = drivers.assign(goes_with=[direction_of(row) for row in drivers.to_dict("records")])
    if "family" in drivers:
        drivers = drivers.assign(kind=[group_name(name, name) for name in drivers["family"]])
    if len(groups):
        named = zip(groups["group"], groups["words"], strict=True)
        groups = groups.assign(name=[group_name(group, words) for group, words in named])
    by_segment = [("segmentation", "Segmentation", "text"), ("segment", "Segment", "text"), *_SHARED]
    trend = content.trend
    for of in ("survey", "silent", "base"):
        trend = _with_ends(trend, of, f"{of}_low", f"{of}_high", f"{of}_") if len(trend) else trend
    return [
        _sheet("Key drivers", "What the scores of silent customers are associated with.", drivers, _DRIVERS, level),
        _sheet("Drivers by group", "Features of the same kind, taken together.", groups, _GROUPS, level),
        _sheet("Trend", "Wave by wave; intervals that overlap may be no change.", _known(trend), _TREND, level),
        _sheet("Change", "What the change since the wave before goes with.", content.change, _SHARED, level),
        _sheet(
            *("Segment drivers", "What the difference of a segment from all silent customers goes with."),
            *(content.segment_drivers, by_segment, level),
        ),
        _sheet(
            "What-if",
            "The model's response to changed features, not an effect.",
            content.improvements,
            _WHAT_IF,
            level,
        ),
    ]


def _on_certainty(content: ReportContent) -> list[Sheet]:
    report, level = content.estimate, content.estimate.base.confidence_level
    told = pd.DataFrame(diagnostics_in_words(report), columns=["title", "words"])
    return [
        _sheet(
            *("Tipping points", "How strongly satisfaction would have to affect answering to change a conclusion."),
            *(_with_odds(report.tipping_points), _TIPPING, level),
        ),
        _sheet(
            *("Sensitivity", "NPS of silent customers if satisfaction affected answering more, or less."),
            *(_with_odds(report.sensitivity), _CURVE, level),
        ),
        _sheet("Shadow features", "Each family treated as response drivers.", report.shadow_test, _SHADOWS, level),
        _sheet(
            *("Diagnostics", "How far the answers carry the estimate, in words."),
            *(told, [("title", "Diagnostic", "text"), ("words", "In words", "text")], level),
        ),
    ]


def _on_answers(content: ReportContent) -> list[Sheet]:
    report, level = content.estimate, content.estimate.base.confidence_level
    rates, balance = (_named(table, content) for table in (report.response_rates, report.balance))
    return [
        _sheet("Who answered", "Response rates by response driver.", rates, _RATES, level),
        _sheet("Balance", "Those who answered beside those asked who did not.", balance, _BALANCE, level),
        _sheet("Early and late", "NPS by the reminders before the answer.", report.early_late, _EARLY_LATE, level),
    ]


def _sheet(name: str, about: str, table: pd.DataFrame, columns: Columns, level: float) -> Sheet:
    """Return the columns of a table that it has; a level of confidence that it lacks is the report's."""
    if ("confidence_level" not in table and "low" in table) or "survey_low" in table:
        table = table.assign(confidence_level=level)
    shown = [(key, heading, kind) for key, heading, kind in columns if key in table]
    picked = table[[key for key, _, _ in shown]].set_axis([heading for _, heading, _ in shown], axis=1)
    return Sheet(name, about, picked.reset_index(drop=True), {heading: kind for _, heading, kind in shown})


def _with_ends(
    table: pd.DataFrame, value: str = "value", low: str = "low", high: str = "high", prefix: str = ""
) -> pd.DataFrame:
    """Add the distances from a value to the ends of its interval, which error bars are drawn by."""
    numbers = {name: pd.to_numeric(table[name], errors="coerce") for name in (value, low, high)}
    ends = {"down": numbers[value] - numbers[low], "up": numbers[high] - numbers[value]}
    return table.assign(**{f"{prefix}{name}": end for name, end in ends.items()})


def _known(trend: pd.DataFrame) -> pd.DataFrame:
    """Leave out the survey of a wave that nobody answered, and estimates that no wave has."""
    if trend.empty:
        return trend
    of_survey = [name for name in trend if str(name).startswith("survey")]
    known = trend.assign(**{name: trend[name].where(trend["n_answers"] != 0) for name in of_survey})
    without = [of for of in ("silent", "base") if known[of].isna().all()]
    return known.drop(columns=[name for name in known if str(name).split("_")[0] in without])


def _with_odds(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(odds=np.exp(table["class_step"].astype(float))) if len(table) else table


def _named(table: pd.DataFrame, content: ReportContent) -> pd.DataFrame:
    return table.assign(name=[content.feature_words.get(name, name) for name in table["feature"]])
