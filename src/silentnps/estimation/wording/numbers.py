"""NPS, intervals, sizes and lists as text."""

from __future__ import annotations

import math
from collections.abc import Sequence


def points(value: float) -> str:
    """Return an NPS with sign, one decimal and a true minus; a dash where there is none.

    Examples
    --------
    >>> points(12.34), points(-0.04), points(float("nan"))
    ('+12.3', '0.0', '–')
    """
    if not math.isfinite(value):
        return "–"
    text = f"{value:+.1f}"
    return "0.0" if float(text) == 0 else text.replace("-", "−")


def interval(low: float, high: float) -> str:
    """Return an interval in words."""
    return f"{points(low)} to {points(high)}" if math.isfinite(low) and math.isfinite(high) else "–"


def size_in_points(size: float) -> str:
    """Return the size of a difference, without a sign.

    Examples
    --------
    >>> size_in_points(5.0), size_in_points(2.5), size_in_points(1.0)
    ('5 points', '2.5 points', '1 point')
    """
    return f"{size:g} point{'' if size == 1 else 's'}"


def joined(parts: Sequence[str]) -> str:
    """Return an enumeration.

    Examples
    --------
    >>> joined(["a", "b", "c"]), joined(["a"])
    ('a, b and c', 'a')
    """
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
