"""Draws: as good as random, the same for the same seed, of exactly the share asked for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chisquare, kstest

from silentnps.actions.draw import candidates_for, held_out, uniforms

IDS = [f"C{i:05d}" for i in range(4000)]


def test_numbers_are_uniform_and_independent_of_the_ids() -> None:
    """False alarm 1e-4 each."""
    numbers = uniforms(IDS, seed=0, purpose="recover 2025-07-01")
    assert kstest(numbers, "uniform").pvalue > 1e-4
    assert abs(np.corrcoef(numbers, np.arange(len(IDS)))[0, 1]) < 4 / np.sqrt(len(IDS))
    other = uniforms(IDS, seed=0, purpose="recover 2025-07-02")
    assert abs(np.corrcoef(numbers, other)[0, 1]) < 4 / np.sqrt(len(IDS))


def test_an_id_keeps_its_number_whoever_else_is_there() -> None:
    assert uniforms(IDS[5:7], seed=1, purpose="x")[1] == uniforms(IDS, seed=1, purpose="x")[6]
    assert uniforms(IDS[:1], seed=1, purpose="x") != uniforms(IDS[:1], seed=2, purpose="x")


def test_everybody_is_held_out_as_often() -> None:
    """Over many purposes each of 20 ids is among the 5 held out equally often; false alarm 1e-4."""
    ids = IDS[:20]
    counts = sum(held_out(ids, 5, seed=0, purpose=str(day)).astype(int) for day in range(1000))
    assert counts.sum() == 5 * 1000
    assert chisquare(counts).pvalue > 1e-4


def test_the_order_of_the_ids_does_not_matter() -> None:
    ids = IDS[:50]
    out = held_out(ids, 7, seed=0, purpose="x")
    assert held_out(ids[::-1], 7, seed=0, purpose="x")[::-1].tolist() == out.tolist()


@pytest.mark.parametrize("capacity", [1, 7, 200])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 0.5])
@pytest.mark.parametrize("n", [0, 1, 5, 180, 205, 5000])
def test_the_list_is_as_full_as_can_be_and_the_share_is_held(capacity: int, share: float, n: int) -> None:
    wanted, out = candidates_for(capacity, share, n)
    assert 0 <= out <= wanted <= n
    assert wanted - out <= capacity
    assert abs(out - share * wanted) <= 1
    if n >= 2 * capacity + 2:
        assert wanted - out == capacity
