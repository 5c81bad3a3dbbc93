"""NPS and intervals as text."""

from __future__ import annotations

import math


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
