"""Earned growth in the report by spend: what is told with and without a known origin, and the file."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np

from silentnps.estimation.formulas.doubly_robust import Sample
from silentnps.estimation.value.growth import EarnedGrowth
from silentnps.estimation.value.silent_by_spend import SilentBySpend
from silentnps.estimation.value.spend import Spend
from silentnps.estimation.value.spend_report import SpendReport, spend_report
from silentnps.estimation.value.words import spend_sentences

GROWTH = EarnedGrowth("2025-11-20", 365, before=200.0, retained=190.0, new=30.0, earned=20.0)


def with_growth(growth: EarnedGrowth | None) -> SpendReport:
    sample = Sample(np.array([0, 2, 1, -1, -1]), np.ones(5, dtype=bool), np.zeros((5, 0)), np.ones(5))
    silent = SilentBySpend(np.array([0.5, 0.3, 0.2]), 400.0, 0.01)
    spend = Spend.of(np.array([10.0, 20.0, 10.0, 40.0, 20.0]), "spend")
    return replace(spend_report(sample, spend, silent, degrees=np.inf, confidence_level=0.95), growth=growth)


def test_the_rate_is_retention_and_earned_new_customers_less_one_hundred():
    *_, told = spend_sentences(with_growth(GROWTH))
    assert "Earned growth +5.0 %" in told
    assert "spent 95.0 % of what was spent then" in told
    assert "by recommendation 10.0 %, other new ones 5.0 %" in told


def test_where_nobody_knows_who_was_recommended_the_rate_is_a_range():
    growth = replace(GROWTH, earned=None)
    assert growth.rate is None
    *_, told = spend_sentences(with_growth(growth))
    assert "Earned growth -5.0 to +10.0 %" in told
    assert "`value.earned`" in told


def test_the_file_has_growth_and_reads_it_back():
    for growth in (GROWTH, replace(GROWTH, earned=None), None):
        report = with_growth(growth)
        again = SpendReport.from_dict(json.loads(json.dumps(report.to_dict())))
        assert again == report
