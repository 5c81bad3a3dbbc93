"""A difference between two groups of customers, shared out over its key drivers in rows that add up."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from silentnps.explanation.group_difference import UNEXPLAINED
from silentnps.report.charts import Axis
from silentnps.report.wording.words import interval, points, short

_MOST_DRIVERS = 6
_WORTH_POINTS = 0.05


@dataclass(frozen=True)
class Step:
    """A row: its points, and its bar from the running total before it to that after it, in percent.

    `value` is not rounded; the last step is the whole difference, starting at 0.
    """

    name: str
    value: float
    range_text: str
    tone: str
    start: float
    length: float

    @property
    def text(self) -> str:
        """Return the points as they are printed."""
        return points(self.value)

    @property
    def spoken(self) -> str:
        """Return the text alternative of the drawing."""
        return f"{self.name}: {self.text} points"


@dataclass(frozen=True)
class Waterfall:
    """A difference in points; `steps` add up to it, and the last one is the difference itself."""

    name: str
    steps: list[Step]
    zero: float

    @property
    def total(self) -> Step:
        """Return the whole difference."""
        return self.steps[-1]


def waterfall(table: pd.DataFrame, name: str, total: str, *, keep_rest: bool = True) -> Waterfall | None:
    """Return the six largest key drivers, the others combined, and what is unexplained; None without drivers.

    Parameters
    ----------
    table
        Columns driver, words, points, low, high, largest drivers first.
    total
        Name of the whole difference.
    keep_rest
        Whether the unexplained part is shown even if it is 0.
    """
    rest = table["driver"] == UNEXPLAINED
    drivers, unexplained = table[~rest], float(table.loc[rest, "points"].sum())
    if drivers.empty:
        return None
    parts = [_part(row) for row in drivers.head(_MOST_DRIVERS).to_dict("records")]
    if len(drivers) > _MOST_DRIVERS:
        others = float(drivers["points"].iloc[_MOST_DRIVERS:].sum())
        parts.append((f"all other features ({len(drivers) - _MOST_DRIVERS})", others, ""))
    if rest.any() and (keep_rest or abs(unexplained) >= _WORTH_POINTS):
        parts.append((UNEXPLAINED, unexplained, ""))
    return _placed(name, parts, total)


def _part(row: dict[Any, Any]) -> tuple[str, float, str]:
    low, high = float(row["low"]), float(row["high"])
    ranged = math.isfinite(low) and math.isfinite(high)
    return short(row["words"]), float(row["points"]), interval(low, high) if ranged else ""


def _placed(name: str, parts: list[tuple[str, float, str]], total: str) -> Waterfall:
    ends = [0.0]
    for _, value, _ in parts:
        ends.append(ends[-1] + value)
    axis = Axis.exactly(ends)
    spans = [(ends[i], ends[i + 1]) for i in range(len(parts))]
    steps = [_step(axis, *part, span) for part, span in zip(parts, spans, strict=True)]
    whole = _step(axis, total, ends[-1], "", (0.0, ends[-1]), tone="base")
    return Waterfall(name, [*steps, whole], axis.at(0.0))


def _step(axis: Axis, name: str, value: float, range_text: str, span: tuple[float, float], tone: str = "") -> Step:
    start, end = (axis.at(value) for value in sorted(span))
    return Step(name, value, range_text, tone or ("up" if value >= 0 else "down"), start, round(end - start, 2))
