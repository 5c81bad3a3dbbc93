"""Validate: check the tables and say what is found, without building anything."""

from __future__ import annotations

from contextlib import suppress

from silentnps.data.findings import Finding
from silentnps.errors import ConfigError
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.checked_tables import complete_checks, run_checks
from silentnps.workflow.left_out import AsTrained, say_left_out
from silentnps.workflow.watch import QUIET, Watch


def validate(project: Project, *, watch: Watch = QUIET) -> list[Finding]:
    """Check the tables, write validation.csv, say what is left out as personal, and return the findings."""
    project.prepare_output()
    watch.step("checking the tables")
    checks = run_checks(project.config, AsTrained())
    say_left_out(checks.left_out, watch)
    with checks.written_to(project.findings):
        if not checks.errors:
            with suppress(ConfigError):  # waves or surveys are missing, which `features --as-of` does not need
                complete_checks(checks.clean, project.config, checks)
    return checks.findings
