"""Quantiles and tails: those of scipy.stats, at the edges too, without importing it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from silentnps.numerics.distributions import (
    beta_quantile,
    chi_square_quantile_above,
    f_tail,
    normal_quantile,
    normal_tail,
    t_quantile,
    t_tail,
)

PROBABILITIES = [0.001, 0.2, 0.5, 0.975, 1.0]
VALUES = [-np.inf, -3.0, 0.0, 1e-9, 2.5, 40.0, np.inf, np.nan]
DEGREES = [1, 2.5, 30, 1e6, np.inf, 0, -1]


def same(got: float, wanted: float) -> bool:
    return got == wanted or (np.isnan(got) and np.isnan(wanted))


def test_the_normal_ones_are_those_of_scipy_stats():
    assert all(same(normal_quantile(p), stats.norm.ppf(p)) for p in PROBABILITIES)
    assert all(same(normal_tail(value), stats.norm.sf(value)) for value in VALUES)


@pytest.mark.parametrize("degrees", DEGREES)
def test_students_are_those_of_scipy_stats(degrees: float):
    assert all(same(t_quantile(p, degrees), stats.t.ppf(p, degrees)) for p in PROBABILITIES)
    got, wanted = t_tail(np.array(VALUES), degrees), stats.t.sf(np.array(VALUES), degrees)
    assert all(map(same, got, wanted))
    assert same(float(t_tail(1.3, degrees)), stats.t.sf(1.3, degrees))


@pytest.mark.parametrize("degrees", [1, 4, 60])
def test_those_of_tests_are_those_of_scipy_stats(degrees: float):
    assert all(same(f_tail(v, degrees, 40), stats.f.sf(v, degrees, 40)) for v in (0.0, 0.5, 3.0, 90.0))
    assert all(
        same(chi_square_quantile_above(p, degrees), stats.chi2.isf(p, degrees)) for p in (1e-6, 0.01, 0.5, 1.0)
    )


def test_the_exact_interval_of_a_share_is_that_of_scipy_stats():
    for count, of in ((1, 10), (10, 10), (3, 4000), (0.5, 3)):
        for probability in (1e-6, 0.025, 0.5, 0.975):
            wanted = stats.beta.ppf(probability, count, of - count + 1)
            assert beta_quantile(probability, count, of - count + 1) == pytest.approx(wanted, rel=1e-12)


def test_scipy_stats_is_not_imported_for_them():
    program = "import sys, silentnps.numerics.distributions; print('scipy.stats' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
