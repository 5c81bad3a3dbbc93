"""All checks together: what cannot be judged says so, and false alarms keep to their rate."""

from __future__ import annotations

import numpy as np
import pytest
from monitored import answers, asked, wave
from scipy import stats

from silentnps.config import MonitoringConfig
from silentnps.monitoring.checks import ALPHA_SHARES, highest
from silentnps.monitoring.every_check import Evidence, every_check


def evidence(rng: np.random.Generator, n: int) -> Evidence:
    """Return two waves of one law, and answers as predicted."""
    return Evidence(
        references=[wave(rng, n, name="old")],
        new=wave(rng, n, first=n // 2),
        asked=(asked(rng, n, (0.3, 0.2)), asked(rng, n, (0.3, 0.2))),
        answers=(answers(rng, n), answers(rng, n // 4)),
    )


def test_without_evidence_nothing_is_judged_and_every_check_says_why() -> None:
    checks, moved = every_check(Evidence(), MonitoringConfig())
    assert [check.name for check in checks] == list(ALPHA_SHARES)
    assert {check.level for check in checks} == {"not judged"}
    assert all(check.text for check in checks)
    assert not moved


def test_waves_of_one_law_raise_alarms_in_at_most_five_of_a_hundred() -> None:
    rng, runs, alarms = np.random.default_rng(0), 60, 0
    for _ in range(runs):
        checks, _ = every_check(evidence(rng, 160), MonitoringConfig())
        alarms += highest(check.level for check in checks) in ("attention", "act")
    assert stats.binomtest(alarms, runs, 0.05, alternative="greater").pvalue > 0.001


@pytest.mark.parametrize("name", ALPHA_SHARES)
def test_each_check_is_held_to_its_part_of_the_false_alarms(name: str) -> None:
    rng = np.random.default_rng(1)
    found = evidence(rng, 400)
    for total in (0.05, 0.2):
        checks, _ = every_check(found, MonitoringConfig(false_alarms=total))
        check = next(each for each in checks if each.name == name)
        assert check.alpha == pytest.approx(total * ALPHA_SHARES[name])


def test_the_same_state_gives_the_same_checks() -> None:
    one, other = (every_check(evidence(np.random.default_rng(2), 300), MonitoringConfig()) for _ in range(2))
    assert one == other
