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
    found = (_of_column(table, rows, column, row) for column in present)
    return [finding for finding in found if finding is not None]


def _of_column(table: str, rows: ir.Table, column: str, row: str) -> Finding | None:
    values = rows.select(place=rows[row], value=comparable(rows, column))
    tests = values.filter(values.value.re_search(_TESTS))
    counted = tests.group_by("value").aggregate(n=tests.count()).order_by(ibis.desc("n"), "value").to_pandas()
    if counted.empty:
        return None
    first = tests.order_by("place").limit(FIRST_ROWS).to_pandas()["place"]
    shown = [repr(value) for value in counted["value"][:_SHOWN]]
    cure = (
        f"They are kept. If they are tests, leave them out with `survey: {{exclude: {{{column}: "
        f"[{', '.join(shown)}]}}}}`."
    )
    rule = f"without words such as {_word(str(counted['value'][0]))}"
    return Finding(table, column, rule, "warning", int(counted["n"].sum()), tuple(map(int, first)), cure, "note")


def _word(value: str) -> str:
    names = ("testing", "test", "preview", "internal", "dummy", "sandbox", "staging")
    return next(name for name in names if name in value)
