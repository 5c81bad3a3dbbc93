"""Answers that came faster than people answer: seconds after the invitation, or many in one minute."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd
import scipy  # which imports its parts when they are used

from silentnps.counts import counted
from silentnps.data.findings import FIRST_ROWS, Finding

FASTEST_SECONDS = 5
"""Programs that follow every link of an e-mail answer within this time of the invitation."""

SHORTEST_SECONDS = 2
"""Nobody reads the question and answers in less, by `duration_seconds`."""

_FEWEST = 3
_FEWEST_IN_MINUTE = 10
_AROUND = 10
_BY_CHANCE = 1e-6
_REAL_SHARE = 0.5
_MICROSECONDS = 1_000_000
_END_OF_DAY = 999_999
"""The microseconds of a date without a time."""

_KEPT = "They are kept: programs that open links, imports and people who fill in for others look like this."


def pace_findings(answers: ir.Table, *, row: str) -> list[Finding]:
    """Return a note on fast answers, one on short ones, and one on minutes with more answers than those around.

    Parameters
    ----------
    answers
        Clean rows of responses. Dates without times are not judged.
    row
        The column with the places of rows in the file.
    """
    found = [_fast(answers, row), _short(answers, row), _minutes(answers, row)]
    return [finding for finding in found if finding is not None]


def chance_of_minute(n: int, n_around: int, minutes: int = _AROUND) -> float:
    """Return the probability that `n` or more of `n + n_around` answers fall into one minute of `minutes + 1`.

    The upper tail of the binomial distribution with probability 1 / (minutes + 1), exact.

    Examples
    --------
    >>> round(chance_of_minute(2, 0, minutes=1), 6)
    0.25
    """
    return float(scipy.special.betainc(n, n_around + 1, 1.0 / (minutes + 1)))


def _fast(answers: ir.Table, row: str) -> Finding | None:
    if "invited_at" not in answers.columns:
        return None
    asked, answered = (answers[name].cast("timestamp") for name in ("invited_at", "responded_at"))
    soon = (answered >= asked) & (answered < asked + ibis.interval(seconds=FASTEST_SECONDS))
    fast = answers.filter(soon, answered.microsecond() != _END_OF_DAY)
    return _found(fast, row, "invited_at", f"at least {FASTEST_SECONDS} seconds before the answer")


def _short(answers: ir.Table, row: str) -> Finding | None:
    if "duration_seconds" not in answers.columns:
        return None
    short = answers.filter(answers.duration_seconds < SHORTEST_SECONDS)
    return _found(short, row, "duration_seconds", f"at least {SHORTEST_SECONDS}")


def _minutes(answers: ir.Table, row: str) -> Finding | None:
    at = answers.responded_at.cast("timestamp")
    timed = answers.select(place=answers[row], second=at.epoch_seconds(), part=at.microsecond())
    timed = timed.filter(timed.part != _END_OF_DAY)
    if not _have_seconds(timed):
        return None
    timed = timed.mutate(minute=(timed.second / 60).floor().cast("int64"))
    per_minute = timed.group_by("minute").aggregate(n=timed.count())
    minutes = [
        int(minute)
        for minute, n, before, after in _busy(per_minute).itertuples(index=False)
        # the first minutes after a mailing have as many behind them, those before a deadline as many in front
        if chance_of_minute(int(n), max(int(before), int(after))) <= _BY_CHANCE
    ]
    if not minutes:
        return None
    rows = timed.filter(timed.minute.isin(minutes)).select(**{row: "place"})
    of_minutes = f"They are of {counted(len(minutes), 'minute')} with far more than those around. "
    return _found(rows, row, "responded_at", "spread over time", of_minutes)


def _busy(per_minute: ir.Table) -> pd.DataFrame:
    """Return minute, n, and the answers of the ten minutes before and after, of minutes with some answers."""
    minute = per_minute.minute
    before = ibis.range_window(preceding=_AROUND, following=0, order_by=minute)
    after = ibis.range_window(preceding=0, following=_AROUND, order_by=minute)
    n = per_minute.n
    counts = per_minute.select("minute", "n", before=n.sum().over(before) - n, after=n.sum().over(after) - n)
    busy: pd.DataFrame = counts.filter(counts.n >= _FEWEST_IN_MINUTE).order_by("minute").to_pandas()
    return busy


def _have_seconds(timed: ir.Table) -> bool:
    """Return whether most times have seconds; others are of an import or rounded, and say nothing of a minute."""
    real = (timed.second % 60 != 0).mean().execute()
    return bool(real == real and real >= _REAL_SHARE)


def _found(rows: ir.Table, row: str, column: str, rule: str, words: str = "") -> Finding | None:
    n = int(rows.count().execute())
    if n < _FEWEST:
        return None
    first = rows.select(row).order_by(row).limit(FIRST_ROWS).execute()[row]
    return Finding(
        "responses", column, rule, "warning", n, tuple(int(place) for place in first), words + _KEPT, "note"
    )
