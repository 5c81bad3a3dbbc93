"""A change in parts: they add up, and what was planted is found where it was planted."""

from __future__ import annotations

import numpy as np
import pytest
from planted_waves import estimated, expected, expected_of, in_time, planted, true_margins

from silentnps.estimation.trend.corners import corners_of
from silentnps.estimation.trend.drawn import Drawn
from silentnps.estimation.trend.groups import Answers, Group, Silent
from silentnps.estimation.trend.parts import (
    BEHAVIOUR,
    CORNERS,
    MIX,
    OUTCOME,
    PARTS,
    Exchange,
    parts_of,
    shapley,
    shapley_weights,
)
from silentnps.estimation.trend.wave_groups import ALL, groups_of_wave
from silentnps.outcome.survey_data import SurveyData


def number(value: float) -> Drawn:
    return Drawn.of([value], [value], [value, value + 1.0])


def group(nps: float, n_answers: int = 40, n_silent: int = 60) -> Group:
    classes = np.arange(n_answers) % 3
    return Group(
        n_answers + n_silent, 100, Answers(np.arange(n_answers), classes), Silent(n_silent, number(nps), 2.0)
    )


def test_the_shapley_value_of_three_ingredients_worked_by_hand():
    """The sum of what is exchanged, 1, 2 and 4, and 6 more if the first two are exchanged together: 3 each."""
    corners = {
        corner: number(corner[0] + 2 * corner[1] + 4 * corner[2] + 6 * corner[0] * corner[1]) for corner in CORNERS
    }
    assert [shapley(corners, each).value for each in (MIX, BEHAVIOUR, OUTCOME)] == pytest.approx([4.0, 5.0, 4.0])


def test_ingredients_add_up_to_the_whole_change():
    rng = np.random.default_rng(0)
    corners = {corner: number(rng.normal()) for corner in CORNERS}
    total = sum(shapley(corners, each).value for each in (MIX, BEHAVIOUR, OUTCOME))
    assert total == pytest.approx(corners[1, 1, 1].value - corners[0, 0, 0].value, abs=1e-12)
    assert all(abs(sum(shapley_weights(each).values())) < 1e-12 for each in (MIX, BEHAVIOUR, OUTCOME))


@pytest.mark.parametrize("of", ["survey", "silent", "base"])
def test_parts_add_up_to_the_change(of: str):
    rng = np.random.default_rng(1)
    before, after = group(10.0), group(17.5, n_answers=35, n_silent=80)
    parts = parts_of(before, after, {corner: number(rng.normal()) for corner in CORNERS}, of)
    assert parts is not None
    assert tuple(parts) == PARTS
    nps = {"survey": lambda one: one.answers.value, "silent": lambda one: one.silent.nps.value}
    wanted = nps.get(of, lambda one: one.base.value)
    assert sum(part.drawn.value for part in parts.values()) == pytest.approx(
        wanted(after) - wanted(before), abs=1e-9
    )
    assert (parts["who_answers"].drawn.value == 0.0) is (of == "base")


def test_the_same_period_twice_has_no_parts():
    same = dict.fromkeys(CORNERS, number(3.0))
    parts = parts_of(group(10.0), group(10.0), same, "survey")
    assert parts is not None
    assert [part.drawn.value for part in parts.values()] == pytest.approx([0.0] * 4, abs=1e-12)


def test_customers_are_weighed_to_the_attributes_of_the_other_period():
    """One attribute, 200 of 1,000 before and 500 after: weights of 5/2 and 5/8 make 500 of them."""
    has = np.repeat([1.0, 0.0, 1.0, 0.0], [200, 800, 500, 500])
    later = np.repeat([False, True], 1000)
    exchange = Exchange.of(has[:, None], (), later, np.ones(2000))
    assert exchange.exchanged[0] @ has[:1000] == pytest.approx(0.5, abs=5e-3)
    assert exchange.exchanged[1] @ has[1000:] == pytest.approx(0.2, abs=5e-3)
    assert exchange.exchanged[0][0] / exchange.exchanged[0][-1] == pytest.approx(4.0, rel=0.02)
    assert [weights.sum() for weights in (*exchange.own, *exchange.exchanged)] == pytest.approx([1.0] * 4)


def test_rows_that_stand_for_several_customers_count_as_often():
    rng = np.random.default_rng(2)
    attributes, later = rng.normal(size=(300, 2)), np.arange(300) >= 150
    counts = rng.integers(1, 4, 300)
    weighted = Exchange.of(attributes, (), later, counts.astype(np.float64))
    repeated = Exchange.of(
        np.repeat(attributes, counts, axis=0), (), np.repeat(later, counts), np.ones(counts.sum())
    )
    first = np.repeat(np.arange(150), counts[:150])
    assert np.bincount(first, repeated.exchanged[0]) == pytest.approx(weighted.exchanged[0], abs=1e-9)


def part_of(ingredient: int, periods: list[SurveyData], shifts: tuple[float, float]) -> float:
    """Return the part of an ingredient where the outcome function of each period is known, in points."""
    store = np.concatenate([(data.features["channel"] == "store").to_numpy() for data in periods])
    later = np.repeat([False, True], [len(data.classes) for data in periods])
    exchange = Exchange.of(store[:, None].astype(np.float64), (), later, np.ones(len(later)))
    corners = {}
    for corner in CORNERS:
        each = [expected_of(data.features, shifts[corner[2]]) for data in periods]
        corners[corner] = number(exchange.mean(corner, (each[0], each[1])))
    return shapley(corners, ingredient).value


@pytest.mark.parametrize(
    ("cause", "planted_change"), [(MIX, {"store": 0.7}), (BEHAVIOUR, {"late": 0.8}), (OUTCOME, {})]
)
def test_with_a_known_opinion_a_planted_change_is_all_in_its_part(cause: int, planted_change: dict[str, float]):
    """Up to chance in who the customers are: 6,000 in each period, 60 points of standard deviation of opinion."""
    shifts = (0.0, 0.7 if cause == OUTCOME else 0.0)
    periods = [planted(6_000, 0), planted(6_000, 1, **planted_change)]
    truth = expected(periods[1].features, shifts[1]) - expected(periods[0].features)
    found = {ingredient: part_of(ingredient, periods, shifts) for ingredient in (MIX, BEHAVIOUR, OUTCOME)}
    assert abs(truth) > 10.0
    assert sum(found.values()) == pytest.approx(truth, abs=1e-9)
    assert found[cause] == pytest.approx(truth, abs=3.0)
    assert all(abs(found[other]) < 3.0 for other in found if other != cause)


BEFORE = planted(6_000, 0)
PLANTED = {
    "mix": planted(6_000, 1, store=0.7),
    "behaviour": planted(6_000, 2, late=0.8),
    "rest": planted(6_000, 3, shift=0.7),
}


def found_parts(after: SurveyData, shift: float = 0.0) -> dict[str, tuple[float, float, float]]:
    data = in_time(BEFORE, after, same_persons=False)
    waves = estimated(data, true_margins(data))
    corners = corners_of(waves[:1], waves[1:], ["channel", "tenure"])
    groups = [groups_of_wave(wave)[ALL] for wave in waves]
    parts = parts_of(*groups, corners.means, "base", sampling=corners.sampling)
    assert parts is not None
    plan = waves[0].bootstrap.plan
    found = {
        name: part.drawn.interval(plan, confidence_level=0.99, unseen=part.unseen) for name, part in parts.items()
    }
    return {name: (one.value, one.low, one.high) for name, one in found.items()}


@pytest.mark.slow
@pytest.mark.parametrize("cause", PLANTED)
def test_a_planted_change_is_found_where_it_was_planted(cause: str):
    """The truth is the change of the mean opinion of both bases, all of which the planted cause makes."""
    after, shift = PLANTED[cause], 0.7 if cause == "rest" else 0.0
    truth = expected(after.features, shift) - expected(BEFORE.features)
    found = found_parts(after)
    assert abs(truth) > 8.0
    assert found[cause][1] <= truth <= found[cause][2]
    assert found[cause][0] == pytest.approx(truth, abs=0.25 * abs(truth))
    for other in {*PLANTED} - {cause}:
        assert abs(found[other][0]) < 0.25 * abs(truth), other
