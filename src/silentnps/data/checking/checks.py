"""Count the bad rows and values of tables and set them aside; nothing is dropped without a finding."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import ibis
import ibis.expr.types as ir
import pandas as pd

from silentnps.config import SurveyConfig
from silentnps.data.checking.blank_times import without_blank_times
from silentnps.data.checking.duplicates import first_of_each, n_and_distinct, repeats_of
from silentnps.data.checking.orphans import spelling_hint
from silentnps.data.checking.refunds import refunded_above_amount
from silentnps.data.checking.rules import IN_CUSTOMERS, Rule, rules_of
from silentnps.data.checking.survey_rules import with_survey_rules
from silentnps.data.checking.ties import TIE_CURE, TIE_RULE, last_of_moment, n_moments, replaced_at_moment
from silentnps.data.checking.versions import filled, latest
from silentnps.data.checking.violations import count_violations, reason_of, set_aside
from silentnps.data.findings import (
    FIRST_ROWS,
    USED,
    Finding,
    findings_table,
    refuse_errors,
)
from silentnps.data.surveys.answers import survey_row_findings
from silentnps.schema import FILE_ROW, KEY_MATCH, KNOWN_AT, NEVER_EMPTY, TABLES, Table

EVERY_SURVEY = SurveyConfig()
"""Nothing is declared on the survey."""

_ROW = FILE_ROW
_FIRST_KEPT = "The first of them is kept. Remove the others."
_REFUNDS = "at most the order's amount, added up over the order's refunds"
_REFUNDS_KEPT = "They are kept: they may include shipping or goodwill. Correct them where they are wrong."
_ONE_CUSTOMER_ONE_ROW = "Keep one row per customer: these rows contradict an earlier one."


@dataclass(frozen=True)
class CheckedTable:
    """One table after the checks: its clean rows, its findings, and the numbers of rows before and after.

    `aside` counts the rows that are not among the clean ones by reason, each row under its first reason.
    """

    clean: ir.Table
    findings: tuple[Finding, ...]
    n_rows: int
    n_used: int
    aside: Mapping[str, int] = field(default_factory=dict)


def clean_tables(
    tables: Mapping[str, ir.Table],
    *,
    now: datetime | None = None,
    earliest: date | None = None,
    identified_by: Mapping[str, str] | None = None,
) -> tuple[dict[str, ir.Table], list[Finding]]:
    """Return the tables without their bad rows and values, lazily, and the findings that describe these.

    A bad value sets its row aside where the column is required, and becomes null where it is optional; an
    impossible time of `schema.HAPPENED` is kept, because null would mean that the event has not happened. Of
    duplicates, counted among the remaining rows, the first in file order is kept; versions of a row are not
    duplicates. Of several answers of a customer at one moment the last in file order is kept. A missing `known_at`
    is filled with the row's clock. A table without findings is returned unchanged. `now`, `earliest` and
    `identified_by` are those of `check_tables`.

    Raises
    ------
    DataError
        If a finding is an error; the message is that of the first one.
    """
    checked = check_tables(tables, now=now, earliest=earliest, identified_by=identified_by)
    findings = [finding for table in checked.values() for finding in table.findings]
    refuse_errors(findings)
    return {name: table.clean for name, table in checked.items()}, findings


def used_table(checked: Mapping[str, CheckedTable]) -> pd.DataFrame:
    """Return how many rows of each table are used, in the columns of `findings_table`."""
    used = [
        Finding(name, "", "used", "warning", table.n_used, (), f"Of {table.n_rows}.")
        for name, table in checked.items()
    ]
    return findings_table(used).assign(severity=USED)


def check_tables(
    tables: Mapping[str, ir.Table],
    *,
    now: datetime | None = None,
    earliest: date | None = None,
    identified_by: Mapping[str, str] | None = None,
    survey: SurveyConfig = EVERY_SURVEY,
    unread: Collection[tuple[str, str]] = (),
) -> dict[str, CheckedTable]:
    """Check every table in the order of the schema; a table with errors keeps the rows that pass as its clean rows.

    Parameters
    ----------
    tables
        Canonical tables, as `open_tables` returns them.
    now
        Times more than a day after it are wrong; the day allows for clocks that differ and for dates without time,
        which count as the end of their day. Without zone it is UTC. None: times in the future are not judged.
    earliest
        Times before this day are wrong: programs write them where none is known. None: the past is not judged.
    identified_by
        By the name of a table, the key that was looked up in it, as `read_linked_tables` returns them.
    survey
        Which answers and invitations count. Where it declares types, clean answers have no `survey_type`.
    unread
        Tables and columns whose values could not be read: no rule judges them, and no rows of such a table are
        compared with each other.
    """
    keys = identified_by or {}
    utc = now.astimezone(UTC).replace(tzinfo=None) if now is not None and now.tzinfo is not None else now
    checked: dict[str, CheckedTable] = {}
    damaged = {name for name, _ in unread}
    # Customers come first in the schema, so that the other tables are checked against clean customers.
    for name in (name for name in TABLES if name in tables):
        clean = {earlier: table.clean for earlier, table in checked.items() if earlier not in damaged}
        rules = rules_of(
            TABLES[name],
            tables[name].columns,
            customers=clean.get("customers"),
            now=utc,
            earliest=earliest,
            identified_by=keys.get(name) if KEY_MATCH in tables[name].columns else None,
        )
        rules = with_survey_rules(name, tables[name].columns, rules, survey, tables.get("responses"))
        judged = [rule for rule in rules if (name, rule.column) not in unread]
        checked[name] = _check(TABLES[name], tables[name], clean, judged, survey, compare=name not in damaged)
    return checked


def _check(
    table: Table,
    given: ir.Table,
    others: Mapping[str, ir.Table],
    rules: list[Rule],
    survey: SurveyConfig,
    *,
    compare: bool,
) -> CheckedTable:
    # A window over the bare scan numbers its rows in file order; of a table with looked up keys it was made before.
    rows = given if _ROW in given.columns else given.mutate(**{_ROW: ibis.row_number() + 1})
    customers = others.get("customers")
    n_rows, broken, aside = count_violations(given, rules)
    kept = filled(table, set_aside(rows, [rule for rule, _ in broken if rule.effect != "note"]))
    identity = _identity(table, _shown(given).columns)
    n_all = n_rows - sum(aside.values())
    n_kept, n_distinct = n_and_distinct(kept, identity, most=n_rows) if compare else (n_all, n_all)
    repeats = _repeats(table, kept, identity, n_kept, n_kept - n_distinct) if n_distinct < n_kept else []
    once = first_of_each(kept, identity, row=_ROW) if repeats else kept
    n_used = min(n_distinct, (n_moments(table.name, kept, most=n_rows) if compare else 0) or n_distinct)
    if n_used < n_distinct:
        repeats.append(_ties(table, once, n_distinct - n_used))
    # Of answers at one moment the last in the file counts, even if it is a copy of an earlier one.
    kept = last_of_moment(table.name, kept, row=_ROW) if n_used < n_distinct else once
    findings = (
        *_findings(table, rows, broken, customers),
        *repeats,
        *(_of_whole_table(table, kept, others.get("orders"), n_used) if compare else ()),
        *survey_row_findings(table.name, kept, survey, row=_ROW),
    )
    changed = any(finding.effect != "note" for finding in findings)
    clean = _shown(kept if changed else _dated(table, given, broken))
    clean, blank = without_blank_times(table.name, clean, n_used if compare else 0)
    aside |= {reason_of(repeat.column, repeat.rule): repeat.rows for repeat in repeats}
    return CheckedTable(_without_declared_type(clean, survey), (*findings, *blank), n_rows, n_used, aside)


def _without_declared_type(clean: ir.Table, survey: SurveyConfig) -> ir.Table:
    return clean.drop("survey_type") if survey.type and "survey_type" in clean.columns else clean


def _of_whole_table(table: Table, kept: ir.Table, orders: ir.Table | None, n_used: int) -> list[Finding]:
    refunds = _refunds(table, kept, orders) if table.name == "returns" else []
    return [*refunds, *_nothing_left(table, n_used)]


def _shown(rows: ir.Table) -> ir.Table:
    """Return rows without the columns that only checks use."""
    hidden = [name for name in (_ROW, KEY_MATCH) if name in rows.columns]
    return rows.drop(*hidden) if hidden else rows


def _identity(table: Table, columns: tuple[str, ...]) -> list[str]:
    """Return the columns in which no two rows may be equal: versions of a row have a key in common."""
    key = table.key_in(columns)
    return [*key, *(name for name in columns if name == KNOWN_AT)] if key else list(columns)


def _dated(table: Table, given: ir.Table, broken: list[tuple[Rule, int]]) -> ir.Table:
    return filled(table, given) if any(rule.column == KNOWN_AT for rule, _ in broken) else given


def _ties(table: Table, rows: ir.Table, n: int) -> Finding:
    first = _first_rows(replaced_at_moment(table.name, rows, row=_ROW))
    return Finding(table.name, str(table.clock), TIE_RULE, "warning", n, first, TIE_CURE)


def _findings(
    table: Table, rows: ir.Table, broken: list[tuple[Rule, int]], customers: ir.Table | None
) -> list[Finding]:
    if not broken:
        return []
    flags = rows.select(_ROW, **{f"rule_{i}": rule.bad(rows) for i, (rule, _) in enumerate(broken)})
    smallest = {name: _smallest(flags[_ROW], FIRST_ROWS, where=flags[name]) for name in flags.columns[1:]}
    first = flags.aggregate(**smallest).execute().iloc[0]
    return [
        Finding(
            table.name,
            rule.column,
            rule.rule,
            "error" if rule.effect == "stop" else "warning",
            n,
            tuple(map(int, numbers)),
            rule.cure + _hint(rule, rows, customers),
            rule.effect,
        )
        for (rule, n), numbers in zip(broken, first, strict=True)
    ]


def _hint(rule: Rule, rows: ir.Table, customers: ir.Table | None) -> str:
    if customers is None or rule.rule != IN_CUSTOMERS:
        return ""
    return spelling_hint(rows.filter(rule.bad(rows)), customers)


def _refunds(table: Table, returns: ir.Table, orders: ir.Table | None) -> list[Finding]:
    above = refunded_above_amount(returns, orders)
    n = 0 if above is None else int(above.n_returns.sum().fill_null(0).execute())
    if above is None or n == 0:
        return []
    first = _first_rows(latest(table.name, returns).semi_join(above, "order_id"))
    return [Finding(table.name, "refund_amount", _REFUNDS, "warning", n, first, _REFUNDS_KEPT, "note")]


def _n_smallest(values: int, n: int) -> list[int]:
    """Declare the types of DuckDB's `min` with two arguments: the n smallest values, in order."""
    raise NotImplementedError


_smallest = ibis.udf.agg.builtin(_n_smallest, name="min")


def _first_rows(bad: ir.Table) -> tuple[int, ...]:
    return tuple(int(row) for row in bad.select(_ROW).order_by(_ROW).limit(FIRST_ROWS).execute()[_ROW])


def _repeats(table: Table, rows: ir.Table, identity: list[str], n_rows: int, n: int) -> list[Finding]:
    again = repeats_of(rows, identity, row=_ROW)
    if table.name != "customers":
        column = ", ".join(identity) if table.key_in(rows.columns) else ""
        return [Finding(table.name, column, "unique", "warning", n, _first_rows(again), _FIRST_KEPT)]
    return _repeated_customers(table, rows, n_rows, n)


def _repeated_customers(table: Table, rows: ir.Table, n_rows: int, n: int) -> list[Finding]:
    """Tell copies of a customer's row, which do no harm, from contradicting rows of one customer."""
    everything = [name for name in rows.columns if name != _ROW]
    copies = repeats_of(rows, everything, row=_ROW)
    again = repeats_of(rows, list(table.key), row=_ROW).anti_join(copies, _ROW)
    n_copies = n_rows - n_and_distinct(rows, everything, most=n_rows)[1]
    findings = []
    if n > n_copies:
        column, n_conflicts = table.key[0], n - n_copies
        findings.append(
            Finding(
                table.name,
                column,
                "unique",
                "error",
                n_conflicts,
                _first_rows(again),
                _ONE_CUSTOMER_ONE_ROW,
                "stop",
            )
        )
    if n_copies:
        findings.append(Finding(table.name, "", "unique", "warning", n_copies, _first_rows(copies), _FIRST_KEPT))
    return findings


def _nothing_left(table: Table, n_used: int) -> list[Finding]:
    if table.name not in NEVER_EMPTY or n_used:
        return []
    cure = "Correct what the other findings name: no row of the table can be used."
    return [Finding(table.name, "", "usable at least once", "error", 0, (), cure, "stop")]
