"""Later rows are read as training read its own: numbers of any type, levels but for case and blanks."""

from __future__ import annotations

import json
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silentnps.bundle.feature_reading import MISSING, RENAMED, SAME, UNSEEN, Levels, read_numbers, words_for
from silentnps.bundle.training_reference import Reference
from silentnps.errors import ModelError
from silentnps.outcome.survey_data import tidy_features
from silentnps.outcome.tree_matrix import CodeBook

N = 200
PLANS = ("basic", "plus", "pro")
TRAINED = tidy_features(
    pd.DataFrame(
        {
            "usage": np.linspace(-3, 3, N),
            "store": np.arange(N) % 8,
            "prime": np.arange(N) % 2,
            "plan": np.array(PLANS)[np.arange(N) % 3],
            "member": np.array(["true", "false"])[np.arange(N) % 2],
            "shop": np.array(["1", "2", "12a"])[np.arange(N) % 3],
            "never": np.full(N, np.nan),
        }
    )
)


def reference_of(frame: pd.DataFrame) -> Reference:
    return Reference.of(frame, np.ones(len(frame), dtype=bool), CodeBook.of(frame).categories)


REFERENCE = reference_of(TRAINED)


def read(name: str, values: object) -> pd.Series:
    column = pd.Series(values)
    rows = TRAINED.iloc[: len(column)].reset_index(drop=True)
    return REFERENCE.read(rows.assign(**{name: column}))[name]


def refused(name: str, values: object) -> str:
    with pytest.raises(ModelError) as caught:
        read(name, values)
    return str(caught.value)


def test_rows_of_the_training_are_left_as_they_are() -> None:
    assert REFERENCE.read(TRAINED) is TRAINED


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([1, 0, 3], dtype="int64"),
        pd.Series([1, 0, 3], dtype="uint8"),
        pd.Series([1, 0, 3], dtype="Int64"),
        pd.Series([1, 0, 3], dtype="Float64"),
        pd.Series([1, 0, 3], dtype="float32"),
        pd.Series([1, 0, 3], dtype="category"),
        pd.Series(["1", " 0 ", "3.0"], dtype="category"),
        pd.Series(["1", "0", "3e0"], dtype="str"),
        pd.Series([1, Decimal(0), "3"], dtype="object"),
    ],
    ids=lambda values: str(values.dtype),
)
def test_numbers_of_any_type_are_numbers(values: pd.Series) -> None:
    found = read("store", values)
    assert found.dtype == np.float64
    assert found.tolist() == [1.0, 0.0, 3.0]


@pytest.mark.parametrize("dtype", ["Int64", "boolean", "category", "object", "str"])
@pytest.mark.parametrize("name", ["usage", "plan", "prime"])
def test_a_missing_value_of_any_type_is_missing(name: str, dtype: str) -> None:
    assert read(name, pd.Series([None, None], dtype=dtype)).isna().all()


@pytest.mark.parametrize(
    "values",
    [pd.Series([True, False]), pd.Series([True, False], dtype="boolean"), ["true", "False"], [1, 0], ["1", "0"]],
)
def test_true_and_false_are_one_and_zero_where_there_was_nothing_else(values: object) -> None:
    assert read("prime", values).tolist() == [1.0, 0.0]
    assert read("member", values).tolist() == ["true", "false"]


@pytest.mark.parametrize("words", [["Yes", "no"], ["Y", "N"], ["ja", "NEIN"], ["T", "f"], ["oui", "non"]])
def test_yes_and_no_are_one_and_zero_and_true_and_false_where_there_was_nothing_else(words: list[str]) -> None:
    assert read("member", words).tolist() == ["true", "false"]
    assert read_numbers(pd.Series(words, name="flag"), flag=True).values.tolist() == [1.0, 0.0]
    assert read_numbers(pd.Series(words, name="store"), flag=False).n_misfits == 2
    assert Levels(("ja", "nein")).read(pd.Series(words, name="x")).values.tolist() == ["ja", "nein"]
    assert set(Levels(("ja", "nein", "vielleicht")).read(pd.Series(["true"], name="x")).unseen) == {"true"}


def test_true_and_false_are_no_numbers_where_there_were_others() -> None:
    assert "'store' must hold numbers as in training; got true and false in 2 of 2 rows" in refused(
        "store", [True, False]
    )


@pytest.mark.parametrize("values", [[1, 2], [1.0, 2.0], pd.Series([1, 2], dtype="Int64"), ["1", "2"]])
def test_numbers_are_levels_that_look_like_numbers(values: object) -> None:
    assert read("shop", values).tolist() == ["1", "2"]


@pytest.mark.parametrize(
    ("name", "values", "got"),
    [
        ("store", ["1", "12a", "2"], "numbers as in training; got text in 1 of 3 rows"),
        ("usage", [1.0, np.inf, -np.inf], "numbers as in training; got infinite or huge numbers in 2 of 3 rows"),
        ("usage", [[1.0], [2.0], None], "numbers as in training; got values of the type list in 2 of 3 rows"),
        ("usage", pd.to_datetime(["2025-01-01"] * 3), "numbers as in training; got dates in 3 of 3 rows"),
        ("plan", [3.5, 2.0, 1.0], "text as in training; got numbers in 3 of 3 rows"),
        ("plan", [True, False, True], "text as in training; got true and false in 3 of 3 rows"),
    ],
)
def test_a_refusal_is_short_and_names_the_column_and_what_came(name: str, values: object, got: str) -> None:
    found = refused(name, values)
    assert found == f"feature {name!r} must hold {got}. Correct the column, or train again."


def test_no_value_is_in_a_refusal() -> None:
    assert "marked" not in refused("store", ["marked"] * 3)


def test_columns_that_are_gone_are_named() -> None:
    with pytest.raises(ModelError, match=r"got none of the name 'usage', 'plan'\."):
        REFERENCE.read(TRAINED.drop(columns=["usage", "plan"]))


def test_a_column_that_was_empty_in_training_stays_empty() -> None:
    for values in (["a", "b"], [1.0, 2.0], [None, 3]):
        assert read("never", values).isna().all()


@given(
    st.lists(st.sampled_from(PLANS), min_size=1, max_size=20),
    st.sampled_from([str.upper, str.title, str.swapcase]),
    st.sampled_from(["", " ", "\t", "\u00a0"]),
    st.sampled_from(["object", "str", "category"]),
)
def test_case_and_blanks_make_no_other_level(plans: list[str], change: object, blank: str, dtype: str) -> None:
    written = pd.Series([f"{blank}{change(plan)}{blank}" for plan in plans], dtype=dtype)  # type: ignore[operator]
    assert read("plan", written).tolist() == plans


def test_what_two_levels_could_be_is_none_of_them() -> None:
    levels = Levels(("PRO", "pro", "Plus"))
    found = levels.read(pd.Series(["PRO", "pro", "Pro", "plus", "", None]))
    assert found.known.tolist() == [SAME, SAME, UNSEEN, RENAMED, MISSING, MISSING]
    assert found.unseen == {"Pro": 1}
    assert found.values.tolist()[:4] == ["PRO", "pro", "Pro", "Plus"]


@given(st.text(min_size=1, max_size=8))
def test_a_level_is_itself_whatever_it_looks_like(name: str) -> None:
    found = Levels((name, "other")).read(pd.Series([name], dtype=object))
    assert found.values.tolist() == [name]
    assert found.known.tolist() == [SAME]


def test_a_reference_is_the_same_after_json() -> None:
    assert Reference.from_dict(json.loads(json.dumps(REFERENCE.to_dict()))) == REFERENCE


def test_words_say_what_is_there_and_not_what_it_is() -> None:
    assert (
        words_for(pd.Series(["Ann", "7", 3, None, True]))
        == "numbers and numbers as text and text and true and false"
    )
