"""Bursts of answers: what a survey that is sent once looks like, day by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from silentnps.numerics.arrays import Integers

Counts = Integers

REMINDER_DAYS = 21
"""A rise so soon after the one before is a reminder or a second batch of the same survey."""

SURVEY_DAYS = 42
"""A survey that is sent once gets nearly all of its answers in so many days, reminders included."""

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
    """Days from the first to the last, and how many answers (or invitations) there were.

    `compact` says whether nearly all of them lie in SURVEY_DAYS.
    """

    start: date
    end: date
    n: int
    compact: bool


def find_bursts(days: list[date], counts: list[int]) -> list[Burst]:
    """Return the bursts, in their order; each lasts until the next, so that every day belongs to one.

    Parameters
    ----------
    days, counts
        Days with answers, ascending, and how many there were.

    Notes
    -----
    Weeks are looked at, so that days of the week mean nothing. Two of them belong to different bursts if a week
    between them has at most a quarter of the smaller one's answers, and this one has 6 and 1 % of all at least:
    fewer are stragglers. A burst begins on the day before which there is least and after which there is most. What
    begins within REMINDER_DAYS of a rise, or within two weeks of the day by which 90 % of the burst were there, is
    part of that burst.
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


def _starts(dense: Counts, weeks: Counts, least: float) -> list[int]:
    valleys = _valleys(weeks, 0, len(weeks), least)
    parts = zip([0, *valleys], [*valleys, len(weeks)], strict=True)
    onsets = [_onset(dense, low, low + int(weeks[low:high].argmax())) for low, high in parts]
    starts, before = [0], onsets[0]
    for onset in onsets[1:]:
        if onset - before >= REMINDER_DAYS and onset - _nearly_all_by(dense, starts[-1], onset) >= _QUIET_DAYS:
            starts.append(onset)
        before = onset
    return starts


def _nearly_all_by(dense: Counts, start: int, end: int) -> int:
    """Return the day by which nearly all answers of a burst were there."""
    own = dense[start:end].cumsum()
    return start + int((own >= _NEARLY_ALL * own[-1]).argmax())


def _valleys(weeks: Counts, low: int, high: int, least: float) -> list[int]:
    """Return the weeks, between `low` and `high`, in which one burst is over and the next has not begun."""
    if high - low < 2 * _WEEK:
        return []
    part = weeks[low:high].astype(np.float64)
    left = np.concatenate([np.zeros(_WEEK), np.maximum.accumulate(part)[:-_WEEK]])
    right = np.concatenate([np.maximum.accumulate(part[::-1])[::-1][_WEEK:], np.zeros(_WEEK)])
    smaller = np.minimum(left, right)
    depth = np.where(smaller >= least, part / np.maximum(smaller, 1), np.inf)
    lowest = int(depth.argmin())
    if depth[lowest] > _VALLEY:
        return []
    deepest = low + lowest
    return [*_valleys(weeks, low, deepest, least), deepest, *_valleys(weeks, deepest, high, least)]


def _onset(dense: Counts, low: int, peak: int) -> int:
    """Return the day, from `low` to the end of the week `peak`, before which is least and after which is most."""
    days = np.arange(low, min(peak + _WEEK, len(dense)))
    total = np.concatenate([[0], dense.cumsum()])
    after = total[np.minimum(days + _WEEK, len(dense))] - total[days]
    before = total[days] - total[np.maximum(days - _WEEK, 0)]
    rise = after - before
    return _first_of_ramp(dense, low, int(days[np.flatnonzero(rise == rise.max())[-1]]))


def _first_of_ramp(dense: Counts, low: int, onset: int) -> int:
    """Return the first day of a burst that takes days to rise, as of a survey that is sent in batches."""
    busy = max(1.0, _RAMP_SHARE * float(dense[onset : onset + _WEEK].mean()))
    first = onset
    for day in range(onset - 1, max(low, onset - _QUIET_DAYS) - 1, -1):
        if first - day > _WEEKEND:
            break
        if dense[day] > busy:
            first = day
    return first


def _burst(first: date, dense: Counts, start: int, end: int) -> Burst:
    own = dense[start:end]
    there = np.flatnonzero(own)
    window = np.convolve(own, np.ones(min(SURVEY_DAYS, len(own)), dtype=np.int64), "valid")
    return Burst(
        first + timedelta(days=start),
        first + timedelta(days=start + int(there[-1])),
        int(own.sum()),
        bool(window.max() >= _NEARLY_ALL * own.sum()),
    )
