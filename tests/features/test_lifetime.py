"""BG/NBD against its authors' numbers, another program, a simulation and a sum by brute force."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta

from silentnps.errors import ModelError
from silentnps.features.lifetime import LifetimeParameters, expected_orders, fit_lifetime, probability_alive

PUBLISHED = LifetimeParameters(r=0.243, alpha=4.414, a=0.793, b=2.426, n=2357, log_likelihood=-9582.4)
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
CDNOW = Path(os.environ.get("SILENTNPS_DATA", SHARED)) / "cdnow" / "transactions.parquet"


def cdnow() -> pd.DataFrame:
    """Frequency, recency and age in weeks at 1997-09-30, the end of the authors' calibration period."""
    if not CDNOW.exists():
        pytest.skip(f"{CDNOW} is not there")
    end = pd.Timestamp("1997-09-30")
    rows = pd.read_parquet(CDNOW)
    dates = rows[rows.date <= end].groupby("customer_id").date
    first, last = dates.min(), dates.max()
    weeks = {"recency": (last - first).dt.days / 7, "age": (end - first).dt.days / 7}
    return pd.DataFrame({"frequency": dates.nunique() - 1, **weeks})


def simulated(rng: np.random.Generator, parameters: LifetimeParameters, *, days: float) -> list[float]:
    """Days of the repeat orders of one customer."""
    rate, leave = rng.gamma(parameters.r, 1 / parameters.alpha), rng.beta(parameters.a, parameters.b)
    orders: list[float] = []
    now = rng.exponential(1 / rate)
    while now < days:
        orders.append(now)
        now = days if rng.uniform() < leave else now + rng.exponential(1 / rate)
    return orders


def test_the_whole_of_cdnow_as_lifetimes_fits_it():
    # lifetimes 0.11.3: BetaGeoFitter().fit(frequency, recency, age).params_
    data = cdnow()
    got = fit_lifetime(data.frequency, data.recency, data.age)
    wanted = [0.25162401, 4.78894517, 0.72343304, 2.16108698]
    assert [got.r, got.alpha, got.a, got.b] == pytest.approx(wanted, rel=1e-4)


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


def test_the_fit_does_not_depend_on_the_unit_of_time(truth):
    rng = np.random.default_rng(1)
    paths = [simulated(rng, truth, days=365.0) for _ in range(800)]
    frequency, recency = [len(path) for path in paths], np.array([max(path, default=0.0) for path in paths])
    days = fit_lifetime(frequency, recency, np.full(800, 365.0))
    weeks = fit_lifetime(frequency, recency / 7, np.full(800, 365.0 / 7))
    assert [weeks.r, weeks.alpha * 7, weeks.a, weeks.b] == pytest.approx(
        [days.r, days.alpha, days.a, days.b], rel=1e-3
    )


def test_customers_without_an_order_are_left_out_of_the_fit_and_stay_unknown():
    data = np.array([[2, 20, 30], [0, 0, 30], [1, 5, 40], [4, 25, 60]], dtype=float)
    unknown = np.vstack([data, np.full((2, 3), np.nan)])
    assert fit_lifetime(*unknown.T) == fit_lifetime(*data.T)
    assert np.isnan(expected_orders(PUBLISHED, *unknown.T, days=30)).tolist() == [False] * 4 + [True] * 2
    assert np.isnan(probability_alive(PUBLISHED, *unknown.T)).tolist() == [False] * 4 + [True] * 2


def test_a_large_base_is_sampled_by_rng_alone():
    data = np.tile(np.array([[2, 20, 30], [0, 0, 30], [1, 5, 40], [4, 25, 60]], dtype=float), (50, 1))
    fits = [fit_lifetime(*data.T, rng=np.random.default_rng(seed), max_rows=60) for seed in (1, 1, 2)]
    assert fits[0] == fits[1] != fits[2]
    assert fits[0].n == 60
    with pytest.raises(ModelError, match="rng"):
        fit_lifetime(*data.T, max_rows=60)


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
