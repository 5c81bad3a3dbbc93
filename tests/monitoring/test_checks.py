"""Levels of alarm."""

from __future__ import annotations

import pytest

from silentnps.monitoring.checks import ALPHA_SHARES, EXIT_CODES, LEVELS, Check, highest, level_of, not_judged


@pytest.mark.parametrize(
    ("size", "p_value", "level"),
    [
        (4.9, 0.0, "fine"),
        (5.0, 0.005, "attention"),
        (5.0, 0.0051, "fine"),
        (10.0, 0.0, "act"),
        (1e9, 0.006, "fine"),
    ],
)
def test_an_alarm_needs_size_and_more_than_chance(size: float, p_value: float, level: str) -> None:
    assert level_of(size, (5.0, 10.0), p_value=p_value, alpha=0.005) == level


def test_the_probability_of_a_false_alarm_is_spent_once() -> None:
    assert sum(ALPHA_SHARES.values()) == pytest.approx(1.0)


def test_the_highest_level_is_the_exit_code() -> None:
    assert [EXIT_CODES[level] for level in LEVELS] == [0, 0, 3, 4]
    assert highest(["attention", "not judged"]) == "attention"


def test_a_check_that_was_not_made_has_a_reason() -> None:
    assert not_judged("estimate", "there are no new answers") == Check(
        "estimate", "not judged", "there are no new answers"
    )
