"""Gamma-Gamma against its authors' numbers, another program, a simulation and its own identities."""

from __future__ import annotations

import json
import warnings
from dataclasses import asdict

import numpy as np
import pytest
from cdnow import cdnow, tenth_of_cdnow
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from silentnps.errors import ModelError
from silentnps.features.learned.spending import (
    MIN_ROWS,
    SpendingParameters,
    expected_amount,
    fit_spending,
    log_likelihood,
)

PUBLISHED = SpendingParameters(p=6.25, q=3.74, v=15.44, n=946, log_likelihood=-4055.9)


def logs_of(parameters: SpendingParameters) -> np.ndarray:
    return np.log([parameters.p, parameters.q, parameters.v])


def simulated(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Frequency, mean amount and the amount of the next order of n customers of PUBLISHED."""
    x = rng.integers(1, 8, n).astype(float)
    rate = rng.gamma(PUBLISHED.q, 1 / PUBLISHED.v, n)
    return x, rng.gamma(PUBLISHED.p * x, 1 / (rate * x)), rng.gamma(PUBLISHED.p, 1 / rate)


def test_the_authors_tenth_of_cdnow_gives_the_published_parameters():
    # Fader and Hardie (2013), section 5: p = 6.25, q = 3.74, v = 15.44. More digits: lifetimes 0.11.3,
    # GammaGammaFitter().fit(frequency, amount).params_ of the 946 customers with a repeat order
    data = tenth_of_cdnow()
    got = fit_spending(data.frequency, data.amount)
    assert got.n == 946
    assert [got.p, got.q, got.v] == pytest.approx([6.25, 3.74, 15.44], abs=0.01)
    assert [got.p, got.q, got.v] == pytest.approx([6.248802, 3.744588, 15.447748], rel=1e-5)
    assert got.log_likelihood == pytest.approx(-4055.923, abs=1e-3)


def test_lifetimes_itself_agrees_for_every_customer():
    data = tenth_of_cdnow()
    repeat = data[data.frequency > 0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it sets an option that pandas 3 has deprecated
        fitter = pytest.importorskip("lifetimes").GammaGammaFitter().fit(repeat.frequency, repeat.amount)
        wanted = fitter.conditional_expected_average_profit(data.frequency, data.amount)
    p, q, v = fitter.params_
    theirs = SpendingParameters(p=p, q=q, v=v, n=946, log_likelihood=0.0)
    assert expected_amount(theirs, data.frequency, data.amount) == pytest.approx(np.asarray(wanted), rel=1e-12)


def test_the_whole_of_cdnow_as_lifetimes_fits_it():
    # lifetimes 0.11.3: GammaGammaFitter().fit(frequency, amount).params_ of the 9450 customers with a repeat order
    # of a positive amount, and conditional_expected_average_profit
    data = cdnow()
    got = fit_spending(data.frequency, data.amount)
    assert got.n == 9450
    assert [got.p, got.q, got.v] == pytest.approx([6.27535859, 3.62445021, 14.98368896], rel=1e-5)
    assert got.log_likelihood == pytest.approx(-40763.47626, abs=1e-4)
    expected = expected_amount(got, [0, 1, 2, 5, 30], [np.nan, 10.0, 22.35, 80.0, 14.5])
    assert expected == pytest.approx([35.827702, 17.616289, 24.680884, 76.590478, 14.793231], rel=1e-6)


def test_a_simulated_base_gives_back_each_parameter_within_its_standard_error():
    # 4.5 standard errors of the logarithms, from the outer product of the gradients: a false alarm is below 3e-5.
    x, amount, _ = simulated(np.random.default_rng(0), 8000)
    fitted = logs_of(fit_spending(x, amount))
    gradients = log_likelihood(fitted, np.column_stack([x, amount]))[1]
    standard_errors = np.sqrt(np.diag(np.linalg.inv(gradients.T @ gradients)))
    assert (standard_errors < 0.15).all()
    assert (np.abs(fitted - logs_of(PUBLISHED)) < 4.5 * standard_errors).all()


def test_the_expected_amount_is_the_mean_of_the_next_order():
    # Five standard errors in each third of the own mean, so a false alarm has a rate below 1e-5.
    x, amount, following = simulated(np.random.default_rng(1), 60_000)
    error = following - expected_amount(PUBLISHED, x, amount)
    for third in np.array_split(np.argsort(amount), 3):
        assert abs(error[third].mean()) < 5 * error[third].std() / np.sqrt(len(third))


@settings(deadline=None, derandomize=True)
@given(st.tuples(*[st.floats(-5, 5)] * 3))
def test_the_gradient_is_that_of_finite_differences(logs):
    logs, data = np.array(logs), np.array([[1, 1.0], [1, 0.01], [3, 40.0], [200, 0.7], [2, 1e4]])
    values, gradients = log_likelihood(logs, data)
    for k, step in enumerate(1e-5 * np.eye(3)):
        up, down = (log_likelihood(logs + side, data)[0] for side in (step, -step))
        np.testing.assert_allclose(gradients[:, k], (up - down) / 2e-5, rtol=1e-5, atol=1e-7 * np.abs(values).max())


@pytest.mark.parametrize("x", [1, 4])
def test_the_likelihood_is_a_density_of_the_amount(x):
    def density(log_amount: float) -> float:
        amount = np.exp(log_amount)
        return float(np.exp(log_likelihood(logs_of(PUBLISHED), np.array([[x, amount]]))[0][0]) * amount)

    assert quad(density, -8, 14)[0] == pytest.approx(1, abs=1e-8)


def test_many_orders_give_the_customers_mean_and_none_that_of_the_base():
    p, q, v = PUBLISHED.p, PUBLISHED.q, PUBLISHED.v
    none, one, many = expected_amount(PUBLISHED, [0, 1, 1e7], [np.nan, 80.0, 80.0])
    assert none == pytest.approx(p * v / (q - 1))
    assert none < one < 80
    assert many == pytest.approx(80, rel=1e-6)


def test_the_fit_does_not_depend_on_the_currency():
    x, amount, _ = simulated(np.random.default_rng(2), 500)
    euro, cent = fit_spending(x, amount), fit_spending(x, 100 * amount)
    assert [cent.p, cent.q, cent.v] == pytest.approx([euro.p, euro.q, 100 * euro.v], rel=1e-6)
    assert expected_amount(cent, x, 100 * amount) == pytest.approx(100 * expected_amount(euro, x, amount), rel=1e-6)


def test_customers_without_a_repeat_order_or_amount_are_left_out_of_the_fit():
    x, amount, _ = simulated(np.random.default_rng(3), 200)
    more = np.concatenate([x, [0, 3, np.nan]]), np.concatenate([amount, [np.nan, 0.0, np.nan]])
    assert fit_spending(*more) == fit_spending(x, amount)
    expected = expected_amount(PUBLISHED, *more)
    assert np.isnan(expected).tolist() == [False] * 202 + [True]
    assert expected[-2] == pytest.approx(PUBLISHED.p * PUBLISHED.v / (3 * PUBLISHED.p + PUBLISHED.q - 1))


def test_a_large_base_is_sampled_by_rng_alone():
    x, amount, _ = simulated(np.random.default_rng(4), 400)
    fits = [fit_spending(x, amount, rng=np.random.default_rng(seed), max_rows=100) for seed in (1, 1, 2)]
    assert fits[0] == fits[1] != fits[2]
    assert fits[0].n == 100
    with pytest.raises(ModelError, match="rng"):
        fit_spending(x, amount, max_rows=100)


def test_too_few_repeat_buyers_are_refused():
    x, amount, _ = simulated(np.random.default_rng(5), MIN_ROWS)
    assert fit_spending(x, amount).n == MIN_ROWS
    with pytest.raises(ModelError, match=r"at least 10 customers .* got 9\. Leave the expected amounts out"):
        fit_spending(x[1:], amount[1:])
    with pytest.raises(ModelError, match="got 0"):
        fit_spending(x, 0 * amount)


def test_one_amount_for_all_is_refused():
    with pytest.raises(ModelError, match="got practically one amount"):
        fit_spending(np.arange(1, 101), np.full(100, 9.99))


def test_amounts_without_a_mean_are_refused():
    rng = np.random.default_rng(6)
    with pytest.raises(ModelError, match=r"a mean over customers \(q above 1\.1\); got q = 0\.\d+"):
        fit_spending(np.full(2000, 5), rng.pareto(0.7, 2000) + 0.01)


@pytest.mark.parametrize("spread", [0.03, 0.1, 1.0])
@pytest.mark.parametrize("n", [12, 500])
def test_nearly_degenerate_bases_have_finite_parameters_and_amounts(n, spread):
    # Customers who never vary (p without bound), and customers who are all alike (q without bound).
    rng = np.random.default_rng(7)
    x = rng.integers(1, 6, n).astype(float)
    for amount in (50 * rng.lognormal(0, spread, n), 50 * rng.gamma(x / spread**2, spread**2 / x)):
        fitted = fit_spending(x, amount)
        expected = expected_amount(fitted, x, amount)
        low, high = np.sort(np.append([amount.min(), amount.max()], expected_amount(fitted, [0], [0])))[[0, -1]]
        assert ((expected >= low * 0.999) & (expected <= high * 1.001)).all()


def test_parameters_go_through_json():
    assert SpendingParameters(**json.loads(json.dumps(asdict(PUBLISHED)))) == PUBLISHED
