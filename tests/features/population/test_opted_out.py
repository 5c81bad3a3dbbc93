"""Customers who opted out stay in the population, without an invitation and without an answer."""

from __future__ import annotations

import ibis
import pandas as pd

from silentnps.features.population.opted_out import (
    ids_of,
    n_rows_with_id,
    opted_out_of,
    without_answers,
    without_ids,
)


def table(**columns: list[object]) -> ibis.Table:
    return ibis.duckdb.connect().create_table("people", ibis.memtable(pd.DataFrame(columns)))


def test_an_empty_opt_out_is_none() -> None:
    out = opted_out_of(
        table(customer_id=["a", "b", "c"], opted_out=[True, False, None]).cast({"opted_out": "boolean"})
    )
    assert out is not None
    assert ids_of(out) == ["a"]
    assert opted_out_of(table(customer_id=["a"])) is None


def test_rows_without_a_customer_stay_and_ids_are_compared_whole() -> None:
    rows = table(customer_id=["a", "ab", None], amount=[1, 2, 3])
    assert sorted(without_ids(rows, {"a"}).to_pandas()["amount"]) == [2, 3]
    assert n_rows_with_id(rows, "a") == 1
    assert sorted(ids_of(rows)) == ["a", "ab"]


def test_their_answers_are_set_aside_and_they_are_counted() -> None:
    population = table(
        customer_id=["a", "b", "c"],
        invited=[True, True, False],
        respondent=[True, True, False],
        rating=[9.0, 3.0, None],
        reminders=[1.0, 0.0, None],
    )
    out = population.filter(population.customer_id.isin(["a", "c"])).select("customer_id")
    changed, n, answers = without_answers(population, out)
    rows = changed.to_pandas().set_index("customer_id")
    assert (n, answers) == (2, 1)
    assert rows["respondent"].to_dict() == {"a": False, "b": True, "c": False}
    assert rows["invited"].to_dict() == {"a": False, "b": True, "c": False}
    assert pd.isna(rows.loc["a", "rating"])
    assert rows.loc["b", "rating"] == 3.0
