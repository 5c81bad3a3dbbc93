"""Groups of answers that are all the same, and busy agents, are named and kept; ordinary groups are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from answers_of_surveys import answers, checked
from scipy.stats import hypergeom

from silentnps.data.findings import Finding
from silentnps.data.surveys.spikes import chance_of_as_many


def drawn(seed: int, n: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rating = rng.choice(11, n, p=[0.02] * 5 + [0.05, 0.05, 0.1, 0.2, 0.2, 0.3])
    return answers(rng, n, "2025-03-01").assign(rating=rating)


def found_in(frame: pd.DataFrame) -> list[Finding]:
    table = checked(frame)["responses"]
    assert table.n_used == len(frame)
    return list(table.findings)


@pytest.mark.parametrize(
    ("n_same", "n", "same_of_all", "n_all"), [(12, 12, 200, 600), (38, 40, 90, 300), (1, 5, 9, 20)]
)
def test_the_chance_is_that_of_the_hypergeometric_distribution(
    n_same: int, n: int, same_of_all: int, n_all: int
) -> None:
    assert chance_of_as_many(n_same, n, same_of_all, n_all) == pytest.approx(
        hypergeom.sf(n_same - 1, n_all, same_of_all, n), rel=1e-9
    )


@pytest.mark.parametrize("rating", [10, 0, 7])
@pytest.mark.parametrize("column", ["channel", "survey_id", "associate_id"])
def test_one_group_of_one_rating_is_named_and_kept(column: str, rating: int) -> None:
    frame = drawn(1).assign(**{column: ["kiosk"] * 40 + ["email", "sms"] * 280})
    frame.loc[:39, "rating"] = rating
    (note,) = [found for found in found_in(frame) if "varied" in found.rule]
    assert (note.column, note.rows, note.first_rows, note.effect) == (column, 40, (1, 2, 3, 4, 5), "note")


def test_the_name_of_an_agent_is_not_in_the_message() -> None:
    frame = drawn(2).assign(associate_id=["Jane Doe"] * 100 + [f"agent {i}" for i in range(100)] * 5)
    frame.loc[:99, "rating"] = 10
    assert len(notes := found_in(frame)) == 2
    assert not [note for note in notes if "jane" in str(note).lower()]


def test_a_few_equal_answers_are_chance() -> None:
    frame = drawn(3).assign(channel=["kiosk"] * 5 + ["email"] * 595)
    frame.loc[:4, "rating"] = 10
    assert found_in(frame) == []


@pytest.mark.slow
def test_groups_at_random_are_seldom_named() -> None:
    named = [found_in(drawn(seed, 300).assign(channel=np.resize(list("abcdefghij"), 300))) for seed in range(15)]
    assert named == [[]] * 15


def test_an_agent_with_far_more_answers_than_others_is_named() -> None:
    few = [f"a{i}" for i in range(50)] * 6
    (note,) = found_in(drawn(4).assign(associate_id=["busy"] * 300 + few))
    assert (note.column, note.rows) == ("associate_id", 300)
    assert "the median of the others is 6" in note.cure
    assert found_in(drawn(4).assign(associate_id=few * 2)) == []
