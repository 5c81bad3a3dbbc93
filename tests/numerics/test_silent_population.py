"""All silent customers and a sample of them: means with a control, numbers, and the variance of a sample's mean."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from silentnps.numerics.silent_population import SilentPopulation, strata, variance_of_mean

ANSWERED = np.array([True, False, False, False, False, False])
INVITED = np.array([True, True, True, False, False, False])
LAW = np.random.default_rng(0).dirichlet(np.ones(3), 6)
COUNTED = SilentPopulation.counted(10, 9, np.ones(6, dtype=np.bool_))


def test_rows_stand_for_everybody_of_their_group():
    counts = COUNTED.counts(ANSWERED, INVITED)
    assert counts.tolist() == [1.0, 5.0, 5.0, 3.0, 3.0, 3.0]
    assert counts[~ANSWERED].sum() == COUNTED.total == 19


def test_without_a_control_the_mean_is_that_of_the_sample():
    group = strata(ANSWERED, INVITED)[1]
    assert COUNTED.mean(LAW, group, 1) == pytest.approx(LAW[3:].mean(axis=0), abs=1e-15)


def test_a_control_that_is_the_value_gives_its_mean_over_all():
    means = np.array([[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]])
    known = replace(COUNTED, control=LAW, means=means)
    for stratum, group in enumerate(strata(ANSWERED, INVITED)):
        assert known.mean(LAW, group, stratum) == pytest.approx(means[stratum], abs=1e-15)


def test_any_control_is_right_on_average_over_all_samples():
    values, control = np.random.default_rng(1).random((2, 5, 3))
    means = np.vstack([control.mean(axis=0), np.zeros(3)])
    group, uniform = np.ones(2, dtype=np.bool_), np.ones(2, dtype=np.bool_)
    estimates = [
        SilentPopulation(np.array([5, 0]), uniform, control[list(rows)], means).mean(values[list(rows)], group, 0)
        for rows in combinations(range(5), 2)
    ]
    assert np.mean(estimates, axis=0) == pytest.approx(values.mean(axis=0), abs=1e-14)


def test_a_group_without_rows_has_the_mean_of_its_control():
    known = replace(COUNTED, means=np.array([[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]]))
    assert known.mean(LAW, np.zeros(6, dtype=np.bool_), 1).tolist() == [0.1, 0.1, 0.8]


def test_chosen_rows_keep_what_is_known_of_all():
    chosen = replace(COUNTED, control=LAW).take(np.array([4, 1]))
    assert chosen.total == 19
    assert (chosen.control == LAW[[4, 1]]).all()


def test_the_variance_is_right_on_average_over_all_samples():
    values = np.array([1.0, 4.0, 2.0, 9.0, 5.0])
    samples = [values[list(rows)] for rows in combinations(range(5), 3)]
    truth = np.var([sample.mean() for sample in samples])
    assert np.mean([variance_of_mean(sample, 5) for sample in samples]) == pytest.approx(truth, rel=1e-12)


@pytest.mark.parametrize(
    ("sample", "population"), [(np.array([1.0, 4.0]), 2), (np.array([1.0]), 9), (np.zeros(0), 9)]
)
def test_everybody_and_a_sample_of_one_have_no_variance(sample: np.ndarray, population: int):
    assert variance_of_mean(sample, population) == 0.0
