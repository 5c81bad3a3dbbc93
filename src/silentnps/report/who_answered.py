"""The section on who answered: response rates, balance before and after weighting, early and late answers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from silentnps.estimation.wave.nps_report import NPSReport
from silentnps.report.charts import Axis, Dot
from silentnps.report.content import ReportContent
from silentnps.report.wording.words import interval, percent, points, short, whole

_MOST_ROWS = 10
_NEGLIGIBLE = 0.1
_PERCENT = 100.0
_ROLES = {"driver": "response driver", "shadow": "shadow feature"}


@dataclass(frozen=True)
class RateRow:
    """How many customers of one group answered."""

    name: str
    rate: Dot
    n_invited: str
    n_answers: str


@dataclass(frozen=True)
class RateTable:
    """The groups whose response rates differ most; `overall_at` is the overall rate on their axis."""

    rows: list[RateRow]
    n_more: int
    overall: str
    overall_at: float


@dataclass(frozen=True)
class BalanceRow:
    """A feature of those who answered against those asked who did not; positions in percent of the drawing."""

    name: str
    role: str
    respondents: str
    silent: str
    before: str
    after: str
    before_at: float
    after_at: float

    @property
    def spoken(self) -> str:
        """Return the text alternative of the drawing."""
        return f"{self.name}: difference {self.before} before weighting, {self.after} after"


@dataclass(frozen=True)
class BalanceTable:
    """The largest differences before weighting, and how many overall are not negligible, before and after."""

    rows: list[BalanceRow]
    n_rows: int
    n_before: int
    n_after: int
    zero: float


@dataclass(frozen=True)
class EarlyLateRow:
    """Answers grouped by the reminders that preceded them."""

    name: str
    nps: str
    range_text: str
    n: str


def rate_table(content: ReportContent) -> RateTable | None:
    """Return the response rates most clearly above or below the overall rate; None without response drivers.

    Distance is measured from the nearer end of the interval, so that a small group does not lead by chance.
    """
    table, overall = content.estimate.response_rates, content.estimate.diagnostics.get("response_rate")
    if table.empty or overall is None:
        return None
    distance = (table["low"] - overall).where(table["response_rate"] > overall, overall - table["high"])
    shown = table.loc[distance.sort_values(ascending=False, kind="stable").index[:_MOST_ROWS]]
    ends = [_PERCENT * float(v) for name in ("response_rate", "low", "high") for v in shown[name]]
    axis = Axis.exactly([*ends, _PERCENT * overall])
    rows = [_rate_row(row, axis, content) for row in shown.to_dict("records")]
    return RateTable(rows, len(table) - len(rows), percent(overall), axis.at(_PERCENT * overall))


def balance_table(content: ReportContent) -> BalanceTable | None:
    """Return the largest differences before weighting with those after; None if all who were asked answered."""
    table = content.estimate.balance
    if table.empty:
        return None
    before, after = table["difference_before"].abs(), table["difference_after"].abs()
    shown = table.loc[before.sort_values(ascending=False, kind="stable").index[:_MOST_ROWS]]
    reach = max(float(before.max()), float(after[shown.index].max()), _NEGLIGIBLE)
    axis = Axis(-reach, reach, ())
    rows = [_balance_row(row, axis, content) for row in shown.to_dict("records")]
    n_before, n_after = (int((sizes >= _NEGLIGIBLE).sum()) for sizes in (before, after))
    return BalanceTable(rows, len(table), n_before, n_after, axis.at(0.0))


def early_late_rows(report: NPSReport) -> tuple[list[EarlyLateRow], list[str]]:
    """Return one row per group of answers, and the remarks on them."""
    records = report.early_late.to_dict("records")
    rows = [
        EarlyLateRow(row["group"], points(row["value"]), interval(row["low"], row["high"]), whole(row["n"]))
        for row in records
        if math.isfinite(row["value"])
    ]
    return rows, [row["words"] for row in records if row["words"] and isinstance(row["words"], str)]


def _rate_row(row: dict[Any, Any], axis: Axis, content: ReportContent) -> RateRow:
    name = _name(row, content)
    at, start, end = (axis.at(_PERCENT * row[key]) for key in ("response_rate", "low", "high"))
    ends = f"{percent(row['low'])} to {percent(row['high'])}"
    rate = Dot(name, percent(row["response_rate"]), ends, "base", at, start, end, "response rate")
    return RateRow(name, rate, whole(row["n_invited"]), whole(row["n_answers"]))


def _balance_row(row: dict[Any, Any], axis: Axis, content: ReportContent) -> BalanceRow:
    before, after = float(row["difference_before"]), float(row["difference_after"])
    mean = percent if _level(row) else _number
    return BalanceRow(
        _name(row, content),
        _ROLES.get(row["role"], row["role"]),
        mean(row["mean_respondents"]),
        mean(row["mean_silent"]),
        _difference(before),
        _difference(after),
        axis.at(before),
        axis.at(after),
    )


def _name(row: dict[Any, Any], content: ReportContent) -> str:
    feature = short(content.feature_words.get(row["feature"], row["feature"]))
    return f"{feature}: {short(_level(row))}" if _level(row) else feature


def _level(row: dict[Any, Any]) -> str:
    """Return the level of a row, empty for a number; a table read from a file has NaN there."""
    return row["level"] if isinstance(row["level"], str) else ""


def _difference(value: float) -> str:
    text = f"{value:+.2f}"
    return "0.00" if float(text) == 0 else text.replace("-", "−")


def _number(value: float) -> str:
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return text.replace("-", "−")
