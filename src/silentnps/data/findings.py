"""Findings on tables: one kind of bad rows of one column each, worded alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from silentnps.errors import ConfigError, DataError

FIRST_ROWS = 5
"""How many row numbers a finding names."""

Effect = Literal["stop", "row", "value", "column", "note"]
"""What a bad row causes: an error, a row set aside, an unknown value, a column left out, or nothing."""

Severity = Literal["error", "warning", "note"]

USED = "used"
"""Stands in place of a severity where the row says how many rows are used."""


@dataclass(frozen=True)
class Finding:
    """One kind of bad rows of one column.

    `column` is empty for whole rows. `first_rows` are 1-based positions in file order, the header not counted,
    at most FIRST_ROWS of them. A row can be counted in several findings. An error stops the work; for a
    warning `cure` says what was done, and `effect` says it in one word.
    """

    table: str
    column: str
    rule: str
    severity: Severity
    rows: int
    first_rows: tuple[int, ...]
    cure: str
    effect: Effect = "row"

    def __str__(self) -> str:
        where = f"{self.table}: column {self.column!r}" if self.column else f"{self.table}: each row"
        got = f"{self.rows} bad rows" if self.rows else "no row that can be used"
        listed = f" (first rows {', '.join(map(str, self.first_rows))})" if self.first_rows else ""
        return f"{where} must be {self.rule}; got {got}{listed}. {self.cure}"


class Note(Finding):
    """A sentence on parts of a table's files that are not rows or columns; the table itself is not at fault."""

    @classmethod
    def of(cls, table: str, words: str) -> Note:
        """Return a note about a table."""
        return cls(table, "", "read as it is meant", "note", 0, (), words, "note")

    def __str__(self) -> str:
        return f"{self.table}: {self.cure}"


@dataclass(frozen=True)
class Refusal(Finding):
    """What cannot be read of a table or of a column: an error whose words say everything.

    `error` is raised where the work must stop; `column` is the canonical name, empty for the whole table.
    """

    error: ConfigError | DataError = field(default_factory=lambda: DataError(""), compare=False)

    @classmethod
    def of(
        cls,
        table: str,
        error: ConfigError | DataError,
        *,
        column: str = "",
        rows: int = 0,
        first_rows: tuple[int, ...] = (),
    ) -> Refusal:
        """Return the refusal of a table or a column."""
        return cls(table, column, "readable", "error", rows, first_rows, str(error), "stop", error)

    def __str__(self) -> str:
        return self.cure


_MOST_LISTED = 10
"""Errors that one message names; `silentnps validate` names all."""


def refuse_errors(findings: Iterable[Finding]) -> None:
    """Raise one error that names all findings that are errors, of the class of the first.

    Raises
    ------
    ConfigError
        If the first error is one of the configuration.
    DataError
        If it is one of a table.
    """
    errors = [finding for finding in findings if finding.severity == "error"]
    if not errors:
        return
    first, more = errors[0], [str(error) for error in errors[1:_MOST_LISTED]]
    kind = type(first.error) if isinstance(first, Refusal) else DataError
    if not more:
        raise kind(str(first))
    unnamed = len(errors) - _MOST_LISTED
    rest = f" And {unnamed:,} more: `silentnps validate` lists them." if unnamed > 0 else ""
    raise kind(f"{first} There are further errors. {' '.join(more)}{rest}")


def findings_table(findings: Iterable[Finding]) -> pd.DataFrame:
    """Return the findings as a table to write, one row per finding, the row numbers as text such as `3, 17`."""
    columns = ["table", "column", "rule", "severity", "rows", "first_rows", "cure"]
    rows = [
        (f.table, f.column, f.rule, f.severity, f.rows, ", ".join(map(str, f.first_rows)), f.cure) for f in findings
    ]
    return pd.DataFrame(rows, columns=columns)
