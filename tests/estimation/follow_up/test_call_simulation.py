"""Calls that were not made: rates, uncertainty, few replicates, and calls that were made already."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from called_population import GAMMA, drawn, made, prospect
from scipy import stats

from silentnps.estimation.follow_up.call_simulation import (
    SLOPE,
    Effort,
    as_with_replicates,
    behaviour_expected,
    intercept_of_calls,
    simulated,
    simulated_widths,
)
from silentnps.estimation.follow_up.estimate import follow_up_estimate
from silentnps.estimation.follow_up.second_stage import CallBehaviour
from silentnps.estimation.formulas.small_areas import own_draws_variance
from silentnps.numerics.nps import CLASS_VALUES, SILENT
from silentnps.outcome.survey_data import FollowUp

EXPECTED = CallBehaviour(SLOPE, GAMMA)
SETTINGS = {"prior_sd": 0.5, "confidence_level": 0.95, "random_state": 0}


def test_the_rate_of_answers_is_the_wished_one():
    given = prospect(4000, answer_rate=0.3)
    rng = np.random.default_rng(0)
    _, classes = simulated(given, EXPECTED, intercept_of_calls(given, EXPECTED), rng)
    assert stats.binomtest(int((classes >= 0).sum()), 4000, 0.3).pvalue > 0.001


def test_the_simulated_nps_is_as_uncertain_as_the_models():
    # 300 simulations: the standard deviation of NPS is that of the model and of the customers' own draws.
    given = prospect(4000, standard_error=6.0)
    values = [
        CLASS_VALUES[simulated(given, EXPECTED, -np.inf, np.random.default_rng(k))[1]].mean() for k in range(300)
    ]
    wanted = (6.0**2 + own_draws_variance(given.law)) ** 0.5
    assert np.std(values) == pytest.approx(wanted, rel=0.12)  # three standard errors of 300


@pytest.mark.parametrize("varies", [0.0, 0.3])
def test_variances_of_few_replicates_are_spread_as_those_of_many(varies: float):
    # 4,000 variances, each of 40 normal draws and of 200: the same median and quantiles, to three standard errors.
    rng = np.random.default_rng(0)
    true = np.exp(varies * rng.normal(size=4000))
    few, many = (true * rng.chisquare(r - 1, 4000) / (r - 1) for r in (40, 200))
    got = np.quantile(as_with_replicates(few, 40, 200), [0.2, 0.5, 0.8])
    assert got == pytest.approx(np.quantile(many, [0.2, 0.5, 0.8]), rel=0.025)
    assert np.quantile(few, 0.8) > 1.02 * np.quantile(many, 0.8)


def test_variances_that_hardly_differ_are_spread_as_replicates_alone_would_spread_them():
    got = np.log(as_with_replicates(np.array([4.0, 4.1, 4.2]), 20, 200))
    assert got.var(ddof=1) == pytest.approx(2 / 199)
    assert got.mean() == pytest.approx(np.log([4.0, 4.1, 4.2]).mean() + 1 / 19 - 1 / 199)
    assert as_with_replicates(np.array([4.0, 4.0]), 20, 200) == pytest.approx(4.0 * np.exp(1 / 19 - 1 / 199))


# --- calls that were made already -------------------------------------------------------------------------------


def test_calls_that_were_made_come_first_and_stay_as_they_are():
    given = replace(prospect(2000, answer_rate=0.4), made=made(2000, n_called=300))
    first = np.flatnonzero(given.made.called)
    for seed in range(3):
        rows, classes = simulated(given, EXPECTED, intercept_of_calls(given, EXPECTED), np.random.default_rng(seed))
        assert rows[:300].tolist() == first.tolist()
        assert classes[:300].tolist() == given.made.classes[first].tolist()
        assert np.sort(rows).tolist() == list(range(2000))
    other = simulated(given, EXPECTED, intercept_of_calls(given, EXPECTED), np.random.default_rng(9))
    assert other[0][300:].tolist() != rows[300:].tolist()
    assert other[1][300:].tolist() != classes[300:].tolist()


def test_after_the_calls_that_were_made_the_width_is_that_of_their_estimate():
    # 12 simulations of 100 replicates: the mean of their variances has a standard error of 4 %, the estimate's 7 %.
    given = replace(prospect(2000, answer_rate=0.4), made=made(2000, n_called=500))
    silent = follow_up_estimate(given.law, given.log_odds, given.made).silent
    got = simulated_widths(given, 500, Effort(12, 100), **SETTINGS)
    assert np.median(got) == pytest.approx(silent.high - silent.low, rel=0.1)
    assert np.ptp(got) / np.median(got) < 0.25


def test_where_all_answered_the_width_after_the_calls_is_exactly_that_of_their_estimate():
    given = replace(prospect(2000), made=made(2000, n_called=500, rate=1.0))
    silent = follow_up_estimate(given.law, given.log_odds, given.made).silent
    assert simulated_widths(given, 500, Effort(3, 0), **SETTINGS) == pytest.approx(silent.high - silent.low)


def test_nobody_was_called_yet_is_said_by_none_or_by_nobody():
    given = prospect(500, answer_rate=0.5)
    nobody = replace(given, made=FollowUp(np.zeros(500, dtype=bool), np.full(500, SILENT)))
    assert (given.n_made, nobody.n_made) == (0, 0)
    first, second = (simulated_widths(each, 200, Effort(2, 5), **SETTINGS) for each in (given, nobody))
    assert first.tolist() == second.tolist()


def test_who_does_not_answer_is_told_by_enough_calls_that_were_made():
    # Simulated: half of the survey's log odds, and gamma. Of 6,000 calls the standard errors are about .05 and .2.
    law, log_odds, _, calls = drawn(0, n=6000, m=6000, rate=0.5, gamma=GAMMA)
    given = replace(prospect(6000, answer_rate=0.5), law=law, log_odds=log_odds, gamma=np.array([2.0, 0.0, -2.0]))
    got = behaviour_expected(replace(given, made=calls), prior_sd=0.5)
    assert got.slope == pytest.approx(0.5, abs=0.15)
    assert got.gamma == pytest.approx(GAMMA, abs=0.5)
    for few in (made(6000, n_called=50), made(6000, n_called=60, rate=0.9), None):
        assert behaviour_expected(replace(given, made=few), prior_sd=0.5) == CallBehaviour(SLOPE, given.gamma)


def test_who_did_not_answer_so_far_decides_who_will_not():
    # The calls made say that detractors do not answer, or that promoters do not.
    given = prospect(4000, answer_rate=0.5)
    classes = (np.random.default_rng(1).random(4000)[:, None] > given.law.cumsum(axis=1)[:, :2]).sum(axis=1)
    called = np.arange(4000) < 1000
    shares = []
    for silent_class in (0, 2):
        calls = FollowUp(called, np.where(called & (classes != silent_class), classes, SILENT))
        seen = replace(given, made=calls)
        behaviour = behaviour_expected(seen, prior_sd=2.0)
        _, answers = simulated(seen, behaviour, intercept_of_calls(seen, behaviour), np.random.default_rng(0))
        shares.append(np.bincount(answers[1000:][answers[1000:] >= 0], minlength=3)[[0, 2]])
    assert shares[0][0] < shares[1][0]
    assert shares[0][1] > shares[1][1]
