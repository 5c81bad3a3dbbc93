"""The sentences on tipping points."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from silentnps.estimation.formulas.nps_estimate import NPSEstimate
from silentnps.estimation.wording.numbers import interval, points

_NO_SELECTION = 0.005


def describe_tipping_points(
    table: pd.DataFrame, curve: pd.DataFrame, *, silent: NPSEstimate | None = None
) -> pd.DataFrame:
    """Return the table of `tipping_points` with a column `words` in place of the code `certainty`.

    `curve` and `silent` are those that the table was made from.
    """
    words = [_sentences(row, curve, silent) for row in table.to_dict("records")]
    return table.drop(columns="certainty").assign(words=words)


def _sentences(row: Mapping[Any, Any], curve: pd.DataFrame, silent: NPSEstimate | None) -> str:
    main = _reached(row) if row["reachable"] else _out_of_reach(row, curve)
    return " ".join([main, *_uncertainty(row, silent)])


def _reached(row: Mapping[Any, Any]) -> str:
    step = row["class_step"]
    if abs(step) < _NO_SELECTION:
        return f"{_event(row)} if satisfaction did not drive answering at all."
    better, worse = ("a promoter", "a detractor") if step > 0 else ("a detractor", "a promoter")
    return (
        f"{_event(row)} if, among customers otherwise alike, the odds of answering of {better} were "
        f"{math.exp(abs(step)):.2f} times those of a passive, and those of a passive as many times those of "
        f"{worse}."
    )


def _out_of_reach(row: Mapping[Any, Any], curve: pd.DataFrame) -> str:
    if curve.empty:
        return "There is no curve: nobody stayed silent."
    steps, values = curve["class_step"], curve["nps_silent"]
    return (
        f"The NPS of the silent does not reach {_level(row)}: from odds of answering "
        f"{math.exp(steps.min()):.2f} times to {math.exp(steps.max()):.2f} times as high with each class upward it "
        f"stays between {points(values.min())} and {points(values.max())}."
    )


def _uncertainty(row: Mapping[Any, Any], silent: NPSEstimate | None) -> list[str]:
    if silent is not None and row["certainty"] == "interval holds the level":
        return [
            f"These are point values: the interval ({interval(silent.low, silent.high)}) holds {_level(row)} as it "
            "is, so these data cannot tell."
        ]
    if row["certainty"] == "within an interval":
        return [f"With an interval as long as the headline's it may reach {_level(row)} all the same."]
    return []


def _event(row: Mapping[Any, Any]) -> str:
    level = points(row["level"])
    events = {"survey": f"equal the survey's {level}", "target": f"meet the target of {level}"}
    return f"The NPS of the silent would {events.get(row['name'], 'change its sign')}"


def _level(row: Mapping[Any, Any]) -> str:
    level = points(row["level"])
    return {"survey": f"the survey's {level}", "target": f"the target of {level}"}.get(row["name"], "zero")
