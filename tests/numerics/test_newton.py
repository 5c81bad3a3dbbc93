from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import cho_factor

from silentnps.numerics.arrays import Floats
from silentnps.numerics.newton import minimum, weighted_gram


class Rosenbrock:
    """100 (y - x^2)^2 + (1 - x)^2, least at (1, 1); it bends down where y > x^2 + 1/200."""

    def loss_and_gradient(self, theta: Floats) -> tuple[float, Floats]:
        x, y = theta
        gap = y - x**2
        return float(100 * gap**2 + (1 - x) ** 2), np.array([-400 * x * gap - 2 * (1 - x), 200 * gap])

    def hessian(self, theta: Floats) -> Floats:
        x, y = theta
        return np.array([[1200 * x**2 - 400 * y + 2, -400 * x], [-400 * x, 200.0]])


class Bowl:
    """A quadratic with its least at (3, -2), which counts how often its second derivatives are asked."""

    asked = 0

    def loss_and_gradient(self, theta: Floats) -> tuple[float, Floats]:
        away = theta - [3.0, -2.0]
        return float(away @ away), 2 * away

    def hessian(self, theta: Floats) -> Floats:
        self.asked += 1
        return 2 * np.eye(2)


@pytest.mark.parametrize("start", [(1.0, 1.0), (1.1, 1.2), (-1.2, 1.0), (0.0, 5.0), (-3.0, -4.0)])
def test_the_least_is_found_also_from_where_the_loss_bends_down_or_a_full_step_is_too_long(start):
    found = minimum(Rosenbrock(), np.array(start), tolerance=1e-9).theta
    np.testing.assert_allclose(found, [1.0, 1.0], atol=1e-8)


def test_one_step_solves_a_quadratic():
    bowl = Bowl()
    np.testing.assert_allclose(minimum(bowl, np.zeros(2), tolerance=1e-9).theta, [3.0, -2.0])
    assert bowl.asked == 1


def test_the_factor_of_a_similar_loss_takes_the_place_of_second_derivatives():
    first, second = Bowl(), Bowl()
    factor = minimum(first, np.zeros(2), tolerance=1e-9).factor
    found = minimum(second, np.zeros(2), tolerance=1e-9, factor=factor)
    np.testing.assert_allclose(found.theta, [3.0, -2.0])
    assert (second.asked, found.factor) == (0, factor)


@pytest.mark.parametrize("scale", [1e-3, 0.4, 3.0, 1e3])
def test_the_factor_of_another_loss_leads_to_the_same_minimum(scale: float):
    # Steps a thousand times too long lower nothing, those too short little: second derivatives are asked for.
    bowl, factor = Bowl(), cho_factor(2 * scale * np.eye(2))
    found = minimum(bowl, np.zeros(2), tolerance=1e-9, factor=factor)
    np.testing.assert_allclose(found.theta, [3.0, -2.0], atol=1e-9)
    assert bowl.asked == 1
    curved = minimum(Rosenbrock(), np.array([-1.2, 1.0]), tolerance=1e-9, factor=factor)
    np.testing.assert_allclose(curved.theta, [1.0, 1.0], atol=1e-8)


def test_a_tolerance_already_met_moves_nothing():
    start = np.array([2.0, -2.0])
    assert minimum(Bowl(), start, tolerance=2.1).theta is start
    assert not np.array_equal(minimum(Bowl(), start, tolerance=1.9).theta, start)


@pytest.mark.parametrize("n", [0, 3, 1024, 2500])
def test_the_weighted_gram_is_that_of_one_product(n: int):
    rng = np.random.default_rng(0)
    design, weights = rng.normal(size=(n, 4)), rng.random(n)
    np.testing.assert_allclose(weighted_gram(design, weights), design.T @ (design * weights[:, None]), atol=1e-10)
