"""Ids of Salesforce in both lengths: what follows from 15 characters, and what is no such id."""

from __future__ import annotations

import duckdb
import pytest

from silentnps.data.values.salesforce_ids import is_long, is_short, long_form, short_form

# The first is an example of a description of the way; the others were worked out by hand.
PAIRS = [
    ("a0D30000001n7Pi", "a0D30000001n7PiEAI"),
    ("0013000001ABcde", "0013000001ABcdeAAD"),
    ("a" * 15, "a" * 15 + "AAA"),
]


def value_of(sql: str) -> object:
    return duckdb.sql(f"SELECT {sql}").fetchall()[0][0]


@pytest.mark.parametrize(("short", "long"), PAIRS)
def test_both_lengths_of_an_id_become_each_other(short: str, long: str) -> None:
    assert value_of(long_form(f"'{short}'")) == long
    assert value_of(short_form(f"'{long}'")) == short
    assert value_of(long_form(f"'{long}'")) == long
    assert value_of(short_form(f"'{short}'")) == short
    assert value_of(f"{is_long(repr(long))} AND {is_short(repr(short))}") is True


@pytest.mark.parametrize(
    "other", ["", "C1", "A0d30000001n7PiEAI", "a0D30000001n7PiEAA", "a0D30000001n7-iEAI", "é" * 18]
)
def test_other_texts_stay(other: str) -> None:
    assert value_of(short_form(f"'{other}'")) == other
    assert value_of(long_form(f"'{other}'")) == other
    assert value_of(is_long(f"'{other}'")) is False


def test_nothing_stays_nothing() -> None:
    assert value_of(short_form("NULL::VARCHAR")) is None
    assert value_of(long_form("NULL::VARCHAR")) is None
