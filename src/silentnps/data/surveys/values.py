"""The values that say of which survey a row is, compared as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

TAGS = "tags"
_BETWEEN_TAGS = r"[;,|\[\]\"'{}]"


def comparable(rows: ir.Table, column: str) -> ir.StringValue:
    """Return the values of a text column in lower case without blanks around them, empty where there is none.

    Examples
    --------
    >>> rows = ibis.memtable({"survey_type": [" Relational", None]})
    >>> comparable(rows, "survey_type").execute().tolist()
    ['relational', '']
    """
    return rows[column].strip().lower().fill_null("")


def is_any_of(rows: ir.Table, column: str, values: Iterable[str]) -> ir.BooleanValue:
    """Return whether the value of a row is one of `values`, in which `*` stands for any characters.

    Of `tags` it is enough that one of a row's tags, between commas, semicolons, bars or brackets, is.

    Examples
    --------
    >>> rows = ibis.memtable({"survey_id": ["nps-2025-q1", "csat"], "tags": ["vip, Test", "latest"]})
    >>> is_any_of(rows, "survey_id", ["NPS-*"]).execute().tolist()
    [True, False]
    >>> is_any_of(rows, "tags", ["test"]).execute().tolist()
    [True, False]
    """
    written = comparable(rows, column)
    matches = [written.re_search(_pattern(column, value)) for value in values]
    return reduce(or_, matches, ibis.literal(False))


def _pattern(column: str, value: str) -> str:
    some = "[^;,|]*" if column == TAGS else ".*"
    body = some.join(re.escape(part) for part in value.strip().lower().split("*"))
    if column == TAGS and body:
        return rf"(?s)(^|{_BETWEEN_TAGS})\s*{body}\s*($|{_BETWEEN_TAGS})"
    return f"(?s)^{body}$"
