"""Bursts of answers: what a survey that is sent once looks like, day by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from silentnps.numerics.arrays import Integers

REMINDER_DAYS = 21
"""A rise this soon after the previous one is a reminder or a second batch of the same survey."""

SURVEY_DAYS = 42
"""A survey that is sent once gets nearly all of its answers within this many days, including reminders."""

_WEEK = 7
_QUIET_DAYS = 14
_VALLEY = 0.25
_RAMP_SHARE = 0.1
_WEEKEND = 3
_FEWEST = 6
_SMALLEST_SHARE = 0.01
_NEARLY_ALL = 0.9


@dataclass(frozen=True)
class Burst:
    """The first and the last day of a burst, and how many answers (or invitations) it has.

    `compact` says whether nearly all of them lie within SURVEY_DAYS.
    """

    start: date
    end: date
    n: int
    compact: bool


def find_bursts(days: list[date], counts: list[int]) -> list[Burst]:
    """Return the bursts in order; each lasts until the next one begins, so that every day belongs to one burst.

    Parameters
    ----------
    days, counts
        Days with answers, in ascending order, and the number of answers on each.

    Notes
    -----
    Answers are counted over running weeks, so that the day of the week does not matter. Two weeks belong to
    different bursts if a week between them has at most a quarter of the answers of the smaller one, and the smaller
    one has at least 6 answers and 1 % of all: fewer are stragglers. A burst begins on the day with the largest
    difference between the week after and the week before. What begins within REMINDER_DAYS of a rise, or within two
    weeks of the day by which 90 % of a burst had arrived, is part of that burst.

    Examples
    --------
    >>> days = [date(2025, 1, 8), date(2025, 1, 9), date(2025, 4, 2), date(2025, 4, 3)]
    >>> for burst in find_bursts(days, [40, 20, 30, 15]):
    ...     print(burst.start, burst.n, burst.compact)
    2025-01-08 60 True
    2025-04-02 45 True
    """
    if not days:
        return []
    first = days[0]
    dense = np.zeros((days[-1] - first).days + 1, dtype=np.int64)
    dense[[(day - first).days for day in days]] = counts
    weeks = np.convolve(np.pad(dense, (0, _WEEK - 1)), np.ones(_WEEK, dtype=np.int64), "valid")
    least = max(_FEWEST, _SMALLEST_SHARE * int(dense.sum()))
    starts = _starts(dense, weeks, least)
    ends = [*starts[1:], len(dense)]
    return [_burst(first, dense, start, end) for start, end in zip(starts, ends, strict=True)]


def _starts(dense: Integers, weeks: Integers, least: float) -> list[int]:
    valleys = _valleys(weeks, 0, len(weeks), least)
    stretches = zip([0, *valleys], [*valleys, len(weeks)], strict=True)
    onsets = [_onset(dense, low, low + int(weeks[low:high].argmax())) for low, high in stretches]
    starts, previous = [0], onsets[0]
    for onset in onsets[1:]:
        if onset - previous >= REMINDER_DAYS and onset - _nearly_all_by(dense, starts[-1], onset) >= _QUIET_DAYS:
            starts.append(onset)
        previous = onset
    return starts


def _nearly_all_by(dense: Integers, start: int, end: int) -> int:
    """Return the day by which nearly all answers of a burst had arrived."""
    arrived = dense[start:end].cumsum()
    return start + int((arrived >= _NEARLY_ALL * arrived[-1]).argmax())


def _valleys(weeks: Integers, low: int, high: int, least: float) -> list[int]:
    """Return the weeks between `low` and `high` in which one burst is over and the next has not begun."""
    if high - low < 2 * _WEEK:
        return []
    counts = weeks[low:high].astype(np.float64)
    left = np.concatenate([np.zeros(_WEEK), np.maximum.accumulate(counts)[:-_WEEK]])
    right = np.concatenate([np.maximum.accumulate(counts[::-1])[::-1][_WEEK:], np.zeros(_WEEK)])
    smaller = np.minimum(left, right)
    depth = np.where(smaller >= least, counts / np.maximum(smaller, 1), np.inf)
    lowest = int(depth.argmin())
    if depth[lowest] > _VALLEY:
        return []
    deepest = low + lowest
    return [*_valleys(weeks, low, deepest, least), deepest, *_valleys(weeks, deepest, high, least)]


def _onset(dense: Integers, low: int, peak: int) -> int:
    """Return the day, from `low` to the end of the week `peak`, at which the counts rise most from week to week."""
    days = np.arange(low, min(peak + _WEEK, len(dense)))
    total = np.concatenate([[0], dense.cumsum()])
    after = total[np.minimum(days + _WEEK, len(dense))] - total[days]
    before = total[days] - total[np.maximum(days - _WEEK, 0)]
    rise = after - before
    return _first_of_ramp(dense, low, int(days[np.flatnonzero(rise == rise.max())[-1]]))


def _first_of_ramp(dense: Integers, low: int, onset: int) -> int:
    """Return the first day of a burst that takes days to rise, such as that of a survey sent in batches."""
    busy = max(1.0, _RAMP_SHARE * float(dense[onset : onset + _WEEK].mean()))
    first = onset
    for day in range(onset - 1, max(low, onset - _QUIET_DAYS) - 1, -1):
        if first - day > _WEEKEND:
            break
        if dense[day] > busy:
            first = day
    return first


def _burst(first: date, dense: Integers, start: int, end: int) -> Burst:
    counts = dense[start:end]
    last = int(np.flatnonzero(counts)[-1])
    window = np.convolve(counts, np.ones(min(SURVEY_DAYS, len(counts)), dtype=np.int64), "valid")
    return Burst(
        first + timedelta(days=start),
        first + timedelta(days=start + last),
        int(counts.sum()),
        bool(window.max() >= _NEARLY_ALL * counts.sum()),
    )
