"""How many rows of each table are used, and why others are not: in words, and in validation.csv."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pandas as pd

from silentnps.data.checking.checks import Checked, used_table
from silentnps.data.checking.personal import LeftOut
from silentnps.data.findings import Finding, findings_table
from silentnps.features.engine.rows_used import ELSEWHERE, NOWHERE, Used
from silentnps.storage.atomic import replace_file
from silentnps.storage.spreadsheet_csv import write_csv
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.left_out import left_out_table


def write_findings(
    project: Project,
    findings: Iterable[Finding],
    checked: Mapping[str, Checked],
    used: Mapping[str, Used],
    left_out: Iterable[LeftOut] = (),
) -> None:
    """Write validation.csv: findings, columns left out, how many rows of each table are used, and why not all."""
    left = {name: replace(one, n_used=used[name].n) if name in used else one for name, one in checked.items()}
    told = [f"Of {one.n_rows}.{_aside(one, used.get(name))}" for name, one in checked.items()]
    table = pd.concat([findings_table(findings), left_out_table(left_out), used_table(left).assign(cure=told)])
    replace_file(project.findings, lambda temporary: write_csv(table, temporary))


def used_lines(checked: Mapping[str, Checked], used: Mapping[str, Used]) -> list[str]:
    """Return one line a table: how many of its rows are used, and why others are not."""
    return [_line(name, one, used.get(name)) for name, one in checked.items()]


def _line(name: str, one: Checked, used: Used | None) -> str:
    aside = _aside(one, used)
    if used is not None and NOWHERE in used.aside:
        n = used.aside[NOWHERE]
        return f"{name}: {n:,} of {one.n_rows:,} rows read and checked; {NOWHERE}.{_aside(one, None)}"
    n = one.n_used if used is None else used.n
    if name in ELSEWHERE:
        return f"{name}: {n:,} of {one.n_rows:,} rows kept; {ELSEWHERE[name]}.{aside}"
    return f"{name}: {n:,} of {one.n_rows:,} rows used.{aside}"


def _aside(one: Checked, used: Used | None) -> str:
    reasons = {**one.aside, **(used.aside if used else {})}
    listed = ", ".join(f"{n:,} ({reason})" for reason, n in reasons.items())
    return f" Not used: {listed}." if listed else ""
