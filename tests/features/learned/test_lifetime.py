"""BG/NBD against its authors' numbers, another program, a simulation and a sum by brute force."""

from __future__ import annotations

import itertools
import json
import warnings
from dataclasses import asdict, replace

import numpy as np
import pytest
from cdnow import cdnow, tenth_of_cdnow
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from silentnps.errors import ModelError
from silentnps.features.learned.lifetime import (
    LifetimeParameters,
    expected_orders,
    fit_lifetime,
    log_likelihood,
    probability_alive,
)
from silentnps.features.learned.likelihood import MAX_ROWS

PUBLISHED = LifetimeParameters(r=0.243, alpha=4.414, a=0.793, b=2.426, n=2357, log_likelihood=-9582.4)


def simulated(rng: np.random.Generator, parameters: LifetimeParameters, *, days: float) -> list[float]:
    """Days of the repeat orders of one customer."""
    rate, leave = rng.gamma(parameters.r, 1 / parameters.alpha), rng.beta(parameters.a, parameters.b)
    orders: list[float] = []
    now = rng.exponential(1 / rate)
    while now < days:
        orders.append(now)
        now = days if rng.uniform() < leave else now + rng.exponential(1 / rate)
    return orders


def logs_of(parameters: LifetimeParameters) -> np.ndarray:
    return np.log([parameters.r, parameters.alpha, parameters.a, parameters.b])


def test_the_authors_tenth_of_cdnow_gives_the_published_parameters():
    # Fader, Hardie and Lee (2005), table 2: 0.243, 4.414, 0.793, 2.426 at -9582.4. More digits: lifetimes 0.11.3,
    # BetaGeoFitter().fit(frequency, recency, age).params_
    data = tenth_of_cdnow()
    got = fit_lifetime(data.frequency, data.recency, data.age)
    parameters = [got.r, got.alpha, got.a, got.b]
    assert parameters == pytest.approx([0.243, 4.414, 0.793, 2.426], abs=1e-3)
    assert parameters == pytest.approx([0.24259293, 4.41353227, 0.79288597, 2.42575238], rel=1e-5)
    assert got.log_likelihood == pytest.approx(-9582.4, abs=0.05)


def test_lifetimes_itself_agrees_for_every_customer():
    data = tenth_of_cdnow()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it sets an option that pandas 3 has deprecated
        fitter = pytest.importorskip("lifetimes").BetaGeoFitter().fit(data.frequency, data.recency, data.age)
        history = data.frequency, data.recency, data.age
        alive = fitter.conditional_probability_alive(*history)
        orders = fitter.conditional_expected_number_of_purchases_up_to_time(39, *history)
    r, alpha, a, b = fitter.params_
    theirs = LifetimeParameters(r=r, alpha=alpha, a=a, b=b, n=2357, log_likelihood=0.0)
    assert probability_alive(theirs, *history) == pytest.approx(np.asarray(alive), rel=1e-9)
    assert expected_orders(theirs, *history, days=39) == pytest.approx(np.asarray(orders), rel=1e-9)


def test_the_whole_of_cdnow_as_lifetimes_fits_it():
    # lifetimes 0.11.3: BetaGeoFitter().fit(frequency, recency, age).params_
    data = cdnow()
    got = fit_lifetime(data.frequency, data.recency, data.age)
    wanted = [0.25162401, 4.78894517, 0.72343304, 2.16108698]
    assert [got.r, got.alpha, got.a, got.b] == pytest.approx(wanted, rel=1e-5)


def test_expected_orders_and_probability_alive_as_lifetimes_computes_them():
    # lifetimes 0.11.3, parameters as above, conditional_expected_number_of_purchases_up_to_time(39, ...)
    # and conditional_probability_alive.
    fitted = LifetimeParameters(r=0.25162401, alpha=4.78894517, a=0.72343304, b=2.16108698, n=1, log_likelihood=0.0)
    data = ([0, 1, 5, 30], [0.0, 2.0, 20.0, 38.0], [38.0, 38.0, 25.0, 38.5])
    wanted = [0.20369559, 0.22422544, 3.99267317, 20.78925487]
    assert expected_orders(fitted, *data, days=39) == pytest.approx(wanted, rel=1e-6)
    assert probability_alive(fitted, *data) == pytest.approx([1, 0.22972557, 0.76442047, 0.96806104], rel=1e-6)


def test_the_authors_workbook_expects_1_226_orders_in_39_weeks():
    assert expected_orders(PUBLISHED, [2], [30.43], [38.86], days=39) == pytest.approx([1.226], abs=5e-4)


@pytest.fixture(scope="module")
def truth() -> LifetimeParameters:
    return LifetimeParameters(r=0.8, alpha=60.0, a=0.9, b=3.0, n=0, log_likelihood=0.0)


def test_a_simulated_base_gives_back_its_parameters_and_its_future(truth):
    # Each bound is five standard errors, so a false alarm has a rate below 1e-5.
    rng, n = np.random.default_rng(0), 6000
    paths = [simulated(rng, truth, days=730.0) for _ in range(n)]
    past = [[day for day in path if day < 365] for path in paths]
    data = [len(path) for path in past], [max(path, default=0.0) for path in past], np.full(n, 365.0)
    fitted = fit_lifetime(*data)
    assert fitted.r / fitted.alpha == pytest.approx(truth.r / truth.alpha, rel=0.25)
    assert fitted.a / (fitted.a + fitted.b) == pytest.approx(truth.a / (truth.a + truth.b), rel=0.25)
    future = np.array([len(path) for path in paths]) - data[0]
    for parameters in (truth, fitted):
        error = future - expected_orders(parameters, *data, days=365)
        assert abs(error.mean()) < 5 * error.std() / np.sqrt(n)


def test_a_simulated_base_gives_back_each_parameter_within_its_standard_error(truth):
    # 4.5 standard errors of the logarithms, from the outer product of the gradients: a false alarm is below 3e-5.
    rng, n = np.random.default_rng(4), 6000
    paths = [simulated(rng, truth, days=365.0) for _ in range(n)]
    data = np.array([[len(path), max(path, default=0.0), 365.0] for path in paths])
    fitted = logs_of(fit_lifetime(*data.T))
    gradients = log_likelihood(fitted, data)[1]
    standard_errors = np.sqrt(np.diag(np.linalg.inv(gradients.T @ gradients)))
    assert (standard_errors < 0.3).all()
    assert (np.abs(fitted - logs_of(truth)) < 4.5 * standard_errors).all()


HISTORIES = np.array(
    [[0, 0, 30], [1, 1, 1], [1, 5, 40], [2, 20, 30], [40, 390, 400], [900, 880, 1000]], dtype=float
)


@settings(deadline=None, derandomize=True)
@given(st.tuples(*[st.floats(-5, 5)] * 4))
def test_the_gradient_is_that_of_finite_differences(logs):
    logs = np.array(logs)
    values, gradients = log_likelihood(logs, HISTORIES)
    for k, step in enumerate(1e-5 * np.eye(4)):
        up, down = (log_likelihood(logs + side, HISTORIES)[0] for side in (step, -step))
        np.testing.assert_allclose(gradients[:, k], (up - down) / 2e-5, rtol=1e-5, atol=1e-7 * np.abs(values).max())


def test_the_fit_is_a_maximum_that_no_small_step_improves():
    data = np.repeat(HISTORIES, [50, 5, 10, 10, 3, 1], axis=0)
    best = fit_lifetime(*data.T)
    for step in np.vstack([np.eye(4), -np.eye(4)]) * 0.01:
        assert log_likelihood(logs_of(best) + step, data)[0].sum() < best.log_likelihood


def test_the_fit_does_not_depend_on_the_unit_of_time(truth):
    rng = np.random.default_rng(1)
    paths = [simulated(rng, truth, days=365.0) for _ in range(800)]
    frequency, recency = [len(path) for path in paths], np.array([max(path, default=0.0) for path in paths])
    days = fit_lifetime(frequency, recency, np.full(800, 365.0))
    weeks = fit_lifetime(frequency, recency / 7, np.full(800, 365.0 / 7))
    assert [weeks.r, weeks.alpha * 7, weeks.a, weeks.b] == pytest.approx(
        [days.r, days.alpha, days.a, days.b], rel=1e-4
    )


def test_customers_without_an_order_are_left_out_of_the_fit_and_stay_unknown():
    data = np.array([[2, 20, 30], [0, 0, 30], [1, 5, 40], [4, 25, 60]], dtype=float)
    unknown = np.vstack([data, np.full((2, 3), np.nan)])
    assert fit_lifetime(*unknown.T) == fit_lifetime(*data.T)
    assert np.isnan(expected_orders(PUBLISHED, *unknown.T, days=30)).tolist() == [False] * 4 + [True] * 2
    assert np.isnan(probability_alive(PUBLISHED, *unknown.T)).tolist() == [False] * 4 + [True] * 2


def test_a_customer_without_an_order_is_not_taken_for_alive():
    # Their count of repeat days is 0, as that of those with one order, but there is no age.
    assert np.isnan(probability_alive(PUBLISHED, [0], [np.nan], [np.nan])).all()
    assert np.isnan(expected_orders(PUBLISHED, [0], [np.nan], [np.nan], days=30)).all()


def test_a_large_base_is_sampled_by_rng_alone():
    data = np.tile(np.array([[2, 20, 30], [0, 0, 30], [1, 5, 40], [4, 25, 60]], dtype=float), (50, 1))
    fits = [fit_lifetime(*data.T, rng=np.random.default_rng(seed), max_rows=60) for seed in (1, 1, 2)]
    assert fits[0] == fits[1] != fits[2]
    assert fits[0].n == 60
    with pytest.raises(ModelError, match="rng"):
        fit_lifetime(*data.T, max_rows=60)


def test_up_to_100_000_customers_are_all_fitted():
    assert MAX_ROWS == 100_000
    assert fit_lifetime(*np.tile(HISTORIES[:4], (500, 1)).T).n == 2000


def test_more_days_bring_more_orders_and_none_bring_none():
    none, month, year = (expected_orders(PUBLISHED, [2], [30.43], [38.86], days=days)[0] for days in (0, 4, 52))
    assert none == pytest.approx(0, abs=1e-12)
    assert 0 < month < year


def test_parameters_go_through_json():
    assert LifetimeParameters(**json.loads(json.dumps(asdict(PUBLISHED)))) == PUBLISHED


def test_expected_orders_are_continuous_where_the_formula_is_zero_over_zero():
    below, at, above = (
        expected_orders(replace(PUBLISHED, a=a), [2], [30.43], [38.86], days=39)[0] for a in (0.999, 1.0, 1.001)
    )
    assert below > at > above
    assert below - above < 0.01


def test_a_very_frequent_customer_has_the_expectation_of_the_integral():
    # Alive, with rate and p known, (1 - exp(-p * rate * t)) / p orders are expected; the rate of so frequent a
    # customer is known, and p has a beta distribution (a, b + x).
    rate = (PUBLISHED.r + 5000) / (PUBLISHED.alpha + 38.5)
    leaves = beta(PUBLISHED.a, PUBLISHED.b + 5000)
    wanted = leaves.expect(lambda p: -np.expm1(-p * rate * 39) / p, lb=0, ub=0.01, epsabs=1e-6)
    assert expected_orders(PUBLISHED, [5000], [38.4999], [38.5], days=39)[0] == pytest.approx(wanted, rel=1e-3)


def test_half_a_week_of_silence_is_the_end_of_a_very_frequent_customer():
    assert probability_alive(PUBLISHED, [5000, 5000], [38.4999, 38.0], [38.5, 38.5]) == pytest.approx(
        [1, 0], abs=1e-3
    )


def test_a_base_without_a_repeat_order_is_refused():
    with pytest.raises(ModelError, match="repeat order"):
        fit_lifetime([0, 0], [0, 0], [10, 20])


def mean_over_p(parameters: LifetimeParameters, x: float, t: float, days: float) -> float:
    """The expectation of one who is alive, by scipy's integral over the probability to leave."""
    shape, periods = parameters.r + x, days / (parameters.alpha + t)
    return beta(parameters.a, parameters.b + x).expect(lambda p: -np.expm1(-shape * np.log1p(p * periods)) / p)


@pytest.mark.parametrize(
    ("parameters", "x"),
    [
        (replace(PUBLISHED, a=1.0), 3),
        (replace(PUBLISHED, a=1.00001), 0),
        (replace(PUBLISHED, a=0.6, b=0.4), 0),  # a + b + x = 1: the closed form is 0 times infinity
        (replace(PUBLISHED, a=900.0, b=3000.0), 2),
        (replace(PUBLISHED, r=2e6, alpha=4e7, a=0.9, b=0.8), 5),
    ],
)
def test_where_the_closed_form_fails_expected_orders_are_the_integral(parameters, x):
    alive = probability_alive(parameters, [x], [300.0], [300.0])
    got = expected_orders(parameters, [x], [300.0], [300.0], days=90)
    assert got / alive == pytest.approx([mean_over_p(parameters, x, 300.0, 90)], rel=1e-6)


def test_no_parameters_within_the_bounds_give_an_unknown_expectation():
    # At most the orders of a customer who never leaves, and never NaN.
    history = np.array([[0, 0, 0], [0, 0, 300], [1, 20, 20], [7, 600, 700], [400, 990, 1000]], dtype=float)
    for r, alpha, a, b in itertools.product(np.exp([-15.0, -2.0, 0.0, 6.0, 15.0]), repeat=4):
        parameters = LifetimeParameters(r=r, alpha=alpha, a=a, b=b, n=1, log_likelihood=0.0)
        got = expected_orders(parameters, *history.T, days=365)
        most = (r + history[:, 0]) / (alpha + history[:, 2]) * 365
        assert ((got >= 0) & (got <= most * (1 + 1e-6))).all(), parameters


@pytest.mark.parametrize(
    "history",
    [
        [[3, 30, 30], [5, 50, 50], [1, 10, 10], [2, 20, 20]],  # nobody leaves, and all order at one rate
        [[1, 1, 500], [1, 1, 500], [0, 0, 500]],  # everybody leaves at once
        [[1, 7, 7]],
        [[4000, 1000, 1000], [0, 0, 1]],
    ],
)
def test_degenerate_bases_have_finite_parameters_and_features(history):
    data = np.array(history, dtype=float)
    fitted = fit_lifetime(*data.T)
    assert np.isfinite(logs_of(fitted)).all()
    assert np.isfinite(expected_orders(fitted, *data.T, days=365)).all()
    assert np.isfinite(probability_alive(fitted, *data.T)).all()
