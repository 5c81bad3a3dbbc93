"""What acting did, read from what happened later: each outcome of those on lists beside that of the held out."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pandas as pd

from silentnps.actions.effect import FEWEST_HELD_OUT, Effect, effect_of
from silentnps.actions.goals import DONE, TREATED
from silentnps.estimation.checks.response_rates import wilson_interval

OUTCOMES = {
    "orders": "orders per customer",
    "spend": "spend per customer",
    "returns": "returns per customer",
    "no_order": "share without any order",
    "answered": "share who answered a survey",
    "nps": "NPS of those who answered",
    "recovered": "share of those who answered who are no detractors",
}
"""The outcomes in words. The last two are of those who answered: acting may change who does."""

HOURS = 48
EFFECT_COLUMNS = (
    *("goal", "outcome", "words", "n_treated", "n_holdout", "mean_treated", "mean_holdout", "difference"),
    *("low", "high", "confidence_level", "smallest_seen", "verdict"),
)


def effects(rows: pd.DataFrame, *, confidence_level: float, random_state: int) -> pd.DataFrame:
    """Return what acting did by goal and outcome, columns `EFFECT_COLUMNS`.

    Parameters
    ----------
    rows
        Rows of the ledger with a column for each outcome that is known (`OUTCOMES`), NaN where it does not apply.

    Notes
    -----
    Differences are by intention to treat: who was on a list counts as treated, whether contacted or not. Each list
    is a stratum; the covariates are the probability and the expected spend on the day of the list. Of few held out
    customers, fewer than `FEWEST_HELD_OUT`, no difference is told.
    """
    found = [
        _effect_row(str(goal), outcome, of_goal[of_goal[outcome].notna()], confidence_level, random_state)
        for goal, of_goal in rows.groupby("goal", sort=True)
        for outcome in OUTCOMES
        if outcome in rows and of_goal[outcome].notna().any() and (outcome != "recovered" or goal == "recover")
    ]
    return pd.DataFrame(found, columns=list(EFFECT_COLUMNS))


def _effect_row(goal: str, outcome: str, rows: pd.DataFrame, level: float, random_state: int) -> dict[str, object]:
    treated = (rows["arm"] == TREATED).to_numpy()
    values = rows[outcome].to_numpy(dtype=np.float64)
    n, n_out = int(treated.sum()), int((~treated).sum())
    named = {"goal": goal, "outcome": outcome, "words": OUTCOMES[outcome]}
    if min(n, n_out) < FEWEST_HELD_OUT:
        means = {
            "mean_treated": values[treated].mean() if n else np.nan,
            "mean_holdout": values[~treated].mean() if n_out else np.nan,
        }
        counts = {"n_treated": n, "n_holdout": n_out, "confidence_level": level}
        verdict = f"cannot tell: {n:,} treated and {n_out:,} held out, of which {FEWEST_HELD_OUT} each are needed"
        return {**dict.fromkeys(EFFECT_COLUMNS, np.nan), **named, **counts, **means, "verdict": verdict}
    stratum = pd.factorize(rows["listed_on"])[0].astype(np.int64)
    rng = np.random.default_rng(random_state)  # the same draws for every outcome
    effect = effect_of(values, treated, stratum, _covariates(rows), rng=rng, confidence_level=level)
    return {**named, **asdict(effect), "verdict": verdict_of(effect)}


def _covariates(rows: pd.DataFrame) -> np.ndarray:
    spend = np.log1p(rows["expected_spend"].fillna(0.0).clip(lower=0.0))
    return np.column_stack([rows["probability"].fillna(0.0), spend]).astype(np.float64)


def verdict_of(effect: Effect) -> str:
    """Return what an effect says, in words."""
    if np.isnan(effect.low):
        return "cannot tell: the outcome is the same for everybody"
    if effect.low > 0 or effect.high < 0:
        return "more among those on the list" if effect.low > 0 else "less among those on the list"
    return f"cannot tell: a difference below {effect.smallest_seen:.3g} would probably not have been seen"


def work_done(rows: pd.DataFrame, *, confidence_level: float) -> pd.DataFrame:
    """Return how much of each goal's lists was done, and how much within `HOURS` of the planned day.

    Columns goal, n_listed, n_done, done_share, n_in_time, in_time_share, low and high (Wilson's interval of
    in_time_share) and confidence_level.
    """
    listed = rows[rows["arm"] == TREATED]
    done = listed["status"] == DONE
    in_time = done & (listed["done_at"] < listed["contact_on"] + pd.Timedelta(hours=HOURS))
    table = (
        listed.assign(done=done, in_time=in_time)
        .groupby("goal", sort=True)
        .agg(n_listed=("done", "size"), n_done=("done", "sum"), n_in_time=("in_time", "sum"))
    )
    n = table["n_listed"].to_numpy(dtype=np.float64)
    hits = table["n_in_time"].to_numpy(dtype=np.float64)
    low, high = wilson_interval(hits, n, confidence_level=confidence_level)
    table = table.assign(
        done_share=table["n_done"] / n,
        in_time_share=hits / n,
        low=low,
        high=high,
        confidence_level=confidence_level,
    )
    return table.reset_index()
