"""The follow-up sample of a wave: who of its silent customers was called, and what was answered."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd

from silentnps.counts import counted
from silentnps.data.checking.checks import clean_tables
from silentnps.data.reading.sources import open_tables
from silentnps.numerics.nps import SILENT, class_of_rating
from silentnps.outcome.survey_data import FollowUp
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.prepare import read_features
from silentnps.workflow.watch import QUIET, Watch

_TABLE = "follow_up"


def read_follow_up(project: Project, rows: pd.DataFrame, *, watch: Watch = QUIET) -> FollowUp | None:
    """Return the calls of a wave's silent customers, aligned with `rows`; None where there are none.

    A call belongs to the latest wave whose `as_of` of its customer lies before it. Calls of others than silent
    customers of the wave are set aside and counted. Of several calls of a customer the last that was answered
    counts, so that a second attempt is no second customer.

    Parameters
    ----------
    rows
        Rows of one wave, with the columns `KEYS` of the features.

    Raises
    ------
    DataError
        If a rating is no whole number from 0 to 10, or the features are missing.
    """
    if _TABLE not in project.config.tables or rows.empty:
        return None
    calls = _calls_of_wave(_read_calls(project), read_features(project), rows["wave"].iloc[0], watch)
    ratings = rows[["customer_id", "respondent"]].merge(calls, on="customer_id", how="left", validate="1:1")
    called = ratings["called_at"].notna() & ~ratings["respondent"].astype(bool)
    n_others = len(calls) - int(called.sum())
    if n_others:
        watch.say(
            f"{_TABLE}: {counted(n_others, 'customer')} set aside, who answered the survey or are not in the wave"
        )
    if not called.any():
        return None
    classes = class_of_rating(ratings["rating"].to_numpy(dtype=np.float64, na_value=np.nan))
    silent = called.to_numpy(dtype=np.bool_)
    return FollowUp(silent, np.where(silent, classes, SILENT))


def _read_calls(project: Project) -> pd.DataFrame:
    """Return one row per customer and call: customer_id, called_at, rating (NaN: not answered)."""
    config = project.config.model_copy(update={"tables": {_TABLE: project.config.tables[_TABLE]}})
    tables, _ = clean_tables(open_tables(config), now=datetime.now(UTC), earliest=config.earliest)
    calls: pd.DataFrame = tables[_TABLE].to_pandas()
    if "rating" not in calls:
        calls["rating"] = np.nan
    calls["rating"] = calls["rating"].astype(np.float64)
    return calls[["customer_id", "called_at", "rating"]]


def _calls_of_wave(calls: pd.DataFrame, features: pd.DataFrame, wave: str, watch: Watch) -> pd.DataFrame:
    """Return one row per customer called in a wave: customer_id, called_at, rating."""
    calls = calls.assign(call=np.arange(len(calls)))
    pairs = calls.merge(features[["customer_id", "wave", "as_of"]], on="customer_id")
    pairs = pairs[pairs["as_of"] < pairs["called_at"]].sort_values(["call", "as_of"])
    latest = pairs.drop_duplicates("call", keep="last")
    n_before = len(calls) - len(latest)
    if n_before:
        watch.say(
            f"{_TABLE}: {counted(n_before, 'call')} set aside, of no customer of a wave or before the wave "
            "asked him"
        )
    mine = latest[latest["wave"] == wave].assign(answered=lambda frame: frame["rating"].notna())
    last = mine.sort_values(["answered", "called_at", "call"]).drop_duplicates("customer_id", keep="last")
    return last[["customer_id", "called_at", "rating"]]
