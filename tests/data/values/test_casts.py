"""The SQL of casts that are written for speed: the values of the plain ones."""

from __future__ import annotations

from datetime import datetime

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from silentnps.data.values.casts import cast, clean_text
from silentnps.data.values.ids import is_tidy_id

BLANKS = (" ", "\t", "\r", "\n", "\u00a0")
TEXTS = [
    "",
    "a",
    "12",
    "12.0",
    "12.00",
    "012.0",
    "0.0",
    "a.0",
    "ä",
    "aä",
    "äa",
    "\x7f",
    "a\x7f",
    "\x01a",
    "!",
    "~",
    "日本",
    "a b",
]


def values(expression: str, column: pa.Array) -> list[object]:
    connection = duckdb.connect()
    connection.register("t", pa.table({"x": column}))
    return [row[0] for row in connection.execute(f"SELECT {expression} FROM t").fetchall()]


def around() -> list[str | None]:
    """Return texts with blanks before, after, on both sides, alone and between, and null."""
    sides = ["", *BLANKS, "\t ", "\u00a0\n"]
    return [None, *(left + text + right for text in TEXTS for left in sides for right in sides)]


def stripped(text: str | None) -> str | None:
    return None if text is None else text.strip("".join(BLANKS)) or None


def test_texts_lose_the_blanks_around_them() -> None:
    texts = around()
    assert values(clean_text("x"), pa.array(texts)) == [stripped(text) for text in texts]


def test_ids_lose_the_suffix_of_floats_too() -> None:
    texts = around()
    plain = [stripped(text) for text in texts]
    whole = {"12.0": "12", "0.0": "0"}
    found = values(cast("x", family="text", kind="id", zone=None).value, pa.array(texts))
    assert found == [whole.get(text, text) if text else text for text in plain]


MOST = 2**63 - 1


def test_whole_amounts_become_minor_units_or_unknown() -> None:
    amounts = [0, 1, -1, 2050, MOST // 100, -(MOST // 100), MOST // 100 + 1, -(MOST // 100) - 1, MOST, -MOST, None]
    expected = [a * 100 if a is not None and abs(a) <= MOST // 100 else None for a in amounts]
    found = values(cast("x", family="whole", kind="money", zone=None).value, pa.array(amounts, pa.int64()))
    assert found == expected


@pytest.mark.parametrize("kind", ["DOUBLE", "FLOAT", "DECIMAL(12, 2)", "DECIMAL(14, 4)", "DECIMAL(30, 9)"])
def test_amounts_round_half_to_even_whatever_their_size(kind: str) -> None:
    rng = np.random.default_rng(1)
    amounts = np.concatenate(
        [
            rng.uniform(-2e9, 2e9, 20_000),
            np.round(rng.uniform(-1e5, 1e5, 20_000), 2),
            rng.integers(-(10**6), 10**6, 20_000) / 200,
            rng.uniform(-1e-5, 1e-5, 2_000),
            [0.0, -0.0, 0.575, 1.005, 0.125, 999_999_999.995, 1e9, -1e9],
        ]
    )
    source = f"CAST(x AS {kind})"
    plain = f"TRY_CAST(round_even(100 * TRY_CAST({source} AS DECIMAL(24, 6)), 0) AS BIGINT)"
    fast = cast(source, family="real", kind="money", zone=None).value
    assert values(fast, pa.array(amounts)) == values(plain, pa.array(amounts))


def test_amounts_that_are_no_numbers_are_bad() -> None:
    money = cast("x", family="real", kind="money", zone=None)
    numbers = pa.array([float("nan"), float("inf"), -float("inf"), 1e30, None])
    assert values(money.value, numbers) == [None] * 5
    assert values(money.bad or "", numbers) == [False, True, True, True, False]


def test_tidy_ids_are_read_as_they_are() -> None:
    texts = ["a", "007", "12.0", "12.0 ", " a", "a\u00a0", "\u00a0a", "a\tb", "é", "aé", "", " ", "x.0", "12", None]
    sql = cast("t", family="text", kind="id", zone=None).value
    rows = duckdb.execute(f"SELECT t, {sql}, {is_tidy_id('t')} FROM (SELECT unnest(?) AS t)", [texts]).fetchall()
    tidy = [(text, read) for text, read, is_tidy in rows if is_tidy]
    assert [text for text, _ in tidy] == ["a", "007", "a\tb", "12"]
    assert all(text == read for text, read in tidy)


def test_moments_with_a_zone_are_those_that_the_rules_of_zones_give() -> None:
    """The short way to UTC, for instants, and for local times of a zone also around changes of the clock."""
    hours = pd.date_range("2023-01-01", "2025-12-31", freq="37min").as_unit("us")
    far = [
        datetime.fromisoformat(text)
        for text in ("0001-01-02", "1883-11-18 12:03:58.999999", "1969-12-31 23:59:59.999999", "9999-12-30")
    ]
    given = pa.array([*hours, *far, None], pa.timestamp("us"))
    instant = cast("timezone('UTC', x)", family="instant", kind="time", zone=None).value
    assert values(f"({instant}) IS NOT DISTINCT FROM x", given) == [True] * len(given)
    for zone in ("Europe/Berlin", "America/New_York"):
        local = cast("x", family="local", kind="time", zone=zone).value
        by_rules = f"timezone('UTC', timezone('{zone}', x))"
        assert values(f"({local}) IS NOT DISTINCT FROM {by_rules}", given) == [True] * len(given)
