"""The numbers by spend, by hand, and the words for them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from silentnps.estimation.formulas.doubly_robust import Sample
from silentnps.estimation.value.silent_by_spend import SilentBySpend, detractor_variance
from silentnps.estimation.value.spend import Spend
from silentnps.estimation.value.spend_report import SpendReport, spend_report
from silentnps.estimation.value.words import spend_sentences

SAMPLE = Sample(np.array([0, 2, 1, -1, -1]), np.ones(5, dtype=bool), np.zeros((5, 0)), np.ones(5))
SILENT = SilentBySpend(np.array([0.5, 0.3, 0.2]), 400.0, 0.01)


def made(values: list[float], silent: SilentBySpend = SILENT) -> SpendReport:
    spend = Spend.of(np.array(values), "spend", currency="EUR")
    return spend_report(SAMPLE, spend, silent, degrees=np.inf, confidence_level=0.95)


def test_base_and_spend_at_risk_by_hand():
    got = made([10.0, 20.0, 10.0, 40.0, 20.0])
    assert got.respondents.value == pytest.approx(100 * (20 - 10) / 40)
    assert got.silent.value == pytest.approx(-30.0)
    assert got.silent.high == pytest.approx(-30 + 1.959964 * 20, abs=1e-5)
    assert got.base.value == pytest.approx(0.4 * 25 + 0.6 * -30)
    assert got.base.standard_error == pytest.approx(0.6 * 20)
    assert (got.total, got.answered_share, got.customers_answered_share) == (100.0, 0.4, 0.6)
    assert got.at_risk == pytest.approx(10 + 60 * 0.5)
    assert got.at_risk_low == pytest.approx(10 + 60 * (0.5 - 1.959964 * 0.1), abs=1e-4)
    assert got.effective_n == pytest.approx(100**2 / 2600)


def test_a_share_of_detractors_varies_with_the_nps_as_that_of_one_customer_does():
    shares = np.array([0.5, 0.0, 0.5])
    assert detractor_variance(100.0**2, shares) == pytest.approx(0.25)
    assert detractor_variance(4.0, shares) == pytest.approx(0.25 * 4 / 100**2)


def test_what_is_at_risk_stays_within_the_spend():
    wild = SilentBySpend(np.array([0.9, 0.05, 0.05]), 1e4, 4.0)
    got = made([0.0, 1.0, 1.0, 4.0, 4.0], wild)
    assert (got.at_risk_low, got.at_risk_high) == (0.0, 8.0)


def test_the_file_has_everything_and_no_nan():
    got = made([0.0, 0.0, np.nan, 40.0, 20.0])
    text = json.dumps(got.to_dict(), allow_nan=False)
    again = SpendReport.from_dict(json.loads(text))
    assert again.to_dict() == got.to_dict()
    assert again.base == got.base == got.silent
    assert got.respondents.n == 0
    assert got.n_unknown == 1


def test_a_few_customers_with_most_of_the_spend_are_told():
    sentences = spend_sentences(made([1.0, 1.0, np.nan, 1e7, 1.0]))
    assert any("as if 1 customer had it all" in text and "100 %" in text for text in sentences)
    assert any("spend of 1 customer is not known" in text for text in sentences)
    assert "10.00 million EUR" in sentences[1]
