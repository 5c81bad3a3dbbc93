"""The noise ceiling and the learning curve: by hand, against known laws, corners."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from silentnps.evaluation import learning_curve, noise_ceiling
from silentnps.evaluation.learning_curve import fit_power_law
from silentnps.metrics import log_loss, ranked_probability_score
from silentnps.numerics.arrays import Integers


def test_ceilings_by_hand():
    # 20 persons agree on 0, 10 say 0 and 1, 10 say 0 and 2: exact 1/2; RPS (10 * 1/4 + 10 * 2/4) / 40.
    persons = np.repeat(np.arange(40), 2)
    classes = np.array([0, 0] * 20 + [0, 1] * 10 + [2, 0] * 10)
    found = noise_ceiling(persons, classes, rng=np.random.default_rng(0)).table
    assert found is not None
    value = found.set_index("metric")["value"]
    assert value["exact_share"] == pytest.approx(0.5)
    assert value["rps"] == pytest.approx(7.5 / 40)
    assert value["log_loss_at_least"] == pytest.approx(np.log(2))
    # The table of pairs: (0, 0) 1/2, (0, 1) and (1, 0) 1/8, (0, 2) and (2, 0) 1/8; H(c2 | c1) by its rows.
    expected = -(0.5 * np.log(0.5 / 0.75) + 2 * 0.125 * np.log(0.125 / 0.75))
    assert value["log_loss_at_most"] == pytest.approx(max(expected, np.log(2)))
    # d^2 O = 2 * 1/8 + 4 * 2 * 1/8; margins (3/4, 1/8, 1/8): d^2 E = 2 * (3/32 + 4 * 3/32 + 1/64).
    assert value["qwk"] == pytest.approx(1 - 1.25 / (2 * (3 / 32 + 12 / 32 + 1 / 64)))


def test_the_ceiling_is_what_knowing_the_law_gives():
    rng = np.random.default_rng(5)
    law = rng.dirichlet([0.8, 0.6, 1.0], 20_000)
    drawn = [(rng.random(20_000)[:, None] > law.cumsum(axis=1)[:, :2]).sum(axis=1) for _ in range(2)]
    found = noise_ceiling(np.tile(np.arange(20_000), 2), np.concatenate(drawn), rng=rng, resamples=50).table
    assert found is not None
    rows = found.set_index("metric")
    assert rows.loc["rps", "value"] == pytest.approx(ranked_probability_score(law, drawn[0]), abs=0.004)
    known = log_loss(law, drawn[0])
    assert rows.loc["log_loss_at_least", "value"] < known < rows.loc["log_loss_at_most", "value"]
    assert (rows["low"] <= rows["value"]).all()
    assert (rows["value"] <= rows["high"]).all()


def test_a_third_answer_weighs_a_person_no_more():
    # Three answers 0, 0, 2: pairs differ by 0, 2, 2, so RPS 1/3 for that person.
    persons = np.repeat(np.arange(30), 3)
    found = noise_ceiling(persons, np.tile([0, 0, 2], 30), rng=np.random.default_rng(0)).table
    assert found is not None
    assert found.set_index("metric").loc["rps", "value"] == pytest.approx(1 / 3)


def test_persons_who_never_waver_leave_no_noise():
    classes = np.repeat(np.arange(30) % 3, 2)
    found = noise_ceiling(np.repeat(np.arange(30), 2), classes, rng=np.random.default_rng(0)).table
    assert found is not None
    value = found.set_index("metric")["value"]
    assert value.to_list() == pytest.approx([1.0, 1.0, 0.0, 0.0, 0.0])


def test_fewer_than_thirty_repeating_persons_say_nothing():
    got = noise_ceiling(np.repeat(np.arange(29), 2), np.zeros(58, dtype=np.int64), rng=np.random.default_rng(0))
    assert got.table is None
    assert got.reason == "29 persons answered twice or more, fewer than 30"


def falling(rows: Integers, rng: np.random.Generator) -> Mapping[str, float]:
    return {"rps": 0.15 + 0.8 * len(rows) ** -0.5 + rng.normal(0, 1e-4)}


def flat(rows: Integers, rng: np.random.Generator) -> Mapping[str, float]:
    return {"rps": 0.2 + rng.normal(0, 1e-3)}


def test_a_power_law_is_carried_to_twice_the_answers():
    got = learning_curve(falling, np.arange(1000), rng=np.random.default_rng(0))
    last = got.table.iloc[-1]
    assert got.reasons == {"rps": ""}
    assert (last["kind"], last["n"]) == ("extrapolated", 2000)
    assert last["value"] == pytest.approx(0.15 + 0.8 * 2000**-0.5, abs=1e-3)
    assert last["low"] <= last["value"] <= last["high"]


def test_a_flat_curve_is_not_extrapolated_and_says_so():
    got = learning_curve(flat, np.arange(1000), rng=np.random.default_rng(0))
    assert "does not fall" in got.reasons["rps"]
    assert set(got.table["kind"]) == {"measured"}


def test_a_curve_that_is_no_power_law_is_not_extrapolated():
    def cliff(rows: Integers, rng: np.random.Generator) -> Mapping[str, float]:
        return {"rps": 0.3 if len(rows) < 900 else 0.1 + rng.normal(0, 1e-4)}

    got = learning_curve(cliff, np.arange(1000), rng=np.random.default_rng(0))
    assert got.reasons["rps"] == "the scores do not follow a power law of the number of answers"


def test_two_sizes_are_too_few():
    got = learning_curve(falling, np.arange(1000), (0.5, 1.0), rng=np.random.default_rng(0))
    assert got.reasons["rps"] == "fewer than three sizes or two repeats"


def test_subsets_keep_persons_together():
    persons = np.repeat(np.arange(100), 3)
    seen = []

    def record(rows: Integers, rng: np.random.Generator) -> Mapping[str, float]:
        seen.append(np.bincount(persons[rows], minlength=100))
        return {"rps": 0.1}

    learning_curve(record, persons, rng=np.random.default_rng(0), repeats=2)
    assert all(set(counts) <= {0, 3} for counts in seen)
    assert [int((counts > 0).sum()) for counts in seen[:4]] == [25, 50, 75, 100]


def test_the_slope_of_a_rising_curve_is_zero():
    n = np.array([100.0, 200.0, 400.0])
    assert fit_power_law(n, np.array([0.1, 0.2, 0.3]))[1] == 0.0
