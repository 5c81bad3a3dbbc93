"""The number of calls: the promise in new simulations, the closed form where all answer, what cannot be reached."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from called_population import drawn, silent_customers
from scipy import stats

from silentnps.errors import DataError
from silentnps.estimation.follow_up import call_plan as module
from silentnps.estimation.follow_up.call_plan import CallPlan, Prospect, plan_calls
from silentnps.estimation.follow_up.estimate import FEWEST_ANSWERED_CALLS, estimate_of_calls
from silentnps.estimation.follow_up.second_stage import Calls
from silentnps.numerics.nps import CLASS_VALUES

GAMMA = np.array([0.3, 0.0, -0.3])


def prospect(n: int = 2000, *, answer_rate: float = 1.0, standard_error: float = 3.0) -> Prospect:
    law, log_odds, _ = silent_customers(n, np.random.default_rng(0))
    return Prospect(law, log_odds, standard_error, GAMMA, answer_rate)


@pytest.fixture(scope="module")
def some_answer() -> CallPlan:
    """Return a plan where half answer, with as many simulations as users get but cheaper ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_REPLICATES", 20)
        return plan_calls(prospect(4000, answer_rate=0.5), width=20.0)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SIMULATIONS", 4)
    monkeypatch.setattr(module, "_REPLICATES", 6)


def widths(m: int, *, n: int, rate: float, seeds: int, replicates: int = 40) -> np.ndarray:
    """Return the widths of follow-ups of m among n silent customers, in a simulation other than the plan's."""
    found = []
    for seed in range(1000, 1000 + seeds):
        law, log_odds, _, follow_up = drawn(seed, n=n, m=m, rate=rate, gamma=GAMMA)
        called = follow_up.called
        calls = Calls(law[called], log_odds[called], follow_up.classes[called], law.mean(axis=0), n)
        got = estimate_of_calls(
            calls,
            prior_sd=0.5,
            confidence_level=0.95,
            rng=np.random.default_rng(seed),
            replicates=replicates,
        ).silent
        found.append(got.high - got.low)
    return np.array(found)


# --- the promise ------------------------------------------------------------------------------------------------


def test_if_all_answer_the_planned_calls_keep_the_width_and_fewer_do_not():
    calls = plan_calls(prospect(), width=15.0).calls
    assert (widths(calls, n=2000, rate=1.0, seeds=200) <= 15.0).mean() > 0.65
    assert (widths(round(0.85 * calls), n=2000, rate=1.0, seeds=200) <= 15.0).mean() < 0.2


@pytest.mark.slow
def test_if_half_answer_the_planned_calls_keep_the_width_and_fewer_do_not(some_answer: CallPlan):
    # Exact binomial test at 1 %: 25 follow-ups that keep it in 80 of 100 cases.
    kept = int((widths(some_answer.calls, n=4000, rate=0.5, seeds=25) <= 20.0).sum())
    assert stats.binom.cdf(kept, 25, 0.8) > 0.01
    assert (widths(some_answer.calls // 2, n=4000, rate=0.5, seeds=10) <= 20.0).mean() < 0.2


def test_where_all_answer_the_number_is_that_of_the_formula():
    # Width 2 t sqrt((1 / m - 1 / N) s^2) with s^2 the law's own variance: solved for m.
    law = prospect().law
    own = float((law @ CLASS_VALUES**2 - (law @ CLASS_VALUES) ** 2).mean())
    got = plan_calls(prospect(), width=10.0).calls
    m = 1 / (1 / 2000 + (10 / (2 * stats.t.ppf(0.975, got - 2))) ** 2 / own)
    assert got == pytest.approx(m, rel=0.08)


def test_the_table_leads_to_the_number(some_answer: CallPlan):
    table = some_answer.table
    assert table["calls"].tolist() == [80 * 2**k for k in range(len(table))]
    assert table["answers"].tolist() == [40 * 2**k for k in range(len(table))]
    assert (table["width_median"] <= table["width_p80"]).all()
    assert table["width_p80"].is_monotonic_decreasing
    assert table["width_p80"].iloc[-2] > 20.0 >= table["width_p80"].iloc[-1]
    assert table["calls"].iloc[-2] < some_answer.calls <= table["calls"].iloc[-1]
    assert some_answer.answers == round(some_answer.calls * 0.5)
    assert some_answer.width_of_all is None
    assert table["width_median"].iloc[-1] <= some_answer.width_expected <= 20.0


def test_between_two_numbers_the_squared_width_is_linear_in_the_inverse():
    # 100 calls: 40; 200 calls: 20. Of squared widths 1600 and 400, 900 is 5 / 12 of the way up from 1 / 200 to
    # 1 / 100: 1 / m = (1 + 5 / 12) / 200, m = 141.2.
    law = prospect()
    # The median goes the same 100 / 142 of the way: 900 of 400 and 1600 less a quarter each.
    table = module.pd.DataFrame(
        {"calls": [100, 200], "answers": [50, 100], "width_median": [1200**0.5, 300**0.5], "width_p80": [40, 20]}
    )
    got = module._plan(replace(law, answer_rate=0.5), table, 30.0)
    assert got.calls == 142
    assert got.width_expected == pytest.approx(675**0.5, rel=0.01)


@pytest.mark.parametrize("varies", [0.0, 0.3])
def test_variances_of_few_replicates_are_spread_as_those_of_many(varies: float):
    # 4,000 variances, each of 40 normal draws and of 200: the same median and quantiles, to three standard errors.
    rng = np.random.default_rng(0)
    true = np.exp(varies * rng.normal(size=4000))
    few, many = (true * rng.chisquare(r - 1, 4000) / (r - 1) for r in (40, 200))
    got = np.quantile(module.as_with_replicates(few, 40, 200), [0.2, 0.5, 0.8])
    assert got == pytest.approx(np.quantile(many, [0.2, 0.5, 0.8]), rel=0.025)
    assert np.quantile(few, 0.8) > 1.02 * np.quantile(many, 0.8)


def test_variances_that_hardly_differ_become_one():
    assert np.ptp(module.as_with_replicates(np.array([4.0, 4.1, 4.2]), 20, 200)) == 0.0


# --- corners and options ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
def test_so_many_are_called_that_the_estimate_will_rest_on_them():
    calls = plan_calls(prospect(answer_rate=0.5), width=200.0).calls
    assert stats.binom.sf(FEWEST_ANSWERED_CALLS - 1, calls, 0.5) > 0.95


def test_if_all_answer_any_width_can_be_reached_by_calling_everybody():
    got = plan_calls(prospect(300), width=0.1)
    assert 295 < got.calls <= 300
    assert got.table["width_p80"].iloc[-1] == 0.0


@pytest.mark.usefixtures("quick")
def test_what_cannot_be_reached_is_said_with_the_width_of_calling_everybody():
    got = plan_calls(prospect(400, answer_rate=0.5), width=5.0)
    assert got.calls is None
    assert got.answers is None
    assert got.table["calls"].iloc[-1] == 400
    assert got.width_of_all == got.table["width_p80"].iloc[-1] > 5.0


@pytest.mark.usefixtures("quick")
def test_beyond_what_is_simulated_the_width_falls_with_the_root(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "_MOST_SIMULATED", 400)
    got = plan_calls(prospect(1600, answer_rate=0.5), width=1.0)
    assert got.table["calls"].tolist()[-2:] == [400, 1600]
    assert got.width_of_all == pytest.approx(got.table["width_p80"].iloc[-2] / 2)
    reached = plan_calls(prospect(1600, answer_rate=0.5), width=got.width_of_all * 1.25).calls
    assert reached == pytest.approx(1600 / 1.25**2, abs=2)


def test_a_call_that_nearly_everybody_answers_can_be_planned(monkeypatch: pytest.MonkeyPatch):
    # In most simulations of 41 calls all answer, and there are no replicates; in others one or two do not.
    monkeypatch.setattr(module, "_REPLICATES", 6)
    some, all_answer = (plan_calls(prospect(answer_rate=rate), width=60.0).table.iloc[0] for rate in (0.99, 1.0))
    assert some["width_median"] == pytest.approx(all_answer["width_median"], rel=0.1)


def test_the_rate_of_answers_is_the_wished_one():
    given = prospect(4000, answer_rate=0.3)
    rng = np.random.default_rng(0)
    _, classes = module._simulated(given, module._intercept(given), rng)
    assert stats.binomtest(int((classes >= 0).sum()), 4000, 0.3).pvalue > 0.001


def test_the_simulated_nps_is_as_uncertain_as_the_models():
    # 300 simulations: the standard deviation of NPS is that of the model and of the customers' own draws.
    given = prospect(4000, standard_error=6.0)
    values = [
        CLASS_VALUES[module._simulated(given, -np.inf, np.random.default_rng(k))[1]].mean() for k in range(300)
    ]
    wanted = (6.0**2 + module.own_draws_variance(given.law)) ** 0.5
    assert np.std(values) == pytest.approx(wanted, rel=0.12)  # three standard errors of 300


@pytest.mark.usefixtures("quick")
def test_every_option_moves_the_plan():
    def table(**options: float) -> list[float]:
        settings = {"width": 30.0, "prior_sd": 0.5, "confidence_level": 0.95, "random_state": 0} | options
        given = prospect(answer_rate=0.5, standard_error=settings.pop("standard_error", 3.0))
        return plan_calls(given, **settings).table["width_p80"].tolist()

    first = table()
    assert table() == first
    assert table(confidence_level=0.8)[0] < first[0] < table(prior_sd=2.0)[0]
    assert first[0] not in (table(random_state=1)[0], table(standard_error=20.0)[0])
    wider = table(width=60.0)
    assert wider == first[: len(wider)]
    assert len(wider) < len(first)


# --- bad input --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.0, -0.1, 1.1, np.nan])
def test_an_answer_rate_is_a_share_above_zero(rate: float):
    with pytest.raises(DataError, match="answer_rate must be above 0 and at most 1"):
        plan_calls(prospect(answer_rate=rate), width=10.0)


@pytest.mark.parametrize("width", [0.0, -3.0, 201.0, np.nan])
def test_a_width_is_in_points_and_above_zero(width: float):
    with pytest.raises(DataError, match="width must be above 0 and at most 200 points"):
        plan_calls(prospect(), width=width)


def test_too_few_silent_customers_are_refused():
    with pytest.raises(DataError, match=r"at least 30; got 60 silent at an answer rate of 0\.4"):
        plan_calls(prospect(60, answer_rate=0.4), width=50.0)
