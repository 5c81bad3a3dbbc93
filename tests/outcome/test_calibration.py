"""The calibrator and the linear heads: identity where nothing is wrong, sklearn's numbers, corners."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from silentnps.numerics.arrays import Floats, Integers
from silentnps.outcome.calibration import Calibrator, fit_calibrator, kept_apart, probabilities_of_margins
from silentnps.outcome.linear_heads import fit_linear_heads


def calibrated(n: int, seed: int = 0) -> tuple[Floats, Integers]:
    """Return true margins, shape (n, 1, 2), and classes drawn from them."""
    rng = np.random.default_rng(seed)
    base = rng.normal(size=n)
    margins = np.column_stack([base + 1.0, base - 0.5])
    classes = (rng.random(n)[:, None] < expit(margins)).sum(axis=1)
    return margins[:, None, :], classes.astype(np.int64)


def test_calibrated_margins_stay_about_as_they_are():
    # Standard errors of slope and intercept at 4,900 rows are about 0.04; with many answers the two margins, which
    # are one here, share the slope.
    parts, classes = calibrated(40_000)
    few = fit_calibrator(parts[:4900], classes[:4900], np.ones(4900))
    assert few.slopes == pytest.approx(np.ones((2, 1)), abs=0.16)
    assert few.intercepts == pytest.approx(np.zeros(2), abs=0.16)
    many = fit_calibrator(parts, classes, np.ones(40_000))
    assert many.margins(parts) == pytest.approx(parts[:, 0], abs=0.3)


def test_margins_that_are_twice_too_sure_are_halved():
    parts, classes = calibrated(40_000)
    got = fit_calibrator(2 * parts + 1, classes, np.ones(40_000))
    assert got.margins(2 * parts + 1) == pytest.approx(parts[:, 0], abs=0.3)
    few = fit_calibrator(2 * parts[:4900] + 1, classes[:4900], np.ones(4900))
    assert few.slopes == pytest.approx(np.full((2, 1), 0.5), abs=0.08)
    assert few.intercepts == pytest.approx([-0.5, -0.5], abs=0.16)


def test_the_mean_of_calibrated_probabilities_is_the_share_of_each_class():
    # The intercepts carry no penalty, so each head's scores sum to its answers.
    parts, classes = calibrated(500)
    got = fit_calibrator(parts, classes, np.ones(500)).probabilities(parts)
    assert got.mean(axis=0) == pytest.approx(np.bincount(classes) / 500, abs=1e-5)
    assert got.sum(axis=1) == pytest.approx(np.ones(500), abs=1e-12)


def test_no_parts_give_the_shares():
    classes = np.repeat([0, 1, 2], [20, 30, 50])
    got = fit_calibrator(np.zeros((100, 0, 2)), classes, np.ones(100)).probabilities(np.zeros((4, 0, 2)))
    assert got == pytest.approx(np.tile([20.5 / 101, 30 / 101, 50.5 / 101], (4, 1)))


def test_two_parts_are_stacked():
    parts, classes = calibrated(4900)
    noise = np.random.default_rng(1).normal(size=parts.shape)
    got = fit_calibrator(np.concatenate([noise, parts], axis=1), classes, np.ones(4900))
    assert np.abs(got.slopes[:, 0]).max() < 0.15
    assert got.slopes[:, 1] == pytest.approx([1.0, 1.0], abs=0.15)


def test_weights_of_the_calibrator_equal_copies():
    parts, classes = calibrated(300)
    counts = np.random.default_rng(2).integers(0, 4, 300)
    copies = np.repeat(np.arange(300), counts)
    weighted = fit_calibrator(parts, classes, counts.astype(np.float64))
    copied = fit_calibrator(parts[copies], classes[copies], np.ones(len(copies)))
    assert weighted.slopes == pytest.approx(copied.slopes, abs=1e-8)
    assert weighted.intercepts == pytest.approx(copied.intercepts, abs=1e-8)


def test_a_file_keeps_every_number_of_the_calibrator():
    parts, classes = calibrated(300)
    got = fit_calibrator(parts, classes, np.ones(300))
    again = Calibrator.from_dict(json.loads(json.dumps(got.to_dict())))
    assert (again.probabilities(parts) == got.probabilities(parts)).all()


def test_linear_heads_equal_sklearn():
    rng = np.random.default_rng(3)
    design = rng.normal(size=(400, 4))
    classes = np.digitize(design[:, 0] + rng.logistic(size=400), [-0.5, 0.7])
    weights = rng.integers(0, 3, 400).astype(np.float64)
    got = fit_linear_heads(design, classes, weights, penalty=3.0)
    for k in range(2):
        other = LogisticRegression(C=1 / 3, tol=1e-10, max_iter=5000).fit(
            design, classes > k, sample_weight=weights
        )
        assert got.coefficients[k] == pytest.approx(other.coef_[0], abs=1e-4)
        assert got.intercepts[k] == pytest.approx(float(other.intercept_[0]), abs=1e-4)


def test_where_the_fit_of_linear_heads_begins_does_not_matter():
    rng = np.random.default_rng(8)
    design, classes, weights = rng.normal(size=(200, 3)), rng.integers(0, 3, 200), np.ones(200)
    start = fit_linear_heads(design[:100], classes[:100], weights[:100])
    cold, warm = (fit_linear_heads(design, classes, weights, start=begin) for begin in (None, start))
    assert (warm.coefficients != cold.coefficients).any()
    assert warm.coefficients == pytest.approx(cold.coefficients, abs=1e-5)
    assert warm.intercepts == pytest.approx(cold.intercepts, abs=1e-5)


def test_linear_heads_solve_their_equations():
    # The slope of the penalised likelihood: design' w (expit(margin) - y) + penalty * coefficients = 0.
    rng = np.random.default_rng(4)
    design = rng.normal(size=(300, 3))
    classes = rng.integers(0, 3, 300)
    got = fit_linear_heads(design, classes, np.ones(300))
    residuals = expit(got.margins(design)) - (classes[:, None] > np.arange(2))
    assert residuals.sum(axis=0) == pytest.approx(np.zeros(2), abs=1e-3)
    assert residuals.T @ design + 5.0 * got.coefficients == pytest.approx(np.zeros((2, 3)), abs=1e-3)


def test_more_penalty_means_smaller_coefficients():
    rng = np.random.default_rng(5)
    design = rng.normal(size=(200, 2))
    classes = np.digitize(2 * design[:, 0] + rng.logistic(size=200), [-0.5, 0.7])
    sizes = [
        np.abs(fit_linear_heads(design, classes, np.ones(200), penalty=penalty).coefficients).sum()
        for penalty in (0.1, 5.0, 500.0)
    ]
    assert sizes[0] > sizes[1] > sizes[2]


def test_a_head_of_one_class_is_its_smoothed_log_odds():
    classes = np.repeat([0, 1], [30, 10])
    got = fit_linear_heads(np.random.default_rng(6).normal(size=(40, 2)), classes, np.ones(40))
    assert got.intercepts[1] == pytest.approx(np.log(0.5 / 40.5))
    assert got.coefficients[1].tolist() == [0.0, 0.0]
    empty = fit_linear_heads(np.zeros((40, 0)), classes, np.ones(40))
    assert empty.intercepts[0] == pytest.approx(logit(10.5 / 41))
    assert empty.margins(np.zeros((3, 0))).shape == (3, 2)


def test_margins_that_cross_are_kept_apart_about_their_mean():
    margins = np.array([[1.0, 2.0], [0.3, 0.29], [2.0, -1.0]])
    got = kept_apart(margins)
    assert got[:, 0] - got[:, 1] == pytest.approx([0.08, 0.08, 3.0])
    assert got.mean(axis=1) == pytest.approx(margins.mean(axis=1))
    assert (got[2] == margins[2]).all()
    passive = probabilities_of_margins(margins)[:2, 1]
    assert passive == pytest.approx(expit([1.54, 0.335]) - expit([1.46, 0.255]), abs=1e-9)


def test_swapping_promoters_and_detractors_mirrors_the_probabilities():
    margins = np.random.default_rng(4).normal(size=(200, 2))
    mirrored = probabilities_of_margins(-margins[:, ::-1])
    assert mirrored == pytest.approx(probabilities_of_margins(margins)[:, ::-1], abs=1e-12)


def test_many_answers_calibrate_each_head_on_both_margins():
    # Head 1 knows more of head 0 than that itself: its calibrated margin leans on the other's, the reverse not.
    rng = np.random.default_rng(5)
    parts, classes = calibrated(40_000)
    parts = parts.copy()
    parts[:, 0, 0] += rng.normal(scale=2.0, size=len(parts))
    got = fit_calibrator(parts, classes, np.ones(len(parts)))
    assert got.crossed is not None
    assert got.crossed[0, 0] > 0.7
    assert abs(got.crossed[1, 0]) < 0.05
    few = fit_calibrator(parts[:4000], classes[:4000], np.ones(4000))
    assert few.crossed is None
    again = Calibrator.from_dict(json.loads(json.dumps(got.to_dict())))
    assert (again.probabilities(parts) == got.probabilities(parts)).all()
