"""The point estimate: the doubly robust formula written again, symmetry, copies, both kinds of silence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from populations import GAMMA, Population, population
from scipy.special import expit
from scipy.stats import ttest_1samp
from sklearn.linear_model import LogisticRegression

from silentnps.estimation.formulas.doubly_robust import (
    Sample,
    estimate_point,
    fit_invitation,
    on_simplex,
    select,
    silent_law,
)
from silentnps.estimation.formulas.selection import SelectionModel
from silentnps.numerics.arrays import Floats
from silentnps.numerics.nps import CLASS_VALUES

ZEROS = np.zeros(3)


def hajek_aipw(drawn: Population, propensity: Floats) -> float:
    """Return the textbook estimate for the untreated: outcome mean plus weighted residuals, weights to sum 1."""
    expected = drawn.probabilities @ CLASS_VALUES
    answered = ~drawn.silent
    weights = (1 - propensity[answered]) / propensity[answered]
    residuals = CLASS_VALUES[drawn.truth[answered]] - expected[answered]
    return float(expected[drawn.silent].mean() + weights @ residuals / weights.sum())


def test_gamma_zero_is_hajek_aipw_to_nine_digits():
    drawn = population(1500, np.random.default_rng(0))
    selection = select(drawn.probabilities, drawn.sample, prior_sd=0.5, fixed_gamma=ZEROS)
    got = estimate_point(drawn.probabilities, drawn.sample, selection)
    propensity = expit(-selection.alpha - drawn.drivers @ selection.beta)
    assert got.trimmed_share == 0.0
    assert got.nps == pytest.approx(hajek_aipw(drawn, propensity), abs=1e-9)


def test_gamma_zero_is_hajek_aipw_with_the_propensity_of_another_program():
    drawn = population(1500, np.random.default_rng(1))
    selection = select(drawn.probabilities, drawn.sample, prior_sd=0.5, fixed_gamma=ZEROS)
    logistic = LogisticRegression(C=2.0, tol=1e-14, solver="newton-cholesky").fit(drawn.drivers, ~drawn.silent)
    wanted = hajek_aipw(drawn, logistic.predict_proba(drawn.drivers)[:, 1])
    assert estimate_point(drawn.probabilities, drawn.sample, selection).nps == pytest.approx(wanted, abs=1e-5)


def test_an_estimate_by_hand():
    # gamma = log(2, 1, 1) and p = (1/4, 1/4, 1/2): q is proportional to (1/2, 1/4, 1/2), so q = (0.4, 0.2, 0.4).
    # Respondents have odds 2, 1, 1 times exp(0): weights 1/2, 1/4, 1/4 on residuals 1[y] - q.
    # Their sum: (1/2, 1/4, 1/4) - (0.4, 0.2, 0.4) = (0.1, 0.05, -0.15); shares (0.5, 0.25, 0.25).
    sample = Sample(np.array([0, 1, 2, -1]), np.ones(4, dtype=np.bool_), np.zeros((4, 0)), np.ones(4))
    probabilities = np.tile([0.25, 0.25, 0.5], (4, 1))
    got = estimate_point(probabilities, sample, SelectionModel(0.0, np.zeros(0), np.log([2.0, 1.0, 1.0])))
    assert got.shares == pytest.approx([0.5, 0.25, 0.25])
    assert got.nps == pytest.approx(-25.0)
    assert got.corrections == pytest.approx([0.5, 0.25, 0.25, 0.0])


def test_an_estimate_of_the_never_invited_by_hand():
    # Odds (2, 1, 1). Respondents have p = (1/4, 1/4, 1/2), the invited like them p (1 + O) / 2.25 = (3, 2, 4) / 9;
    # the one never invited has p = (1/2, 1/4, 1/4), so (1.5, 0.5, 0.5) / 2.5 = (0.6, 0.2, 0.2).
    # Weights 1 + O = (3, 2, 2) / 7: (0.6, 0.2, 0.2) + (3, 2, 2) / 7 - (3, 2, 4) / 9.
    probabilities = np.array([[0.25, 0.25, 0.5]] * 3 + [[0.5, 0.25, 0.25]])
    invited = np.array([True, True, True, False])
    sample = Sample(np.array([0, 1, 2, -1]), invited, np.zeros((4, 0)), np.ones(4))
    got = estimate_point(probabilities, sample, SelectionModel(0.0, np.zeros(0), np.log([2.0, 1.0, 1.0])))
    assert got.shares == pytest.approx([0.6952381, 0.2634921, 0.0412698], abs=1e-6)


@pytest.mark.parametrize("invitation", [None, (0.5, 0.8)])
def test_swapping_detractors_and_promoters_negates_nps(invitation: tuple[float, float] | None):
    drawn = population(1200, np.random.default_rng(2), invitation=invitation)
    swapped = replace(drawn, truth=2 - drawn.truth, probabilities=drawn.probabilities[:, ::-1])
    one, other = (
        estimate_point(each.probabilities, each.sample, select(each.probabilities, each.sample, prior_sd=0.5))
        for each in (drawn, swapped)
    )
    assert one.nps == pytest.approx(-other.nps, abs=1e-5)
    assert one.shares == pytest.approx(other.shares[::-1], abs=1e-7)


def test_frequency_weights_of_respondents_equal_copies():
    rng = np.random.default_rng(3)
    drawn = population(500, rng)
    counts = np.where(drawn.silent, 1, rng.integers(0, 4, 500))
    model = SelectionModel(0.2, np.array([0.5]), GAMMA)
    copies = np.repeat(np.arange(500), counts)
    weighted = estimate_point(drawn.probabilities, replace(drawn.sample, weights=counts.astype(np.float64)), model)
    sample = Sample(
        drawn.sample.classes[copies], drawn.invited[copies], drawn.drivers[copies], np.ones(len(copies))
    )
    copied = estimate_point(drawn.probabilities[copies], sample, model)
    assert weighted.shares == pytest.approx(copied.shares, abs=1e-12)


def test_copies_are_trimmed_as_single_rows_are():
    # One respondent of odds 20 times the others': alone under the cap, and as three copies under it too.
    n = 200
    drivers = np.zeros((n, 1))
    drivers[0] = np.log(20.0)
    classes = np.tile([2, 1, 0, -1], n // 4)
    counts = np.ones(n)
    counts[0] = 3.0
    copies = np.repeat(np.arange(n), counts.astype(int))
    probabilities, model = np.full((n, 3), 1 / 3), SelectionModel(0.0, np.ones(1), ZEROS)
    everybody = np.ones(n, dtype=np.bool_)
    weighted = estimate_point(probabilities, Sample(classes, everybody, drivers, counts), model)
    sample = Sample(classes[copies], everybody[:1].repeat(len(copies)), drivers[copies], np.ones(len(copies)))
    copied = estimate_point(probabilities[copies], sample, model)
    assert copied.trimmed_share == 0.0
    assert weighted.shares == pytest.approx(copied.shares, abs=1e-12)


def test_the_silent_count_once_each_whatever_their_weight():
    drawn = population(400, np.random.default_rng(4))
    model = SelectionModel(0.2, np.array([0.5]), GAMMA)
    weights = np.where(drawn.silent, np.random.default_rng(5).integers(0, 4, 400), 1).astype(np.float64)
    one = estimate_point(drawn.probabilities, drawn.sample, model)
    other = estimate_point(drawn.probabilities, replace(drawn.sample, weights=weights), model)
    assert one.nps == pytest.approx(other.nps, abs=1e-12)


def test_the_never_invited_have_the_law_of_the_invited():
    # From the closed form: p(y | x) of respondents times 1 / P(answer | u, y) = 1 + O(u, y).
    drawn = population(300, np.random.default_rng(6), invitation=(0.0, 0.5))
    model = SelectionModel(0.3, np.array([0.7]), GAMMA)
    law = drawn.probabilities * (1 + np.exp(0.3 + 0.7 * drawn.drivers + GAMMA))
    law /= law.sum(axis=1, keepdims=True)
    got = silent_law(drawn.probabilities, drawn.drivers, drawn.invited, model)
    assert got[~drawn.invited] == pytest.approx(law[~drawn.invited], abs=1e-12)
    tilted = drawn.probabilities * np.exp(GAMMA)
    tilted /= tilted.sum(axis=1, keepdims=True)
    assert got[drawn.invited] == pytest.approx(tilted[drawn.invited], abs=1e-12)


def test_weights_are_trimmed_at_thirty_times_their_mean():
    # 99 odds of 1 and one of 1000: mean 10.99, so the cap is 329.7; 670.3 of 1099 is trimmed.
    drivers = np.zeros((101, 1))
    drivers[0] = np.log(1000.0)
    classes = np.append(np.tile([0, 1, 2, 2], 25), -1)
    sample = Sample(classes, np.ones(101, dtype=np.bool_), drivers, np.ones(101))
    got = estimate_point(np.full((101, 3), 1 / 3), sample, SelectionModel(0.0, np.ones(1), ZEROS))
    assert got.trimmed_share == pytest.approx(670.3 / 1099)
    assert got.corrections[0] / got.corrections[1] == pytest.approx(329.7)
    assert got.corrections.sum() == pytest.approx(1.0)


def test_shares_below_zero_come_back_to_the_simplex():
    got = on_simplex(np.array([-0.1, 0.3, 0.8]))
    assert got.sum() == pytest.approx(1.0, abs=1e-15)
    assert got[0] == pytest.approx(0.0001 / 1.1001)
    assert got[2] / got[1] == pytest.approx(8 / 3)
    inside = np.array([0.2, 0.3, 0.5])
    assert on_simplex(inside) == pytest.approx(inside, abs=1e-16)


def test_without_invited_silent_customers_the_never_invited_make_the_estimate():
    drawn = population(800, np.random.default_rng(8), invitation=(0.0, 0.5))
    kept = ~(drawn.silent & drawn.invited)
    sample = Sample(
        *(each[kept] for each in (drawn.sample.classes, drawn.invited, drawn.drivers)), np.ones(kept.sum())
    )
    model = SelectionModel(-30.0, np.zeros(1), ZEROS)
    got = estimate_point(drawn.probabilities[kept], sample, model)
    assert got.shares.sum() == pytest.approx(1.0)
    assert np.abs(got.shares - drawn.probabilities[~drawn.invited].mean(axis=0)).max() < 0.1


def errors_of(n: int, data_sets: int, *, invitation: tuple[float, float] | None, miss: bool = False) -> Floats:
    found = []
    for seed in range(data_sets):
        drawn = population(n, np.random.default_rng(seed), invitation=invitation)
        selection = select(drawn.probabilities, drawn.sample, prior_sd=np.inf)
        if miss:  # right odds, wrong outcome model
            selection = SelectionModel(0.3, np.array([0.7]), GAMMA)
            drawn = replace(drawn, probabilities=np.full_like(drawn.probabilities, 1 / 3))
        found.append(estimate_point(drawn.probabilities, drawn.sample, selection).nps - drawn.nps_silent)
    return np.array(found)


@pytest.mark.parametrize("invitation", [None, (0.3, 0.8)])
def test_with_the_true_outcome_model_the_estimate_is_right(invitation: tuple[float, float] | None):
    # False alarm 0.5 % each: a t test on 40 data sets; missing at random would be off by some 19 points.
    errors = errors_of(8000, 40, invitation=invitation)
    assert errors.std() / 40**0.5 < 1.0
    assert ttest_1samp(errors, 0.0).pvalue > 0.005


def test_with_the_true_odds_a_wrong_outcome_model_does_no_harm():
    # False alarm 0.5 %: the other half of double robustness.
    errors = errors_of(8000, 40, invitation=None, miss=True)
    assert errors.std() / 40**0.5 < 1.0
    assert ttest_1samp(errors, 0.0).pvalue > 0.005


def test_the_never_invited_are_right_whatever_drives_the_invitation_if_the_outcome_model_is():
    # Invited by the shadow, which the invitation's odds do not see: the law must do it. False alarm 0.5 %.
    errors = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        drawn = population(8000, rng)
        shadow = np.log(drawn.probabilities[:, 0] / drawn.probabilities[:, 1])
        asked = rng.random(8000) < expit(0.5 + 0.5 * shadow)
        reached = replace(drawn, invited=asked, silent=drawn.silent | ~asked)
        selection = SelectionModel(0.3, np.array([0.7]), GAMMA)
        got = estimate_point(reached.probabilities, reached.sample, selection)
        errors.append(got.nps - reached.nps_silent)
    assert np.std(errors) / 40**0.5 < 0.5
    assert ttest_1samp(errors, 0.0).pvalue > 0.005


def test_an_invitation_that_begins_from_an_earlier_fit_ends_where_it_did():
    drawn = population(3000, np.random.default_rng(5), invitation=(0.5, 0.5))
    first = fit_invitation(drawn.sample)
    again = fit_invitation(drawn.sample, start=first)
    assert again.beta == pytest.approx(first.beta, abs=1e-4)
    selection = select(drawn.probabilities, drawn.sample, prior_sd=0.5)
    point = estimate_point(drawn.probabilities, drawn.sample, selection)
    other = estimate_point(drawn.probabilities, drawn.sample, selection, start=point)
    assert other.nps == pytest.approx(point.nps, abs=1e-3)
