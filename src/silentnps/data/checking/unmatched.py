"""Limits on the rows of a table that match no customer, beyond which work stops.

A few orphans are set aside. Where they are many, answers or events are lost by the way their ids are written, and
every number after that is of the wrong customers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import ibis.expr.types as ir

from silentnps.config import ProjectConfig
from silentnps.data.checking.checks import CheckedTable
from silentnps.data.checking.orphans import spelled_alike
from silentnps.data.checking.rules import IN_CUSTOMERS, of_one, of_somebody
from silentnps.data.findings import Finding, Note

ASKED = ("responses", "invitations", "follow_up")
"""Tables of which every row should be of a customer: only customers are asked."""

MOST_OF_ASKED, MOST_OF_EVENTS = 0.03, 0.5
"""Default limits; orders and other events may be of guests, who are no customers."""

_FEWEST = 5
"""By default fewer rows than this are set aside, whatever their share."""

_CUSTOMER = "customer_id"


def judge_unmatched(
    tables: Mapping[str, ir.Table],
    checked: Mapping[str, CheckedTable],
    config: ProjectConfig,
    hints: Mapping[str, str] | None = None,
) -> list[Finding]:
    """Return the findings of checked tables, an error where more rows match no customer than may.

    Of responses, invitations and follow_up rows without an id count too; of other tables, whose rows may be of
    guests, those of another spelling have the limit of the answers, and all orphans together one of their own.
    `tables.<name>.max_unmatched_share` replaces these limits. `hints` say of tables that another key identifies how
    more of its values would match.
    """
    findings: list[Finding] = []
    for name, table in checked.items():
        key = config.tables[name].identified_by
        limit, n = _exceeded(name, tables[name], table, checked, config)
        hint = (hints or {}).get(name, "")
        hinted = (_hinted(finding, key, hint) for finding in table.findings)
        findings += [
            _error(finding, limit, n, table.n_rows) if n and _is_unmatched(finding, key) else finding
            for finding in hinted
        ]
    return findings


def _hinted(finding: Finding, key: str | None, hint: str) -> Finding:
    of_nobody = key is not None and finding.rule == of_somebody(key)
    return replace(finding, cure=f"{finding.cure}{hint}") if of_nobody else finding


def too_many_unmatched(
    config: ProjectConfig, name: str, *, n_rows: int, n_unmatched: int, n_without_key: int
) -> str | None:
    """Return why the rows of a table that match no customer stop the work; None if they do not."""
    n = n_unmatched + (n_without_key if name in ASKED else 0)
    limit, fewest = _limit(config, name)
    if n < fewest or n <= limit * n_rows:
        return None
    return (
        f"{name}: {_too_many(n, n_rows, limit)} tables.{name}.max_unmatched_share sets the limit;"
        " `silentnps validate` names the rows and the cure."
    )


def match_notes(checked: Mapping[str, CheckedTable], config: ProjectConfig) -> list[Finding]:
    """Return a sentence on each table that another key identifies: how many of its rows match a customer."""
    keys = {name: config.tables[name].identified_by for name in checked}
    return [Note.of(name, _matching(table, key)) for name, table in checked.items() if (key := keys[name])]


def _matching(table: CheckedTable, key: str) -> str:
    words = {of_somebody(key): "of nobody", of_one(key): "of several customers", "present": f"without {key}"}
    of_ids = [finding for finding in table.findings if finding.column == _CUSTOMER and finding.rule in words]
    n = table.n_rows - sum(finding.rows for finding in of_ids)
    share = f" ({100 * n / table.n_rows:.1f} %)" if table.n_rows else ""
    others = ", ".join(f"{finding.rows:,} {words[finding.rule]}" for finding in of_ids)
    return f"{n:,} of {table.n_rows:,} rows match a customer by {key}{share}{f'; {others}' if others else ''}."


def _exceeded(
    name: str, rows: ir.Table, table: CheckedTable, checked: Mapping[str, CheckedTable], config: ProjectConfig
) -> tuple[float, int]:
    """Return the limit that a table exceeds and the number of its rows that do; 0 rows if it exceeds none."""
    declared = config.tables[name].max_unmatched_share
    limit, fewest = _limit(config, name)
    key = config.tables[name].identified_by
    n = sum(finding.rows for finding in table.findings if _is_unmatched(finding, key))
    if n >= fewest and n > limit * table.n_rows:
        return limit, n
    if name in ASKED or declared is not None or n <= MOST_OF_ASKED * table.n_rows:
        return limit, 0
    alike = 0 if key else _alike(rows, checked)
    return MOST_OF_ASKED, alike if alike >= fewest and alike > MOST_OF_ASKED * table.n_rows else 0


def _limit(config: ProjectConfig, name: str) -> tuple[float, int]:
    """Return the share of rows of a table that may match no customer, and from how many on it is judged."""
    declared = config.tables[name].max_unmatched_share
    if declared is not None:
        return declared, 1
    return MOST_OF_ASKED if name in ASKED else MOST_OF_EVENTS, _FEWEST


def _alike(table: ir.Table, checked: Mapping[str, CheckedTable]) -> int:
    customers = checked["customers"].clean
    known = table[_CUSTOMER].isin(customers[_CUSTOMER])
    return max(spelled_alike(table.filter(table[_CUSTOMER].notnull() & ~known), customers).values())


def _is_unmatched(finding: Finding, key: str | None) -> bool:
    if finding.table == "customers" or finding.column != _CUSTOMER:
        return False
    rules = (IN_CUSTOMERS,) if key is None else (of_somebody(key), of_one(key))
    return finding.rule in rules or (finding.rule == "present" and finding.table in ASKED)


def _error(finding: Finding, limit: float, n: int, n_rows: int) -> Finding:
    cure = finding.cure.removeprefix("The rows are set aside. ")
    return replace(
        finding,
        severity="error",
        effect="stop",
        cure=f"{_too_many(n, n_rows, limit)} {cure} tables.{finding.table}.max_unmatched_share sets the limit.",
    )


def _too_many(n: int, n_rows: int, limit: float) -> str:
    share = f"{100 * n / n_rows:.1f} %"
    return f"{n} of {n_rows} rows match no customer ({share}), more than the {100 * limit:g} % that may."
