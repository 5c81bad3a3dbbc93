"""Labels: each goal reaches its end, and probabilities stay out of it."""

from __future__ import annotations

import numpy as np
import pytest

from silentnps.bundle.label_rule import LabelRule, fit_labels
from silentnps.config import LabelsConfig
from silentnps.errors import ConfigError
from silentnps.metrics import macro_f1, quadratic_kappa
from silentnps.numerics.arrays import Floats

RNG = np.random.default_rng(0)
ORDERED = np.sort(RNG.random((3000, 2)), axis=1)[:, ::-1]
PROBABILITIES: Floats = np.column_stack([1 - ORDERED[:, 0], ORDERED[:, 0] - ORDERED[:, 1], ORDERED[:, 1]])
SHARES: Floats = np.array([0.3, 0.45, 0.25])
COST = ((0.0, 1.0, 4.0), (1.0, 0.0, 1.0), (2.0, 1.0, 0.0))


def rule(goal: str, **options: object) -> LabelRule:
    return fit_labels(PROBABILITIES, SHARES, LabelsConfig.model_validate({"goal": goal, **options}))


def expected_confusion(labels: np.ndarray) -> Floats:
    return np.column_stack([PROBABILITIES[labels == code].sum(axis=0) for code in range(3)])


def test_labels_are_cut_at_the_cuts():
    one = LabelRule((-20.0, 40.0), None, 0.5)
    probabilities = np.array([[0.6, 0.3, 0.1], [0.3, 0.6, 0.1], [0.2, 0.6, 0.2], [0.1, 0.4, 0.5], [0.0, 0.1, 0.9]])
    assert one.codes(probabilities).tolist() == [0, 1, 1, 2, 2]


def test_shares_come_out_as_estimated():
    found = np.bincount(rule("shares").codes(PROBABILITIES), minlength=3) / 3000
    assert found == pytest.approx(SHARES, abs=1e-3)


def test_each_goal_is_reached_best_by_its_own_labels():
    goals = {"macro_f1": macro_f1, "qwk": quadratic_kappa}
    for goal, measure in goals.items():
        own = measure(expected_confusion(rule(goal).codes(PROBABILITIES)))
        others = [name for name in ("shares", "macro_f1", "qwk") if name != goal]
        assert all(own >= measure(expected_confusion(rule(name).codes(PROBABILITIES))) for name in others)
    assert rule("macro_f1").cuts != rule("qwk").cuts


def test_costs_take_the_label_of_least_expected_cost():
    # by hand: 0.6 (0, 1, 4) + 0.2 (1, 0, 1) + 0.2 (2, 1, 0) = (0.6, 0.8, 2.6)
    one = rule("cost", cost=COST)
    assert one.codes(np.array([[0.6, 0.2, 0.2], [0.4, 0.2, 0.4], [0.1, 0.1, 0.8]])).tolist() == [0, 1, 2]
    even = rule("cost", cost=((0, 1, 1), (1, 0, 1), (1, 1, 0)))
    assert (even.codes(PROBABILITIES) == PROBABILITIES.argmax(axis=1)).all()


def test_costs_must_be_given_for_their_goal_and_for_no_other():
    with pytest.raises(ConfigError, match=r"labels\.cost must be given"):
        rule("cost")
    with pytest.raises(ValueError, match="goal: cost only"):
        rule("qwk", cost=COST)


@pytest.mark.parametrize(("limit", "uncertain"), [(0.0, 0), (0.45, 1), (1.0, 2)])
def test_a_label_that_is_not_likely_enough_is_uncertain(limit: float, uncertain: int):
    one = rule("shares", uncertain_below=limit)
    probabilities = np.array([[0.4, 0.3, 0.3], [0.0, 0.4, 0.6]])
    assert one.uncertain(probabilities, np.array([0, 2])).sum() == uncertain


def test_a_file_keeps_the_rule():
    for one in (rule("qwk"), rule("cost", cost=COST)):
        again = LabelRule.from_dict(one.to_dict())
        assert (again.codes(PROBABILITIES) == one.codes(PROBABILITIES)).all()


def test_nobody_silent_needs_no_cuts():
    assert fit_labels(np.zeros((0, 3)), SHARES, LabelsConfig()).cuts == (0.0, 0.0)
