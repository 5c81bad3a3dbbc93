"""Numbers in sortable tables: the text that is printed and the value to sort by."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from silentnps.report.wording.words import percent, points, whole


@dataclass(frozen=True)
class Cell:
    """A number as it is printed; a `value` of None sorts last."""

    text: str
    value: float | None


def points_cell(value: Any) -> Cell:
    """Return NPS points with their sign.

    Examples
    --------
    >>> points_cell(-3.21), points_cell(None).text
    (Cell(text='−3.2', value=-3.21), '–')
    """
    number = math.nan if value is None else float(value)
    return _cell(points(number), number)


def size_cell(value: float) -> Cell:
    """Return a size in points, without a sign."""
    return _cell(f"{value:.1f}" if math.isfinite(value) else "–", value)


def share_cell(value: float) -> Cell:
    """Return a share in [0, 1] as a percentage."""
    return _cell(percent(value) if math.isfinite(value) else "–", value)


def count_cell(value: float) -> Cell:
    """Return a count."""
    return _cell(whole(value), value)


def _cell(text: str, value: float) -> Cell:
    return Cell(text, round(float(value), 4) if math.isfinite(value) else None)
