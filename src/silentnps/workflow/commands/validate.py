"""Validate: check the tables and say what is found, without building anything."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import silentnps
from silentnps.data.findings import Note
from silentnps.data.reading.refusals import Refusals
from silentnps.data.reading.sources import CONFIGURATION
from silentnps.errors import ConfigError
from silentnps.features.engine.expressions import Population
from silentnps.report.validation_page import write_validation_page
from silentnps.storage.atomic import replace_file
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.checked_tables import TableChecks, complete_checks, gather_checks
from silentnps.workflow.left_out import AsTrained, say_left_out, without_personal
from silentnps.workflow.told.validation import Validation, validation_of
from silentnps.workflow.watch import QUIET, Watch

MAX_SHARE = 0.05
"""Share of a table's rows from which a warning asks for attention, if nothing else is said."""


def validate(project: Project, *, max_share: float = MAX_SHARE, watch: Watch = QUIET) -> Validation:
    """Check the tables and return everything that was found, all errors among it.

    validation.csv, validation.json and validation.html in the output folder have the same content.
    """
    project.prepare_output()
    watch.step("checking the tables")
    checks = gather_checks(project.config, AsTrained(), facts=True)
    say_left_out(checks.left_out, watch)
    with checks.written_to(project.findings):
        population = _completed(project, checks)
        watch.step("writing the page")
        validation = validation_of(project.config, checks, population, max_share=max_share)
    made = {
        "silentnps": silentnps.__version__,
        "made_at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }
    text = json.dumps({**made, **validation.content}, indent=1, ensure_ascii=False)
    replace_file(project.validation_json, lambda path: path.write_text(text + "\n", encoding="utf-8"))
    write_validation_page(project.validation_page, {**made, **validation.content})
    return validation


def _completed(project: Project, checks: TableChecks) -> Population | None:
    """Complete the checks as far as errors allow; errors of the configuration become findings."""
    if "customers" not in checks.clean:
        return None
    config, refusals = project.config, Refusals(CONFIGURATION)
    with refusals.gathered("estimation"):
        without_personal(config, checks.clean, checks.left_out, AsTrained())
    checks.findings = [*checks.findings, *refusals.found]
    try:
        return complete_checks(checks.clean, config, checks)
    except ConfigError as error:  # waves or surveys are missing, which `features --as-of` does not need
        checks.findings = [*checks.findings, Note.of(CONFIGURATION, str(error))]
    return None
