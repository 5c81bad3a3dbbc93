"""CSV files for people: spreadsheets read no text cell as a formula, and numbers stay numbers."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import ibis.expr.types as ir
import pandas as pd

_STARTS = "=+\\-@\t\r\n＝＋－＠"
"""First characters of cells that spreadsheets read as formulas (OWASP, CSV injection)."""

_FORMULA = re.compile(f"(^|;)('*[{_STARTS}])")
_WRITTEN = re.compile(f"(^|;)'('*[{_STARTS}])")
"""At the start of a cell, or after a semicolon, at which spreadsheets of many countries split."""

_SPLITS = frozenset("\r\t;")
"""Characters that pandas does not quote, though a lone carriage return starts a row and others a cell."""

_NUMBER = re.compile(r"-\d+(\.\d+)?([eE][+-]?\d+)?")


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV without its index, with a `'` before whatever a spreadsheet would compute.

    Numbers are written unchanged, and so are texts that are negative numbers. `read_csv` restores the texts. Texts
    are quoted where one of them has a character at which some spreadsheet splits a row.
    """
    safe = pd.DataFrame({_safe(name): _safe_column(column) for name, column in table.items()}, index=table.index)
    broken = any(isinstance(cell, str) and not _SPLITS.isdisjoint(cell) for cell in _texts(safe))
    safe.to_csv(path, index=False, quoting=csv.QUOTE_NONNUMERIC if broken else csv.QUOTE_MINIMAL)


def read_csv(path: Path, *, text: tuple[str, ...] = (), keep_words: bool = False) -> pd.DataFrame:
    """Read a table that `write_csv` wrote.

    Parameters
    ----------
    text
        Columns that are text whatever they hold, such as a segment named 01.
    keep_words
        Whether words such as NA and None are texts; otherwise they are missing, as empty cells always are.
    """
    dtype: Mapping[object, type] = {_safe(name): str for name in text}
    table = pd.read_csv(path, dtype=dtype, keep_default_na=not keep_words, na_values=[""])
    texts = {
        str(name): column.map(unescaped, na_action="ignore")
        for name, column in table.items()
        if not pd.api.types.is_numeric_dtype(column.dtype)
    }
    return table.assign(**texts).set_axis([unescaped(name) for name in table.columns], axis=1)


def unescaped(cell: object) -> object:
    """Return the original value of a cell that `write_csv` wrote.

    >>> [unescaped(cell) for cell in ("'=1+1", "''=1+1", "a;'=1", "'quoted'", 3)]
    ['=1+1', "'=1+1", 'a;=1', "'quoted'", 3]
    """
    return _WRITTEN.sub(r"\1\2", cell) if isinstance(cell, str) else cell


def unescape_ids(calls: ir.Table) -> ir.Table:
    """Return a table with its customer ids unescaped, which may have been copied from a written call list."""
    return calls.mutate(customer_id=calls.customer_id.re_replace(_WRITTEN.pattern, "\\1\\2"))


def _texts(table: pd.DataFrame) -> Iterator[object]:
    yield from table.columns
    for name in table.select_dtypes("object"):
        yield from table[name]


def _safe_column(column: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_datetime64_any_dtype(column.dtype):
        return column
    return column.astype("object").map(_safe, na_action="ignore").astype("object")


def _safe(cell: object) -> object:
    return _FORMULA.sub(r"\1'\2", cell) if isinstance(cell, str) and not _NUMBER.fullmatch(cell) else cell
