"""Read and check the tables of a project."""

from __future__ import annotations

from datetime import UTC, datetime

from silentnps.data.checking.checks import Checked, check_each
from silentnps.data.checking.personal import LeftOut
from silentnps.data.checking.unmatched import judge_unmatched
from silentnps.data.findings import Finding
from silentnps.data.reading.sources import read_tables
from silentnps.storage.duckdb_memory import bounded
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.counted import write_findings
from silentnps.workflow.left_out import AsTrained, left_out_of


def checked_tables(
    project: Project, trained: AsTrained
) -> tuple[list[Finding], dict[str, Checked], tuple[LeftOut, ...]]:
    """Check the tables and write validation.csv: findings, columns left out, how many rows of each are used."""
    project.prepare_output()
    read = read_tables(project.config)
    with bounded(read.tables["customers"].get_backend()):
        checked = check_each(read.tables, now=datetime.now(UTC), earliest=project.config.earliest)
        findings = [*read.findings, *judge_unmatched(read.tables, checked, project.config)]
    left_out = left_out_of(project, {name: one.clean for name, one in checked.items()}, trained)
    write_findings(project, findings, checked, {}, left_out)
    return findings, checked, left_out
