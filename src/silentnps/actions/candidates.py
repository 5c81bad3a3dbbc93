"""Who may be on a list, those of most value first, with the reasons, the key driver and the value of each."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from silentnps.actions.draw import uniforms
from silentnps.actions.drivers import ANSWERED, NO_REASON, driver_of, reasons_in
from silentnps.actions.goals import Goal

_BY_SURVEY = "survey"


def of_goal(scores: pd.DataFrame, goal: Goal, *, respondents: bool) -> pd.DataFrame:
    """Return the scores of the customers that a goal is for: of its class, or everybody silent.

    `respondents` says whether those who answered are among them, by the class of their answer.
    """
    silent = scores["source"] != _BY_SURVEY
    if goal.nps_class is None:
        return scores[silent]
    return scores[(scores["nps_class"] == goal.nps_class) & (silent | respondents)]


def described(scores: pd.DataFrame, goal: Goal, *, named: Collection[str] = ()) -> pd.DataFrame:
    """Return who they are, what is known of each and from what, in the order of the scores.

    Columns customer_id, nps_class, nps_band, known_from (answer, model or signals), probability (of nps_class; 1 of
    an answer, NaN by signals), expected_nps, reasons and driver: that of the largest reason whose driver is among
    `named`, as there is something to do about it, else that of the largest.
    """
    answered = scores["source"] == _BY_SURVEY
    of_class = np.full(len(scores), np.nan)
    for name in ("detractor", "passive", "promoter"):
        of_class = np.where(scores["nps_class"] == name, scores[f"p_{name}"], of_class)
    reasons = scores[goal.reasons].astype("object").mask(answered, _answered(scores["nps_class"]))
    return pd.DataFrame(
        {
            "customer_id": scores["customer_id"],
            "nps_class": scores["nps_class"],
            "nps_band": scores["nps_band"],
            "known_from": scores["source"].mask(answered, "answer"),
            "probability": np.where(answered, 1.0, of_class),
            "expected_nps": scores["expected_nps"],
            "reasons": reasons,
            "driver": [_key_driver(text, named) for text in scores[goal.reasons].mask(answered, ANSWERED)],
        }
    ).reset_index(drop=True)


def _answered(classes: pd.Series) -> pd.Series:
    return classes.map(lambda name: f"answered the survey as a {name}")


def _key_driver(text: object, named: Collection[str]) -> str:
    if text == ANSWERED:
        return ANSWERED
    drivers = [driver_of(reason.words) for reason in reasons_in(text)]
    return next((driver for driver in drivers if driver in named), drivers[0] if drivers else NO_REASON)


def ranked(people: pd.DataFrame) -> pd.DataFrame:
    """Return people of most `value` first: `probability` times `expected_spend`, which the rows have.

    Without a value the more probable come first, or those who spend more; ties are in the order of the ids.
    """
    with_value = people.assign(value=people["probability"] * people["expected_spend"])
    if with_value["value"].isna().all():
        with_value["value"] = np.nan
    order = with_value.fillna({"value": -1.0, "probability": -1.0, "expected_spend": -1.0}).sort_values(
        ["value", "probability", "expected_spend", "customer_id"], ascending=[False, False, False, True]
    )
    return with_value.loc[order.index].reset_index(drop=True)


def shuffled(people: pd.DataFrame, *, seed: int, purpose: str) -> pd.DataFrame:
    """Return people in random order, so that the first of them are a random sample."""
    ids = people["customer_id"].astype(str).tolist()
    order = np.lexsort((np.asarray(ids, dtype=object), uniforms(ids, seed=seed, purpose=purpose)))
    return people.iloc[order].assign(value=np.nan).reset_index(drop=True)
