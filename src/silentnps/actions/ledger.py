"""The ledger: every customer of every list, who was held out, what was done. One contact a customer a period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from silentnps.actions.goals import DONE, HOLDOUT, OPEN, SKIPPED, TREATED
from silentnps.errors import DataError

LEDGER_COLUMNS = {
    "goal": "str",
    "listed_on": "datetime64[us]",
    "customer_id": "str",
    "arm": "str",
    "nps_class": "str",
    "known_from": "str",
    "probability": "float64",
    "expected_nps": "float64",
    "expected_spend": "float64",
    "driver": "str",
    "action": "str",
    "owner": "str",
    "channel": "str",
    "contact_on": "datetime64[us]",
    "status": "str",
    "done_at": "datetime64[us]",
}
"""Columns of the ledger and their types, one row per customer and list. `contact_on` is empty in the holdout."""

KEY = ["goal", "listed_on", "customer_id"]


@dataclass(frozen=True)
class Rests:
    """How many days a customer is left alone: after a contact for any goal (`period`), or for the same goal
    (`cooldown`), and after a draw into the holdout (`holdout`)."""

    period: int
    cooldown: int
    holdout: int


def empty_ledger() -> pd.DataFrame:
    """Return a ledger without rows."""
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in LEDGER_COLUMNS.items()})


def tidy_ledger(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with the columns and types of a ledger, in its order."""
    frame = rows.reindex(columns=list(LEDGER_COLUMNS))
    for name, kind in LEDGER_COLUMNS.items():
        frame[name] = (
            frame[name].astype("object").where(frame[name].notna(), None)
            if kind == "str"
            else (
                pd.to_datetime(frame[name]).astype("datetime64[us]")
                if kind.startswith("datetime")
                else frame[name].astype("float64")
            )
        )
    return frame.sort_values(KEY, kind="stable").reset_index(drop=True)


def is_list(ledger: pd.DataFrame, goal: str, on: date) -> pd.Series:
    """Return which rows are of one list."""
    return (ledger["goal"] == goal) & (ledger["listed_on"] == pd.Timestamp(on))


def without_list(ledger: pd.DataFrame, goal: str, on: date) -> pd.DataFrame:
    """Return the ledger without a list that is made again.

    Raises
    ------
    DataError
        If something was already done by it.
    """
    own = is_list(ledger, goal, on)
    n = int((own & (ledger["status"] != OPEN) & (ledger["arm"] == TREATED)).sum())
    if n:
        raise DataError(
            f"the list {goal} of {on} must not have been worked on to be made again; got {n:,} of its customers"
            " done or skipped. Make one of another day with --on."
        )
    return ledger[~own]


def at_rest(ledger: pd.DataFrame, goal: str, on: date, rests: Rests) -> pd.DataFrame:
    """Return who is to be left alone by a list of `goal` on `on`, columns customer_id and why.

    A contact counts from the day it was done, or is planned for, whichever is later; who was skipped was not
    contacted for another goal's sake. `why` is holdout, period or cooldown.
    """
    contact = ledger[["contact_on", "done_at"]].max(axis=1)
    listed = ledger["arm"] == TREATED
    moment = pd.Timestamp(on)
    held = (ledger["arm"] == HOLDOUT) & (ledger["listed_on"] + timedelta(days=rests.holdout) > moment)
    recent = (
        listed & (ledger["status"] != SKIPPED) & (contact.dt.normalize() + timedelta(days=rests.period) > moment)
    )
    same = listed & (ledger["goal"] == goal) & (contact.dt.normalize() + timedelta(days=rests.cooldown) > moment)
    why = np.select([held, recent, same], ["holdout", "period", "cooldown"], default="")
    found = pd.DataFrame({"customer_id": ledger["customer_id"], "why": why})
    return found[found["why"] != ""].drop_duplicates("customer_id").reset_index(drop=True)


def with_log(ledger: pd.DataFrame, log: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return the ledger with what was done, and how many of its rows changed.

    A row of the log counts for the latest list of its customer (of its goal, where the log has one) that was made
    on the day it was done or before.

    Parameters
    ----------
    log
        Columns customer_id, status, done_at (NaT where nothing was done), goal (may be missing), and row, its
        number in the file.

    Raises
    ------
    DataError
        If a customer is on no list, or the contact came before the list.
    """
    listed = ledger[ledger["arm"] == TREATED].reset_index(names="place")
    keys = ["customer_id", *(["goal"] if "goal" in log else [])]
    pairs = log.merge(listed[["place", "goal", "customer_id", "listed_on"]], on=keys, how="left")
    _refuse_rows(pairs["place"].isna(), pairs, "of a customer of a list", "Log customers of the lists alone.")
    early = pairs["done_at"].notna() & (pairs["done_at"] < pairs["listed_on"])
    known = pairs[~early]
    never = ~log["row"].isin(known["row"])
    _refuse_rows(never, log, "of a day on or after that of the list (done_at)", "Correct done_at.")
    latest = known.sort_values(["row", "listed_on"]).drop_duplicates("row", keep="last")
    latest = latest.drop_duplicates("place", keep="last")
    changed = ledger.copy()
    places = latest["place"].astype("int64").to_numpy()
    before = changed.loc[places, ["status", "done_at"]].reset_index(drop=True)
    after = latest[["status", "done_at"]].reset_index(drop=True)
    changed.loc[places, "status"] = after["status"].to_numpy()
    changed.loc[places, "done_at"] = after["done_at"].to_numpy()
    same = (before["status"] == after["status"]) & (
        (before["done_at"] == after["done_at"]) | (before["done_at"].isna() & after["done_at"].isna())
    )
    return tidy_ledger(changed), int((~same).sum())


def _refuse_rows(bad: pd.Series, log: pd.DataFrame, rule: str, cure: str) -> None:
    rows = sorted(set(log.loc[bad.to_numpy(), "row"].astype(int)))
    if rows:
        first = ", ".join(map(str, rows[:5]))
        raise DataError(f"each row of the log must be {rule}; got {len(rows):,} others: {first}. {cure}")


__all__ = [
    "DONE",
    "KEY",
    "LEDGER_COLUMNS",
    "Rests",
    "at_rest",
    "empty_ledger",
    "is_list",
    "tidy_ledger",
    "with_log",
    "without_list",
]
