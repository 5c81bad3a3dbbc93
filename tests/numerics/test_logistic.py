"""The log loss and its probability are those of the usual functions, also far out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from silentnps.numerics.logistic import log_loss

LOG_ODDS = np.concatenate([np.linspace(-40, 40, 801), [-700.0, 700.0]])


@pytest.mark.parametrize("positive", [0.0, 1.0, 0.3])
def test_it_is_what_numpy_and_scipy_give(positive: float) -> None:
    loss, probability = log_loss(LOG_ODDS, np.full(len(LOG_ODDS), positive))
    expected = np.logaddexp(0.0, LOG_ODDS) - positive * LOG_ODDS
    np.testing.assert_allclose(loss, expected, rtol=1e-13, atol=1e-12)
    np.testing.assert_allclose(probability, expit(LOG_ODDS), rtol=1e-12)


def test_nothing_overflows() -> None:
    loss, probability = log_loss(np.array([-1e300, 1e300]), np.array([0.0, 0.0]))
    assert loss.tolist() == [0.0, 1e300]
    assert probability.tolist() == [0.0, 1.0]


def test_a_sure_and_right_prediction_costs_nothing_and_a_sure_and_wrong_one_its_log_odds() -> None:
    loss, _ = log_loss(np.array([50.0, -50.0]), np.array([1.0, 1.0]))
    assert loss[0] == pytest.approx(0.0, abs=1e-12)
    assert loss[1] == pytest.approx(50.0)


def test_the_slope_is_probability_less_outcome() -> None:
    x, y = np.array([-3.0, -0.1, 0.0, 2.0]), np.array([1.0, 0.0, 0.4, 0.0])
    slope = (log_loss(x + 1e-6, y)[0] - log_loss(x - 1e-6, y)[0]) / 2e-6
    np.testing.assert_allclose(slope, log_loss(x, y)[1] - y, atol=1e-8)
