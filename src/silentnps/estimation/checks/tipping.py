"""Tipping points: how strongly satisfaction would have to drive answering for the answer to change."""

from __future__ import annotations

import math
from typing import Literal

import pandas as pd

from silentnps.estimation.checks.diagnostics import tipping_point
from silentnps.estimation.formulas.nps_estimate import NPSEstimate

COLUMNS = ("name", "level", "class_step", "odds_ratio", "reachable", "certainty")

Certainty = Literal["point value", "interval holds the level", "within an interval"]


def tipping_points(
    curve: pd.DataFrame, *, survey: float, target: float | None = None, silent: NPSEstimate | None = None
) -> pd.DataFrame:
    """Return the class steps at which the NPS of silent customers changes sign, equals the survey's, or a target.

    Parameters
    ----------
    curve
        From `sensitivity_curve`: class_step and nps_silent.
    survey, target
        The NPS of respondents and a level that the user cares about, in points.
    silent
        The headline, whose interval says how certain a crossing is.

    Returns
    -------
    DataFrame
        One row per level: name (sign, survey, target), level (points), class_step (log odds; NaN where the curve
        does not cross the level), odds_ratio (how many times the odds of answering of a customer one class up,
        exp(class_step); NaN likewise), reachable, certainty.

    Notes
    -----
    The curve is of point values. `certainty` is "interval holds the level" where the interval of the headline does,
    "within an interval" where an interval of the same length around the curve reaches a level that the curve does
    not, and "point value" otherwise.
    """
    levels = {"sign": 0.0, "survey": survey} | ({} if target is None else {"target": target})
    rows = [_row(curve, name, float(level), silent) for name, level in levels.items()]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(curve: pd.DataFrame, name: str, level: float, silent: NPSEstimate | None) -> dict[str, object]:
    step = tipping_point(curve, level)
    return {
        "name": name,
        "level": level,
        "class_step": math.nan if step is None else step,
        "odds_ratio": math.nan if step is None else math.exp(step),
        "reachable": step is not None,
        "certainty": _certainty(curve, level, silent),
    }


def _certainty(curve: pd.DataFrame, level: float, silent: NPSEstimate | None) -> Certainty:
    """Return whether chance alone may put the level on the other side of the curve."""
    if silent is None or silent.n == 0 or curve.empty:
        return "point value"
    if silent.low <= level <= silent.high:
        return "interval holds the level"
    half, values = (silent.high - silent.low) / 2, curve["nps_silent"]
    beyond = not values.min() <= level <= values.max()
    if beyond and values.min() - half <= level <= values.max() + half:
        return "within an interval"
    return "point value"
