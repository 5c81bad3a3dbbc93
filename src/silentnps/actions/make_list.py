"""A list: the customers of most value, some of them held out at random, with what to do, how and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from silentnps.actions.cadence import contact_dates
from silentnps.actions.candidates import ranked, shuffled
from silentnps.actions.draw import candidates_for, held_out
from silentnps.actions.goals import HOLDOUT, LIST_COLUMNS, OPEN, TREATED, Goal
from silentnps.actions.ledger import tidy_ledger
from silentnps.actions.playbook import Playbook

_DECIMALS = {"probability": 3, "expected_nps": 1, "expected_spend": 2, "value": 2}

_HIDDEN = ("nps_class", "nps_band", "probability", "expected_nps", "reasons", "driver")
"""Columns that are empty in a list that surveys: who asks must not know what the model expects."""


@dataclass(frozen=True)
class Order:
    """What list is asked for: its goal and day, how many customers it has, which share is held out, the seed."""

    goal: Goal
    on: date
    capacity: int
    holdout_share: float
    seed: int
    weekends: bool = False

    @property
    def rules(self) -> str:
        """Return which rules of the playbook apply."""
        return self.goal.nps_class or "survey"

    @property
    def purpose(self) -> str:
        """Return what the random numbers of the list are for, which tells them from those of another list."""
        return f"{self.goal.name} {self.on.isoformat()}"


@dataclass(frozen=True)
class MadeList:
    """The list, columns `LIST_COLUMNS`, and the rows of the ledger of its customers and of those held out."""

    table: pd.DataFrame
    ledger: pd.DataFrame

    @property
    def n_held_out(self) -> int:
        """Return how many were held out."""
        return int((self.ledger["arm"] == HOLDOUT).sum())


def make_list(people: pd.DataFrame, order: Order, playbook: Playbook) -> MadeList:
    """Return the list of an order, drawn from people who may be on it.

    A list that surveys is a random sample, and nobody is held out. Any other has those of most value; among them
    and as many more as are needed, the holdout is drawn at random.

    Parameters
    ----------
    people
        Columns of `described`, and expected_spend, days_since_order, channel and channel_from.
    """
    if order.goal.nps_class is None:
        chosen = shuffled(people, seed=order.seed, purpose=order.purpose).head(order.capacity)
        out = np.zeros(len(chosen), dtype=np.bool_)
    else:
        n, n_out = candidates_for(order.capacity, order.holdout_share, len(people))
        chosen = ranked(people).head(n)
        ids = chosen["customer_id"].astype(str).tolist()
        out = held_out(ids, n_out, seed=order.seed, purpose=order.purpose)
    chosen = _with_actions(chosen, order, playbook)
    chosen = chosen.assign(
        goal=order.goal.name,
        listed_on=pd.Timestamp(order.on),
        arm=np.where(out, HOLDOUT, TREATED),
        status=OPEN,
        done_at=pd.Timestamp("NaT"),
        note="",
    )
    ledger = chosen.assign(contact_on=pd.to_datetime(chosen["contact_on"]).mask(out))
    listed = chosen[~out].round(_DECIMALS).reset_index(drop=True)
    if order.goal.nps_class is None:
        listed[list(_HIDDEN)] = [None, None, np.nan, np.nan, None, None]
    listed.insert(0, "rank", range(1, len(listed) + 1))
    return MadeList(listed[list(LIST_COLUMNS)], tidy_ledger(ledger))


def _with_actions(chosen: pd.DataFrame, order: Order, playbook: Playbook) -> pd.DataFrame:
    rules = [playbook.rule_of(order.rules, driver) for driver in chosen["driver"]]
    parts = {field: [getattr(rule, field) for rule in rules] for field in ("action", "owner", "effort", "channel")}
    own = chosen["channel"].fillna("").ne("").to_numpy()
    dates = contact_dates(
        pd.Series([rule.cadence for rule in rules], dtype="object"),
        chosen["days_since_order"].to_numpy(dtype=np.float64),
        order.on,
        weekends=order.weekends,
    )
    return chosen.assign(
        action=parts["action"],
        owner=parts["owner"],
        effort=parts["effort"],
        channel=np.where(own, chosen["channel"], np.array(parts["channel"], dtype=object)),
        channel_from=np.where(own, chosen["channel_from"], "playbook"),
        contact_on=pd.Series(dates, index=chosen.index, dtype="object"),
    )
