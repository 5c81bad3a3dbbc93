"""What `validate` tells of a project: plain data for its page, its JSON and the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from silentnps.config import ProjectConfig
from silentnps.data.findings import Finding
from silentnps.data.reading.column_facts import ColumnFacts, TableFacts
from silentnps.estimation.formulas.expected_interval import FEWEST_ANSWERS
from silentnps.features.engine.expressions import Population
from silentnps.features.engine.missing_features import features_of_column, missing_features
from silentnps.features.engine.rows_used import ELSEWHERE, NOWHERE
from silentnps.schema import TABLES
from silentnps.workflow.checked_tables import TableChecks
from silentnps.workflow.told.expected_answers import segments_of, too_wide, waves_of

FINE, ERRORS, ATTENTION = 0, 1, 3
"""Exit codes: nothing stops the work, something does, or nothing does but somebody should look first."""

_LEFT_OUT = "left out"
_ATTRIBUTES = ("number", "integer", "boolean", "text")
"""Kinds of attributes of customers that are features as they are."""

_IF_WRONG = ". If that is wrong"


@dataclass(frozen=True)
class Validation:
    """The findings and everything else that is told, as plain data (see `docs/tables.md`)."""

    findings: tuple[Finding, ...]
    content: Mapping[str, Any]

    @property
    def exit_code(self) -> int:
        """Return FINE, ERRORS or ATTENTION."""
        return int(self.content["verdict"]["exit_code"])


def validation_of(
    config: ProjectConfig, checks: TableChecks, population: Population | None, *, max_share: float
) -> Validation:
    """Gather what is told; `population` is None where errors stop the work before it is known.

    A warning on too few answers is added to the findings of the checks.

    A warning about more than `max_share` of a table's rows asks for attention, and so do fewer answers in the last
    wave than a model can be trained with.
    """
    waves = waves_of(population, config)
    checks.findings = [*checks.findings, *too_wide(waves, config)]
    tables = [_table(name, config, checks) for name in TABLES if name in config.tables]
    attention = _attention(checks, tables, waves, max_share)
    content = {
        "project": config.name,
        "verdict": _verdict(checks.findings, attention),
        "tables": tables,
        "findings": [_finding(finding) for finding in checks.findings],
        "missing_features": [{"missing": key, "features": names} for key, names in _missing(checks).items()],
        "personal": [
            {"column": column.column, "reason": column.reason, "rows": column.rows} for column in checks.left_out
        ],
        "waves": waves,
        "segments": segments_of(population, checks.clean, config, waves),
        "confidence_level": config.estimation.confidence_level,
        "fewest_answers": FEWEST_ANSWERS,
    }
    return Validation(tuple(checks.findings), content)


def _verdict(findings: list[Finding], attention: list[str]) -> dict[str, Any]:
    n = {severity: sum(f.severity == severity for f in findings) for severity in ("error", "warning", "note")}
    code = ERRORS if n["error"] else ATTENTION if attention else FINE
    counts = {"errors": n["error"], "warnings": n["warning"], "notes": n["note"]}
    return {"exit_code": code, **counts, "attention": attention}


def _attention(
    checks: TableChecks, tables: list[dict[str, Any]], waves: list[dict[str, Any]], max_share: float
) -> list[str]:
    sizes = {name: table.n_rows for name, table in checks.checked.items()}
    reasons = [
        f"{f.table}: a warning about {f.rows:,} of {sizes[f.table]:,} rows ({f.column or 'whole rows'})"
        for f in checks.findings
        if f.severity == "warning" and f.effect != "note" and f.table in sizes
        if f.rows > max_share * sizes[f.table]
    ]
    reasons += [
        f"{table['table']}: none of {table['rows']:,} rows is used" for table in tables if _all_aside(table)
    ]
    if waves and waves[-1]["answers"] < FEWEST_ANSWERS:
        last = waves[-1]
        reasons.append(f"wave {last['wave']}: {last['answers']:,} answers, but a model needs {FEWEST_ANSWERS}")
    return reasons


def _all_aside(table: dict[str, Any]) -> bool:
    reasons = {reason["reason"] for reason in table["aside"]}
    return bool(table["rows"]) and not table["used"] and NOWHERE not in reasons


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "severity": finding.severity,
        "table": finding.table,
        "column": finding.column,
        "rows": finding.rows,
        "first_rows": list(finding.first_rows),
        "effect": finding.effect,
        "message": str(finding),
    }


def _table(name: str, config: ProjectConfig, checks: TableChecks) -> dict[str, Any]:
    """Return one table; the rows of its file are those used and those set aside, each under one reason."""
    facts, table, used = checks.facts.get(name), checks.checked.get(name), checks.used.get(name)
    if table is None:
        source = facts.source if facts else _source(config, name)
        return {
            "table": name,
            "source": source,
            "rows": None,
            "used": None,
            "aside": [],
            "columns": [],
            "unused": [],
        }
    by_preset = facts.aside if facts else {}
    aside = Counter(by_preset) + Counter(table.aside) + Counter(used.aside if used else {})
    return {
        "table": name,
        "source": facts.source if facts else "",
        "rows": table.n_rows + sum(by_preset.values()),
        "used": table.n_used if used is None else used.n,
        "elsewhere": ELSEWHERE.get(name, ""),
        "aside": [{"reason": reason, "rows": n} for reason, n in aside.items()],
        "columns": [_column(name, column, config, checks) for column in facts.columns] if facts else [],
        "unused": _unused(name, facts),
    }


def _source(config: ProjectConfig, name: str) -> str:
    path = config.tables[name].path
    return path.name if path is not None else ""


def _unused(name: str, facts: TableFacts | None) -> list[str]:
    return list(facts.unused) if facts and not TABLES[name].extra_columns else []


def _column(name: str, column: ColumnFacts, config: ProjectConfig, checks: TableChecks) -> dict[str, Any]:
    findings = [f for f in checks.findings if f.table == name and f.column == column.column]
    personal = name == "customers" and column.column in {left_out.column for left_out in checks.left_out}
    kind = TABLES[name].kind_of(column.column)
    return {
        "column": column.column,
        "user_name": column.user_name,
        "kind": column.kind or _LEFT_OUT,
        "required": column.column in TABLES[name].required,
        "read": _read(column, findings, config),
        "missing_share": 1.0 - column.filled / column.rows if column.rows else None,
        "levels": None if personal else column.levels,
        "low": "" if personal else column.low,
        "high": "" if personal else column.high,
        "feeds": [] if kind is None else features_of_column(name, column.column),
        "personal": personal,
        "attribute": kind is None and column.kind in _ATTRIBUTES,
        "findings": {s: sum(f.severity == s for f in findings) for s in ("error", "warning", "note")},
    }


def _read(column: ColumnFacts, findings: list[Finding], config: ProjectConfig) -> str:
    """Return how a column was understood: its form, time zone, and the markers of emptiness in it."""
    understood = [f.cure.split(_IF_WRONG)[0].rstrip(".") for f in findings if f.cure.startswith("Read ")]
    empty = [
        f"N/A and the like are empty ({f.rows:,})" for f in findings if f.rule.startswith("empty where nothing")
    ]
    zone = (
        [f"those without a zone are local times of {column.zone or config.timezone}"]
        if column.kind == "time" and _is_local(column, config)
        else []
    )
    text = {"VARCHAR": "text"}.get(column.user_type, column.user_type.lower())
    return "; ".join([f"from {text}", *understood, *zone, *empty])


def _is_local(column: ColumnFacts, config: ProjectConfig) -> bool:
    return (column.zone or config.timezone) is not None and "WITH TIME ZONE" not in column.user_type


def _missing(checks: TableChecks) -> dict[str, list[str]]:
    """Return the features that are missing by what is missing; a column without any value counts as missing."""
    empty = {
        (name, column.column)
        for name, facts in checks.facts.items()
        for column in facts.columns
        if column.rows and not column.filled
    }
    columns = {
        name: [column for column in table.clean.columns if (name, column) not in empty]
        for name, table in checks.checked.items()
    }
    return missing_features(columns)
