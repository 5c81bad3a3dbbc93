"""New answers against predictions: sizes, coverage, corners."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from monitored import answers
from scipy import stats

from silentnps.monitoring.answers import check_calibration, check_estimate, check_ranking
from silentnps.monitoring.checks import Setting
from silentnps.monitoring.wave import Answers

SETTING = Setting((5.0, 10.0), 0.005)
SHARES = Setting((0.05, 0.1), 0.005)


def test_the_difference_and_its_interval_by_hand() -> None:
    # everybody is predicted 0.25, 0.25, 0.5: 25 points, variance 100^2 * 0.75 - 25^2 = 6875
    law = np.tile([0.25, 0.25, 0.5], (100, 1))
    now = Answers(law, np.repeat([0, 1, 2], [30, 20, 50]))  # 20 points
    before = Answers(np.tile(law, (4, 1)), np.repeat([0, 1, 2], [100, 100, 200]))  # 25 points
    check = check_estimate(before, now, SETTING)
    of_now = 10_000 * 0.8 - 20**2
    of_before = (10_000 * 0.75 - 25**2) / 399
    half = 1.959964 * np.sqrt(of_now / 99 + of_before)
    assert (check.value, check.low, check.high) == pytest.approx((-5.0, -5 - half, -5 + half), rel=1e-6)
    assert (check.n, check.n_reference, check.confidence_level) == (100, 400, 0.95)


def test_intervals_of_the_difference_cover_zero_where_the_model_holds() -> None:
    rng, hits = np.random.default_rng(0), 0
    for _ in range(300):
        check = check_estimate(answers(rng, 900), answers(rng, 120), SETTING)
        hits += bool(check.low <= 0 <= check.high)  # type: ignore[operator]
    assert stats.binomtest(hits, 300, 0.95).pvalue > 0.001


def test_a_model_that_promises_too_much_is_found() -> None:
    rng = np.random.default_rng(1)
    before, now = answers(rng, 3000), answers(rng, 1500, shift=0.6)
    assert check_estimate(before, now, SETTING).level == "act"
    assert check_calibration(before, now, SHARES).level in ("attention", "act")


def test_swapping_promoters_and_detractors_negates_the_difference() -> None:
    rng = np.random.default_rng(2)
    before, now = answers(rng, 500), answers(rng, 200, shift=0.3)
    mirrored = [Answers(each.probabilities[:, ::-1], 2 - each.classes) for each in (before, now)]
    one, other = check_estimate(before, now, SETTING), check_estimate(mirrored[0], mirrored[1], SETTING)
    assert one.value == pytest.approx(-other.value)  # type: ignore[operator]
    assert one.p_value == pytest.approx(other.p_value)


def test_probabilities_of_no_use_lose_their_ranking() -> None:
    rng = np.random.default_rng(3)
    before, now = answers(rng, 3000), answers(rng, 1500)
    noise = Answers(now.probabilities[rng.permutation(now.n)], now.classes)
    assert check_ranking(before, now, SHARES).level == "fine"
    assert check_ranking(before, noise, SHARES).level == "act"
    assert check_ranking(noise, now, SHARES).level == "fine"  # better than before is no alarm


@pytest.mark.parametrize("n", [0, 1, 29])
def test_few_answers_are_not_judged(n: int) -> None:
    rng = np.random.default_rng(4)
    before, now = answers(rng, 300), answers(rng, n, shift=2.0)
    for check in (check_estimate, check_calibration, check_ranking):
        assert check(before, now, SHARES).level == "not judged"


def test_one_class_only_is_judged_as_far_as_it_can_be() -> None:
    rng = np.random.default_rng(5)
    before, now = answers(rng, 600), answers(rng, 60)
    alone = replace(now, classes=np.full(60, 2))
    check = check_estimate(before, alone, SETTING)
    assert check.level == "act"  # nobody was expected to be so happy
    assert check_ranking(before, alone, SHARES).level == "not judged"
    assert check_calibration(before, alone, SHARES).p_value is not None


def test_thirty_answers_that_happen_to_be_alike_are_no_alarm() -> None:
    # each is a promoter with probability 0.8: that all 30 are happens once in 800 waves, and is 20 points off
    before = Answers(np.tile([0.1, 0.1, 0.8], (1000, 1)), np.repeat([0, 1, 2], [100, 100, 800]))
    now = Answers(np.tile([0.1, 0.1, 0.8], (30, 1)), np.full(30, 2))
    check = check_estimate(before, now, SETTING)
    assert check.size == pytest.approx(30.0)
    assert check.level == "fine"
