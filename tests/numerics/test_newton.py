from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import cho_factor, cho_solve

from silentnps.numerics.arrays import Floats
from silentnps.numerics.newton import factored, inverse_diagonal, minimum, weighted_gram


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


class Valley:
    """A quadratic with its least at 0 and random curvatures, which counts how often its slopes are asked."""

    def __init__(self, rng: np.random.Generator) -> None:
        roots = rng.normal(size=(60, 12))
        self.curvature, self.told = roots.T @ roots, 0

    def loss_and_gradient(self, theta: Floats) -> tuple[float, Floats]:
        self.told += 1
        return float(theta @ self.curvature @ theta / 2), self.curvature @ theta

    def hessian(self, theta: Floats) -> Floats:
        raise AssertionError("no second derivatives are asked for")


@pytest.mark.parametrize("seed", range(5))
def test_second_derivatives_of_another_loss_are_corrected_on_the_way(seed: int):
    rng = np.random.default_rng(seed)
    valley, start = Valley(rng), rng.normal(size=12)
    root, turned = np.linalg.cholesky(valley.curvature), np.linalg.qr(rng.normal(size=(12, 12)))[0]
    off = turned @ np.diag(rng.uniform(0.9, 1.1, size=12)) @ turned.T
    factor = cho_factor(root @ off @ root.T)
    found = minimum(valley, start, tolerance=1e-9, factor=factor).theta
    np.testing.assert_allclose(found, 0.0, atol=1e-9)
    corrected, valley.told = valley.told, 0
    while np.linalg.norm(slope := valley.loss_and_gradient(start)[1]) > 1e-9:
        start = start - cho_solve(factor, slope)
    assert corrected < valley.told


def test_the_diagonal_of_the_inverse_is_that_of_the_pseudoinverse_where_there_is_none():
    rng = np.random.default_rng(0)
    roots = rng.normal(size=(30, 6))
    regular, singular = roots.T @ roots, roots[:4].T @ roots[:4]
    np.testing.assert_allclose(inverse_diagonal(regular), np.diag(np.linalg.inv(regular)), rtol=1e-10)
    np.testing.assert_allclose(inverse_diagonal(singular), np.diag(np.linalg.pinv(singular)), rtol=1e-6)


def test_what_is_not_convex_has_no_factor():
    assert factored(np.array([[1.0, 2.0], [2.0, 1.0]])) is None
    assert factored(np.eye(2)) is not None


def test_a_tolerance_already_met_moves_nothing():
    start = np.array([2.0, -2.0])
    assert minimum(Bowl(), start, tolerance=2.1).theta is start
    assert not np.array_equal(minimum(Bowl(), start, tolerance=1.9).theta, start)


@pytest.mark.parametrize("n", [0, 3, 1024, 2500])
def test_the_weighted_gram_is_that_of_one_product(n: int):
    rng = np.random.default_rng(0)
    design, weights = rng.normal(size=(n, 4)), rng.random(n)
    np.testing.assert_allclose(weighted_gram(design, weights), design.T @ (design * weights[:, None]), atol=1e-10)
