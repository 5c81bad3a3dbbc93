"""The tables of the report as sheets of a workbook: every row, numbers as numbers, headings in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from silentnps.report.content import ReportContent
from silentnps.report.decisions.reach import driver_name
from silentnps.report.drivers import direction_of, group_name
from silentnps.report.office.workbook.columns import (
    ASSUMPTIONS,
    BALANCE,
    CLASSES,
    CURVE,
    DIFFERENCES,
    DRIVERS,
    EARLY_LATE,
    GROUPS,
    RATES,
    REACH,
    SEGMENTS,
    SHADOWS,
    SHARED,
    SHARED_BY_SEGMENT,
    TIPPING,
    TREND,
    WHAT_IF,
    WORDS,
    Columns,
    Kind,
)
from silentnps.report.sections import assumption_name, by_clearness
from silentnps.report.wording.words import diagnostics_in_words

_MOST_ROWS = 20_000
_ON_CLASSES = "Shares of each class; those of the survey are counted."


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
    return [
        _sheet(
            "By assumption",
            "NPS of silent customers under each assumption about who answers.",
            _with_ends(assumed),
            ASSUMPTIONS,
            level,
        ),
        _sheet(
            "Segments",
            "NPS of each segment; with many segments, some differ by chance.",
            _with_ends(_largest_first(report.segments)),
            SEGMENTS,
            level,
        ),
        _sheet(
            "Differences",
            "Between the silent customers of two segments, the clearest first.",
            by_clearness(report.segment_differences).head(_MOST_ROWS),
            DIFFERENCES,
            level,
        ),
    ]


def _on_drivers(content: ReportContent) -> list[Sheet]:
    level = content.estimate.base.confidence_level
    drivers, groups, trend = _drivers(content.drivers), _groups(content.driver_groups), _waves(content.trend)
    return [
        _sheet("Key drivers", "What the scores of silent customers are associated with.", drivers, DRIVERS, level),
        _sheet("Reach", "Whom a driver concerns, and by how many points.", _reach(content), REACH, level),
        _sheet("Classes", _ON_CLASSES, content.class_shares, CLASSES, level),
        _sheet("Drivers by group", "Features of the same kind, taken together.", groups, GROUPS, level),
        _sheet("Trend", "Wave by wave; intervals that overlap may be no change.", trend, TREND, level),
        _sheet("Change", "What the change since the wave before goes with.", content.change, SHARED, level),
        _sheet(
            "Segment drivers",
            "What the difference of a segment from all silent customers goes with.",
            content.segment_drivers,
            SHARED_BY_SEGMENT,
            level,
        ),
        _sheet(
            "What-if",
            "The model's response to changed features, not an effect.",
            content.improvements,
            WHAT_IF,
            level,
        ),
    ]


def _on_certainty(content: ReportContent) -> list[Sheet]:
    report, level = content.estimate, content.estimate.base.confidence_level
    told = pd.DataFrame(diagnostics_in_words(report), columns=["title", "words"])
    return [
        _sheet(
            "Tipping points",
            "How strongly satisfaction would have to affect answering to change a conclusion.",
            _with_odds(report.tipping_points),
            TIPPING,
            level,
        ),
        _sheet(
            "Sensitivity",
            "NPS of silent customers if satisfaction affected answering more, or less.",
            _with_odds(report.sensitivity),
            CURVE,
            level,
        ),
        _sheet("Shadow features", "Each family treated as response drivers.", report.shadow_test, SHADOWS, level),
        _sheet(
            "Diagnostics",
            "How far the answers carry the estimate, in words.",
            told,
            WORDS,
            level,
        ),
    ]


def _on_answers(content: ReportContent) -> list[Sheet]:
    report, level = content.estimate, content.estimate.base.confidence_level
    rates, balance = (_named(table, content) for table in (report.response_rates, report.balance))
    return [
        _sheet("Who answered", "Response rates by response driver.", rates, RATES, level),
        _sheet("Balance", "Those who answered beside those asked who did not.", balance, BALANCE, level),
        _sheet("Early and late", "NPS by the reminders before the answer.", report.early_late, EARLY_LATE, level),
    ]


def _sheet(name: str, about: str, table: pd.DataFrame, columns: Columns, level: float) -> Sheet:
    """Return the columns of a table that it has; a level of confidence that it lacks is the report's."""
    if "low" in table or "survey_low" in table:
        known = table["confidence_level"].astype(float) if "confidence_level" in table else pd.Series(dtype=float)
        table = table.assign(confidence_level=known.reindex(table.index).fillna(level))
    shown = [(key, heading, kind) for key, heading, kind in columns if key in table]
    picked = table[[key for key, _, _ in shown]].set_axis([heading for _, heading, _ in shown], axis=1)
    return Sheet(name, about, picked.reset_index(drop=True), {heading: kind for _, heading, kind in shown})


def _largest_first(segments: pd.DataFrame) -> pd.DataFrame:
    """Return segments by segmentation, the largest first and the suppressed ones last."""
    shown = segments["n"].where(~segments["suppressed"].astype(bool))
    ranks = {name: i for i, name in enumerate(segments["segmentation"].unique())}
    ordered = segments.assign(order=shown, rank=segments["segmentation"].map(ranks))
    return ordered.sort_values(["rank", "order"], ascending=[True, False], kind="stable")


def _drivers(drivers: pd.DataFrame) -> pd.DataFrame:
    if drivers.empty:
        return drivers
    told = drivers.assign(goes_with=[direction_of(row) for row in drivers.to_dict("records")])
    return told.assign(kind=[group_name(name, name) for name in told["family"]]) if "family" in told else told


def _reach(content: ReportContent) -> pd.DataFrame:
    table = content.reach
    return table.assign(name=[driver_name(name) for name in table["driver"]]) if len(table) else table


def _groups(groups: pd.DataFrame) -> pd.DataFrame:
    if groups.empty:
        return groups
    named = zip(groups["group"], groups["words"], strict=True)
    return groups.assign(name=[group_name(group, words) for group, words in named])


def _with_ends(
    table: pd.DataFrame, value: str = "value", low: str = "low", high: str = "high", prefix: str = ""
) -> pd.DataFrame:
    """Add the distances from a value to the ends of its interval, which error bars are drawn by."""
    numbers = {name: pd.to_numeric(table[name], errors="coerce") for name in (value, low, high)}
    ends = {"down": numbers[value] - numbers[low], "up": numbers[high] - numbers[value]}
    return table.assign(**{f"{prefix}{name}": end for name, end in ends.items()})


def _waves(trend: pd.DataFrame) -> pd.DataFrame:
    """Leave out the survey of a wave that nobody answered, and estimates that no wave has; add what bars need."""
    if trend.empty:
        return trend
    of_survey = [str(name) for name in trend if str(name).startswith("survey")]
    known = trend.assign(**{name: trend[name].where(trend["n_answers"] != 0) for name in of_survey})
    for of in ("survey", "silent", "base"):
        known = _with_ends(known, of, f"{of}_low", f"{of}_high", f"{of}_")
    without = [of for of in ("silent", "base") if known[of].isna().all()]
    return known.drop(columns=[name for name in known if str(name).split("_")[0] in without])


def _with_odds(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(odds=np.exp(table["class_step"].astype(float))) if len(table) else table


def _named(table: pd.DataFrame, content: ReportContent) -> pd.DataFrame:
    return table.assign(name=[content.feature_words.get(name, name) for name in table["feature"]])
