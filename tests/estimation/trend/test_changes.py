"""Changes between periods: their tests, their smallest change, and what the periods share."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from silentnps.estimation.trend.changes import change_of, level_of, no_change_at_all, survey_change
from silentnps.estimation.trend.drawn import Drawn, Interval
from silentnps.estimation.trend.groups import Answers, Group, Silent, together
from silentnps.estimation.wave.replicates import Plan

PLAN = Plan.of(0, 1, 30)


def drawn(value: float, noise: np.ndarray) -> Drawn:
    """Return a number with noise in its replicates; the first fit is that of weight 1."""
    return Drawn.of([value], [value], [value, *(value + noise)])


def group(
    nps: Drawn, *, n_answers: int = 200, n_silent: int = 800, first_person: int = 0, unseen: float = 0.5
) -> Group:
    classes = np.arange(n_answers) % 3
    persons = first_person + np.arange(n_answers)
    return Group(n_answers + n_silent, 600, Answers(persons, classes), Silent(n_silent, nps, unseen))


NOISE = np.random.default_rng(0).normal(size=(2, 30))


def test_what_both_periods_share_cancels_in_the_change():
    before = group(drawn(10.0, NOISE[0]))
    together_, apart = (
        change_of(before, group(drawn(12.0, noise)), "silent", PLAN, confidence_level=0.95)
        for noise in (NOISE[0] + 0.1 * NOISE[1], NOISE[1])
    )
    assert together_ is not None
    assert apart is not None
    assert together_.value == apart.value == pytest.approx(2.0)
    assert together_.standard_error < 0.7 * apart.standard_error


def test_the_same_period_twice_has_not_changed():
    same = group(drawn(10.0, NOISE[0]), unseen=0.0)
    for of in ("survey", "silent", "base"):
        found = change_of(same, same, of, PLAN, confidence_level=0.95)
        assert found is not None
        assert found.value == 0.0
        assert found.p_value == pytest.approx(1.0)
    assert found.standard_error == 0.0


def test_the_change_of_the_base_is_that_of_its_silent_share():
    before, after = group(drawn(10.0, NOISE[0])), group(drawn(14.0, NOISE[1]))
    silent, base = (change_of(before, after, of, PLAN, confidence_level=0.9) for of in ("silent", "base"))
    assert silent is not None
    assert base is not None
    assert base.value == pytest.approx(0.8 * silent.value)
    assert base.standard_error == pytest.approx(0.8 * silent.standard_error)


def test_the_survey_of_other_persons_worked_by_hand():
    """Rocks adds 3 cases: variance 1e4 (p + d - (p - d)^2) / (n + 3); two independent ones add up."""
    first, second = Answers(np.arange(4), np.array([0, 1, 2, 2])), Answers(np.arange(4, 8), np.array([2, 2, 2, 1]))
    found = survey_change(first, second, confidence_level=0.95)
    variances = [1e4 * ((p + d) / 7 - ((p - d) / 7) ** 2) / 7 for d, p in ((1.75, 2.75), (0.75, 3.75))]
    assert found is not None
    assert found.value == pytest.approx(75.0 - 25.0)
    assert found.standard_error == pytest.approx(np.sqrt(sum(variances)))
    assert found.high - found.value == pytest.approx(1.959964 * found.standard_error, rel=1e-6)


def test_persons_who_answered_both_surveys_count_once():
    """Half of 40 persons answer the same twice: the covariance is half of 1e4 * 11/16 / 40."""
    classes = np.tile([0, 1, 2, 2], 10)
    first = Answers(np.arange(40), classes)
    apart, half = (
        survey_change(first, Answers(np.arange(40) + start, np.roll(classes, start)), confidence_level=0.95)
        for start in (40, 20)
    )
    assert apart is not None
    assert half is not None
    assert apart.standard_error**2 - half.standard_error**2 == pytest.approx(2 * 1e4 * (3 / 4 - 1 / 16) / 40 / 2)


def test_a_change_without_answers_is_none():
    nobody = Answers(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    assert survey_change(nobody, nobody, confidence_level=0.95) is None


def test_the_smallest_change_is_seen_in_four_of_five_cases():
    """With 2 points of standard error: 5.6 points, in theory and in 100,000 draws."""
    smallest = Interval.of(0.0, 2.0, 0.95, degrees=np.inf).smallest
    assert smallest == pytest.approx((stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) * 2.0)
    draws = np.random.default_rng(1).normal(smallest, 2.0, 100_000)
    assert np.mean(np.abs(draws) / 2.0 > stats.norm.ppf(0.975)) == pytest.approx(0.8, abs=0.01)


def test_the_p_value_is_small_where_the_interval_leaves_out_zero():
    for value in np.linspace(-8.0, 8.0, 33):
        found = Interval.of(float(value), 2.0, 0.95, degrees=20)
        assert (found.p_value < 0.05) is not (found.low <= 0.0 <= found.high)


@pytest.mark.parametrize("change", [0.0, 6.0])
def test_no_change_at_all_is_rejected_where_there_is_one(change: float):
    """Under no change p-values are uniform: of 300 tests at 10 %, between 18 and 45 reject (0.1 % and 99.9 %)."""
    rng = np.random.default_rng(2)
    p = []
    for _ in range(300):
        values, noise = rng.normal(size=3) + np.array([0.0, 0.0, change]), rng.normal(size=(3, 30)) / 2.0
        levels = [drawn(float(value), each) for value, each in zip(values, noise, strict=True)]
        p.append(no_change_at_all(levels, [0.0] * 3, PLAN_OF_30))
    rejected = int((np.array(p) < 0.1).sum())
    assert (
        rejected > 290
        if change
        else stats.binom.ppf(0.001, 300, 0.1) <= rejected <= stats.binom.ppf(0.999, 300, 0.1)
    )


PLAN_OF_30 = Plan.of(0, 1, 30)


def test_with_too_few_replicates_for_so_many_periods_there_is_no_test():
    levels = [drawn(float(k), NOISE[k % 2]) for k in range(40)]
    assert np.isnan(no_change_at_all(levels, [0.0] * 40, PLAN_OF_30))


def test_waves_of_a_period_count_by_their_customers():
    small, large = (
        group(drawn(10.0, NOISE[0]), n_silent=100),
        group(drawn(20.0, NOISE[1]), n_silent=300, unseen=1.0),
    )
    both = together([small, large])
    assert both.silent is not None
    assert both.base is not None
    assert both.silent.nps.value == pytest.approx(17.5)
    assert both.silent.unseen == pytest.approx(0.25**2 * 0.5 + 0.75**2 * 1.0)
    assert both.n == 800
    assert both.answers.n == 400
    wanted = sum(one.n * one.base.value for one in (small, large) if one.base is not None) / 800
    assert both.base.value == pytest.approx(wanted)


def test_a_period_of_which_one_wave_is_not_estimated_has_the_survey_alone():
    known = group(drawn(10.0, NOISE[0]))
    alone = Group(500, 400, known.answers, None)
    level = level_of(together([known, alone]), PLAN, confidence_level=0.95)
    assert level["n_answers"] == 400
    assert "base" not in level
    assert change_of(known, alone, "base", PLAN, confidence_level=0.95) is None


def test_nobody_asked_has_no_answer_rate():
    none = Answers(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    assert np.isnan(level_of(Group(5, 0, none, None), PLAN, confidence_level=0.95)["answer_rate"])
