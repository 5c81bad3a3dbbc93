"""Render the page of `backtest`: one self-contained HTML file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from silentnps.report.html_pages import page_templates

_MEASURES = {
    "rps": "RPS",
    "log_loss": "log loss",
    "auc_detractor": "AUC, detractors",
    "auc_promoter": "AUC, promoters",
    "lift_at_10_detractor": "lift at 10 %, detractors",
    "ece_detractor": "calibration error, detractors",
    "ece_promoter": "calibration error, promoters",
}
_KINDS = {"predicted": "silent, by probability", "answered": "answered, by answer"}
_NONE = "–"


def render_backtest(content: Mapping[str, Any]) -> str:
    """Return the page as HTML; `content` is that of backtest.json. It loads nothing and runs no script."""
    environment = page_templates()
    environment.globals.update(number=_number, interval=_interval, measures=_MEASURES, kinds=_KINDS)
    return environment.get_template("backtest.html").render(**content)


def _number(value: float | None, form: str = ",.0f", scale: float = 1.0) -> str:
    """Return a number in a form, with a true minus."""
    return _NONE if value is None else f"{scale * value:{form}}".replace("-", "−")


def _interval(row: Mapping[str, Any], low: str, high: str, form: str, scale: float = 1.0) -> str:
    """Return the ends of an interval of a row by their names."""
    if row.get(low) is None or row.get(high) is None:
        return ""
    return f"{_number(row[low], form, scale)} to {_number(row[high], form, scale)}"
