"""The number of calls: what is expected and promised, in new simulations; closed forms; what cannot be reached."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from called_population import GAMMA, drawn, made, prospect
from scipy import stats

from silentnps.errors import DataError
from silentnps.estimation.follow_up import call_plan as module
from silentnps.estimation.follow_up import call_simulation
from silentnps.estimation.follow_up.call_plan import CallPlan, plan_calls
from silentnps.estimation.follow_up.estimate import FEWEST_ANSWERED_CALLS, estimate_of_calls
from silentnps.estimation.follow_up.second_stage import Calls
from silentnps.numerics.nps import CLASS_VALUES, SILENT
from silentnps.outcome.survey_data import FollowUp


@pytest.fixture(scope="module")
def some_answer() -> CallPlan:
    """Return a plan where half answer, with as many simulations as users get but cheaper ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_REPLICATES", 20)
        return plan_calls(prospect(4000, answer_rate=0.5), width=20.0, assurance=0.8)


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
    calls = plan_calls(prospect(), width=15.0, assurance=0.8).calls
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
    assert some_answer.width_assured == pytest.approx(20.0, rel=0.01)


@pytest.mark.parametrize(
    ("assured", "calls", "expected", "at_most"), [(True, 142, 675, 900), (False, 120, 900, 1200)]
)
def test_between_two_numbers_the_squared_width_is_linear_in_the_inverse(
    assured: bool, calls: int, expected: float, at_most: float
):
    # Squared widths kept with 0.8 are 1,600 after 100 calls, 400 after 200; medians 1,200 and 300, a quarter less.
    # 900 of 400 and 1,600 is 5 / 12 of the way up from 1 / 200 to 1 / 100: 1 / m = (1 + 5 / 12) / 200, m = 141.2.
    # Of the medians it is 2 / 3 of the way, 1 / m = (1 + 2 / 3) / 200, m = 120 calls.
    law = prospect()
    table = pd.DataFrame(
        {"calls": [100, 200], "answers": [50, 100], "width_median": [1200**0.5, 300**0.5], "width_p80": [40, 20]}
    )
    got = module._plan(replace(law, answer_rate=0.5), table, module._Aim(30.0, assured, 0.8))
    assert got.calls == calls
    assert got.width_expected == pytest.approx(expected**0.5, rel=0.01)
    assert got.width_assured == pytest.approx(at_most**0.5, rel=0.01)


# --- calls that were made already -------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
def test_calls_that_were_made_are_counted_and_enough_of_them_need_no_more():
    first = prospect(4000, answer_rate=0.5)
    for wanted in (25.0, 60.0):
        given = replace(first, made=made(4000, n_called=200))
        got = plan_calls(given, width=wanted)
        assert got.table["calls"].tolist() == [200 * 2**k for k in range(len(got.table))]
        assert got.table["answers"].iloc[0] == given.made.n_answered
        assert got.answers == given.made.n_answered + round((got.calls - 200) * 0.5)
        assert (got.calls == 200) == (wanted == 60.0)


@pytest.mark.usefixtures("quick")
def test_few_calls_are_added_to_until_the_estimate_can_rest_on_them():
    given = replace(prospect(4000, answer_rate=0.5), made=made(4000, n_called=20))
    got = plan_calls(given, width=200.0)
    assert got.calls == 20 + 2 * (40 - given.made.n_answered)
    assert got.answers == 40


@pytest.mark.slow
def test_half_way_the_number_is_told_from_the_calls_that_were_made(monkeypatch: pytest.MonkeyPatch):
    # 6 surveys: half of the calls of a first plan are made, a second plan says how many more, and these are made.
    # One width errs by 7 % (100 replicates) and by what its second plan errs (5 %): their median by about 5 %.
    monkeypatch.setattr(module, "_REPLICATES", 20)
    first, got = plan_calls(prospect(2000, answer_rate=0.5), width=25.0).calls, []
    for seed in range(1000, 1006):
        law, log_odds, _, everybody = drawn(seed, n=2000, m=2000, rate=0.5, gamma=GAMMA)
        order = np.random.default_rng(seed).permutation(2000)

        def calls_to(m: int, order: np.ndarray = order, all_of_them: FollowUp = everybody) -> FollowUp:
            called = np.isin(np.arange(2000), order[:m])
            return FollowUp(called, np.where(called, all_of_them.classes, SILENT))

        half = replace(prospect(2000, answer_rate=0.5), law=law, log_odds=log_odds, made=calls_to(first // 2))
        called = order[: plan_calls(half, width=25.0).calls]
        calls = Calls(law[called], log_odds[called], everybody.classes[called], law.mean(axis=0), 2000)
        rng = np.random.default_rng(seed)
        silent = estimate_of_calls(calls, prior_sd=0.5, confidence_level=0.95, rng=rng, replicates=100).silent
        got.append((silent.high - silent.low) / 25.0)
    assert np.median(got) == pytest.approx(1.0, abs=0.15)


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
    assert got.width_of_all == got.table["width_median"].iloc[-1] > 5.0


@pytest.mark.usefixtures("quick")
def test_beyond_what_is_simulated_the_width_falls_with_the_root(monkeypatch: pytest.MonkeyPatch):
    for each in (module, call_simulation):
        monkeypatch.setattr(each, "MOST_SIMULATED", 400)
    got = plan_calls(prospect(1600, answer_rate=0.5), width=1.0)
    assert got.table["calls"].tolist()[-2:] == [400, 1600]
    assert got.table["width_p80"].iloc[-1] == pytest.approx(got.table["width_p80"].iloc[-2] / 2)
    assert got.width_of_all == pytest.approx(got.table["width_median"].iloc[-2] / 2)
    reached = plan_calls(prospect(1600, answer_rate=0.5), width=got.width_of_all * 1.25).calls
    assert reached == pytest.approx(1600 / 1.25**2, abs=2)


def test_a_call_that_nearly_everybody_answers_can_be_planned(monkeypatch: pytest.MonkeyPatch):
    # In most simulations of 41 calls all answer, and there are no replicates; in others one or two do not.
    monkeypatch.setattr(module, "_REPLICATES", 6)
    some, all_answer = (plan_calls(prospect(answer_rate=rate), width=60.0).table.iloc[0] for rate in (0.99, 1.0))
    assert some["width_median"] == pytest.approx(all_answer["width_median"], rel=0.1)


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


@pytest.mark.parametrize("assurance", [0.49, 0.91, np.nan])
def test_an_assurance_is_a_probability_from_a_half_on(assurance: float):
    with pytest.raises(DataError, match=r"assurance must be from 0\.5 to 0\.9"):
        plan_calls(prospect(), width=20.0, assurance=assurance)


@pytest.mark.parametrize("width", [0.0, -3.0, 201.0, np.nan])
def test_a_width_is_in_points_and_above_zero(width: float):
    with pytest.raises(DataError, match="width must be above 0 and at most 200 points"):
        plan_calls(prospect(), width=width)


def test_too_few_silent_customers_are_refused():
    with pytest.raises(DataError, match=r"at least 30; got 60 silent at an answer rate of 0\.4"):
        plan_calls(prospect(60, answer_rate=0.4), width=50.0)
