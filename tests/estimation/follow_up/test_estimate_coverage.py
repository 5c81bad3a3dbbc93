"""Coverage of the follow-up's interval, whatever the model is worth, and with calls that nobody answers."""

from __future__ import annotations

import numpy as np
import pytest
from called_population import MODELS, ZEROS, drawn
from scipy import stats

from silentnps.estimation.follow_up.estimate import estimate_of_calls, follow_up_estimate
from silentnps.estimation.follow_up.second_stage import Calls
from silentnps.estimation.formulas.selection import prior_covariance
from silentnps.numerics.nps import CLASS_VALUES


def covered_and_widths(model: str, *, m: int, seeds: int = 400) -> tuple[int, float]:
    covered, widths = 0, []
    for seed in range(seeds):
        law, log_odds, classes, follow_up = drawn(seed, n=1000, m=m)
        got = follow_up_estimate(MODELS[model](law), log_odds, follow_up).silent
        covered += got.low <= CLASS_VALUES[classes].mean() <= got.high
        widths.append(got.high - got.low)
    return covered, float(np.mean(widths))


@pytest.mark.parametrize("m", [40, 250])
@pytest.mark.parametrize("model", MODELS)
def test_if_all_answer_the_interval_covers_whatever_the_model_is_worth(model: str, m: int):
    # Exact binomial test at 0.1 % in each of the ten: one false alarm in a hundred runs.
    covered, _ = covered_and_widths(model, m=m)
    assert stats.binomtest(covered, 400, 0.95).pvalue > 0.001


def test_a_good_model_narrows_the_interval_of_the_calls():
    _, right = covered_and_widths("right", m=250, seeds=20)
    _, plain = covered_and_widths("flat", m=250, seeds=20)
    assert right < 0.8 * plain


def errors_without_answers(seeds: int, *, drawn_gamma: bool) -> list[tuple[float, float]]:
    """Return (error, half width) of follow-ups with about half of the calls answered, by u and by the class."""
    found = []
    for seed in range(seeds):
        pair = np.random.default_rng((1, seed)).multivariate_normal(np.zeros(2), prior_covariance(0.5))
        gamma = np.array([pair[0], 0.0, pair[1]]) if drawn_gamma else ZEROS
        law, log_odds, classes, follow_up = drawn(seed, m=400, rate=0.5, gamma=gamma)
        shifted, called = MODELS["shifted"](law), follow_up.called
        calls = Calls(
            shifted[called], log_odds[called], follow_up.classes[called], shifted.mean(axis=0), len(shifted)
        )
        got = estimate_of_calls(
            calls, prior_sd=0.5, confidence_level=0.95, rng=np.random.default_rng(seed), replicates=25
        ).silent
        found.append((got.value - CLASS_VALUES[classes].mean(), (got.high - got.low) / 2))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("drawn_gamma", [False, True], ids=["at random", "by satisfaction"])
def test_calls_without_an_answer_are_paid_for_in_the_interval(drawn_gamma: bool):
    # The law is a step off. Exact binomial test at 1 %: not fewer than an interval of 90 % would cover.
    found = errors_without_answers(60, drawn_gamma=drawn_gamma)
    covered = sum(abs(error) <= half for error, half in found)
    assert stats.binom.cdf(covered, 60, 0.90) > 0.01
    assert np.mean([half for _, half in found]) < 20


def test_who_does_not_answer_for_dissatisfaction_is_noticed():
    # Detractors answer calls seldom, promoters often; missing at random (no prior) stays far off.
    gamma = np.array([0.9, 0.0, -0.9])
    errors = {0.5: [], 1e-6: []}
    for seed in range(10):
        law, log_odds, classes, follow_up = drawn(seed, n=4000, m=1500, rate=0.5, gamma=gamma)
        called = follow_up.called
        calls = Calls(law[called], log_odds[called], follow_up.classes[called], law.mean(axis=0), len(law))
        for prior_sd, found in errors.items():
            rng = np.random.default_rng(0)
            got = estimate_of_calls(calls, prior_sd=prior_sd, confidence_level=0.95, rng=rng, replicates=2)
            found.append(got.silent.value - CLASS_VALUES[classes].mean())
    selection, at_random = (np.mean(np.square(found)) ** 0.5 for found in errors.values())
    assert selection < 0.6 * at_random
