"""What was predicted of answers, and what was answered: gaps with their intervals, and scores."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from silentnps.evaluation.backtest.predictions import Predicted, class_gaps, nps_gap, score_predictions
from silentnps.metrics import log_loss, ranked_probability_score
from silentnps.numerics.nps import CLASS_VALUES

SIMULATIONS, FALSE_ALARMS = 1000, 0.001


def drawn(n: int, *, seed: int = 0, first_person: int = 0) -> Predicted:
    """Draw answers from their probabilities."""
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet([1.0, 1.5, 2.0], n)
    classes = (rng.random(n)[:, None] > probabilities.cumsum(axis=1)).sum(axis=1).clip(max=2)
    return Predicted(probabilities, classes, first_person + np.arange(n))


def test_the_gap_is_that_worked_by_hand() -> None:
    now = Predicted(np.array([[0.2, 0.3, 0.5], [0.1, 0.2, 0.7]]), np.array([0, 2]), np.array([7, 8]))
    before = Predicted(np.array([[0.0, 0.5, 0.5], [0.5, 0.5, 0.0]]), np.array([1, 1]), np.array([8, 9]))
    gap = nps_gap(now, before)
    # predicted 30 and 60, answered -100 and 100: residuals -130 and 40, and -50 and 50 before
    assert (gap.predicted, gap.observed, gap.difference) == pytest.approx((45.0, 0.0, 45.0))
    # person 7: (-130 + 45) / 2; person 8: (40 + 45) / 2 + 50 / 2; person 9: -50 / 2; three persons
    assert gap.standard_error == pytest.approx(np.sqrt((42.5**2 + 67.5**2 + 25.0**2) * 3 / 2))
    assert (gap.n, gap.n_before) == (2, 2)
    assert gap.high - gap.difference == pytest.approx(stats.t.ppf(0.975, 1) * gap.standard_error)


def test_swapping_promoters_and_detractors_negates_the_gap() -> None:
    now, before = drawn(200), drawn(150, seed=1, first_person=100)
    other = [Predicted(each.probabilities[:, ::-1], 2 - each.classes, each.persons) for each in (now, before)]
    gap, swapped = nps_gap(now, before), nps_gap(*other)
    assert (swapped.difference, swapped.low, swapped.high) == pytest.approx((-gap.difference, -gap.high, -gap.low))


def test_the_gap_of_nps_is_that_of_promoters_less_that_of_detractors() -> None:
    now, before = drawn(200), drawn(150, seed=1)
    shares = class_gaps(now, before)
    assert sum(gap.difference for gap in shares.values()) == pytest.approx(0.0, abs=1e-12)
    difference = 100 * (shares["promoter"].difference - shares["detractor"].difference)
    assert nps_gap(now, before).difference == pytest.approx(difference)


def test_who_answers_the_same_twice_makes_the_gap_surer() -> None:
    now = drawn(200)
    others = nps_gap(now, replace(now, persons=now.persons + 1000))
    assert nps_gap(now, now).standard_error < 0.8 * others.standard_error


def test_answers_that_are_all_alike_by_chance_leave_an_interval() -> None:
    now = Predicted(np.full((40, 3), 1 / 3), np.full(40, 2), np.arange(40))
    gap = nps_gap(now, drawn(400, first_person=40))
    assert gap.standard_error >= float(np.sqrt(2 / 3 * 100**2 / 40))
    names = set(score_predictions(now, drawn(400), rng=np.random.default_rng(0))["metric"])
    assert {"rps", "log_loss"} <= names
    assert not {"auc_detractor", "auc_promoter"} & names


def simulated_gap(seed: int) -> bool:
    """Say whether an interval of a model with nothing wrong holds 0; a third of the second wave were in the first.

    Customers have opinions of their own, which the model does not see and which stay.
    """
    rng = np.random.default_rng(seed)
    group, opinion = rng.integers(2, size=500), rng.logistic(size=500)
    first, second = np.arange(200), np.arange(130, 330)

    def answers(persons: np.ndarray) -> np.ndarray:
        happy = 1.5 * group[persons] + 0.7 * opinion[persons] + 0.3 * rng.logistic(size=len(persons))
        return np.digitize(happy, [0.0, 1.2])

    learned, later = answers(first), answers(second)
    shares = np.stack([np.bincount(learned[group[first] == k], minlength=3) for k in range(2)]) + 0.1
    shares /= shares.sum(axis=1, keepdims=True)
    before = Predicted(shares[group[first]], learned, first)
    gap = nps_gap(Predicted(shares[group[second]], later, second), before)
    return gap.low <= 0.0 <= gap.high


def test_intervals_hold_where_nothing_changed() -> None:
    covered = sum(simulated_gap(seed) for seed in range(SIMULATIONS))
    for least, alternative in ((0.93, "less"), (0.97, "greater")):
        test = stats.binomtest(covered, SIMULATIONS, least, alternative=alternative)
        assert test.pvalue > FALSE_ALARMS, covered


def test_a_model_that_knows_more_gains_over_the_shares_of_the_survey_before() -> None:
    now, before = drawn(300), drawn(300, seed=1)
    table = score_predictions(now, before, rng=np.random.default_rng(0)).set_index("metric")
    alike = np.tile(before.shares, (now.n, 1))
    for name, score in (("rps", ranked_probability_score), ("log_loss", log_loss)):
        assert table.loc[name, "baseline"] == pytest.approx(score(alike, now.classes))
        gain = score(alike, now.classes) - score(now.probabilities, now.classes)
        assert table.loc[name, "gain"] == pytest.approx(gain)
        assert 0.0 < table.loc[name, "gain_low"] < table.loc[name, "gain"] < table.loc[name, "gain_high"]
    none = score_predictions(replace(now, probabilities=alike), before, rng=np.random.default_rng(0))
    gains = none.set_index("metric").loc[["rps", "log_loss"], ["gain", "gain_low", "gain_high"]]
    assert np.abs(gains.to_numpy()).max() < 1e-12
    assert table.loc["auc_detractor", "baseline"] == 0.5


def test_shares_never_make_a_class_impossible() -> None:
    found = Predicted(np.full((10, 3), 1 / 3), np.full(10, 2), np.arange(10)).shares
    assert found.min() > 0.0
    assert found @ CLASS_VALUES == pytest.approx(100 * 10 / 11.5)
