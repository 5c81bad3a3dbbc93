"""Metrics of labels."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, f1_score

from silentnps.metrics import confusion, macro_f1, quadratic_kappa

RNG = np.random.default_rng(0)


def test_metrics_of_labels_are_sklearns():
    true, labels = RNG.integers(0, 3, 500), RNG.integers(0, 3, 500)
    matrix = confusion(true, labels)
    assert macro_f1(matrix) == pytest.approx(f1_score(true, labels, average="macro"))
    assert quadratic_kappa(matrix) == pytest.approx(cohen_kappa_score(true, labels, weights="quadratic"))


def test_labels_of_one_class_agree_with_nothing():
    assert quadratic_kappa(np.array([[2.0, 0, 0], [3.0, 0, 0], [1.0, 0, 0]])) == 0.0
