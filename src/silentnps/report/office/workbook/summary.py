"""The first sheet of the workbook: the numbers with all that must travel with them, and the words of the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from silentnps.estimation.formulas.nps_estimate import NPSEstimate
from silentnps.estimation.wording.assumptions import ASSUMPTIONS
from silentnps.report.content import ReportContent
from silentnps.report.office.words import Line, answers, headline, notices
from silentnps.report.office.workbook.columns import Kind
from silentnps.report.wording.words import short


@dataclass(frozen=True)
class Table:
    """A small table: headings with the kinds of their columns, and rows of values; None is an empty cell."""

    columns: Sequence[tuple[str, Kind]]
    rows: Sequence[Sequence[Any]]


_COLUMNS: Sequence[tuple[str, Kind]] = (
    *(("Of", "text"), ("NPS", "points"), ("From", "points"), ("To", "points"), ("Confidence level", "share")),
    *(("Customers", "count"), ("Answers", "count"), ("Wave", "text"), ("What it assumes", "text")),
)


def summary(content: ReportContent) -> list[Line | Table]:
    """Return the parts of the first sheet, from the top."""
    made = f"Made by silentnps {content.version}, {content.generated_at}; NPS in points, from −100 to +100."
    return [
        Line(headline(content), tone="title"),
        *notices(content),
        _numbers(content),
        *answers(content),
        Line(made, "Source"),
        Line(""),
    ]


def _numbers(content: ReportContent) -> Table:
    report, wave = content.estimate, short(content.wave)
    assumption = ASSUMPTIONS.get(report.headline, None)
    assumed = f"{assumption.title}: {assumption.note}" if assumption else report.headline
    survey, answered = report.respondents, report.respondents.n
    counted = ("Survey (who answered)", survey.value, None, None, None, survey.n, survey.n, wave, "counted")
    rows = [_row("Whole base", report.base, answered, wave, assumed), counted]
    if report.silent.n:
        rows.append(_row("Silent customers", report.silent, 0, wave, assumed))
    return Table(_COLUMNS, rows)


def _row(name: str, of: NPSEstimate, answered: int, wave: str, assumed: str) -> tuple[Any, ...]:
    return name, of.value, of.low, of.high, of.confidence_level, of.n, answered, wave, assumed
