"""The page of the tables has every canonical table and column."""

from __future__ import annotations

import re

from pages import rows_of
from projects import ROOT

from silentnps.schema import TABLES

PAGE = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")


def test_every_table_and_column_is_on_the_page() -> None:
    rows = {row[0].strip("`"): [re.findall(r"`(\w+)`", cell) for cell in row[1:]] for row in rows_of(PAGE)}
    assert list(rows) == list(TABLES)
    for name, table in TABLES.items():
        required, further = rows[name]
        assert required == list(table.required)
        assert sorted(further) == sorted(column.name for column in table.columns if not column.required)
