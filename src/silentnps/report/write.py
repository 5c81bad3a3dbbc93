"""Writing the page: one HTML file that needs nothing else."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from silentnps.data.atomic import replace_file
from silentnps.report import words
from silentnps.report.charts import calibration_charts, driver_bars, sensitivity_chart
from silentnps.report.content import ReportContent
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
from silentnps.report.who_answered import balance_table, early_late_rows, rate_table
from silentnps.report.words import short


def write_report(path: Path, content: ReportContent) -> None:
    """Write the report; same content, same bytes. The page loads nothing from anywhere."""
    page = render_report(content)
    replace_file(path, lambda temporary: temporary.write_text(page, encoding="utf-8", newline="\n"))


def render_report(content: ReportContent) -> str:
    """Return the report as one HTML page."""
    report = content.estimate
    candidate_heads, candidates = candidate_rows(content)
    finding_heads, findings = finding_rows(content.findings)
    early_late, on_early_late = early_late_rows(report)
    return _template().render(
        content=content,
        report=report,
        words=words,
        project=short(content.project),
        wave=short(content.wave),
        first=first_drawing(content),
        assumptions=assumption_rows(report),
        by_assumption=assumption_drawing(content),
        curve=sensitivity_chart(report),
        segmentations=segment_tables(report),
        shadows=shadow_rows(report),
        differences=difference_rows(report),
        rates=rate_table(content),
        balance=balance_table(content),
        early_late=early_late,
        on_early_late=on_early_late,
        bars=driver_bars(content.drivers),
        calibrations=calibration_charts(content.probabilities, content.classes),
        candidate_heads=candidate_heads,
        candidates=candidates,
        finding_heads=finding_heads,
        findings=findings,
        facts=model_facts(content),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("silentnps", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["short"] = short
    environment.filters["true_minus"] = words.true_minus
    return environment.get_template("template.html")
