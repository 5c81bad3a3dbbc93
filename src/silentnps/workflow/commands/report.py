"""Report: the last training and estimate on one page."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import astuple
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

import silentnps
from silentnps.actions.playbook import read_playbook
from silentnps.bundle.bundle import Bundle, load_bundle
from silentnps.data.findings import USED
from silentnps.errors import ModelError
from silentnps.estimation.trend.words import sentences
from silentnps.estimation.wave.nps_report import NPSReport
from silentnps.features.catalog import CATALOG
from silentnps.report.content import ReportContent
from silentnps.report.office.formats import FORMATS, Format, require_formats
from silentnps.report.office.pdf import write_pdf
from silentnps.report.page.write import write_report
from silentnps.storage.spreadsheet_csv import read_csv
from silentnps.tracking.process import IN_THIS_PROCESS, Tracker
from silentnps.tracking.records import EstimateRecord
from silentnps.workflow.artifacts.estimate import read_class_shares, read_estimate
from silentnps.workflow.artifacts.out_of_fold import OutOfFold, read_out_of_fold
from silentnps.workflow.artifacts.project import Project, one_at_a_time
from silentnps.workflow.artifacts.reasons import Reasons, read_reasons
from silentnps.workflow.artifacts.run import read_run
from silentnps.workflow.artifacts.store import store_of
from silentnps.workflow.artifacts.trend import read_trend
from silentnps.workflow.commands.first_estimate import ensure_estimate
from silentnps.workflow.drivers import Drivers, make_drivers
from silentnps.workflow.first_screen.found import compared_segments, last_lists, with_actions
from silentnps.workflow.watch import QUIET, Watch
from silentnps.workflow.wave_data import settled_data

_SHOWN_FACTS = ("candidate", "wave", "n_answers", "n_answers_of_wave", "n_silent", "silentnps_version")


def report(
    project: Project,
    *,
    formats: Collection[Format] = (),
    truth: float | None = None,
    tracker: Tracker = IN_THIS_PROCESS,
    watch: Watch = QUIET,
) -> NPSReport:
    """Write report.html, and before it the estimate if none was made; return the estimate.

    `formats` are written beside it. `truth` is the NPS of silent customers, in points, if the data are simulated.

    Raises
    ------
    ConfigError
        If a format needs a package or a program that is missing.
    """
    require_formats(formats)
    ensure_estimate(project, tracker=tracker, watch=watch)
    return _report(project, formats, truth, tracker, watch)


@one_at_a_time
def _report(
    project: Project, formats: Collection[Format], truth: float | None, tracker: Tracker, watch: Watch
) -> NPSReport:
    watch.step("explaining the silent customers")
    bundle = load_bundle(project.model)
    handed_over = read_out_of_fold(project, bundle)
    estimated = read_estimate(project, model_digest=str(bundle.info["out_of_fold_digest"]))
    reasons = read_reasons(project, bundle)
    drivers = make_drivers(project, bundle, handed_over, reasons, estimated)
    watch.step("writing the report")
    content = ReportContent(
        project=project.config.name,
        wave=str(bundle.info["wave"]),
        estimate=estimated,
        version=silentnps.__version__,
        generated_at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        findings=_findings(project),
        truth=truth,
        **_on_model(project, bundle, handed_over),
        **_on_drivers(drivers, reasons),
        **_on_trend(project, bundle, drivers),
        **_on_decisions(project, bundle, drivers),
    )
    write_report(project.report, content)
    written = _write_formats(project, content, formats, watch)
    _log(project, [project.report, *written], tracker, watch)
    return estimated


def _write_formats(
    project: Project, content: ReportContent, formats: Collection[Format], watch: Watch
) -> list[Path]:
    """Write the other formats, and say which files of earlier reports stay beside the new page."""
    if formats:
        watch.step("writing slides, workbook, PDF")
    files = {name: project.report.with_suffix(f".{name}") for name in FORMATS}
    for name, path in files.items():
        if name in formats:
            _write_format(name, path, project.report, content)
        elif path.exists():
            watch.say(f"{path.name} is that of an earlier report: --{name} writes it again")
    return [path for name, path in files.items() if name in formats]


def _write_format(name: Format, path: Path, page: Path, content: ReportContent) -> None:
    """Write the report in a format; packages that not everybody has are imported here alone."""
    if name == "pptx":
        from silentnps.report.office.slides.write import write_slides

        write_slides(path, content)
    elif name == "xlsx":
        from silentnps.report.office.workbook.write import write_workbook

        write_workbook(path, content)
    else:
        write_pdf(path, page)


def _log(project: Project, files: list[Path], tracker: Tracker, watch: Watch) -> None:
    """Add the files to the run of their model; without it they are there all the same."""
    run = read_run(project)
    if run is None:
        return
    try:
        tracker.log_estimate(store_of(project), run, EstimateRecord(files=[("report", path) for path in files]))
    except ModelError as error:
        watch.say(f"the report is not in MLflow: {error}")


def _on_model(project: Project, bundle: Bundle, handed_over: OutOfFold) -> dict[str, Any]:
    data = settled_data(handed_over.rows, bundle.info, project.config.features)
    return {
        "metrics": handed_over.candidates,
        "probabilities": handed_over.probabilities,
        "classes": data.classes[data.answered],
        "response_drivers": data.response_drivers,
        "shadow_features": data.shadow_features,
        "feature_words": {name: feature.words for name, feature in CATALOG.items()},
        "model": {name: bundle.info[name] for name in _SHOWN_FACTS},
        "model_card": _model_card(project),
    }


def _on_drivers(drivers: Drivers, reasons: Reasons) -> dict[str, Any]:
    return {
        "drivers": drivers.drivers,
        "driver_groups": drivers.groups,
        "segment_drivers": drivers.segments,
        "change": drivers.change,
        "improvements": drivers.improvements,
        "agreement": None if reasons.agreement is None else astuple(reasons.agreement),
    }


def _on_decisions(project: Project, bundle: Bundle, drivers: Drivers) -> dict[str, Any]:
    return {
        "class_shares": read_class_shares(project),
        "compared": compared_segments(project, model_digest=str(bundle.info["out_of_fold_digest"])),
        "lists": last_lists(project),
        "reach": with_actions(drivers.reach, read_playbook(project.config.actions.playbook)),
    }


def _on_trend(project: Project, bundle: Bundle, drivers: Drivers) -> dict[str, Any]:
    """Return the waves so far: from the model's trend where there is one, else their surveys."""
    kept = read_trend(project, model_digest=str(bundle.info["out_of_fold_digest"]))
    if kept is None:
        return {"trend": drivers.trend}
    levels = kept.report.levels
    return {
        "trend": levels[levels["segmentation"] == ""].rename(columns={"period": "wave"}),
        "trend_changes": kept.report.changes,
        "trend_why": kept.report.why,
        "trend_sentences": tuple(sentences(kept.report)),
    }


def _model_card(project: Project) -> str:
    try:
        return project.model_card.read_text(encoding="utf-8")
    except OSError:
        return ""


def _findings(project: Project) -> pd.DataFrame:
    try:
        table = read_csv(project.findings)
    except (OSError, ValueError):
        return pd.DataFrame()
    return table[table["severity"] != USED]
