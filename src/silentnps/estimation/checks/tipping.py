"""Tipping points: how strongly satisfaction would have to drive answering for the answer to change."""

from __future__ import annotations

import math

import pandas as pd

from silentnps.estimation.checks.diagnostics import tipping_point
from silentnps.numerics.nps import NPSEstimate

COLUMNS = ("name", "level", "class_step", "odds_ratio", "reachable", "words")

_NO_SELECTION = 0.005


def tipping_points(
    curve: pd.DataFrame, *, survey: float, target: float | None = None, silent: NPSEstimate | None = None
) -> pd.DataFrame:
    """Return the class steps at which the NPS of the silent changes sign, equals the survey's, and meets a target.

    Parameters
    ----------
    curve
        From `sensitivity_curve`: class_step and nps_silent.
    survey, target
        The NPS of the respondents, and a level that the user cares about, in points.
    silent
        The headline. The curve is of point values: where its interval, or an interval as long around the curve,
        holds a level, the words say that these data cannot tell.

    Returns
    -------
    DataFrame
        name (sign, survey, target), level (points), class_step (log odds; NaN where the curve does not cross the
        level, for the reason in words), odds_ratio (how many times the odds of answering of a customer one class
        up, exp(class_step); NaN likewise), reachable, words.
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
        "words": " ".join(
            [
                _out_of_reach(curve, name, level) if step is None else _reached(name, level, step),
                *_unknown(curve, name, level, silent),
            ]
        ),
    }


def _unknown(curve: pd.DataFrame, name: str, level: float, silent: NPSEstimate | None) -> list[str]:
    """Say where chance alone may put the level on the other side of the curve."""
    if silent is None or silent.n == 0 or curve.empty:
        return []
    what = {"survey": f"the survey's {_points(level)}", "target": f"the target of {_points(level)}"}.get(
        name, "zero"
    )
    if silent.low <= level <= silent.high:
        span = f"{_points(silent.low)} to {_points(silent.high)}"
        return [f"These are point values: the interval ({span}) holds {what} as it is, so these data cannot tell."]
    half, values = (silent.high - silent.low) / 2, curve["nps_silent"]
    beyond = not values.min() <= level <= values.max()
    if beyond and values.min() - half <= level <= values.max() + half:
        return [f"With an interval as long as the headline's it may reach {what} all the same."]
    return []


def _reached(name: str, level: float, step: float) -> str:
    if abs(step) < _NO_SELECTION:
        return f"{_subject(name, level)} if satisfaction did not drive answering at all."
    better, worse = ("a promoter", "a detractor") if step > 0 else ("a detractor", "a promoter")
    return (
        f"{_subject(name, level)} if, among customers otherwise alike, the odds of answering of {better} were "
        f"{math.exp(abs(step)):.2f} times those of a passive, and those of a passive as many times those of "
        f"{worse}."
    )


def _subject(name: str, level: float) -> str:
    of_level = {"survey": f"equal the survey's {_points(level)}", "target": f"meet the target of {_points(level)}"}
    return f"The NPS of the silent would {of_level.get(name, 'change its sign')}"


def _out_of_reach(curve: pd.DataFrame, name: str, level: float) -> str:
    if curve.empty:
        return "There is no curve: nobody stayed silent."
    steps, values = curve["class_step"], curve["nps_silent"]
    what = {"survey": f"the survey's {_points(level)}", "target": f"the target of {_points(level)}"}
    return (
        f"The NPS of the silent does not reach {what.get(name, 'zero')}: from odds of answering "
        f"{math.exp(steps.min()):.2f} times to {math.exp(steps.max()):.2f} times as high with each class upward it "
        f"stays between {_points(values.min())} and {_points(values.max())}."
    )


def _points(value: float) -> str:
    text = f"{value:+.1f}"
    return "0.0" if float(text) == 0 else text.replace("-", "−")
