"""By how many customers of each class a row counts: sums are those of the estimate."""

from __future__ import annotations

import numpy as np
import pytest
from populations import population

from silentnps.estimation.comparison.class_masses import class_masses, own_variance
from silentnps.estimation.formulas.doubly_robust import PointEstimate, Sample, estimate_point, select
from silentnps.numerics.arrays import Floats


def estimated(invitation: tuple[float, float] | None) -> tuple[Floats, PointEstimate, Sample]:
    customers = population(2_000, np.random.default_rng(3), invitation=invitation)
    selection = select(customers.probabilities, customers.sample, prior_sd=0.5)
    return (
        customers.probabilities,
        estimate_point(customers.probabilities, customers.sample, selection),
        customers.sample,
    )


@pytest.mark.parametrize("invitation", [None, (0.3, 0.5)])
def test_the_sum_of_each_class_is_its_number_in_the_estimate(invitation: tuple[float, float] | None) -> None:
    probabilities, point, sample = estimated(invitation)
    masses = class_masses(probabilities, point, sample, sample.n_silent)
    answers = np.bincount(sample.classes[sample.answered], minlength=3)
    assert masses.sum(axis=0) == pytest.approx(answers + sample.n_silent.sum() * point.shares, rel=1e-9)


@pytest.mark.parametrize("invitation", [None, (0.3, 0.5)])
def test_every_customer_counts_once(invitation: tuple[float, float] | None) -> None:
    probabilities, point, sample = estimated(invitation)
    assert class_masses(probabilities, point, sample, sample.n_silent).sum(axis=1) == pytest.approx(1.0)


def test_rows_that_are_a_sample_stand_for_all_silent_customers() -> None:
    probabilities, point, sample = estimated(None)
    masses = class_masses(probabilities, point, sample, 10 * sample.n_silent)
    assert masses[~sample.answered].sum() == pytest.approx(10 * (~sample.answered).sum())


def test_answers_are_known_and_silent_customers_are_draws() -> None:
    masses = np.array([[1.0, 0.0, 0.0], [0.5, 0.25, 0.25], [2.0, 1.0, 1.0]])
    got = own_variance(masses, np.array([True, False, False]))
    assert got[0].tolist() == [0.0, 0.0, 0.0]
    assert got[1] == pytest.approx([0.25, 0.1875, 0.1875])  # p (1 - p)
    assert got[2] == pytest.approx([4 * 0.25 + 4 * 3 * 0.25, 4 * 0.1875 + 12 / 16, 4 * 0.1875 + 12 / 16])
