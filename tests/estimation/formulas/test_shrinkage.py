"""Penalties learned from data: they maximise a likelihood that is written out, and leave real effects alone."""

from __future__ import annotations

import numpy as np
import pytest
from populations import Population, population
from scipy.optimize import minimize
from scipy.special import expit

from silentnps.estimation.formulas.selection import SelectionProblem, fit_selection
from silentnps.estimation.formulas.shrinkage import WEAK_RIDGE, Groups, settled
from silentnps.numerics.additive_design import LINEAR
from silentnps.numerics.arrays import Booleans, Floats

LABELS = (*["strong"] * 4, *["nothing"] * 6)
ZEROS = np.zeros(3)


def drawn(seed: int, n: int = 3000) -> tuple[Population, Floats, Booleans]:
    """Return a population, ten drivers, and who is silent by the first four of them and by satisfaction."""
    rng = np.random.default_rng(seed)
    people = population(n, rng, beta=0.0)
    drivers = rng.normal(size=(n, 10))
    effects = np.array([0.8, -0.6, 0.5, -0.9])
    silent = rng.random(n) < expit(drivers[:, :4] @ effects + np.log(people.probabilities @ [1.6, 1.0, 0.7]))
    return people, drivers, silent


def test_labels_become_groups_in_the_order_of_their_columns():
    groups = Groups.of(("bends", "lines", "bends", "city"))
    assert groups == Groups(("bends", "lines", "city"), (0, 1, 0, 2))
    assert groups.spread(np.array([1.0, 2.0, 3.0])).tolist() == [1.0, 2.0, 1.0, 3.0]
    assert groups.starting({"city": 7.0}).tolist() == [5.0, 5.0, 7.0]


def test_an_update_by_hand():
    # Two columns with effects 0.5 and -1, variances 0.1 and 0.05, penalty 2: (2 - 2 * 0.15) / 1.25 = 1.36.
    groups = Groups.of(("a", "a"))
    got = groups.updated(np.array([2.0]), np.array([0.5, -1.0]), np.array([0.1, 0.05]))
    assert got == pytest.approx([1.36])


def test_penalties_have_bounds():
    groups = Groups.of(("none", "huge"))
    got = groups.updated(np.array([1.0, 1.0]), np.array([0.0, 1e6]), np.array([0.5, 0.5]))
    assert got.tolist() == [1e5, 0.05]


def test_settled_means_a_tenth():
    assert settled(np.array([1.0, 5.0]), np.array([1.05, 4.8]))
    assert not settled(np.array([1.0, 5.0]), np.array([1.05, 4.0]))


def test_a_quarter_of_what_is_learned_is_used_and_straight_lines_are_free():
    groups = Groups.of(("bends", LINEAR, "bends"))
    assert groups.undersmoothed(np.array([8.0, 8.0])).tolist() == [2.0, WEAK_RIDGE]
    assert groups.starting({LINEAR: 9.0, "bends": 9.0}).tolist() == [9.0, WEAK_RIDGE]
    updated = groups.updated(np.array([1.0, 1.0]), np.array([0.1, 0.001, 0.1]), np.array([0.1, 0.1, 0.1]))
    assert updated[0] == pytest.approx((2 - 0.2) / 0.02)
    assert updated[1] == WEAK_RIDGE


def test_the_update_maximises_the_exact_likelihood_of_normal_data():
    # y = X b + noise of variance 1, b ~ N(0, 1 / penalty): y ~ N(0, I + X diag(1 / penalty) X'); scipy's maximum.
    rng = np.random.default_rng(1)
    design = rng.normal(size=(80, 9))
    groups = Groups.of((*["a"] * 4, *["b"] * 5))
    y = design @ np.concatenate([rng.normal(0, 1.0, 4), rng.normal(0, 0.35, 5)]) + rng.normal(size=80)

    def minus_log_likelihood(log_penalties: Floats) -> float:
        covariance = np.eye(80) + (design / groups.spread(np.exp(log_penalties))) @ design.T
        return float(0.5 * np.linalg.slogdet(covariance)[1] + 0.5 * y @ np.linalg.solve(covariance, y))

    wanted = np.exp(minimize(minus_log_likelihood, np.zeros(2), tol=1e-10).x)
    penalties = groups.starting({})
    for _ in range(400):
        posterior = np.linalg.inv(design.T @ design + np.diag(groups.spread(penalties)))
        penalties = groups.updated(penalties, posterior @ design.T @ y, np.diag(posterior))
    assert penalties == pytest.approx(wanted, rel=1e-4)


def laplace(problem: SelectionProblem, groups: Groups, log_penalties: Floats) -> float:
    """Return minus the log likelihood of penalties, the effects integrated out by Laplace's approximation."""
    ridge = groups.spread(np.exp(log_penalties))
    problem.penalise(ridge)
    theta = problem.minimum(np.zeros(problem.size)).theta
    determinant = np.linalg.slogdet(problem.hessian(theta))[1]
    return float(problem.loss_and_gradient(theta)[0] - 0.5 * np.log(ridge).sum() + 0.5 * determinant)


@pytest.mark.parametrize("fixed_gamma", [None, ZEROS])
def test_the_fit_finds_the_maximum_of_the_likelihood_of_its_penalties(fixed_gamma: Floats | None):
    # Fellner and Schall take the second derivative as free of the penalties, and stop at a tenth: a quarter.
    people, drivers, silent = drawn(0)
    labels = ("one", "one", "one", "one", "two", "two", "two", "one", "two", "two")
    fitted = fit_selection(people.probabilities, drivers, silent, fixed_gamma=fixed_gamma, groups=labels)
    problem = SelectionProblem(people.probabilities, drivers, silent, None, 0.5, None, fixed_gamma)
    groups = Groups.of(labels)
    best = minimize(lambda x: laplace(problem, groups, x), np.log([5.0, 5.0]), method="Nelder-Mead")
    found = np.log([fitted.penalties[name] for name in groups.names])
    assert found[0] == pytest.approx(best.x[0], abs=0.25)
    assert laplace(problem, groups, found) - best.fun < 0.05


def test_effects_that_are_there_are_left_free_and_others_shrunk():
    people, drivers, silent = drawn(2)
    fitted = fit_selection(people.probabilities, drivers, silent, groups=LABELS)
    plain = fit_selection(people.probabilities, drivers, silent)
    assert fitted.penalties["strong"] < 5
    assert fitted.penalties["nothing"] > 50
    assert fitted.beta[:4] == pytest.approx(plain.beta[:4], abs=0.02)
    assert np.square(fitted.beta[4:]).sum() < 0.7 * np.square(plain.beta[4:]).sum()


def test_the_fit_is_the_one_with_a_quarter_of_its_own_penalties_as_the_ridge():
    people, drivers, silent = drawn(3)
    fitted = fit_selection(people.probabilities, drivers, silent, groups=LABELS)
    problem = SelectionProblem(people.probabilities, drivers, silent, None, 0.5, None, None)
    penalties = np.array([fitted.penalties[label] for label in LABELS])
    problem.penalise(penalties / 4)
    theta = np.concatenate([[fitted.alpha], fitted.beta, fitted.gamma[[0, 2]]])
    newton = np.linalg.solve(problem.hessian(theta), problem.loss_and_gradient(theta)[1])
    assert np.abs(newton).max() < 2e-5
    problem.penalise(penalties)
    newton = np.linalg.solve(problem.hessian(theta), problem.loss_and_gradient(theta)[1])
    assert np.abs(newton).max() > 1e-3


def test_swapping_the_extremes_swaps_gamma_and_keeps_the_penalties():
    people, drivers, silent = drawn(4)
    one = fit_selection(people.probabilities, drivers, silent, groups=LABELS)
    other = fit_selection(people.probabilities[:, ::-1], drivers, silent, groups=LABELS)
    assert other.gamma[::-1] == pytest.approx(one.gamma, abs=1e-5)
    assert other.beta == pytest.approx(one.beta, abs=1e-5)
    assert other.penalties == pytest.approx(one.penalties, rel=1e-3)


def test_a_fit_from_another_finds_the_same_effects():
    people, drivers, silent = drawn(5)
    afresh = fit_selection(people.probabilities, drivers, silent, groups=LABELS)
    again = fit_selection(people.probabilities, drivers, silent, groups=LABELS, start=afresh)
    assert again.beta == pytest.approx(afresh.beta, abs=0.005)
    assert again.gamma == pytest.approx(afresh.gamma, abs=0.005)
    other, columns, mute = drawn(6)
    near = fit_selection(other.probabilities, columns, mute, groups=LABELS, start=afresh)
    cold = fit_selection(other.probabilities, columns, mute, groups=LABELS)
    assert near.gamma == pytest.approx(cold.gamma, abs=0.03)
    assert near.beta == pytest.approx(cold.beta, abs=0.06)


def test_without_labels_a_start_changes_no_digit_that_counts():
    people, drivers, silent = drawn(7)
    other = fit_selection(*(each[:1500] for each in (people.probabilities, drivers, silent)))
    one, two = (fit_selection(people.probabilities, drivers, silent, start=start) for start in (None, other))
    assert two.beta == pytest.approx(one.beta, abs=1e-5)
    assert two.gamma == pytest.approx(one.gamma, abs=1e-5)
    assert one.penalties == two.penalties == {}


@pytest.mark.parametrize("silent", [np.zeros(400, dtype=np.bool_), np.ones(400, dtype=np.bool_)])
def test_one_kind_of_customer_gives_finite_effects_and_penalties(silent: Booleans):
    people, drivers, _ = drawn(8, n=400)
    fitted = fit_selection(people.probabilities, drivers, silent, groups=LABELS)
    assert np.isfinite([fitted.alpha, *fitted.beta, *fitted.gamma, *fitted.penalties.values()]).all()


def test_columns_that_are_equal_or_constant_get_finite_effects():
    people, drivers, silent = drawn(9, n=800)
    columns = np.column_stack([drivers[:, :2], drivers[:, 0], np.ones(800), np.zeros(800)])
    fitted = fit_selection(people.probabilities, columns, silent, groups=("x",) * 5)
    assert fitted.beta[0] == pytest.approx(fitted.beta[2], abs=1e-4)
    assert np.abs(fitted.beta).max() < 3


def one_strong(seed: int, n: int = 2500, pairs: int = 30) -> tuple[Floats, Floats, Booleans]:
    """Return p(y | x), pairs of drivers of which one pair moves satisfaction and silence, and who is silent."""
    rng = np.random.default_rng(seed)
    drivers, shadow = rng.normal(size=(n, 2 * pairs)), rng.normal(size=n)
    strong = drivers[:, 0] - drivers[:, 1]
    odds = np.exp(np.outer(0.7 * strong + shadow, [-1.0, 0.0, 1.0]))
    probabilities = odds / odds.sum(axis=1, keepdims=True)
    told = 1.5 + 0.5 * strong + np.log(probabilities @ np.exp([0.5, 0.0, -0.5]))
    return probabilities, drivers, rng.random(n) < expit(told)


def test_a_strong_driver_among_many_that_do_nothing_keeps_its_effect_and_leaves_gamma_alone():
    # planted: gamma of a detractor less that of a promoter is 1, the effects are 0.5 and -0.5
    own, shared = tuple(f"pair {i // 2}" for i in range(60)), ("all",) * 60
    found: dict[tuple[str, ...], list[tuple[float, float]]] = {own: [], shared: []}
    for seed in range(12):
        probabilities, drivers, silent = one_strong(seed)
        for groups, fits in found.items():
            fitted = fit_selection(probabilities, drivers, silent, prior_sd=3.0, groups=groups)
            fits.append((fitted.gamma[0] - fitted.gamma[2], fitted.beta[0] - fitted.beta[1]))
    (gamma, effect), (gamma_shared, effect_shared) = np.mean(found[own], axis=0), np.mean(found[shared], axis=0)
    error = np.std(found[own], axis=0, ddof=1)[0] / np.sqrt(12)
    assert abs(gamma - 1.0) < 3 * error
    assert gamma_shared < gamma - 2 * error
    assert effect_shared < effect < 1.2
