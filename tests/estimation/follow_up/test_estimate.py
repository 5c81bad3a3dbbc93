"""The follow-up sample: numbers of other programs, the census, calls without an answer."""

from __future__ import annotations

import numpy as np
import pytest
from called_population import MODELS, ZEROS, drawn
from populations import softmax
from scipy import stats

from silentnps.errors import DataError
from silentnps.estimation.follow_up.estimate import FollowUpEstimate, follow_up_estimate
from silentnps.numerics.nps import CLASS_VALUES
from silentnps.outcome.survey_data import FollowUp

ADDED_SQUARES = 15_000.0  # Rocks' three cases: (3/4 + 3/4) * 100^2


def estimate(seed: int, **options: float) -> FollowUpEstimate:
    law, log_odds, _, follow_up = drawn(seed, **options)
    return follow_up_estimate(law, log_odds, follow_up)


# --- numbers of other programs ----------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["flat", "reversed"])
def test_a_worthless_model_is_left_out_the_mean_of_the_calls_remains(model: str):
    law, log_odds, classes, follow_up = drawn(0)
    got = follow_up_estimate(MODELS[model](law), log_odds, follow_up)
    values = CLASS_VALUES[classes[follow_up.called]]
    m, n = len(values), len(law)
    variance = (1 - m / n) * (((values - values.mean()) ** 2).sum() + ADDED_SQUARES) / ((m + 1) * m)
    assert got.power == 0.0
    assert got.silent.value == pytest.approx(values.mean(), abs=1e-9)
    assert got.silent.standard_error == pytest.approx(variance**0.5, rel=1e-12)
    half = stats.t.ppf(0.975, m - 2) * variance**0.5
    assert got.silent.high - got.silent.value == pytest.approx(half, rel=1e-12)


def test_full_power_is_classic_prediction_powered_inference():
    # Probabilities drawn half way to 1/3: the least-squares coefficient is about 2, the power is cut to 1.
    law, log_odds, classes, follow_up = drawn(1)
    dull = (law + 1 / 3) / 2
    got = follow_up_estimate(dull, log_odds, follow_up)
    expected, called = dull @ CLASS_VALUES, follow_up.called
    classic = expected.mean() + (CLASS_VALUES[classes[called]] - expected[called]).mean()
    assert got.power == 1.0
    assert got.silent.value == pytest.approx(classic, abs=1e-9)
    shares = dull.mean(axis=0) + (np.eye(3)[classes[called]] - dull[called]).mean(axis=0)
    assert got.shares == pytest.approx(shares, abs=1e-12)


def test_between_them_it_is_the_regression_estimate():
    # Least squares by numpy: the fitted line at the mean of all silent customers, and its residual sum of squares.
    law, log_odds, classes, follow_up = drawn(2)
    sure = MODELS["too sure"](law)
    got = follow_up_estimate(sure, log_odds, follow_up)
    expected, values = sure @ CLASS_VALUES, CLASS_VALUES[classes[follow_up.called]]
    line = np.polynomial.Polynomial.fit(expected[follow_up.called], values, 1, full=True)
    m, n = len(values), len(law)
    squares = float(line[1][0][0]) + ADDED_SQUARES
    assert 0.5 < got.power < 1.0
    assert got.power == pytest.approx(line[0].convert().coef[1], rel=1e-9)
    assert got.silent.value == pytest.approx(line[0](expected.mean()), abs=1e-8)
    assert got.silent.standard_error == pytest.approx(((1 - m / n) * squares / ((m + 1) * m)) ** 0.5, rel=1e-9)


def test_ppi_python_gives_the_same_number():
    # Its unlabelled rows are those not called; its coefficient is then power * (1 - m / N).
    ppi = pytest.importorskip("ppi_py")
    law, log_odds, classes, follow_up = drawn(2)
    sure = MODELS["too sure"](law)
    got = follow_up_estimate(sure, log_odds, follow_up)
    expected, called = sure @ CLASS_VALUES, follow_up.called
    arrays = (CLASS_VALUES[classes[called]], expected[called], expected[~called])
    theirs = ppi.ppi_mean_pointestimate(*arrays, lam=got.power * (1 - called.mean()))
    assert got.silent.value == pytest.approx(float(np.squeeze(theirs)), abs=1e-9)
    tuned = ppi.ppi_mean_pointestimate(*arrays)  # their own tuning takes the variance from all rows
    assert got.silent.value == pytest.approx(float(np.squeeze(tuned)), abs=0.5)


def test_alike_customers_without_an_answer_are_like_those_with_one():
    # A flat law, one driver value, no selection by satisfaction: shares of all are those of the answers.
    classes = np.repeat([0, 1, 2, -1], [20, 12, 28, 40])
    follow_up = FollowUp(np.ones(100, dtype=np.bool_), classes)
    got = follow_up_estimate(np.full((100, 3), 1 / 3), np.zeros(100), follow_up, prior_sd=1e-6)
    assert got.shares == pytest.approx([20 / 60, 12 / 60, 28 / 60], abs=1e-6)
    assert (got.n_called, got.n_answered) == (100, 60)
    assert got.gamma == pytest.approx(ZEROS, abs=1e-6)


# --- identities -------------------------------------------------------------------------------------------------


def test_calling_everybody_is_a_census():
    law, log_odds, classes, _ = drawn(3, n=500)
    got = follow_up_estimate(MODELS["shifted"](law), log_odds, FollowUp(np.ones(500, dtype=np.bool_), classes))
    assert got.shares == pytest.approx(np.bincount(classes) / 500, abs=1e-12)
    assert got.silent.low == got.silent.value == got.silent.high
    assert got.silent.n == 500
    assert got.gamma is None


@pytest.mark.parametrize("rate", [1.0, 0.5])
def test_swapping_detractors_and_promoters_negates_nps(rate: float):
    law, log_odds, _, follow_up = drawn(4, rate=rate)
    swapped = FollowUp(follow_up.called, np.where(follow_up.classes >= 0, 2 - follow_up.classes, -1))
    one = follow_up_estimate(law, log_odds, follow_up)
    other = follow_up_estimate(law[:, ::-1], log_odds, swapped)
    assert one.silent.value == pytest.approx(-other.silent.value, abs=1e-4)
    assert one.shares == pytest.approx(other.shares[::-1], abs=1e-6)


def test_shares_add_up_to_the_estimate():
    for rate in (1.0, 0.5):
        got = estimate(5, rate=rate)
        assert got.shares.sum() == pytest.approx(1.0, abs=1e-12)
        assert got.shares @ CLASS_VALUES == pytest.approx(got.silent.value, abs=1e-12)


def test_customers_who_were_not_called_count_by_their_law_only():
    law, log_odds, _, follow_up = drawn(6, rate=0.5)
    other = np.where(follow_up.called, log_odds, 99.0)
    got, same = (follow_up_estimate(law, odds, follow_up) for odds in (log_odds, other))
    assert got.silent == same.silent


# --- corners and options ----------------------------------------------------------------------------------------


def test_answers_of_one_class_leave_doubt():
    # Exactly: ten of ten promoters are one in twenty where 74 % are promoters.
    classes = np.append(np.full(10, 2), np.full(490, -1))
    follow_up = FollowUp(np.arange(500) < 10, classes)
    got = follow_up_estimate(np.full((500, 3), 1 / 3), np.zeros(500), follow_up).silent
    assert got.value == pytest.approx(100.0)
    assert 65 < got.low < 85


def test_a_class_that_the_law_rules_out_is_found_by_the_calls():
    law, log_odds, classes, follow_up = drawn(7, rate=0.5)
    blind = law * [1.0, 0.0, 1.0]
    got = follow_up_estimate(blind / blind.sum(axis=1, keepdims=True), log_odds, follow_up)
    assert got.shares[1] == pytest.approx((classes == 1).mean(), abs=0.1)


def test_a_law_that_is_sure_and_wrong_does_no_harm():
    rng = np.random.default_rng(0)
    law = softmax(8.0 * rng.normal(size=(400, 3)))
    classes = np.where(np.arange(400) < 12, rng.integers(0, 3, 400), -1)
    got = follow_up_estimate(law, 5.0 * rng.normal(size=400), FollowUp(np.arange(400) < 30, classes)).silent
    assert 40 < got.high - got.low <= 200


def test_without_an_answer_of_most_the_interval_is_wider():
    all_answer, some = estimate(8, n=20_000, m=300), estimate(8, n=20_000, m=600, rate=0.5)
    assert abs(some.n_answered - 300) < 60
    assert some.silent.standard_error > 1.1 * all_answer.silent.standard_error


def test_same_random_state_same_interval_another_one_moves_the_bounds_only():
    law, log_odds, _, follow_up = drawn(8, rate=0.5)
    one, again, other = (follow_up_estimate(law, log_odds, follow_up, random_state=k) for k in (0, 0, 1))
    assert one.silent == again.silent
    assert one.silent.value == other.silent.value
    assert one.silent.low != other.silent.low


@pytest.mark.slow
def test_a_wider_prior_and_a_higher_level_widen_the_interval():
    law, log_odds, _, follow_up = drawn(9, rate=0.5)
    errors = [follow_up_estimate(law, log_odds, follow_up, prior_sd=sd).silent.standard_error for sd in (0.01, 1)]
    assert errors[1] > 1.2 * errors[0]
    narrow, wide = (follow_up_estimate(law, log_odds, follow_up, confidence_level=p).silent for p in (0.8, 0.99))
    assert narrow.high - narrow.low < wide.high - wide.low
    assert wide.confidence_level == 0.99


# --- bad input --------------------------------------------------------------------------------------------------


def test_nine_answers_are_too_few_and_ten_are_not():
    law, log_odds, _, follow_up = drawn(0, m=10)
    follow_up_estimate(law, log_odds, follow_up)
    fewer = follow_up.classes.copy()
    fewer[np.flatnonzero(follow_up.called)[0]] = -1
    with pytest.raises(DataError, match=r"at least 10 ratings .*; got 9\. Call more"):
        follow_up_estimate(law, log_odds, FollowUp(follow_up.called, fewer))


def test_arrays_of_other_customers_are_refused():
    law, log_odds, _, follow_up = drawn(0)
    with pytest.raises(DataError, match="one row per silent customer; got 2000 rows for 1999"):
        follow_up_estimate(law[1:], log_odds[1:], follow_up)
    with pytest.raises(DataError, match="answers of called customers only"):
        follow_up_estimate(law, log_odds, FollowUp(np.zeros(2000, dtype=np.bool_), follow_up.classes))


def test_a_called_customer_who_answered_the_survey_is_refused():
    follow_up = FollowUp(np.array([True, False, True]), np.array([2, -1, -1]))
    kept = follow_up.among(np.array([True, False, True]))
    assert kept.classes.tolist() == [2, -1]
    with pytest.raises(DataError, match="silent customers of the wave; got 1 who are not"):
        follow_up.among(np.array([True, True, False]))
