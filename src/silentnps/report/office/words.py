"""The words that every form of the report begins with: the message, what must be read first, why, how certain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from silentnps.estimation.value.words import spend_sentences
from silentnps.report.content import ReportContent
from silentnps.report.wording import words
from silentnps.report.wording.words import points, true_minus


@dataclass(frozen=True)
class Line:
    """A sentence with a label before it."""

    text: str
    label: str = ""
    tone: Literal["title", "notice", "plain"] = "plain"


def headline(content: ReportContent) -> str:
    """Return the message of the report in one sentence."""
    base, survey = content.estimate.base, content.estimate.respondents
    if content.estimate.silent.n == 0:
        return f"The NPS is {points(survey.value)}: everybody answered"
    whole = f"{points(base.value)} ({words.interval(base.low, base.high)})"
    return f"The NPS of the whole base is {whole}; the survey says {points(survey.value)}"


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
    by_spend = spend_sentences(report.by_spend) if report.by_spend else []
    others = [warning for warning in report.warnings if warning != report.caution]
    return [
        Line(words.why_different(report), "Why they differ"),
        Line(words.how_sure(report), "How certain it is"),
        *(Line(text, "" if i else "Counted by spend") for i, text in enumerate(by_spend)),
        *(Line(text, "" if i else "What would change it") for i, text in enumerate(changes)),
        Line(true_minus(report.disagreement), "By assumption"),
        *(Line(true_minus(text), "" if i else "Warnings") for i, text in enumerate(others)),
    ]
