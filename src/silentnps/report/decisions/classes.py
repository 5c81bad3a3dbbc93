"""The classes as stacked bars: of those who answered, of silent customers, of the whole base."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from silentnps.report.content import ReportContent
from silentnps.report.wording.cells import Cell, count_cell, share_cell
from silentnps.report.wording.words import percent

_NAMES = {"survey": "Survey (who answered)", "silent": "Silent customers", "base": "Whole base"}
_SHOWN_FROM = 0.07
"""The number of a narrower part would not fit into it."""


@dataclass(frozen=True)
class Part:
    """A class in a bar: from where, how long, in percent; `text` is its number where that fits."""

    nps_class: str
    start: float
    length: float
    text: str

    @property
    def middle(self) -> float:
        """Return where its number stands."""
        return round(self.start + self.length / 2, 2)


@dataclass(frozen=True)
class ClassBar:
    """A group: its bar, and in the table each share with its interval."""

    name: str
    parts: list[Part]
    cells: list[tuple[Cell, str]]
    n: Cell

    @property
    def spoken(self) -> str:
        """Return the text alternative of the bar."""
        told = ", ".join(
            f"{part.nps_class} {cell.text}" for part, (cell, _) in zip(self.parts, self.cells, strict=True)
        )
        return f"{self.name}: {told}"


def class_bars(content: ReportContent) -> list[ClassBar]:
    """Return a bar for each group; none where the shares are not known."""
    table = content.class_shares
    if table.empty:
        return []
    groups = [(name, table[table["of"] == of]) for of, name in _NAMES.items()]
    return [_bar(name, rows) for name, rows in groups if len(rows)]


def _bar(name: str, rows: pd.DataFrame) -> ClassBar:
    parts, start = [], 0.0
    for row in rows.to_dict("records"):
        share = float(row["share"])
        text = percent(share) if share >= _SHOWN_FROM else ""
        parts.append(Part(str(row["nps_class"]), round(100 * start, 2), round(100 * share, 2), text))
        start += share
    cells = [(share_cell(float(row["share"])), _inside(row)) for row in rows.to_dict("records")]
    return ClassBar(name, parts, cells, count_cell(rows["n"].iloc[0]))


def _inside(row: dict[Any, Any]) -> str:
    return f"{percent(row['low'])} to {percent(row['high'])}" if row["low"] < row["high"] else "counted"
