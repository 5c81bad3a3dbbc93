"""Bursts of answers: a survey with its reminders is one burst, several surveys are several, a trickle is none."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silentnps.features.population.bursts import Burst, find_bursts

FIRST = date(2025, 1, 1)


def bursts_of(*offsets: np.ndarray) -> list[Burst]:
    counts = Counter(int(offset) for offset in np.concatenate(offsets))
    days = sorted(counts)
    return find_bursts([FIRST + timedelta(days=day) for day in days], [counts[day] for day in days])


def survey(rng: np.random.Generator, start: int, n: int, *, days: float = 4) -> np.ndarray:
    """Return the days of answers: most come at once, the last after weeks."""
    return start + np.floor(rng.exponential(days, n))


@given(
    seed=st.integers(0, 10_000),
    gap=st.integers(28, 200),
    n_surveys=st.integers(1, 6),
    n=st.integers(60, 600),
    days=st.floats(1, 4),
)
def test_each_survey_gives_a_burst_that_starts_on_its_day(
    seed: int, gap: int, n_surveys: int, n: int, days: float
) -> None:
    rng = np.random.default_rng(seed)
    bursts = bursts_of(*(survey(rng, gap * k, n, days=days) for k in range(n_surveys)))
    assert len(bursts) == n_surveys
    assert all(burst.compact for burst in bursts)
    for k, burst in enumerate(bursts[1:], start=1):
        assert abs((burst.start - FIRST).days - gap * k) <= 1
    assert sum(burst.n for burst in bursts) == n_surveys * n


@given(seed=st.integers(0, 10_000), after=st.lists(st.sampled_from([3, 7, 10, 14]), min_size=1, max_size=2))
def test_reminders_do_not_start_a_burst(seed: int, after: list[int]) -> None:
    rng = np.random.default_rng(seed)
    starts = np.concatenate([[0], np.cumsum(after)])
    sizes = [200 // (i + 1) for i in range(len(starts))]
    bursts = bursts_of(*(survey(rng, int(start), n, days=2) for start, n in zip(starts, sizes, strict=True)))
    assert [burst.compact for burst in bursts] == [True]


@pytest.mark.parametrize("n", [150, 900, 20_000])
@pytest.mark.parametrize("weekend", [False, True])
def test_answers_that_arrive_continuously_are_not_compact(n: int, weekend: bool) -> None:
    rng = np.random.default_rng(n)
    days = rng.integers(0, 365, n)
    days = days[days % 7 < 5] if weekend else days
    assert 2 * sum(burst.n for burst in bursts_of(days) if burst.compact) < len(days)


def test_weekly_surveys_arrive_continuously() -> None:
    rng = np.random.default_rng(0)
    assert [burst.compact for burst in bursts_of(*(survey(rng, 7 * k, 100, days=1) for k in range(30)))] == [False]


def test_stragglers_do_not_start_a_burst() -> None:
    rng = np.random.default_rng(1)
    (burst,) = bursts_of(survey(rng, 0, 900), rng.integers(40, 200, 30))
    assert (burst.compact, burst.n) == (True, 930)


def test_a_survey_sent_in_batches_begins_with_the_first_one() -> None:
    rng = np.random.default_rng(2)
    days = [start + day for start in (0, 90, 180) for day in range(10)]
    bursts = bursts_of(*(survey(rng, day, 40, days=1) for day in days))
    assert [(burst.start - FIRST).days for burst in bursts] == [0, 90, 180]


def test_days_without_times_and_surveys_of_one_day() -> None:
    first, second = bursts_of(np.zeros(50), np.full(50, 40))
    assert (first.start, first.end, first.n) == (FIRST, FIRST, 50)
    assert (second.start, second.n) == (FIRST + timedelta(days=40), 50)
    assert bursts_of(np.zeros(1))[0].compact
    assert find_bursts([], []) == []
