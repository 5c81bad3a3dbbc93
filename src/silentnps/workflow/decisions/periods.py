"""Periods of a trend: waves as they are, or those of a calendar month or quarter together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from silentnps.errors import DataError

Freq = Literal["wave", "quarter", "month"]

_LONGEST_DAYS = {"month": 31, "quarter": 92}
_CALENDAR = {"month": "M", "quarter": "Q"}
_CURES = {
    "month": "Use `--freq quarter` or `--freq wave`, or shorter waves: `waves.period: month`, then "
    "`silentnps train` again.",
    "quarter": "Use `--freq wave`, or shorter waves: `waves.period: quarter`, then `silentnps train` again.",
}


@dataclass(frozen=True)
class WaveTimes:
    """When the first answer of a wave, that in the middle and the last were asked for, by the local clock."""

    first: pd.Timestamp
    middle: pd.Timestamp
    last: pd.Timestamp


def times_of(moments: pd.Series, *, timezone: str) -> WaveTimes:
    """Return when the answers of a wave were asked for; `moments` are in UTC, without a zone."""
    local = moments.sort_values().dt.tz_localize("UTC").dt.tz_convert(timezone).dt.tz_localize(None)
    return WaveTimes(local.iloc[0], local.iloc[(len(local) - 1) // 2], local.iloc[-1])


def periods_of(times: dict[str, WaveTimes], freq: Freq) -> dict[str, list[str]]:
    """Return the waves of each period, both in the order of time.

    A wave belongs to the month or quarter of its answer in the middle.

    Raises
    ------
    DataError
        If a wave lasts longer than a period.

    Examples
    --------
    >>> may = WaveTimes(*map(pd.Timestamp, ("2025-05-02", "2025-05-05", "2025-05-09")))
    >>> june = WaveTimes(*map(pd.Timestamp, ("2025-06-02", "2025-06-05", "2025-06-09")))
    >>> periods_of({"first": may, "second": june}, "quarter")
    {'2025-Q2': ['first', 'second']}
    >>> periods_of({"first": may, "second": june}, "month")
    {'2025-05': ['first'], '2025-06': ['second']}
    """
    periods: dict[str, list[str]] = {}
    for wave, when in times.items():
        name = wave
        if freq != "wave":
            _refuse_longer(wave, when, freq)
            period = when.middle.to_period(_CALENDAR[freq])
            name = f"{period.year}-Q{period.quarter}" if freq == "quarter" else str(period)
        periods.setdefault(name, []).append(wave)
    return periods if freq == "wave" else dict(sorted(periods.items()))


def _refuse_longer(wave: str, when: WaveTimes, freq: Freq) -> None:
    days = (when.last - when.first).days + 1
    if freq != "wave" and days > _LONGEST_DAYS[freq]:
        raise DataError(
            f"a wave must last at most a {freq} ({_LONGEST_DAYS[freq]} days) for `--freq {freq}`; got {wave} with "
            f"{days} days from the first answer to the last. {_CURES[freq]}"
        )
