"""Answers within seconds of the invitation, and many in one minute, are named and kept."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from answers_of_surveys import answers, checked
from scipy.stats import binom

from silentnps.data.findings import Finding
from silentnps.data.surveys.pace import FASTEST_SECONDS, SHORTEST_SECONDS, chance_of_minute


def drawn(seed: int, n: int = 500, *, days: float = 10) -> pd.DataFrame:
    return answers(np.random.default_rng(seed), n, "2025-03-01", days=days)


def notes_of(frame: pd.DataFrame) -> list[Finding]:
    table = checked(frame)["responses"]
    assert table.n_used == len(frame)
    return list(table.findings)


@pytest.mark.parametrize(("n", "around"), [(10, 0), (30, 60), (3, 100)])
def test_the_chance_is_that_of_the_binomial_distribution(n: int, around: int) -> None:
    assert chance_of_minute(n, around) == pytest.approx(binom.sf(n - 1, n + around, 1 / 11), rel=1e-9)


def test_answers_within_seconds_of_the_invitation_are_named() -> None:
    frame = drawn(1)
    asked = frame.responded_at - pd.Timedelta(hours=5)
    asked[10:14] = frame.responded_at[10:14] - pd.Timedelta(seconds=FASTEST_SECONDS - 1)
    asked[20:30] = frame.responded_at[20:30] - pd.Timedelta(seconds=FASTEST_SECONDS)
    (note,) = notes_of(frame.assign(invited_at=asked))
    assert (note.column, note.rows, note.first_rows, note.effect) == ("invited_at", 4, (11, 12, 13, 14), "note")


def test_dates_without_times_are_not_fast() -> None:
    frame = drawn(2)
    day = frame.responded_at.dt.normalize() + pd.Timedelta(days=1) - pd.Timedelta(microseconds=1)
    day = day.astype("datetime64[us]")
    assert notes_of(frame.assign(responded_at=day, invited_at=day)) == []


def test_answers_that_took_no_time_are_named() -> None:
    frame = drawn(3).assign(duration_seconds=[SHORTEST_SECONDS - 0.5] * 6 + [float(SHORTEST_SECONDS)] * 494)
    (note,) = notes_of(frame)
    assert (note.column, note.rows, note.first_rows) == ("duration_seconds", 6, (1, 2, 3, 4, 5))


def test_many_answers_in_one_minute_are_named() -> None:
    frame = drawn(4)
    frame.loc[100:124, "responded_at"] = pd.Timestamp("2025-03-05 03:20:00") + pd.to_timedelta(
        np.arange(25), unit="s"
    )
    (note,) = notes_of(frame)
    assert (note.column, note.first_rows[0]) == ("responded_at", 101)
    assert 25 <= note.rows <= 27
    assert "1 minute " in note.cure


def test_a_mailing_that_is_answered_at_once_is_no_burst_of_a_minute() -> None:
    rng = np.random.default_rng(5)
    frame = drawn(5, 1500)
    seconds = np.round(rng.exponential(1800, 1500))
    sent = pd.Timestamp("2025-03-05 09:00:07")
    frame["responded_at"] = (sent + pd.to_timedelta(seconds, unit="s")).astype("datetime64[us]")
    assert notes_of(frame) == []


def test_times_of_an_import_say_nothing_of_minutes() -> None:
    frame = drawn(6)
    assert notes_of(frame.assign(responded_at=frame.responded_at.dt.floor("h"))) == []
    assert notes_of(frame.assign(responded_at=pd.Timestamp("2025-03-01 10:00:00"))) == []
