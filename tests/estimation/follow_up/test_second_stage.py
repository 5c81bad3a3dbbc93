"""Calls that nobody answers: the variance by its formula, the prior's share, the step, the driver."""

from __future__ import annotations

import numpy as np
import pytest
from called_population import MODELS, ZEROS, drawn
from scipy.special import expit

from silentnps.estimation.follow_up.second_stage import Calls, complete
from silentnps.numerics.arrays import Floats, Integers
from silentnps.numerics.nps import CLASS_VALUES

CERTAIN = 1e-6  # prior sd: answering depends on the driver only


def calls_of(classes: Integers, law: Floats | None = None, log_odds: Floats | None = None) -> Calls:
    n = len(classes)
    law = np.full((n, 3), 1 / 3) if law is None else law
    return Calls(law, np.zeros(n) if log_odds is None else log_odds, classes, law.mean(axis=0), 10 * n)


def test_the_variance_is_that_of_its_three_parts():
    # 12 answers (4, 2, 6) of 20 calls, all alike: NPS 16.7, s^2 = 10000 * (10 / 12 - 1 / 36) = 8056. A resampled
    # mean has 8056 / 12, the realised NPS of the 8 others 8056 / 8, Rocks' three cases 15000 / (12 * 13); the 8
    # others are 8 / 20 of the called.
    classes = np.repeat([0, 1, 2, -1], [4, 2, 6, 8])
    got = complete(calls_of(classes), prior_sd=CERTAIN, rng=np.random.default_rng(0), replicates=1500)
    wanted = 0.4**2 * (8056 / 12 + 8056 / 8 + 15000 / (12 * 13))
    assert got.variance == pytest.approx(wanted, rel=0.04)  # three standard errors; the last part is 5 %
    assert got.law.mean(axis=0) == pytest.approx([4 / 12, 2 / 12, 6 / 12], abs=1e-6)
    assert got.law[classes >= 0] == pytest.approx(np.eye(3)[classes[classes >= 0]])


def test_where_the_calls_say_nothing_of_selection_the_prior_stays():
    # Flat law, 1/3 each: NPS moves by 100 / 3 for one of gamma, so Var = (100 / 3)^2 sd^2 (1 + 1 + 2 / 2) = 833.
    # Beside it a resampled mean and own draws of 6667 / 400 each.
    classes = np.repeat([0, 1, 2, -1], [133, 134, 133, 400])
    got = complete(calls_of(classes), prior_sd=0.5, rng=np.random.default_rng(0), replicates=400)
    assert got.variance == pytest.approx(0.5**2 * (833 + 2 * 6667 / 400), rel=0.2)
    assert got.gamma == pytest.approx(ZEROS, abs=0.01)


def test_a_model_that_is_a_step_off_finds_the_same_selection():
    law, log_odds, _, follow_up = drawn(0, n=6000, m=6000, rate=0.5, gamma=np.array([0.5, 0.0, -0.5]))
    one, other = (
        complete(
            calls_of(follow_up.classes, MODELS[name](law), log_odds),
            prior_sd=0.5,
            rng=np.random.default_rng(0),
            replicates=2,
        )
        for name in ("right", "shifted")
    )
    assert one.gamma == pytest.approx(other.gamma, abs=0.05)
    assert one.law.mean(axis=0) == pytest.approx(other.law.mean(axis=0), abs=0.005)


def test_the_driver_corrects_what_the_law_does_not_see():
    # Satisfaction and answering both depend on u, of which a flat law knows nothing.
    rng = np.random.default_rng(0)
    u = rng.normal(size=4000)
    truth = np.digitize(u + rng.logistic(size=4000), [-0.5, 0.8])
    classes = np.where(rng.random(4000) < expit(-u), truth, -1)
    errors = []
    for log_odds in (u, np.zeros(4000)):
        calls = calls_of(classes, log_odds=log_odds)
        got = complete(calls, prior_sd=CERTAIN, rng=np.random.default_rng(0), replicates=2)
        errors.append(got.law.mean(axis=0) @ CLASS_VALUES - CLASS_VALUES[truth].mean())
    assert abs(errors[0]) < 3
    assert errors[1] < -8


def test_if_all_answer_nothing_is_estimated():
    classes = np.tile([0, 1, 2], 5)
    got = complete(calls_of(classes), prior_sd=0.5, rng=np.random.default_rng(0), replicates=2)
    assert (got.variance, got.gamma) == (0.0, None)
    assert got.law == pytest.approx(np.eye(3)[classes])
