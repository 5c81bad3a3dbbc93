"""Spend: what is not known, what came back, and how few have most of it."""

from __future__ import annotations

import numpy as np
import pytest

from silentnps.estimation.formulas.doubly_robust import Sample
from silentnps.estimation.value.spend import SilentSpend, Spend, concentration

CLASSES = np.array([0, 2, -1, -1, -1])
SAMPLE = Sample(CLASSES, np.array([True, True, True, False, True]), np.zeros((5, 0)), np.ones(5))


def test_unknown_spend_and_more_returned_than_bought_count_as_nothing():
    spend = Spend.of(np.array([np.nan, -5.0, 2.0, 3.0, np.inf]), "spend")
    assert spend.amounts.tolist() == [0.0, 0.0, 2.0, 3.0, 0.0]
    assert spend.known.tolist() == [False, True, True, True, False]
    assert spend.of_silent(SAMPLE).tolist() == [2.0, 3.0]
    assert spend.of_answers(SAMPLE) == 0.0


def test_effective_customers_by_hand():
    spend = Spend.of(np.array([1.0, 1.0, 1.0, 1.0, 4.0]), "spend")
    found = concentration(spend, SAMPLE)
    assert found.effective_n == pytest.approx(64 / 20)
    assert found.largest_share == 0.5
    everybody = SilentSpend(np.array([5.0, 1.0]), np.zeros((2, 3)), squares=18.0, largest=4.0, n=3)
    of_all = concentration(Spend.of(spend.amounts, "spend", everybody=everybody), SAMPLE)
    assert of_all == found
