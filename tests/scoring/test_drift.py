"""Rows to score against those of the training: what is told, what is beyond a limit, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from silentnps.bundle.training_reference import Reference
from silentnps.config import ScoringConfig
from silentnps.outcome.survey_data import tidy_features
from silentnps.outcome.tree_matrix import CodeBook
from silentnps.scoring.drift import Drift, find_drift, refusal_reasons
from silentnps.scoring.tally import Tally, sum_tallies, tally

N = 1_500


def base(seed: int, n: int = N) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "usage": rng.normal(size=n),
            "spend": np.exp(2 * rng.normal(size=n)),
            "orders": rng.poisson(0.4, n),
            "hours": np.where(rng.random(n) < 0.6, np.nan, rng.gamma(2.0, 10.0, n)),
            "prime": rng.integers(0, 2, n),
            "plan": rng.choice(["basic", "plus", "pro"], n),
            "city": rng.choice([f"city {k}" for k in range(60)], n),
            "same": np.full(n, 5.0),
            "orders_days_since_last": rng.gamma(2.0, 10.0, n),
            "responses_previous_count": rng.poisson(1.0, n),
        }
    )
    return tidy_features(frame)


TRAINED = base(0)
REFERENCE = Reference.of(TRAINED, np.ones(N, dtype=bool), CodeBook.of(TRAINED).categories)


def told(frame: pd.DataFrame, **limits: float) -> list[Drift]:
    return find_drift(REFERENCE, tally(REFERENCE, frame), ScoringConfig(**limits))


def changed(**columns: object) -> pd.DataFrame:
    return base(1).assign(**columns)


def of(found: list[Drift], column: str) -> Drift:
    mine = [one for one in found if one.column == column]
    assert mine, found
    return mine[0]


def test_the_rows_of_the_training_do_not_differ() -> None:
    assert told(TRAINED) == []


@pytest.mark.parametrize("n", [40, 400, N, 30_000])
def test_other_rows_of_the_same_kind_give_no_alarm(n: int) -> None:
    for seed in range(1, 9):
        assert told(base(seed, n)) == [], seed


@pytest.mark.parametrize(
    ("column", "change", "what", "limit"),
    [
        (
            "plan",
            lambda plan: plan.astype(object).where(np.arange(N) >= 400, "enterprise"),
            "unseen levels",
            "max_unseen_share",
        ),
        ("usage", lambda usage: usage.where(np.arange(N) % 5 > 0), "missing", "max_missing_increase"),
        ("hours", lambda hours: hours.where(np.arange(N) % 2 > 0), "missing", "max_missing_increase"),
        ("plan", lambda plan: plan.where(np.arange(N) % 5 > 0), "missing", "max_missing_increase"),
        ("usage", lambda usage: usage * np.where(np.arange(N) % 4 > 0, 1, 100), "range", "max_outside_share"),
        ("spend", lambda spend: spend * 0.0, "distribution", "max_shift"),
        ("usage", lambda usage: usage + 2.5, "distribution", "max_shift"),
        ("plan", lambda plan: pd.Series(["basic"] * N), "distribution", "max_shift"),
    ],
)
def test_what_differs_is_told_and_passes_its_limit_alone(
    column: str, change: Callable[[pd.Series], pd.Series], what: str, limit: str
) -> None:
    frame = base(1)
    frame[column] = change(frame[column])
    found = [one for one in told(frame) if one.what == what]
    assert [(one.column, one.what, one.beyond) for one in found] == [(column, what, True)]
    assert f"beyond scoring.{limit}" in str(found[0])
    assert 0 < found[0].share <= 1
    lenient = [one for one in told(frame, **{limit: 1.0}) if one.what == what]
    assert not any(one.beyond for one in lenient)


def test_levels_that_training_did_not_see_are_told_with_their_rows() -> None:
    plan = base(1)["plan"].astype(object).where(np.arange(N) >= 400, "enterprise")
    found = of(told(changed(plan=plan)), "plan")
    assert (found.rows, found.share) == (400, 400 / N)
    assert str(found).startswith(
        "feature 'plan': 400 of 1,500 rows (26.7 %) have a level that training did not see: 'enterprise' 400"
    )


def test_a_level_of_few_customers_is_counted_and_not_named() -> None:
    plan = base(1)["plan"].astype(object).where(np.arange(N) >= 20, "ann@example.org")
    found = of(told(changed(plan=plan)), "plan")
    assert found.rows == 20
    assert not found.beyond
    assert "ann" not in json.dumps(found.to_dict())


def test_one_empty_row_where_there_was_none_is_told_and_no_alarm() -> None:
    found = of(told(changed(usage=base(1)["usage"].where(np.arange(N) != 700))), "usage")
    assert (found.what, found.rows, found.beyond) == ("missing", 1, False)


@pytest.mark.parametrize("write", [str.upper, lambda text: f" {text} "], ids=["case", "blanks"])
def test_levels_written_otherwise_are_told_and_no_alarm(write: Callable[[str], str]) -> None:
    found = told(changed(plan=base(1)["plan"].astype(str).map(write)))
    plan = of(found, "plan")
    assert (plan.what, plan.rows, plan.beyond) == ("written otherwise", N, False)
    assert not any(one.beyond for one in found)


@pytest.mark.parametrize("column", ["orders_days_since_last", "responses_previous_count"])
def test_what_moves_by_itself_gives_no_alarm_unless_it_is_empty(column: str) -> None:
    later = base(1)[column] + 90.0
    assert told(changed(**{column: later})) == []
    found = of(told(changed(**{column: later.where(np.arange(N) % 3 > 0)})), column)
    assert (found.what, found.beyond) == ("missing", True)


def test_a_constant_that_is_one_no_longer_teaches_nothing_and_gives_no_alarm() -> None:
    assert not [one for one in told(changed(same=np.arange(N) * 1.0)) if one.column == "same"]


@pytest.mark.parametrize(
    ("column", "values", "words"),
    [
        (
            "usage",
            np.full(N, np.nan),
            "feature 'usage' must be filled as in training, where 100.0 % of the rows were",
        ),
        ("plan", pd.Series([None] * N, dtype=object), "feature 'plan' must be filled as in training"),
        ("hours", np.full(N, np.nan), None),
        ("orders", pd.Series(["0"] * 10 + ["12a"] + ["1"] * (N - 11)), "got text in 1 of 1,500 rows (row 11)."),
        ("usage", pd.Series(["low"] * N), "got text in 1,500 of 1,500 rows (first rows 1, 2, 3, 4, 5)."),
        ("plan", np.arange(N) * 1.0, "feature 'plan' must hold text as in training; got numbers in 1,500"),
    ],
)
def test_what_cannot_be_scored_is_refused(column: str, values: object, words: str | None) -> None:
    found = refusal_reasons(REFERENCE, tally(REFERENCE, changed(**{column: values})))
    assert list(found) == ([] if words is None else [column])
    assert words is None or words in found[column]


def test_a_column_that_is_gone_is_refused() -> None:
    found = refusal_reasons(REFERENCE, tally(REFERENCE, base(1).drop(columns="plan")))
    assert list(found) == ["plan"]
    assert "got none of the name 'plan'" in found["plan"]


@pytest.mark.parametrize("size", [1, 97, 700])
def test_parts_add_up_to_the_whole_after_json_too(size: int) -> None:
    frame = changed(plan=base(1)["plan"].astype(object).where(np.arange(N) >= 400, "enterprise"))
    frame = frame.assign(usage=frame["usage"].astype(object).where(np.arange(N) % 300 != 7, "many"))
    frame = frame.iloc[300 : 450 if size == 1 else None]
    parts = []
    for start in range(0, len(frame), size):
        part = tally(REFERENCE, frame.iloc[start : start + size], before=start)
        parts.append(Tally.from_dict(json.loads(json.dumps(part.to_dict()))))
    assert sum_tallies(parts) == tally(REFERENCE, frame)


@pytest.mark.parametrize("n", [1, 5, 29])
def test_a_request_of_few_customers_who_lack_values_gives_no_alarm(n: int) -> None:
    few = base(1).head(n).assign(usage=np.nan, plan=pd.Series(["new"] * n))
    assert refusal_reasons(REFERENCE, tally(REFERENCE, few)) == {}
    assert [(one.column, one.what, one.beyond) for one in told(few)] == [("plan", "unseen levels", False)]
