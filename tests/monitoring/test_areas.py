"""The AUC and its standard error."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from silentnps.monitoring.areas import area_of


def test_the_area_is_that_of_scikit_learn_with_ties() -> None:
    rng = np.random.default_rng(0)
    positive = rng.random(300) < 0.3
    scores = (rng.normal(size=300) + positive).round(1)
    area = area_of(scores, positive)
    assert area.value == pytest.approx(roc_auc_score(positive, scores))
    other = area_of(-scores, positive)
    assert (other.value, other.se) == pytest.approx((1 - area.value, area.se))


def test_the_standard_error_by_hand() -> None:
    # positives 3, 1 win 2 and 1 of 2 negatives (2, 0): placements 1, 1/2; negatives are beaten by 1/2 and 1
    # DeLong: var(1, 1/2) / 2 + var(1/2, 1) / 2 = 0.125 / 2 + 0.125 / 2
    area = area_of(np.array([3.0, 1.0, 2.0, 0.0]), np.array([True, True, False, False]))
    assert area.value == 0.75
    assert area.se == pytest.approx(np.sqrt(0.125))


def test_intervals_cover_the_area_of_two_normal_laws() -> None:
    rng, truth = np.random.default_rng(4), float(stats.norm.cdf(1 / np.sqrt(2)))
    hits = 0
    for _ in range(300):
        scores = np.concatenate([rng.normal(1, 1, 80), rng.normal(0, 1, 200)])
        area = area_of(scores, np.arange(280) < 80)
        hits += area.low <= truth <= area.high
    assert stats.binomtest(hits, 300, 0.95).pvalue > 0.001
