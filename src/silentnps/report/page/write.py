"""Render and write the report: one self-contained HTML file."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Template
from markupsafe import Markup, escape

from silentnps.estimation.trend.words import ABOUT_PARTS
from silentnps.estimation.value.words import spend_sentences
from silentnps.explanation.contributions.refits import STABLE_SHARE
from silentnps.report import drivers, markdown
from silentnps.report.charts import calibration_charts, sensitivity_chart
from silentnps.report.content import ReportContent
from silentnps.report.decisions.classes import class_bars
from silentnps.report.decisions.decide import decisions
from silentnps.report.decisions.next_steps import next_rows
from silentnps.report.decisions.reach import reach
from silentnps.report.html_pages import page_templates
from silentnps.report.sections import (
    assumption_drawing,
    assumption_rows,
    candidate_rows,
    difference_rows,
    finding_rows,
    first_drawing,
    model_facts,
    segment_tables,
    shadow_rows,
)
from silentnps.report.segment_drivers import change, segment_drivers
from silentnps.report.trend import movement, trend
from silentnps.report.what_if import what_if
from silentnps.report.who_answered import balance_table, early_late_rows, rate_table
from silentnps.report.wording import words
from silentnps.report.wording.bands import band_sentences, country_note
from silentnps.report.wording.words import short
from silentnps.storage.atomic import replace_file

_SECTION_LEVEL = 2
"""The level of the heading above the model card."""


@dataclass(frozen=True)
class Script:
    """The script that sorts tables, and the digest by which the page's policy allows it and no other."""

    text: Markup
    digest: str


def write_report(path: Path, content: ReportContent) -> None:
    """Write the report in one step; the same content gives the same bytes, and the page loads nothing else."""
    page = render_report(content)
    replace_file(path, lambda temporary: temporary.write_text(page, encoding="utf-8", newline="\n"))


def render_report(content: ReportContent) -> str:
    """Return the report as one HTML page."""
    return _template().render(
        content=content,
        report=content.estimate,
        words=words,
        project=short(content.project),
        wave=short(content.wave),
        script=_script(),
        **_on_decisions(content),
        **_on_estimate(content),
        **_on_drivers(content),
        **_on_model(content),
    )


def _on_decisions(content: ReportContent) -> dict[str, Any]:
    return {
        "decisions": decisions(content),
        "classes": class_bars(content),
        "reach": reach(content),
        "next_rows": next_rows(content),
    }


def _on_estimate(content: ReportContent) -> dict[str, Any]:
    report = content.estimate
    early_late, on_early_late = early_late_rows(report)
    return {
        "first": first_drawing(content),
        "bands": band_sentences(report.base),
        "by_spend": spend_sentences(report.by_spend) if report.by_spend else [],
        "between_countries": country_note(each.name for each in segment_tables(report)),
        "assumptions": assumption_rows(report),
        "by_assumption": assumption_drawing(content),
        "curve": sensitivity_chart(report),
        "segmentations": segment_tables(report),
        "shadows": shadow_rows(report),
        "differences": difference_rows(report),
        "rates": rate_table(content),
        "balance": balance_table(content),
        "early_late": early_late,
        "on_early_late": on_early_late,
    }


def _on_drivers(content: ReportContent) -> dict[str, Any]:
    return {
        "bars": drivers.driver_bars(content.drivers),
        "driver_rows": drivers.driver_rows(content.drivers),
        "stable_share": STABLE_SHARE,
        "closeness": drivers.closeness(content),
        "families": drivers.family_rows(content),
        "by_action": drivers.action_bars(content),
        "correlated": drivers.correlated_rows(content),
        "segment_drivers": segment_drivers(content),
        "what_if": what_if(content),
        "trend": trend(content),
        "movement": movement(content),
        "about_parts": ABOUT_PARTS,
        "change": change(content),
    }


def _on_model(content: ReportContent) -> dict[str, Any]:
    candidate_heads, candidates = candidate_rows(content)
    finding_heads, findings = finding_rows(content.findings)
    return {
        "calibrations": calibration_charts(content.probabilities, content.classes),
        "candidate_heads": candidate_heads,
        "candidates": candidates,
        "finding_heads": finding_heads,
        "findings": findings,
        "facts": model_facts(content),
        "model_card": markdown.rendered(content.model_card, shift=_SECTION_LEVEL),
    }


def with_code(text: str) -> Markup:
    """Return a sentence as HTML, what stands between backticks as code.

    Examples
    --------
    >>> print(with_code("a < b: `run it`."))
    a &lt; b: <code>run it</code>.
    """
    parts = [escape(part) for part in text.split("`")]
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if i % 2 else part for i, part in enumerate(parts)
    )


@cache
def _script() -> Script:
    text = files("silentnps.report").joinpath("sort.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Script(Markup(text), digest)


@cache
def _template() -> Template:
    environment = page_templates()
    environment.filters["short"] = short
    environment.filters["true_minus"] = words.true_minus
    environment.filters["with_code"] = with_code
    return environment.get_template("template.html")
