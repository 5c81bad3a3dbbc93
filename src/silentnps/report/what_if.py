"""The section on what-if scenarios: how the model responds to changed features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from silentnps.report.content import ReportContent
from silentnps.report.wording.cells import Cell, points_cell, share_cell
from silentnps.report.wording.words import short, whole

_MOST_SCENARIOS = 8
_MOST_SEGMENTS = 12
_WORTH_POINTS = 0.05


@dataclass(frozen=True)
class ScenarioRow:
    """A scenario: its points, the share of customers who gain a point or more, its bar's length in percent."""

    name: str
    gain: Cell
    share_better: Cell
    length: float

    @property
    def spoken(self) -> str:
        """Return the text alternative of the drawing."""
        return f"{self.name}: {self.gain.text} points by the model"


@dataclass(frozen=True)
class BestRow:
    """The scenario that the model responds to most in a segment."""

    segmentation: str
    segment: str
    scenario: str
    gain: Cell


@dataclass(frozen=True)
class WhatIf:
    """Scenarios for all silent customers, largest first, and the best one of each segment."""

    scenarios: list[ScenarioRow]
    n_customers: str
    best: list[BestRow]
    n_more: int


def what_if(content: ReportContent) -> WhatIf | None:
    """Return the scenarios; None if the model responds to none of them."""
    table = content.improvements
    if table.empty:
        return None
    of_all = table["segmentation"].fillna("") == ""
    scenarios = _largest_first(table[of_all])
    shown = scenarios[scenarios["points"] > _WORTH_POINTS].head(_MOST_SCENARIOS)
    if shown.empty:
        return None
    longest = float(shown["points"].max())
    best, n_more = _best(table[~of_all])
    rows = [_scenario_row(row, longest) for row in shown.to_dict("records")]
    return WhatIf(rows, whole(shown["n"].max()), best, n_more)


def _best(table: pd.DataFrame) -> tuple[list[BestRow], int]:
    """Return the best scenario of the largest segments of each segmentation, and how many segments are left out."""
    firsts = _largest_first(table).drop_duplicates(["segmentation", "segment"])
    by_size = firsts.sort_values("n", ascending=False, kind="stable")
    shown = by_size.groupby("segmentation", sort=False).head(_MOST_SEGMENTS)
    order = {name: i for i, name in enumerate(table["segmentation"].unique())}
    shown = shown.sort_values("segmentation", key=lambda column: column.map(order), kind="stable")
    return [_best_row(row) for row in shown.to_dict("records")], len(firsts) - len(shown)


def _largest_first(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values("points", ascending=False, kind="stable")


def _scenario_row(row: dict[Any, Any], longest: float) -> ScenarioRow:
    return ScenarioRow(
        short(row["words"]),
        points_cell(row["points"]),
        share_cell(float(row["share_better"])),
        round(100 * float(row["points"]) / longest, 2),
    )


def _best_row(row: dict[Any, Any]) -> BestRow:
    gains = row["points"] > _WORTH_POINTS
    scenario = short(row["words"]) if gains else "none that the model responds to"
    return BestRow(
        short(row["segmentation"]), short(row["segment"]), scenario, points_cell(row["points"] if gains else None)
    )
