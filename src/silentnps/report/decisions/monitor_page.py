"""Render the page of `monitor`: one self-contained HTML file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from silentnps.report.html_pages import page_templates

_DIGITS = {"AUC": 3, "PSI": 3, "difference in points": 1, "days": 0}
_SMALLEST_P = 0.001


def render_monitor(content: Mapping[str, Any]) -> str:
    """Return the page as HTML; `content` is that of monitor.json. It loads nothing and runs no script."""
    environment = page_templates()
    environment.filters |= {"whole": _whole, "share": _share, "p_value": _p_value}
    environment.globals["number"] = _number
    alarms = [check for check in content["checks"] if check["level"] in ("attention", "act")]
    return environment.get_template("monitor.html").render(**content, alarms=alarms)


def _whole(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"


def _share(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _p_value(value: float | None) -> str:
    if value is None:
        return "–"
    return f"< {_SMALLEST_P}" if value < _SMALLEST_P else f"{value:.3f}"


def _number(value: float | None, measure: str = "PSI") -> str:
    """Return a number with as many digits as its measure has; a true minus."""
    if value is None:
        return "–"
    return f"{value:,.{_DIGITS.get(measure, 3)}f}".replace("-", "−")
