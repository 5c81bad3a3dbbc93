"""Answers that look like tests: they are named with the line that leaves them out, and kept."""

from __future__ import annotations

from typing import Final

import ibis
import ibis.expr.types as ir

from silentnps.data.findings import FIRST_ROWS, Finding
from silentnps.data.surveys.values import comparable

COLUMNS: Final = ("channel", "survey_id", "survey_type", "tags")
_TESTS = r"(^|[^a-z])(test|tests|testing|preview|internal|dummy|sandbox|staging)([^a-z]|$)"
_SHOWN = 3


def suspicious_findings(table: str, rows: ir.Table, *, row: str) -> list[Finding]:
    """Return a note for each column of a survey's table in which words such as test, preview or internal stand.

    `row` is the column with the places of rows in the file.
    """
    present = [column for column in COLUMNS if column in rows.columns]
    return [_finding(table, rows, *found, row) for found in _found(rows, present)]


def _found(rows: ir.Table, columns: list[str]) -> list[tuple[str, list[str], int]]:
    """Return the columns with such values, these, the most frequent first, and how many rows have one."""
    counts = []
    for column in columns:
        values = rows.select(value=comparable(rows, column))
        counted = values.group_by("value").aggregate(n=values.count())
        tests = counted.filter(counted.value.re_search(_TESTS))
        counts.append(tests.select(column=ibis.literal(column), value="value", n="n"))
    if not counts:
        return []
    found = ibis.union(*counts).order_by(ibis.desc("n"), "value").to_pandas()
    of_columns = {column: found[found["column"] == column] for column in columns}
    return [(column, of["value"].tolist(), int(of["n"].sum())) for column, of in of_columns.items() if len(of)]


def _finding(table: str, rows: ir.Table, column: str, values: list[str], n: int, row: str) -> Finding:
    tests = rows.filter(comparable(rows, column).re_search(_TESTS))
    first = tests.select(row).order_by(row).limit(FIRST_ROWS).to_pandas()[row]
    shown = [repr(value) for value in values[:_SHOWN]]
    cure = (
        f"They are kept. If they are tests, leave them out with `survey: {{exclude: {{{column}: "
        f"[{', '.join(shown)}]}}}}`."
    )
    rule = f"without words such as {_word(values[0])}"
    return Finding(table, column, rule, "warning", n, tuple(map(int, first)), cure, "note")


def _word(value: str) -> str:
    names = ("testing", "test", "preview", "internal", "dummy", "sandbox", "staging")
    return next(name for name in names if name in value)
