"""Answer rates and the mix of who answers."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from monitored import asked
from scipy import stats

from silentnps.monitoring.checks import Setting
from silentnps.monitoring.responding import check_answer_rate, check_mix
from silentnps.monitoring.wave import Asked

RATE, MIX = Setting((0.2, 0.5), 0.005), Setting((0.1, 0.25), 0.005)


def test_a_rate_that_halved_is_found_with_its_interval() -> None:
    before = Asked(np.arange(1000) < 200, {})
    now = Asked(np.arange(800) < 80, {})
    check = check_answer_rate(before, now, RATE)
    assert check.level == "act"
    assert check.value == pytest.approx(-0.5)
    assert check.low < -0.5 < check.high < -0.3  # type: ignore[operator]
    assert check_answer_rate(now, before, RATE).value == pytest.approx(1.0)


def test_intervals_of_the_ratio_cover() -> None:
    rng, hits = np.random.default_rng(0), 0
    for _ in range(300):
        check = check_answer_rate(asked(rng, 900, (0.2, 0.2)), asked(rng, 500, (0.16, 0.16)), RATE)
        hits += bool(check.low <= -0.2 <= check.high)  # type: ignore[operator]
    assert stats.binomtest(hits, 300, 0.95).pvalue > 0.001


def test_no_drift_in_thirty_customers_raises_no_alarm_at_all() -> None:
    """Every outcome of 30 and 30 customers is counted with its exact probability."""
    n, rate = 30, 0.3
    chance = stats.binom.pmf(np.arange(n + 1), n, rate)
    alarms = 0.0
    for a, b in product(range(n + 1), repeat=2):
        check = check_answer_rate(Asked(np.arange(n) < a, {}), Asked(np.arange(n) < b, {}), RATE)
        alarms += chance[a] * chance[b] * (check.level in ("attention", "act"))
    assert 0 < alarms <= RATE.alpha


def test_a_group_that_stopped_answering_is_found_and_a_lower_rate_of_all_is_no_mix() -> None:
    rng = np.random.default_rng(1)
    before = asked(rng, 4000, (0.2, 0.2))
    assert check_mix(before, asked(rng, 4000, (0.35, 0.05)), MIX).level == "act"
    assert check_mix(before, asked(rng, 4000, (0.1, 0.1)), MIX).level == "fine"


def test_a_base_of_another_mix_is_no_mix_of_answers() -> None:
    rng = np.random.default_rng(2)
    before, now = asked(rng, 4000, (0.3, 0.1)), asked(rng, 4000, (0.3, 0.1))
    more = np.flatnonzero((now.cuts["region"] == 0) | (rng.random(4000) < 0.2))
    shifted = Asked(now.answered[more], {"region": now.cuts["region"][more]})
    assert check_mix(before, shifted, MIX).level == "fine"


def test_nobody_who_answered_is_an_alarm_of_the_rate_and_no_mix() -> None:
    rng = np.random.default_rng(3)
    before, nobody = asked(rng, 2000, (0.2, 0.2)), asked(rng, 2000, (0.0, 0.0))
    assert check_answer_rate(before, nobody, RATE).level == "act"
    assert check_mix(before, nobody, MIX).level == "not judged"
    assert check_answer_rate(before, asked(rng, 29, (0.9, 0.9)), RATE).level == "not judged"
    assert check_answer_rate(nobody, nobody, RATE).level == "fine"


def test_without_groups_the_mix_is_not_judged() -> None:
    rng = np.random.default_rng(4)
    one, other = (Asked(asked(rng, 900, (0.2, 0.2)).answered, {}) for _ in range(2))
    assert check_mix(one, other, MIX).level == "not judged"
