"""Whether the direction of a difference is known at all: a number that leans one way proves nothing."""

from __future__ import annotations

import math
from typing import Any

from silentnps.estimation.wave.nps_report import NPSReport
from silentnps.estimation.wording.numbers import interval, points


def direction(report: NPSReport, *, wide: bool) -> str:
    """Say whether silent customers are known to differ from respondents; empty where a short interval shows it."""
    survey, silent = report.respondents.value, report.silent
    opening = "That is wide, and it" if wide else "It"
    if silent.low <= survey <= silent.high:
        if verdict(report, "survey") == "agrees":
            return f"All of it is near the survey's {points(survey)}."
        return (
            f"{opening} contains the survey's {points(survey)}: these data cannot tell whether silent customers "
            "are more or less satisfied than those who answered."
        )
    if not wide:
        return ""
    return f"That is wide, but excludes the survey's {points(survey)}: the direction is known, the size is not."


def unknown_part(report: NPSReport) -> str:
    """Say that satisfaction itself may have no part in the difference; empty where it is known to have one."""
    row = _row(report, "mar")
    if report.headline == "mar" or row is None or verdict(report, "mar") != "cannot tell":
        return ""
    span = interval(-row["difference_high"], -row["difference_low"])
    return f" These data cannot tell how large the last part is, or whether it exists ({span})."


def verdict(report: NPSReport, assumption: str) -> str:
    """Return how an assumption compares with the headline; empty where that is unknown."""
    row = _row(report, assumption)
    return "" if row is None else str(row["verdict"])


def _row(report: NPSReport, assumption: str) -> dict[Any, Any] | None:
    """Return the row of an assumption; None where its difference from the headline is unknown."""
    table = report.by_assumption
    if "verdict" not in table:
        return None
    rows = [row for row in table.to_dict("records") if row["assumption"] == assumption]
    return rows[0] if rows and math.isfinite(rows[0]["difference"]) else None
