"""Ids that have lost digits are refused before they join the wrong customers; ids that only look so are not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import silentnps
from silentnps.config import ProjectConfig
from silentnps.data.identity.linked_tables import open_tables
from silentnps.data.reading.id_precision import id_column, is_cut, is_id
from silentnps.errors import DataError
from silentnps.schema import TABLES

N = 40
LONG = [12345678901234567 + 137 * i for i in range(N)]


def opened(folder: Path, table: str, frame: pd.DataFrame, *, how: str) -> None:
    """Open a project whose one interesting table is `frame`."""
    people = pd.DataFrame({"customer_id": ["a", "b"]})
    tables = {"customers": people, table: frame}
    paths = {}
    for name, each in tables.items():
        paths[name] = folder / f"{name}.{how}"
        each.to_csv(paths[name], index=False) if how == "csv" else each.to_parquet(paths[name])
    config = {name: {"path": path} for name, path in paths.items()}
    open_tables(ProjectConfig(name="t", output=folder / "out", timezone="UTC", tables=config))


COLUMNS = {
    ("customers", "customer_id"): {},
    ("responses", "customer_id"): {"responded_at": "2025-01-01", "rating": 9},
    ("responses", "survey_id"): {"customer_id": "a", "responded_at": "2025-01-01", "rating": 9},
    ("orders", "order_id"): {"customer_id": "a", "ordered_at": "2025-01-01", "amount": 1},
    ("orders", "store_id"): {"order_id": range(N), "customer_id": "a", "ordered_at": "2025-01-01", "amount": 1},
    ("returns", "row_id"): {"customer_id": "a", "returned_at": "2025-01-01"},
    ("outreach", "associate_id"): {"customer_id": "a", "sent_at": "2025-01-01"},
    ("campaigns", "campaign_id"): {"starts_at": "2025-01-01"},
}
SPELLINGS: dict[str, tuple[str, Callable[[int], object]]] = {
    "double": ("parquet", float),
    "single": ("parquet", np.float32),
    "shortest": ("csv", lambda i: repr(float(i))),
    "excel": ("csv", lambda i: f"{i:.5E}"),
    "german excel": ("csv", lambda i: f"{i:.5E}".replace(".", ",")),
    "java": ("csv", lambda i: repr(float(i)).replace("e+", "E")),
    "fixed": ("csv", lambda i: f"{float(i):.1f}"),
    "cut": ("csv", lambda i: str(i // 100 * 100)),
    "cut integers": ("parquet", lambda i: i // 100 * 100),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_id_that_lost_digits_is_refused_however_it_is_written(tmp_path: Path, spelling: str) -> None:
    how, write = SPELLINGS[spelling]
    with pytest.raises(DataError) as told:
        opened(tmp_path, "customers", pd.DataFrame({"customer_id": [write(i) for i in LONG]}), how=how)
    words = str(told.value)
    assert f"customers.{how}" in words
    assert "'customer_id' must hold ids" in words
    assert f"got {N} bad rows (first rows 1, 2, 3, 4, 5)" in words
    assert "Export the ids as text" in words
    assert "12345" not in words


@pytest.mark.parametrize(("table", "column"), COLUMNS)
@pytest.mark.parametrize("spelling", ["excel", "cut"])
def test_every_column_of_ids_is_looked_at(tmp_path: Path, table: str, column: str, spelling: str) -> None:
    _, write = SPELLINGS[spelling]
    frame = pd.DataFrame({column: [write(i) for i in LONG], **COLUMNS[table, column]})
    with pytest.raises(DataError, match=f"{table}.csv: column '{column}' must hold ids"):
        opened(tmp_path, table, frame, how="csv")


GOOD: dict[str, tuple[str, list[object]]] = {
    "whole floats": ("parquet", [float(i) for i in range(N)]),
    "floats below 2^53": ("parquet", [float(2**53 - 1 - i) for i in range(N)]),
    "whole floats as text": ("csv", [f"{i}.0" for i in range(N)]),
    "long integers": ("parquet", LONG),
    "long digits": ("csv", [str(i) for i in LONG]),
    "one long id in ten ends in a zero": ("csv", [str(i) for i in range(1234567890123450, 1234567890123490)]),
    "padded on the right": ("csv", [f"{i:04d}" + "0" * 14 for i in range(1001, 1001 + N)]),
    "steps of a thousand": ("csv", [str(1234567890000000000 + 1000000 * i) for i in range(N)]),
    "milliseconds as microseconds": ("csv", [str(1700000000000000 + 1000 * i) for i in range(N)]),
    "codes with an E": ("csv", [f"{i}E5" for i in range(N)]),
    "hexadecimal": ("csv", [f"{i:04d}e{i:03d}" for i in range(N)]),
    "versions": ("csv", [f"1.{i}" for i in range(N)]),
    "digits ending in zeros, but short": ("csv", [str(100000 * i) for i in range(1, N + 1)]),
    "ids of mail": ("csv", [f"a{i}.e+{i}@shop.example" for i in range(N)]),
}


@pytest.mark.parametrize("kind", GOOD)
def test_ids_that_have_all_their_digits_pass(tmp_path: Path, kind: str) -> None:
    how, ids = GOOD[kind]
    opened(tmp_path, "customers", pd.DataFrame({"customer_id": ids}), how=how)


def test_one_store_that_ends_in_zeros_is_no_cut_id(tmp_path: Path) -> None:
    row = {"customer_id": "a", "ordered_at": "2025-01-01", "amount": 1, "store_id": "1234567890123400"}
    opened(tmp_path, "orders", pd.DataFrame({"order_id": range(500)}).assign(**row), how="csv")


@given(st.integers(min_value=10**15, max_value=10**19 - 1), st.integers(min_value=1, max_value=10**6))
def test_long_ids_in_a_row_are_not_taken_for_cut_ones(first: int, seed: int) -> None:
    ids = first + np.random.default_rng(seed).choice(10**6, 60, replace=False).astype(object)
    cut = [i for i in ids if str(i)[15:].strip("0") == ""]
    ending = [i for i in cut if str(i)[14] != "0"]
    assert not is_cut(n_long=60, n_cut=len(cut), n_ending=len(ending), n_different=len(cut), is_key=True)


def test_every_column_that_is_called_an_id_is_one() -> None:
    named = {(t.name, c.name) for t in TABLES.values() for c in t.columns if c.name.endswith("_id")}
    assert {(t.name, c.name) for t in TABLES.values() for c in t.columns if is_id(t, c.name)} == named
    made = id_column(TABLES["orders"], "order_id", user_name="o", value="o", sql_type="DECIMAL(20,0)")
    assert made.is_key
    assert made.in_floats is None


def test_persons_whose_ids_are_rounded_are_refused() -> None:
    person = pd.Series([float(i) for i in LONG])
    with pytest.raises(DataError, match="person must hold ids with all digits"):
        silentnps.estimate_nps(pd.DataFrame({"x": range(N)}), pd.Series([9.0] * N), person=person)
