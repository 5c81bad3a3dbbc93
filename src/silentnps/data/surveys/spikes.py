"""Groups of answers that are all the same, and agents with far more answers than others: named, and kept.

A desk that fills in tens for its customers, a form that sends its default, a robot that clicks the first number.
"""

from __future__ import annotations

from typing import Final

import ibis.expr.types as ir
import numpy as np
import pandas as pd
import scipy  # which imports its parts when they are used

from silentnps.data.findings import FIRST_ROWS, Finding
from silentnps.data.surveys.values import comparable
from silentnps.numerics.arrays import Floats

AGENT: Final = "associate_id"
GROUPS: Final = ("channel", "survey_id", "survey_type", AGENT)

_SAME_SHARE = 0.95
_BY_CHANCE = 1e-4
"""A group is named if one of its size would be so much the same in at most 1 of 10,000 tables."""

_FEWEST_OF_AGENT, _TIMES_OTHERS = 20, 5
_MOST_GROUPS = 5_000
_KEPT = "They are kept: look at them, and leave them out with `survey: {exclude: ...}` if nobody gave them so."


def spike_findings(answers: ir.Table, *, row: str) -> list[Finding]:
    """Return a note for each group of answers with one rating, and for each agent with far more than the others.

    A group is a channel, survey, type or agent. Nearly all of its answers (95 %) must have one rating, and the
    exact (hypergeometric) probability of as many in the group, if ratings were dealt out by chance, must be at most
    0.0001 over the number of groups. An agent has far more with 20 answers and five times the median of others.

    Parameters
    ----------
    answers
        Clean rows of responses.
    row
        The column with the places of rows in the file.
    """
    findings = []
    for column in (name for name in GROUPS if name in answers.columns):
        counts = _counts(answers, column)
        if 2 <= counts["value"].nunique() <= _MOST_GROUPS:
            findings += [_same(answers, column, *found, row) for found in _spikes(counts)]
            findings += [_busy(answers, *found, row) for found in _busiest(counts) if column == AGENT]
    return findings


def chance_of_as_many(n_same: int, n: int, n_same_of_all: int, n_all: int) -> float:
    """Return the probability of `n_same` or more of a rating among `n` answers drawn from all without replacement.

    The upper tail of the hypergeometric distribution, exact.

    Examples
    --------
    >>> round(chance_of_as_many(3, 3, 5, 10), 6)  # 5/10 * 4/9 * 3/8
    0.083333
    """
    k = np.arange(n_same, min(n, n_same_of_all) + 1, dtype=np.float64)
    others = n_all - n_same_of_all
    k = k[n - k <= others]
    logs = _log_choose(n_same_of_all, k) + _log_choose(others, n - k) - _log_choose(n_all, np.array(float(n)))
    return min(1.0, float(np.exp(logs).sum()))


def _log_choose(n: int, k: Floats) -> Floats:
    log_factorial = scipy.special.gammaln
    logs = log_factorial(n + 1) - log_factorial(k + 1) - log_factorial(n - k + 1)
    return np.asarray(logs, dtype=np.float64)


def _counts(answers: ir.Table, column: str) -> pd.DataFrame:
    values = answers.select(value=comparable(answers, column), rating=answers.rating)
    values = values.filter(values.value != "", values.rating.notnull())
    grouped = values.group_by(["value", "rating"]).aggregate(n=values.count())
    counts: pd.DataFrame = grouped.order_by("value", "rating").to_pandas()
    return counts


def _spikes(counts: pd.DataFrame) -> list[tuple[str, int, int, float]]:
    """Return value, rating, number of answers and chance of each group of one rating."""
    of_rating, of_group = counts.groupby("rating")["n"].sum(), counts.groupby("value")["n"].sum()
    n_all = int(counts["n"].sum())
    top = counts.loc[counts.groupby("value")["n"].idxmax()]
    top = top[top["n"] >= _SAME_SHARE * top["value"].map(of_group)]
    found = []
    for value, rating, n_same in zip(top["value"], top["rating"], top["n"], strict=True):
        chance = chance_of_as_many(int(n_same), int(of_group[value]), int(of_rating[rating]), n_all)
        if chance * len(of_group) <= _BY_CHANCE:
            found.append((str(value), int(rating), int(n_same), float(n_all - of_group[value])))
    return found


def _same(answers: ir.Table, column: str, value: str, rating: int, n: int, n_others: float, row: str) -> Finding:
    rows = answers.filter(comparable(answers, column) == value, answers.rating == rating)
    who = f"One {column}" if column == AGENT else f"{column} {value!r}"  # an agent's name is personal
    cure = f"{who} has {n:,} answers with the rating {rating}, unlike the {n_others:,.0f} others. {_KEPT}"
    rule = "with ratings as varied as those of other answers"
    return Finding("responses", column, rule, "warning", n, _first(rows, row), cure, "note")


def _busiest(counts: pd.DataFrame) -> list[tuple[str, int, float]]:
    of_group = counts.groupby("value")["n"].sum()
    found = []
    for value, n in of_group[of_group >= _FEWEST_OF_AGENT].items():
        others = float(of_group.drop(value).median())
        if len(of_group) > 2 and n >= _TIMES_OTHERS * others:
            found.append((str(value), int(n), others))
    return found


def _busy(answers: ir.Table, value: str, n: int, others: float, row: str) -> Finding:
    rows = answers.filter(comparable(answers, AGENT) == value)
    cure = f"One of them has {n:,} answers, the median of the others is {others:g}. {_KEPT}"
    rule = "someone with about as many answers as others"
    return Finding("responses", AGENT, rule, "warning", n, _first(rows, row), cure, "note")


def _first(rows: ir.Table, row: str) -> tuple[int, ...]:
    return tuple(int(place) for place in rows.select(row).order_by(row).limit(FIRST_ROWS).execute()[row])
