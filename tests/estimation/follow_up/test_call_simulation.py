"""Calls that were not made: rates, uncertainty, few replicates, and calls that were made already."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from called_population import GAMMA, made, prospect, silent_customers
from scipy import stats
from scipy.special import expit

from silentnps.estimation.follow_up.call_simulation import (
    SLOPE,
    Effort,
    Expected,
    Prospect,
    as_with_replicates,
    expected_after,
    intercept_of_calls,
    simulated,
    simulated_widths,
)
from silentnps.estimation.follow_up.estimate import follow_up_estimate
from silentnps.estimation.follow_up.second_stage import CallBehaviour
from silentnps.estimation.formulas.small_areas import own_draws_variance
from silentnps.numerics.nps import CLASS_VALUES, SILENT
from silentnps.outcome.survey_data import FollowUp


def before(given: Prospect) -> Expected:
    """Return what is expected of calls where nobody was called."""
    return Expected(given.law, given.standard_error, CallBehaviour(SLOPE, GAMMA))


SETTINGS = {"prior_sd": 0.5, "confidence_level": 0.95, "random_state": 0}


def test_the_rate_of_answers_is_the_wished_one():
    given = prospect(4000, answer_rate=0.3)
    rng = np.random.default_rng(0)
    _, classes = simulated(given, before(given), intercept_of_calls(given, before(given)), rng)
    assert stats.binomtest(int((classes >= 0).sum()), 4000, 0.3).pvalue > 0.001


def test_the_simulated_nps_is_as_uncertain_as_the_models():
    # 300 simulations: the standard deviation of NPS is that of the model and of the customers' own draws.
    given = prospect(4000, standard_error=6.0)
    values = [
        CLASS_VALUES[simulated(given, before(given), -np.inf, np.random.default_rng(k))[1]].mean()
        for k in range(300)
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
        rows, classes = simulated(
            given, before(given), intercept_of_calls(given, before(given)), np.random.default_rng(seed)
        )
        assert rows[:300].tolist() == first.tolist()
        assert classes[:300].tolist() == given.made.classes[first].tolist()
        assert np.sort(rows).tolist() == list(range(2000))
    other = simulated(given, before(given), intercept_of_calls(given, before(given)), np.random.default_rng(9))
    assert other[0][300:].tolist() != rows[300:].tolist()
    assert other[1][300:].tolist() != classes[300:].tolist()


def test_after_the_calls_that_were_made_the_width_is_that_of_their_estimate():
    # 6 simulations of 60 replicates: the mean of their variances has a standard error of 7 %, the estimate's 7 %.
    given = replace(prospect(2000, answer_rate=0.4), made=made(2000, n_called=500))
    silent = follow_up_estimate(given.law, given.log_odds, given.made).silent
    got = simulated_widths(given, before(given), 500, Effort(6, 60), **SETTINGS)
    assert np.median(got) == pytest.approx(silent.high - silent.low, rel=0.15)  # of the width: half, three of them
    assert np.ptp(got) / np.median(got) < 0.25


def test_where_all_answered_the_width_after_the_calls_is_exactly_that_of_their_estimate():
    given = replace(prospect(2000), made=made(2000, n_called=500, rate=1.0))
    silent = follow_up_estimate(given.law, given.log_odds, given.made).silent
    assert simulated_widths(given, before(given), 500, Effort(3, 0), **SETTINGS) == pytest.approx(
        silent.high - silent.low
    )


def test_nobody_was_called_yet_is_said_by_none_or_by_nobody():
    given = prospect(500, answer_rate=0.5)
    nobody = replace(given, made=FollowUp(np.zeros(500, dtype=bool), np.full(500, SILENT)))
    assert (given.n_made, nobody.n_made) == (0, 0)
    first, second = (
        simulated_widths(each, before(each), 200, Effort(2, 5), **SETTINGS) for each in (given, nobody)
    )
    assert first.tolist() == second.tolist()


@pytest.mark.parametrize("slope", [0.0, 1.0])
def test_who_does_not_answer_is_told_by_the_calls_that_were_made(slope: float):
    # 6,000 calls: the slope's standard error is about .03, that of gamma .1, and the prior draws it by .1 to 0.
    law, log_odds, classes = silent_customers(6000, np.random.default_rng(0))
    silence = expit(slope * (log_odds - 0.5) + GAMMA[classes])
    answers = np.where(np.random.default_rng(1).random(6000) < silence, SILENT, classes)
    given = Prospect(law, log_odds, 3.0, np.zeros(3), 0.5, FollowUp(np.ones(6000, dtype=bool), answers))
    got = expected_after(given, prior_sd=0.5, random_state=0).behaviour
    assert got.slope == pytest.approx(slope, abs=0.15)
    assert got.gamma == pytest.approx(GAMMA, abs=0.45)
    # 60 calls leave it nearer to what was expected
    few = replace(given, made=FollowUp(np.arange(6000) < 60, np.where(np.arange(6000) < 60, answers, SILENT)))
    assert abs(expected_after(few, prior_sd=0.5, random_state=0).behaviour.slope - SLOPE) < 0.8 * abs(slope - SLOPE)


def test_before_ten_answers_what_is_expected_is_what_the_model_says():
    given = prospect(4000, answer_rate=0.5)
    for few in (None, made(4000, n_called=9, rate=1.0)):
        got = expected_after(replace(given, made=few), prior_sd=0.5, random_state=0)
        assert got.law is given.law
        assert got.standard_error == given.standard_error
        assert got.behaviour == CallBehaviour(SLOPE, given.gamma)


def test_further_calls_have_the_class_shares_that_calls_gave():
    given = replace(prospect(4000), made=made(4000, n_called=1500, rate=1.0))
    calls = follow_up_estimate(given.law, given.log_odds, given.made)
    got = expected_after(given, prior_sd=0.5, random_state=0)
    assert got.law.mean(axis=0) == pytest.approx(calls.shares, abs=1e-9)
    assert np.abs(given.law.mean(axis=0) - calls.shares).max() > 0.05
    assert got.standard_error == pytest.approx(calls.silent.standard_error)
    assert got.behaviour == CallBehaviour(SLOPE, given.gamma)  # all answered: nothing is told


@pytest.mark.parametrize("spread", [0.0, 1e-4, 0.01, 30.0])
def test_drivers_that_say_nearly_nothing_or_all_have_an_intercept(spread: float):
    law, _, _ = silent_customers(2000, np.random.default_rng(0))
    log_odds = 2.5 + spread * np.random.default_rng(1).normal(size=2000)
    for seed in range(5):
        calls = made(2000, n_called=100, seed=seed)
        given = Prospect(law, log_odds, 3.0, GAMMA, 0.3, calls)
        expected = expected_after(given, prior_sd=0.5, random_state=0)
        _, answers = simulated(given, expected, intercept_of_calls(given, expected), np.random.default_rng(0))
        assert stats.binomtest(int((answers[100:] >= 0).sum()), 1900, 0.3).pvalue > 1e-4


def test_who_did_not_answer_so_far_decides_who_will_not():
    # The calls made say that detractors do not answer, or that promoters do not.
    given = prospect(4000, answer_rate=0.5)
    classes = (np.random.default_rng(1).random(4000)[:, None] > given.law.cumsum(axis=1)[:, :2]).sum(axis=1)
    called = np.arange(4000) < 1000
    shares = []
    for silent_class in (0, 2):
        calls = FollowUp(called, np.where(called & (classes != silent_class), classes, SILENT))
        seen = replace(given, made=calls)
        expected = expected_after(seen, prior_sd=2.0, random_state=0)
        _, answers = simulated(seen, expected, intercept_of_calls(seen, expected), np.random.default_rng(0))
        shares.append(np.bincount(answers[1000:][answers[1000:] >= 0], minlength=3)[[0, 2]])
    assert shares[0][0] < shares[1][0]
    assert shares[0][1] > shares[1][1]
