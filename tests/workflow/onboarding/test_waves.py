"""A burst of answers is one wave."""

from __future__ import annotations

from datetime import date, timedelta

from silentnps.workflow.onboarding.waves import propose_waves


def days_from(start: date, n: int) -> list[date]:
    return [start + timedelta(days=day) for day in range(n)]


def test_bursts_in_quarters_of_their_own_are_quarters() -> None:
    days = [*days_from(date(2025, 1, 10), 5), *days_from(date(2025, 4, 10), 5)]
    waves = propose_waves(days, [40] * 10)
    assert (waves.yaml, waves.unsure) == ("{period: quarter}", False)
    assert "2 bursts" in waves.reason


def test_a_burst_over_the_end_of_a_quarter_needs_dates() -> None:
    days = [*days_from(date(2025, 3, 28), 8), *days_from(date(2025, 6, 28), 8)]
    assert propose_waves(days, [40] * 16).yaml == "{dates: [2025-03-28, 2025-06-28]}"


def test_answers_all_the_time_are_periods_of_which_nobody_can_be_sure() -> None:
    days = days_from(date(2024, 1, 1), 720)
    assert propose_waves(days, [10] * 720).yaml == "{period: quarter}"
    assert propose_waves(days, [1] * 720).yaml == "{period: year}"
    assert propose_waves(days, [1] * 720).unsure


def test_without_answers_there_is_nothing_to_divide() -> None:
    assert propose_waves([], []).yaml == ""
