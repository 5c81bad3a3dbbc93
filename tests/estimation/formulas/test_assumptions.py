"""The classic estimates and the step: other programs' loops, limits, symmetry."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from populations import GAMMA, population

from silentnps.estimation.formulas.assumptions import (
    emq_shares,
    label_shift_nps,
    missing_at_random,
    survey_nps,
    weighted_nps,
)
from silentnps.estimation.formulas.class_step import fit_step
from silentnps.estimation.formulas.doubly_robust import estimate_point, select
from silentnps.estimation.formulas.selection import tilt
from silentnps.numerics.arrays import Floats
from silentnps.numerics.nps import CLASS_VALUES, SILENT


def saerens(probabilities: Floats, prior: Floats) -> Floats:
    """Return the shares of the paper's algorithm, one customer and one class at a time."""
    shares = list(prior)
    for _ in range(3000):
        sums = [0.0, 0.0, 0.0]
        for row in probabilities.tolist():
            weighted = [shares[k] / prior[k] * row[k] for k in range(3)]
            for k in range(3):
                sums[k] += weighted[k] / sum(weighted)
        shares = [one / len(probabilities) for one in sums]
    return np.array(shares)


def test_emq_equals_the_loop_of_the_paper():
    drawn = population(60, np.random.default_rng(0), signal=3.0)
    prior = np.array([0.3, 0.3, 0.4])
    assert emq_shares(drawn.probabilities, prior) == pytest.approx(saerens(drawn.probabilities, prior), abs=1e-6)


def test_emq_of_sure_predictions_counts_them():
    sure = np.eye(3)[[0, 0, 0, 1, 2]]
    assert emq_shares(sure, np.full(3, 1 / 3)) == pytest.approx([0.6, 0.2, 0.2])


@pytest.mark.parametrize("seed", range(3))
def test_emq_finds_shares_at_the_end_of_the_simplex(seed: int):
    # All rows speak for one class more than the prior does; or against one, whose share is then 0.
    prior = np.array([0.6, 0.1, 0.3])
    rows = np.random.default_rng(seed).dirichlet([1.0, 1.0, 30.0], size=50)
    assert emq_shares(rows, prior) == pytest.approx([0.0, 0.0, 1.0], abs=1e-6)
    none = np.column_stack([rows[:, 0] * 1e-3, rows[:, [2, 1]] + 0.3])
    none /= none.sum(axis=1, keepdims=True)
    assert emq_shares(none, prior) == pytest.approx(saerens(none, prior), abs=1e-5)


def test_emq_of_the_prior_itself_stays_there():
    prior = np.array([0.2, 0.3, 0.5])
    assert emq_shares(np.tile(prior, (9, 1)), prior) == pytest.approx(prior)


def test_label_shift_swaps_with_the_classes():
    drawn = population(2000, np.random.default_rng(1), beta=0.0)
    swapped = replace(drawn, truth=2 - drawn.truth)
    assert label_shift_nps(drawn.probabilities, drawn.sample) == pytest.approx(
        -label_shift_nps(drawn.probabilities[:, ::-1], swapped.sample), abs=1e-6
    )


def test_label_shift_takes_weights_as_copies_of_answers():
    drawn = population(800, np.random.default_rng(2), beta=0.0)
    counts = np.where(drawn.silent, 1, np.random.default_rng(3).integers(0, 3, 800))
    copies = np.repeat(np.arange(800), counts)
    weighted = replace(drawn.sample, weights=counts.astype(np.float64))
    copied = replace(drawn.sample, classes=drawn.sample.classes[copies], weights=np.ones(len(copies)))
    assert label_shift_nps(drawn.probabilities, weighted) == pytest.approx(
        label_shift_nps(drawn.probabilities[copies], copied), abs=1e-9
    )
    assert survey_nps(weighted) == pytest.approx(survey_nps(copied), abs=1e-9)


@pytest.mark.slow
def test_selection_without_drivers_approaches_emq_as_one_over_root_n():
    # 40 data sets at each size; the root mean square of the difference must fall by about 4 from n to 16 n.
    # Its own relative error is 1 / sqrt(80) = 0.11 at each size: 2.5 to 6.5 is four such errors around 4.
    def differences(n: int) -> Floats:
        found = []
        for seed in range(40):
            drawn = population(n, np.random.default_rng(seed), beta=0.0)
            point = estimate_point(
                drawn.probabilities, drawn.sample, select(drawn.probabilities, drawn.sample, prior_sd=np.inf)
            )
            found.append(point.nps - label_shift_nps(drawn.probabilities, drawn.sample))
        return np.array(found)

    few, many = (float((differences(n) ** 2).mean() ** 0.5) for n in (1000, 16_000))
    assert many < 2.0
    assert 2.5 < few / many < 6.5


def test_missing_at_random_is_the_estimate_at_gamma_zero():
    drawn = population(900, np.random.default_rng(4))
    point = missing_at_random(drawn.probabilities, drawn.sample)
    weighted, mar = weighted_nps(point, drawn.sample), point.nps
    selection = select(drawn.probabilities, drawn.sample, prior_sd=1.0, fixed_gamma=np.zeros(3))
    point = estimate_point(drawn.probabilities, drawn.sample, selection)
    assert mar == point.nps
    answered = drawn.sample.answered
    odds = np.exp(selection.alpha + drawn.drivers[answered] @ selection.beta)
    assert weighted == pytest.approx(float(np.average(CLASS_VALUES[drawn.truth[answered]], weights=odds)), abs=1e-9)


def test_selection_finds_what_the_other_assumptions_miss():
    # Drivers and satisfaction both drive silence here; at this size the errors of chance are about one point.
    drawn = population(60_000, np.random.default_rng(5))
    point = estimate_point(
        drawn.probabilities, drawn.sample, select(drawn.probabilities, drawn.sample, prior_sd=0.5)
    )
    mar = missing_at_random(drawn.probabilities, drawn.sample).nps
    assert abs(point.nps - drawn.nps_silent) < 2.0
    assert abs(label_shift_nps(drawn.probabilities, drawn.sample) - drawn.nps_silent) > 4.0
    assert abs(mar - drawn.nps_silent) > 10.0
    assert abs(survey_nps(drawn.sample) - drawn.nps_silent) > 20.0


def test_the_survey_mean_is_that_of_the_answers():
    drawn = population(300, np.random.default_rng(6))
    classes = drawn.sample.classes
    assert survey_nps(drawn.sample) == pytest.approx(CLASS_VALUES[classes[classes != SILENT]].mean())


@pytest.mark.parametrize("shares", [[0.2, 0.3, 0.5], [0.9, 0.09, 0.01], [0.0001, 0.5, 0.4999]])
def test_the_stepped_mean_is_the_shares_to_twelve_digits(shares: list[float]):
    drawn = population(3000, np.random.default_rng(7))
    step = fit_step(drawn.probabilities, np.array(shares))
    assert tilt(drawn.probabilities, step).mean(axis=0) == pytest.approx(shares, abs=1e-12)
    assert step[1] == 0.0


def test_the_step_of_probabilities_that_average_to_the_shares_is_nothing():
    drawn = population(500, np.random.default_rng(8))
    step = fit_step(drawn.probabilities, drawn.probabilities.mean(axis=0))
    assert step == pytest.approx(np.zeros(3), abs=1e-12)


def test_the_step_undoes_a_tilt():
    drawn = population(500, np.random.default_rng(9))
    shares = tilt(drawn.probabilities, GAMMA).mean(axis=0)
    assert fit_step(drawn.probabilities, shares) == pytest.approx(GAMMA, abs=1e-10)


def test_counts_are_copies_of_rows():
    drawn = population(600, np.random.default_rng(8))
    prior = np.array([0.2, 0.3, 0.5])
    counts = np.random.default_rng(9).integers(1, 4, 600)
    copied = emq_shares(np.repeat(drawn.probabilities, counts, axis=0), prior)
    assert emq_shares(drawn.probabilities, prior, counts.astype(np.float64)) == pytest.approx(copied, abs=1e-8)
