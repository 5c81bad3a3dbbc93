"""The logit shift: numbers by hand, identities, order and bounds for any scores, and brentq beside its solver."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import brentq
from scipy.special import expit, logit

from silentnps.errors import DataError
from silentnps.estimation.formulas.logit_shift import fit_shift, shifted
from silentnps.estimation.formulas.selection import tilt
from silentnps.numerics.arrays import Floats
from silentnps.numerics.nps import CLASS_VALUES

ANY = arrays(np.float64, st.integers(1, 60), elements=st.floats(-100, 100))
"""Scores of a group, certain ones and equal ones among them."""

UNSURE = arrays(np.float64, st.integers(1, 60), elements=st.floats(-99.9, 99.9))


def by_definition(expected: Floats, step: float) -> Floats:
    return 200 * expit(logit((expected + 100) / 200) + step) - 100


def test_numbers_by_hand() -> None:
    # u = 1/2 has the odds 1, times 3: u = 3/4, 50 points; u = 3/4 has 3, times 3: u = 9/10, 80 points
    np.testing.assert_allclose(shifted(np.array([0.0, 50.0]), np.log(3.0)), [50.0, 80.0], atol=1e-12)
    assert fit_shift(np.array([0.0, 50.0]), 65.0) == pytest.approx(np.log(3.0), abs=1e-12)


@given(ANY, st.floats(-100, 100))
def test_values_stay_within_the_scale_and_in_their_order(expected: Floats, step: float) -> None:
    moved = shifted(np.sort(expected), step)
    assert moved.min() >= -100.0
    assert moved.max() <= 100.0
    assert (np.diff(moved) >= 0).all()


@given(UNSURE, st.floats(-5, 5))
def test_different_scores_stay_different(expected: Floats, step: float) -> None:
    apart = np.unique(expected.round(6))
    assert (np.diff(shifted(apart, step)) > 0).all()


@given(UNSURE, st.floats(-5, 5))
def test_identities(expected: Floats, step: float) -> None:
    moved = shifted(expected, step)
    np.testing.assert_allclose(moved, by_definition(expected, step), atol=1e-10)
    np.testing.assert_allclose(shifted(-expected, -step), -moved, atol=1e-10)
    np.testing.assert_allclose(shifted(moved, -step), expected, atol=1e-8)
    np.testing.assert_array_equal(shifted(expected, 0.0), expected)
    np.testing.assert_array_equal(shifted(expected, np.full(len(expected), step)), moved)


@given(UNSURE, st.floats(-5, 5))
def test_brentq_finds_the_same_step(expected: Floats, step: float) -> None:
    target = float(by_definition(expected, step).mean())
    found = fit_shift(expected, target)
    second = brentq(lambda s: by_definition(expected, s).mean() - target, -20, 20, xtol=1e-14)
    assert found == pytest.approx(second, abs=1e-6)
    assert shifted(expected, found).mean() == pytest.approx(target, abs=1e-10)


@given(ANY, st.floats(-100, 100))
def test_the_mean_is_the_target_or_an_error_says_that_it_cannot_be(expected: Floats, target: float) -> None:
    n_up, n_down = (expected == 100).sum(), (expected == -100).sum()
    lowest, highest = -100 + 200 * n_up / len(expected), 100 - 200 * n_down / len(expected)
    if lowest + 1e-9 < target < highest - 1e-9:
        assert shifted(expected, fit_shift(expected, target)).mean() == pytest.approx(target, abs=1e-9)
    elif target < lowest - 1e-9 or target > highest + 1e-9:
        with pytest.raises(DataError, match="must be within reach"):
            fit_shift(expected, target)


@pytest.mark.parametrize("target", [-100.0, 100.0])
def test_the_ends_of_the_scale_are_reached(target: float) -> None:
    moved = shifted(np.linspace(-99, 99, 200), fit_shift(np.linspace(-99, 99, 200), target))
    assert moved.mean() == pytest.approx(target, abs=1e-9)
    assert np.abs(moved).max() <= 100.0


def test_certain_scores_and_targets_off_the_scale_are_refused_with_the_reach() -> None:
    with pytest.raises(DataError, match=r"-50 to -50; got 12\. Look at"):
        fit_shift(np.array([-100.0, -100.0, -100.0, 100.0]), 12.0)
    with pytest.raises(DataError, match=r"-100 to 100; got 100\.1"):
        fit_shift(np.array([0.0, 10.0]), 100.1)
    assert fit_shift(np.array([-100.0, 100.0]), 0.0) == 0.0


def test_scores_that_add_up_already_are_not_moved() -> None:
    assert fit_shift(np.array([-20.0, 50.0]), 15.0) == 0.0


def test_a_common_tilt_of_three_classes_would_swap_customers() -> None:
    laws = np.array([[0.5, 0.0, 0.5], [0.0, 0.95, 0.05]])
    expected = laws @ CLASS_VALUES
    tilted = tilt(laws, np.array([-0.5, 0.0, 0.5])) @ CLASS_VALUES
    assert expected[0] < expected[1]
    assert tilted[0] > tilted[1]
    moved = shifted(expected, fit_shift(expected, float(tilted.mean())))
    assert moved[0] < moved[1]
