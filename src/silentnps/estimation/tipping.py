"""Tipping points: how strongly satisfaction would have to drive answering for the answer to change."""

from __future__ import annotations

import math

import pandas as pd

from silentnps.estimation.diagnostics import tipping_point

COLUMNS = ("name", "level", "class_step", "odds_ratio", "reachable", "words")

_NO_SELECTION = 0.005


def tipping_points(curve: pd.DataFrame, *, survey: float, target: float | None = None) -> pd.DataFrame:
    """Return the class steps at which the NPS of the silent changes sign, equals the survey's, and meets a target.

    Parameters
    ----------
    curve
        From `sensitivity_curve`: class_step and nps_silent.
    survey, target
        The NPS of the respondents, and a level that the user cares about, in points.

    Returns
    -------
    DataFrame
        name (sign, survey, target), level (points), class_step (log odds; NaN where the curve does not cross the
        level, for the reason in words), odds_ratio (how many times the odds of answering of a customer one class
        up, exp(class_step); NaN likewise), reachable, words.
    """
    levels = {"sign": 0.0, "survey": survey} | ({} if target is None else {"target": target})
    rows = [_row(curve, name, float(level)) for name, level in levels.items()]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(curve: pd.DataFrame, name: str, level: float) -> dict[str, object]:
    step = tipping_point(curve, level)
    return {
        "name": name,
        "level": level,
        "class_step": math.nan if step is None else step,
        "odds_ratio": math.nan if step is None else math.exp(step),
        "reachable": step is not None,
        "words": _out_of_reach(curve, name, level) if step is None else _reached(name, level, step),
    }


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
