"""Rows and distinct rows are counted as pandas counts them, in one query or in parts."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pytest

from silentnps.data.checking import duplicates
from silentnps.data.checking.duplicates import n_and_distinct
from silentnps.numerics.arrays import Integers


def table(frame: pd.DataFrame) -> ibis.Table:
    return ibis.duckdb.connect().create_table("rows", ibis.memtable(frame))


def frame(n: int, *, values: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    ids = pd.Series(rng.integers(0, values, n)).astype("Int64").mask(rng.random(n) < 0.05)
    return pd.DataFrame({"order_id": ids.astype("string"), "amount": rng.integers(0, 3, n)})


@pytest.mark.parametrize("columns", [["order_id"], ["order_id", "amount"]])
@pytest.mark.parametrize("values", [50, 10**12])
@pytest.mark.parametrize("most", [0, 99, 100, 5_000])
def test_in_parts_they_are_the_same(
    monkeypatch: pytest.MonkeyPatch, columns: list[str], values: int, most: int
) -> None:
    monkeypatch.setattr(duplicates, "_HASHES_AT_ONCE", 100)
    rows = frame(3_000, values=values)
    assert n_and_distinct(table(rows), columns, most=most) == (3_000, len(rows[columns].drop_duplicates()))


def test_every_part_is_asked_for_its_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "_HASHES_AT_ONCE", 100)
    counted: list[int] = []
    n_different = duplicates._n_distinct

    def count(values: Integers) -> int:
        counted.append(len(values))
        return n_different(values)

    monkeypatch.setattr(duplicates, "_n_distinct", count)
    rows = pd.DataFrame({"order_id": [f"o{i}" for i in range(1_000)]})
    assert n_and_distinct(table(rows), ["order_id"], most=1_000) == (1_000, 1_000)
    assert len(counted) == 16
    assert max(counted) < 110


def test_of_no_rows_there_are_none() -> None:
    assert n_and_distinct(table(frame(0, values=5)), ["order_id"]) == (0, 0)
