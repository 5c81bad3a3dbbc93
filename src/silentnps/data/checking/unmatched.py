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
from silentnps.data.findings import Finding

ASKED = ("responses", "invitations", "follow_up")
"""Tables of which every row should be of a customer: only customers are asked."""

MOST_OF_ASKED, MOST_OF_EVENTS = 0.03, 0.5
"""Default limits; orders and other events may be of guests, who are no customers."""

_FEWEST = 5
"""By default fewer rows than this are set aside, whatever their share."""

_CUSTOMER = "customer_id"


def judge_unmatched(
    tables: Mapping[str, ir.Table], checked: Mapping[str, CheckedTable], config: ProjectConfig
) -> list[Finding]:
    """Return the findings of checked tables, an error where more rows match no customer than may.

    Of responses, invitations and follow_up rows without an id count too; of other tables, whose rows may be of
    guests, those of another spelling have the limit of the answers, and all orphans together one of their own.
    `tables.<name>.max_unmatched_share` replaces these limits.
    """
    findings: list[Finding] = []
    for name, table in checked.items():
        key = config.tables[name].identified_by
        limit, n = _exceeded(name, tables[name], table, checked, config)
        findings += [
            _error(finding, limit, n, table.n_rows) if n and _is_unmatched(finding, key) else finding
            for finding in table.findings
        ]
    return findings


def _exceeded(
    name: str, rows: ir.Table, table: CheckedTable, checked: Mapping[str, CheckedTable], config: ProjectConfig
) -> tuple[float, int]:
    """Return the limit that a table exceeds and the number of its rows that do; 0 rows if it exceeds none."""
    declared = config.tables[name].max_unmatched_share
    limit = declared if declared is not None else MOST_OF_ASKED if name in ASKED else MOST_OF_EVENTS
    fewest = 1 if declared is not None else _FEWEST
    key = config.tables[name].identified_by
    n = sum(finding.rows for finding in table.findings if _is_unmatched(finding, key))
    if n >= fewest and n > limit * table.n_rows:
        return limit, n
    if name in ASKED or declared is not None or n <= MOST_OF_ASKED * table.n_rows:
        return limit, 0
    alike = 0 if key else _alike(rows, checked)
    return MOST_OF_ASKED, alike if alike >= fewest and alike > MOST_OF_ASKED * table.n_rows else 0


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
        cure=f"{n} of {n_rows} rows match no customer ({100 * n / n_rows:.1f} %), more than the {100 * limit:g} %"
        f" that may. {cure} tables.{finding.table}.max_unmatched_share sets the limit.",
    )
