"""The sections on the estimate, its segments and the model, as the template prints them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from silentnps.estimation.formulas.nps_estimate import NPSEstimate
from silentnps.estimation.wave.nps_report import NPSReport
from silentnps.estimation.wording.assumptions import ASSUMPTIONS
from silentnps.report.charts import Axis, Dot, dot
from silentnps.report.content import ReportContent
from silentnps.report.wording.cells import Cell, count_cell, points_cell
from silentnps.report.wording.words import interval, p_value, points, short, true_minus

_MOST_SEGMENTS = 50
_MOST_FINDINGS = 100
_MOST_DIFFERENCES = 10

_METRICS = {
    "log_loss": ("Log loss", 3),
    "rps": ("RPS", 3),
    "macro_f1": ("Macro F1", 3),
    "qwk": ("QWK", 3),
    "auc_detractor": ("AUC of detractors", 3),
    "lift_at_10_detractor": ("Lift of detractors, top 10\u00a0%", 2),
    "base_rate_detractor": ("Share of detractors", 3),
}


@dataclass(frozen=True)
class Drawing:
    """Dots on one axis."""

    dots: list[Dot]
    marks: list[tuple[float, str]]
    zero: float | None
    truth: float | None


@dataclass(frozen=True)
class SegmentRow:
    """One segment; `silent` is None where it is suppressed."""

    name: str
    n: Cell
    n_respondents: Cell
    survey: Cell
    nps: Cell
    silent: Dot | None
    base: Cell


@dataclass(frozen=True)
class SegmentTable:
    """The largest segments of one segmentation, how many more there are, and how many are suppressed overall."""

    name: str
    rows: list[SegmentRow]
    n_more: int
    n_suppressed: int
    n_segments: int
    zero: float | None


@dataclass(frozen=True)
class DifferenceRow:
    """How much higher the NPS of silent customers is in one segment than in another."""

    name: str
    size: Cell
    difference: Dot
    zero: float | None


@dataclass(frozen=True)
class ShadowRow:
    """The NPS of silent customers with one family of shadow features among the response drivers."""

    name: str
    nps: str
    range_text: str
    p_value: str
    words: str


def drawing(axis: Axis, dots: list[Dot], truth: float | None = None) -> Drawing:
    """Join dots with their axis."""
    return Drawing(dots, axis.marks, _zero(axis), None if truth is None else axis.at(truth))


def first_drawing(content: ReportContent) -> Drawing:
    """Return base, survey and silent customers on one axis."""
    report = content.estimate
    named = (
        ("Whole base", report.base, "base"),
        ("Survey (who answered)", report.respondents, "survey"),
        ("Silent customers", report.silent, "silent"),
    )
    kept = [(name, estimate, tone) for name, estimate, tone in named if estimate.n > 0]
    axis = Axis.around([0.0, *_ends(content, [estimate for _, estimate, _ in kept])])
    return drawing(
        axis, [dot(axis, name, _numbers(estimate), tone) for name, estimate, tone in kept], content.truth
    )


def assumption_drawing(content: ReportContent) -> Drawing:
    """Return the NPS of silent customers under each assumption that gives a number."""
    table = content.estimate.by_assumption
    table = table[table["value"].notna()] if len(table) else table
    truth = [] if content.truth is None else [content.truth]
    bounds = [float(value) for column in ("value", "low", "high") for value in table.get(column, [])]
    axis = Axis.around([*bounds, *truth])
    dots = [
        dot(
            axis,
            assumption_name(row["assumption"], content.estimate),
            (float(row["value"]), float(row["low"]), float(row["high"])),
            "silent" if row["assumption"] == content.estimate.headline else "survey",
        )
        for row in table.to_dict("records")
    ]
    return drawing(axis, dots, content.truth)


def assumption_rows(report: NPSReport) -> list[dict[str, Any]]:
    """Return name, note, value, interval and verdict of each assumption."""
    return [
        {
            "name": assumption_name(row["assumption"], report),
            "headline": row["assumption"] == report.headline,
            "note": row.get("note") or "",
            "verdict": row["verdict"] if isinstance(row.get("verdict"), str) else "",
            "value": points(float(row["value"])),
            "low": points(float(row["low"])),
            "high": points(float(row["high"])),
        }
        for row in report.by_assumption.to_dict("records")
    ]


def segment_tables(report: NPSReport) -> list[SegmentTable]:
    """Return one table per segmentation, largest segments first."""
    table = report.segments
    if table.empty:
        return []
    suppressed = table["suppressed"].astype(bool)
    largest = table.sort_values("n", ascending=False, kind="stable").groupby("segmentation").head(_MOST_SEGMENTS)
    axis = Axis.exactly([float(v) for column in ("value", "low", "high") for v in largest[column]])
    zero = _zero(axis)
    tables = []
    for name in table["segmentation"].unique():
        in_segmentation = table["segmentation"] == name
        shown = largest[largest["segmentation"] == name]
        rows = [_segment_row(row, axis) for row in shown.to_dict("records")]
        n, n_suppressed = int(in_segmentation.sum()), int((suppressed & in_segmentation).sum())
        tables.append(SegmentTable(short(name), rows, n - len(rows), n_suppressed, n, zero))
    return tables


def by_clearness(differences: pd.DataFrame) -> pd.DataFrame:
    """Return differences between segments, the largest in standard errors first."""
    size = (differences["difference"] / differences["standard_error"]).abs()
    return differences.loc[size.sort_values(ascending=False, kind="stable").index]


def largest_differences(report: NPSReport, most: int = _MOST_DIFFERENCES) -> pd.DataFrame:
    """Return the differences between segments that are largest in standard errors, largest first."""
    return by_clearness(report.segment_differences).head(most)


def difference_rows(report: NPSReport) -> list[DifferenceRow]:
    """Return the largest differences between segments."""
    table = largest_differences(report)
    axis = Axis.exactly([0.0, *(float(v) for name in ("difference", "low", "high") for v in table[name])])
    return [_difference_row(row, axis) for row in table.to_dict("records")]


def shadow_rows(report: NPSReport) -> list[ShadowRow]:
    """Return one row per family of shadow features."""
    return [
        ShadowRow(
            short(row["shadow"]),
            points(row["nps_silent"]),
            interval(row["low"], row["high"]),
            p_value(row["p_holm"]),
            true_minus(str(row["words"]).replace(str(row["shadow"]), short(row["shadow"]))),
        )
        for row in report.shadow_test.to_dict("records")
    ]


def candidate_rows(content: ReportContent) -> tuple[list[str], list[dict[str, Any]]]:
    """Return the heads of the columns and the rows of the table of candidates."""
    shown = {key: label for key, label in _METRICS.items() if key in content.metrics}
    rows = [
        {
            "name": short(row["candidate"]),
            "baseline": bool(row.get("baseline", False)),
            "chosen": row["candidate"] == content.model.get("candidate"),
            "cells": [
                f"{row[key]:.{digits}f}" if math.isfinite(row[key]) else "–" for key, (_, digits) in shown.items()
            ],
        }
        for row in content.metrics.to_dict("records")
    ]
    return [label for label, _ in shown.values()], rows


def finding_rows(findings: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Return heads and cells of the findings, at most 100 rows."""
    shown = findings.head(_MOST_FINDINGS)
    return [short(name) for name in shown.columns], [
        [_cell(value) for value in row] for row in shown.itertuples(index=False)
    ]


def model_facts(content: ReportContent) -> list[tuple[str, str]]:
    """Return the facts about the model that are single values, with their names."""
    return [
        (str(name).replace("_", " "), short(value))
        for name, value in content.model.items()
        if isinstance(value, str | int | float)
    ]


def _zero(axis: Axis) -> float | None:
    return axis.at(0.0) if axis.low <= 0 <= axis.high else None


def _ends(content: ReportContent, estimates: list[NPSEstimate]) -> list[float]:
    ends = [end for estimate in estimates for end in _numbers(estimate)]
    return ends if content.truth is None else [*ends, content.truth]


def _numbers(estimate: NPSEstimate) -> tuple[float, float, float]:
    return estimate.value, estimate.low, estimate.high


def assumption_name(assumption: str, report: NPSReport) -> str:
    """Return the title of an assumption; that of the headline says so."""
    name = ASSUMPTIONS[assumption].title if assumption in ASSUMPTIONS else short(assumption)
    return f"{name} (headline)" if assumption == report.headline else name


def _segment_row(row: dict[Any, Any], axis: Axis) -> SegmentRow:
    name, n, answers = short(row["segment"]), count_cell(row["n"]), count_cell(row["n_respondents"])
    if row["suppressed"]:
        return SegmentRow(name, n, answers, points_cell(None), Cell("suppressed", None), None, points_cell(None))
    survey, nps, base = (points_cell(row[key]) for key in ("survey_nps", "value", "base_value"))
    silent = dot(axis, name, (float(row["value"]), float(row["low"]), float(row["high"])), "silent")
    return SegmentRow(name, n, answers, survey, nps, silent, base)


def _difference_row(row: dict[Any, Any], axis: Axis) -> DifferenceRow:
    name = f"{short(row['segmentation'])}: {short(row['segment'])} minus {short(row['other'])}"
    numbers = (float(row["difference"]), float(row["low"]), float(row["high"]))
    shown = replace(dot(axis, name, numbers, "silent"), what="difference in NPS")
    return DifferenceRow(name, points_cell(row["difference"]), shown, _zero(axis))


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.4g}" if math.isfinite(value) else "–"
    return short(value) if value is not None else "–"
