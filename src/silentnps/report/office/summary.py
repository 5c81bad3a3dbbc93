"""The first sheet of the workbook: the numbers with all that must travel with them, and the words of the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from silentnps.estimation.formulas.nps_estimate import NPSEstimate
from silentnps.estimation.wording.assumptions import ASSUMPTIONS
from silentnps.report.content import ReportContent
from silentnps.report.office.tables import Kind
from silentnps.report.wording import words
from silentnps.report.wording.words import points, short, true_minus


@dataclass(frozen=True)
class Line:
    """A sentence with a label before it."""

    text: str
    label: str = ""
    tone: Literal["title", "notice", "plain"] = "plain"


@dataclass(frozen=True)
class Table:
    """A small table: headings with the kinds of their columns, and rows of values; None is an empty cell."""

    columns: Sequence[tuple[str, Kind]]
    rows: Sequence[Sequence[Any]]


_COLUMNS: Sequence[tuple[str, Kind]] = (
    *(("Of", "text"), ("NPS", "points"), ("From", "points"), ("To", "points"), ("Confidence level", "share")),
    *(("Customers", "count"), ("Answers", "count"), ("Wave", "text"), ("What it assumes", "text")),
)


def headline(content: ReportContent) -> str:
    """Return the message of the report in one sentence."""
    base, survey = content.estimate.base, content.estimate.respondents
    if content.estimate.silent.n == 0:
        return f"The NPS is {points(survey.value)}: everybody answered"
    whole = f"{points(base.value)} ({words.interval(base.low, base.high)})"
    return f"The NPS of the whole base is {whole}; the survey says {points(survey.value)}"


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


def notices(content: ReportContent) -> list[Line]:
    """Return what must be read before the number."""
    report = content.estimate
    told = [
        ("Caution", report.caution),
        ("Missing at random", words.mar_notice(report)),
        ("Simulated data", words.truth_sentence(report, content.truth)),
    ]
    return [Line(text, label, "notice") for label, text in told if text]


def answers(content: ReportContent) -> list[Line]:
    """Return the sentences of the first screen: why, how certain, what would change it."""
    report = content.estimate
    changes = words.what_would_change_it(report)
    others = [warning for warning in report.warnings if warning != report.caution]
    return [
        Line(words.why_different(report), "Why they differ"),
        Line(words.how_sure(report), "How certain it is"),
        *(Line(text, "" if i else "What would change it") for i, text in enumerate(changes)),
        Line(true_minus(report.disagreement), "By assumption"),
        *(Line(true_minus(text), "" if i else "Warnings") for i, text in enumerate(others)),
    ]


def _numbers(content: ReportContent) -> Table:
    report, wave = content.estimate, short(content.wave)
    assumption = ASSUMPTIONS[report.headline] if report.headline in ASSUMPTIONS else None
    assumed = f"{assumption.title}: {assumption.note}" if assumption else report.headline
    survey, answered = report.respondents, report.respondents.n
    counted = ("Survey (who answered)", survey.value, None, None, None, survey.n, survey.n, wave, "counted")
    rows = [_row("Whole base", report.base, answered, wave, assumed), counted]
    if report.silent.n:
        rows.append(_row("Silent customers", report.silent, 0, wave, assumed))
    return Table(_COLUMNS, rows)


def _row(name: str, of: NPSEstimate, answered: int, wave: str, assumed: str) -> tuple[Any, ...]:
    return name, of.value, of.low, of.high, of.confidence_level, of.n, answered, wave, assumed
