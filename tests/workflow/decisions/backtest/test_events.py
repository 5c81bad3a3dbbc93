"""Events before and after moments, against a loop over all of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from silentnps.workflow.decisions.backtest.events import Events, as_moments


def moments(seconds: np.ndarray) -> np.ndarray:
    return np.datetime64("2025-01-01", "us") + seconds.astype("timedelta64[s]")


def test_events_are_counted_as_one_by_one() -> None:
    rng = np.random.default_rng(0)
    codes, times = rng.integers(8, size=200), moments(rng.integers(60, size=200))  # many at one moment
    events = Events.of(codes, times)
    of = rng.integers(10, size=120)  # two customers without any event
    first, end = moments(rng.integers(-5, 50, size=120)), moments(rng.integers(40, 70, size=120))
    end = np.maximum(first, end)
    inside = (codes[None] == of[:, None]) & (times[None] >= first[:, None]) & (times[None] < end[:, None])
    assert events.between(of, first, end).tolist() == inside.sum(axis=1).tolist()
    before = (codes[None] == of[:, None]) & (times[None] < end[:, None])
    wanted = [
        (moment - times[rows].max()) / np.timedelta64(1, "D") if rows.any() else np.nan
        for moment, rows in zip(end, before, strict=True)
    ]
    np.testing.assert_array_equal(events.days_since(of, end), wanted)


def test_an_event_at_the_moment_itself_comes_after_it() -> None:
    at = moments(np.array([10]))
    events = Events.of(np.array([0]), at)
    assert events.between(np.array([0]), at, at + np.timedelta64(1, "us")).tolist() == [1]
    assert np.isnan(events.days_since(np.array([0]), at)).all()


def test_a_span_is_covered_from_the_first_event_to_the_last() -> None:
    events = Events.of(np.array([0, 0]), moments(np.array([10, 20])))
    first, end = moments(np.array([10, 9, 10])), moments(np.array([20, 20, 21]))
    assert events.covers(first, end).tolist() == [True, False, False]


def test_times_are_those_of_utc() -> None:
    local = pd.Series(pd.to_datetime(["2025-03-01T12:00:00+02:00"]))
    assert as_moments(local)[0] == np.datetime64("2025-03-01T10:00:00", "us")
