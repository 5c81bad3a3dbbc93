"""The least error of an estimate: worked cases, symmetry, and an estimator that reaches it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from efficiency_bound import bound_of
from silentnps.numerics.nps import CLASS_VALUES

ANSWERS_BY_CLASS = np.array([-0.5, 0.0, 0.5]) - 1.0
OF_SHADOW = np.array([[0.6, 0.25, 0.15], [0.3, 0.4, 0.3], [0.1, 0.3, 0.6]])
"""p(y | x) at three levels of a shadow feature."""


def laws(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return probabilities, log odds of answering and an empty design of n customers at each level."""
    return np.repeat(OF_SHADOW, n, axis=0), np.tile(ANSWERS_BY_CLASS, (3 * n, 1)), np.zeros((3 * n, 0))


def test_without_features_it_is_the_variance_of_a_difference_of_two_means():
    probabilities, n, rate = np.array([0.3, 0.3, 0.4]), 1_000, 0.2
    bound = bound_of(np.tile(probabilities, (n, 1)), np.full((n, 3), np.log(rate / (1 - rate))), np.zeros((n, 0)))
    # values -100, 0, 100 at 0.3, 0.3, 0.4: mean 10, variance 7,000 - 100; 200 answers, 800 silent customers
    assert bound.errors["told"] ** 2 == pytest.approx(6_900 / 200 + 6_900 / 800)


def test_promoters_and_detractors_may_change_places():
    probabilities, log_odds, design = laws(100)
    mirrored = bound_of(probabilities[:, ::-1], log_odds[:, ::-1], design)
    assert mirrored.errors == pytest.approx(bound_of(probabilities, log_odds, design).errors)


def test_a_gamma_to_be_learned_costs_and_so_does_a_driver_that_moves_satisfaction_as_well():
    probabilities, log_odds, design = laws(100)
    free = bound_of(probabilities, log_odds, design)
    driver = bound_of(probabilities, log_odds, (probabilities[:, :1] - 0.3) ** 2)
    assert free.errors["told"] < free.errors["learned"] < driver.errors["learned"]


def test_columns_of_the_design_that_are_the_same_change_nothing():
    probabilities, log_odds, _ = laws(100)
    column = np.random.default_rng(0).normal(size=(300, 1))
    once, twice = (bound_of(probabilities, log_odds, np.tile(column, (1, k))) for k in (1, 2))
    assert twice.errors == pytest.approx(once.errors)


def test_the_solution_of_three_equations_with_three_unknowns_reaches_it():
    """At three levels of a shadow, sum_y p(y | x) exp(alpha + gamma_y) = odds of silence at x has one solution."""
    n, n_simulated, rng = 40_000, 4_000, np.random.default_rng(3)
    answering = expit(ANSWERS_BY_CLASS)
    cells = np.stack([OF_SHADOW * answering, OF_SHADOW * (1 - answering)], axis=1).reshape(3, 6)
    counts = np.stack([rng.multinomial(n, cell, size=n_simulated) for cell in cells], axis=1)
    answers, silent = counts[..., :3].astype(float), counts[..., 3:].astype(float)
    odds = np.linalg.solve(answers, silent.sum(axis=2, keepdims=True))[..., 0]
    estimates = (answers * odds[:, None, :]).sum(axis=1) @ CLASS_VALUES / silent.sum(axis=(1, 2))
    errors = estimates - silent.sum(axis=1) @ CLASS_VALUES / silent.sum(axis=(1, 2))
    # the standard deviation of 4,000 errors has a standard error of 1.1 %; the bound itself is of large samples
    assert errors.std() == pytest.approx(bound_of(*laws(n)).errors["learned"], rel=0.045)
