"""How many silent customers to call for a target interval width, by simulation from the fitted model.

A plan aims at the expected width, or at a width that is kept with a wished probability, the assurance: accuracy in
parameter estimation (Kelley and Rausch 2006, Psychological Methods 11, 363-385).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from silentnps.errors import DataError
from silentnps.estimation.follow_up.call_simulation import (
    MOST_SIMULATED,
    Effort,
    Prospect,
    expected_after,
    simulated_widths,
)
from silentnps.estimation.follow_up.estimate import FEWEST_ANSWERED_CALLS
from silentnps.estimation.formulas.small_areas import own_draws_variance
from silentnps.numerics.distributions import normal_quantile

ASSURANCE_SHOWN = 0.8
"""The assurance of the second width of the table where none is asked for."""

_SIMULATIONS = 16
_FEWER_SIMULATIONS = 6
_CHEAP_SIMULATIONS = 64
_MANY = 4_000
_REPLICATES = 40
_FIRST_ANSWERS = 40
_MOST_ASSURANCE = 0.9


@dataclass(frozen=True)
class CallPlan:
    """How many calls to make.

    `calls` is their number, those that were made already among them; `answers` how many of them are answered by
    then, as expected. `width_expected` is the median width in points, and `width_assured` what the width is at
    most with probability `assurance`. All four are None if even calling everyone gives a wider interval than
    `width`; `width_of_all` is then that width, else None. `table` has one row per number of calls: calls, answers,
    width_median, width_p80 (points, high less low; of an assurance of 0.9 width_p90 and so on).
    """

    calls: int | None
    answers: int | None
    width: float
    assurance: float
    width_expected: float | None
    width_assured: float | None
    width_of_all: float | None
    table: pd.DataFrame


@dataclass(frozen=True)
class _Aim:
    """The width to reach, and by which of the two columns of widths."""

    width: float
    assured: bool
    assurance: float

    @property
    def shown(self) -> tuple[str, str]:
        """Return the columns of the two widths."""
        return "width_median", f"width_p{100 * self.assurance:g}"

    @property
    def column(self) -> str:
        """Return the column that is to reach the width."""
        return self.shown[int(self.assured)]


def plan_calls(
    prospect: Prospect,
    *,
    width: float,
    assurance: float | None = None,
    prior_sd: float = 0.5,
    confidence_level: float = 0.95,
    random_state: int = 0,
) -> CallPlan:
    """Find the smallest number of calls with which an interval of at most `width` points is expected.

    The number of calls is doubled until the width is reached, then interpolated: the squared width is linear in
    1 / m. Each simulation draws classes from the law after a tilt as large as the uncertainty of the model's NPS,
    lets customers be silent again, and estimates. All numbers of calls share the same customers, classes and
    random draws. Calls that were made already stay as they are, and tell who does not answer.

    Parameters
    ----------
    width
        Target width of the interval, in points.
    assurance
        The probability with which the width is kept, in [0.5, 0.9]; None: the width is the expected one (the
        median), and the table shows what is kept with 0.8.
    prior_sd
        Prior sd of the follow-up's selection model, as in `follow_up_estimate`.

    Raises
    ------
    DataError
        If a number is out of range, or too few silent customers would answer for an estimate.

    Notes
    -----
    Before calls are made nobody knows whether those whom the response drivers keep from answering the survey do
    not answer calls either: half of that is assumed (on the logit scale), and all of the selection by class. The
    tilt moves the mean of the law, not its sharpness: if the model separates customers less well than it assumes,
    the interval will be wider. Beyond 16,000 calls, or those that were made, nothing is simulated: the width falls
    as 1 / sqrt(m). A simulation has fewer replicates than the estimate, so its variance errs more; without a
    correction the quantiles of widths would be too far apart.
    """
    _check(prospect, width, assurance)
    aim = _Aim(width, assurance is not None, ASSURANCE_SHOWN if assurance is None else assurance)
    expected = expected_after(prospect, prior_sd=prior_sd, random_state=random_state)
    rows: list[dict[str, float]] = []
    for m in _sizes(prospect):
        widths = simulated_widths(
            prospect,
            expected,
            m,
            _effort(prospect, m, aim, confidence_level),
            prior_sd=prior_sd,
            confidence_level=confidence_level,
            random_state=random_state,
        )
        rows.append(_row(prospect, m, widths, aim))
        if rows[-1][aim.column] <= width:
            break
    return _plan(prospect, pd.DataFrame(rows).astype({"calls": int, "answers": int}), aim)


def _sizes(prospect: Prospect) -> list[int]:
    n = len(prospect.law)
    most = max(min(n, MOST_SIMULATED), prospect.n_made)
    missing = max(_FIRST_ANSWERS - _answers(prospect, prospect.n_made), 0)
    sizes = [min(prospect.n_made + math.ceil(missing / prospect.answer_rate), most)]
    while sizes[-1] < most:
        sizes.append(min(2 * sizes[-1], most))
    return sizes


def _row(prospect: Prospect, m: int, widths: np.ndarray, aim: _Aim) -> dict[str, float]:
    quantiles = np.quantile(widths, [0.5, aim.assurance], method="weibull")
    return {"calls": m, "answers": _answers(prospect, m), **dict(zip(aim.shown, quantiles.tolist(), strict=True))}


def _answers(prospect: Prospect, m: int) -> int:
    """Return how many answers there are after so many calls, as expected."""
    so_far = 0 if prospect.made is None else prospect.made.n_answered
    return so_far + round((m - prospect.n_made) * prospect.answer_rate)


def _effort(prospect: Prospect, m: int, aim: _Aim, confidence_level: float) -> Effort:
    """Return the effort for a number of calls; less where it surely takes more than twice as many.

    Few simulations have no quantile above 0.8.
    """
    if prospect.answer_rate == 1.0 and _answers(prospect, m) == m:  # no bootstrap
        return Effort(_CHEAP_SIMULATIONS, 0)
    z = normal_quantile(0.5 + confidence_level / 2)
    fewest_answers = (2.0 * z / aim.width) ** 2 * len(prospect.law) * own_draws_variance(prospect.law)
    is_near = 2.0 * _answers(prospect, m) >= fewest_answers
    many = is_near or aim.assurance > ASSURANCE_SHOWN
    simulations = _SIMULATIONS if many else min(_FEWER_SIMULATIONS, _SIMULATIONS)
    return Effort(simulations, _REPLICATES if m <= _MANY else max(_REPLICATES // 2, 2))


def _plan(prospect: Prospect, table: pd.DataFrame, aim: _Aim) -> CallPlan:
    n = len(prospect.law)
    last = table.iloc[-1]
    if last["calls"] < n and last[aim.column] > aim.width:  # beyond what is simulated
        widths = {name: last[name] * math.sqrt(last["calls"] / n) for name in aim.shown}
        row = pd.DataFrame([{"calls": n, "answers": _answers(prospect, n), **widths}])
        table = pd.concat([table, row], ignore_index=True)
    width_of_all = float(table[aim.column].iloc[-1])
    if width_of_all > aim.width:
        return CallPlan(None, None, aim.width, aim.assurance, None, None, width_of_all, table)
    calls = _calls_for(table, aim)
    expected, assured = (_width_after(table, calls, name) for name in aim.shown)
    return CallPlan(calls, _answers(prospect, calls), aim.width, aim.assurance, expected, assured, None, table)


def _calls_for(table: pd.DataFrame, aim: _Aim) -> int:
    """Return the number of calls, interpolated between the last two rows: the squared width is linear in 1 / m."""
    if len(table) == 1:
        return int(table["calls"].iloc[0])
    (wide, narrow), (few, many) = table[aim.column].iloc[-2:] ** 2, 1.0 / table["calls"].iloc[-2:]
    inverse = many + (few - many) * (aim.width**2 - narrow) / (wide - narrow)
    return math.ceil(float(1.0 / inverse) - 1e-9)


def _width_after(table: pd.DataFrame, calls: int, name: str) -> float:
    """Return a column's width after so many calls, interpolated as `_calls_for` does."""
    last = table.iloc[::-1]
    squared = np.interp(1.0 / calls, 1.0 / last["calls"], last[name] ** 2)
    return float(np.sqrt(squared))


def _check(prospect: Prospect, width: float, assurance: float | None) -> None:
    n = len(prospect.law)
    if not 0.0 < prospect.answer_rate <= 1.0:
        raise DataError(f"answer_rate must be above 0 and at most 1; got {prospect.answer_rate:g}. Correct it.")
    if not 0.0 < width <= 200.0:
        raise DataError(f"width must be above 0 and at most 200 points; got {width:g}. Correct it.")
    if assurance is not None and not 0.5 <= assurance <= _MOST_ASSURANCE:
        raise DataError(f"assurance must be from 0.5 to {_MOST_ASSURANCE}; got {assurance:g}. Correct it.")
    if _answers(prospect, n) < FEWEST_ANSWERED_CALLS:
        raise DataError(
            f"silent customers who would answer a call must be at least {FEWEST_ANSWERED_CALLS}; got {n} silent "
            f"at an answer rate of {prospect.answer_rate:g}. Choose a larger wave."
        )
