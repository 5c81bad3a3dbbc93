"""The follow-up sample of a wave: who of its silent customers was called, and what was answered."""

from __future__ import annotations

import numpy as np
import pandas as pd

from silentnps.config import ProjectConfig
from silentnps.counts import counted
from silentnps.numerics.nps import SILENT, class_of_rating
from silentnps.outcome.survey_data import FollowUp
from silentnps.workflow.privacy.permissions import not_to_be_learned_from
from silentnps.workflow.watch import QUIET, Watch

FOLLOW_UP = "follow_up"


def read_follow_up(
    config: ProjectConfig, features: pd.DataFrame, rows: pd.DataFrame, *, watch: Watch = QUIET
) -> FollowUp | None:
    """Return the calls to a wave's silent customers, aligned with `rows`; None if there are none.

    A call belongs to the latest wave whose `as_of` of its customer lies before it. Calls to other customers than
    the silent customers of the wave are set aside and counted. Of several calls to a customer the last that was
    answered counts, so a second attempt is not a second customer.

    Parameters
    ----------
    features
        The features of every wave, with the columns `KEYS`.
    rows
        Rows of one wave, with the columns `KEYS`.

    Raises
    ------
    DataError
        If a rating is not a whole number from 0 to 10.
    """
    if FOLLOW_UP not in config.tables or rows.empty:
        return None
    calls = _calls_of_wave(_read_calls(config), features, rows["wave"].iloc[0], watch)
    ratings = rows[["customer_id", "respondent"]].merge(calls, on="customer_id", how="left", validate="1:1")
    called = ratings["called_at"].notna() & ~ratings["respondent"].astype(bool)
    n_others = len(calls) - int(called.sum())
    if n_others:
        watch.say(
            f"{FOLLOW_UP}: {counted(n_others, 'customer')} set aside, who answered the survey or "
            "are not in the wave"
        )
    if not called.any():
        return None
    classes = class_of_rating(ratings["rating"].to_numpy(dtype=np.float64, na_value=np.nan))
    silent = called.to_numpy(dtype=np.bool_)
    return FollowUp(silent, np.where(silent, classes, SILENT))


def called_since(config: ProjectConfig, rows: pd.DataFrame) -> frozenset[str]:
    """Return the customers of rows (customer_id, as_of) who were called since, whether or not the call counts."""
    if FOLLOW_UP not in config.tables:
        return frozenset()
    pairs = _read_table(config)[["customer_id", "called_at"]].merge(
        rows[["customer_id", "as_of"]], on="customer_id"
    )
    return frozenset(pairs.loc[pairs["as_of"] < pairs["called_at"], "customer_id"])


def _read_table(config: ProjectConfig) -> pd.DataFrame:
    from silentnps.workflow.checked_tables import read_clean  # heavy, and needed only where there are calls

    calls: pd.DataFrame = read_clean(config, FOLLOW_UP)[FOLLOW_UP].to_pandas()
    return calls


def _read_calls(config: ProjectConfig) -> pd.DataFrame:
    """Return one row per customer and call: customer_id, called_at, rating (NaN: not answered).

    Customers who opted out of training are left out.
    """
    calls = _read_table(config)
    calls = calls[~calls["customer_id"].isin(not_to_be_learned_from(config))]
    if "rating" not in calls:
        calls["rating"] = np.nan
    calls["rating"] = calls["rating"].astype(np.float64)
    return calls[["customer_id", "called_at", "rating"]].reset_index(drop=True)


def _calls_of_wave(calls: pd.DataFrame, features: pd.DataFrame, wave: str, watch: Watch) -> pd.DataFrame:
    """Return one row per customer called in a wave: customer_id, called_at, rating."""
    calls = calls.assign(call=np.arange(len(calls)))
    pairs = calls.merge(features[["customer_id", "wave", "as_of"]], on="customer_id")
    pairs = pairs[pairs["as_of"] < pairs["called_at"]].sort_values(["call", "as_of"])
    latest = pairs.drop_duplicates("call", keep="last")
    n_before = len(calls) - len(latest)
    if n_before:
        watch.say(
            f"{FOLLOW_UP}: {counted(n_before, 'call')} set aside, of no customer of a wave or before the wave "
            "asked the customer"
        )
    of_wave = latest[latest["wave"] == wave].assign(answered=lambda frame: frame["rating"].notna())
    last = of_wave.sort_values(["answered", "called_at", "call"]).drop_duplicates("customer_id", keep="last")
    return last[["customer_id", "called_at", "rating"]]
