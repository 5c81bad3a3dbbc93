"""Waves of a calendar month or quarter count as one period, by the local clock; longer waves are refused."""

from __future__ import annotations

import pandas as pd
import pytest

from silentnps.errors import DataError
from silentnps.workflow.decisions.periods import WaveTimes, periods_of, times_of


def wave(*days: str) -> WaveTimes:
    return times_of(pd.Series(pd.to_datetime(list(days))), timezone="UTC")


WAVES = {
    "a": wave("2025-01-10", "2025-01-12", "2025-01-20"),
    "b": wave("2025-02-10", "2025-02-12"),
    "c": wave("2025-05-10", "2025-05-12"),
}


def test_a_wave_is_its_own_period() -> None:
    assert periods_of(WAVES, "wave") == {"a": ["a"], "b": ["b"], "c": ["c"]}


def test_waves_of_a_quarter_and_of_a_month_are_together() -> None:
    assert periods_of(WAVES, "quarter") == {"2025-Q1": ["a", "b"], "2025-Q2": ["c"]}
    assert list(periods_of(WAVES, "month")) == ["2025-01", "2025-02", "2025-05"]


def test_a_wave_is_of_the_month_of_its_answer_in_the_middle() -> None:
    over_the_end = {"a": wave("2025-01-30", "2025-02-01", "2025-02-02")}
    assert periods_of(over_the_end, "month") == {"2025-02": ["a"]}


def test_a_wave_longer_than_the_period_is_refused_with_the_cure() -> None:
    long = {"q1": wave("2025-01-01", "2025-02-15", "2025-03-31")}
    assert list(periods_of(long, "quarter")) == ["2025-Q1"]
    with pytest.raises(DataError, match=r"got q1 with 90 days.*--freq quarter.*waves.period: month"):
        periods_of(long, "month")
    year = {"all": wave("2025-01-01", "2025-12-01")}
    with pytest.raises(DataError, match=r"must last at most a quarter \(92 days\).*--freq wave"):
        periods_of(year, "quarter")


def test_the_clock_is_local() -> None:
    moments = pd.Series(pd.to_datetime(["2025-03-31 23:30"]))
    assert periods_of({"a": times_of(moments, timezone="UTC")}, "month") == {"2025-03": ["a"]}
    assert periods_of({"a": times_of(moments, timezone="Europe/Vienna")}, "month") == {"2025-04": ["a"]}
