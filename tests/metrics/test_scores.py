"""Metrics of class probabilities: by hand, against sklearn, identities."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from silentnps.metrics import (
    evaluate,
    expected_calibration_error,
    lift,
    log_loss,
    ranked_probability_score,
    ranked_probability_scores,
)
from silentnps.numerics.arrays import Floats, Integers


@pytest.fixture
def scored() -> tuple[Floats, Integers]:
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet([1.5, 1.0, 2.0], 500)
    classes = (rng.random(500)[:, None] > probabilities.cumsum(axis=1)[:, :2]).sum(axis=1)
    return probabilities, classes


def test_ranked_probability_scores_by_hand():
    # Cumulative (0.2, 0.5) against (0, 1) for a passive: (0.04 + 0.25) / 2; for a promoter (0.04 + 0.25) / 2;
    # for a detractor against (1, 1): (0.64 + 0.25) / 2.
    got = ranked_probability_scores(np.tile([0.2, 0.3, 0.5], (3, 1)), np.array([1, 2, 0]))
    assert got == pytest.approx([0.145, 0.145, 0.445])
    assert ranked_probability_score(np.tile([0.2, 0.3, 0.5], (3, 1)), np.array([1, 2, 0])) == pytest.approx(0.245)


def test_ranked_probability_is_zero_when_sure_and_right_and_one_when_most_wrong():
    assert ranked_probability_score(np.eye(3), np.arange(3)) == 0.0
    assert ranked_probability_score(np.eye(3)[[0, 2]], np.array([2, 0])) == 1.0


def test_the_ranked_probability_score_is_proper(scored: tuple[Floats, Integers]):
    probabilities, classes = scored
    honest = ranked_probability_score(probabilities, classes)
    sure = probabilities**3 / (probabilities**3).sum(axis=1, keepdims=True)
    assert honest < ranked_probability_score(sure, classes)
    assert honest < ranked_probability_score((probabilities + 1 / 3) / 2, classes)


def test_swapping_the_extremes_changes_no_score_of_the_whole(scored: tuple[Floats, Integers]):
    probabilities, classes = scored
    one, other = evaluate(probabilities, classes), evaluate(probabilities[:, ::-1], 2 - classes)
    for name in ("log_loss", "rps", "macro_f1", "qwk", "auc_passive", "ece_passive", "lift_at_10_passive"):
        assert one[name] == pytest.approx(other[name])
    assert one["auc_detractor"] == pytest.approx(other["auc_promoter"])


def test_scores_equal_those_of_sklearn(scored: tuple[Floats, Integers]):
    probabilities, classes = scored
    got = evaluate(probabilities, classes)
    assert got["log_loss"] == pytest.approx(sklearn_metrics.log_loss(classes, probabilities))
    # Each threshold's squared error is a Brier score.
    brier = [
        sklearn_metrics.brier_score_loss(classes <= k, probabilities[:, : k + 1].sum(axis=1)) for k in range(2)
    ]
    assert got["rps"] == pytest.approx(np.mean(brier))
    promoter = classes == 2
    assert got["auc_promoter"] == pytest.approx(sklearn_metrics.roc_auc_score(promoter, probabilities[:, 2]))
    assert got["base_rate_promoter"] == promoter.mean()


def test_an_impossible_class_costs_much_but_not_infinity():
    assert log_loss(np.array([[0.0, 0.0, 1.0]]), np.array([0])) == pytest.approx(-np.log(1e-12))


def test_lift_by_hand():
    # The best two of ten: one of them positive, so 0.5 against a base rate of 0.2.
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0])
    positive = np.array([1, 0, 1, 0, 0, 0, 0, 0, 0, 0])
    assert lift(scores, positive, share=0.2) == pytest.approx(2.5)
    assert lift(scores, positive, share=1.0) == pytest.approx(1.0)


def test_lift_shares_ties_by_their_mean():
    # The top two of four are tied with a third: 1 above, one place for two tied with one positive of two.
    scores, positive = np.array([0.9, 0.5, 0.5, 0.1]), np.array([1, 1, 0, 0])
    assert lift(scores, positive, share=0.5) == pytest.approx((1 + 0.5) / 2 / 0.5)
    order = np.array([3, 2, 0, 1])
    assert lift(scores[order], positive[order], share=0.5) == pytest.approx(1.5)
    assert lift(np.zeros(8), np.arange(8) % 2, share=0.1) == pytest.approx(1.0)


def test_lift_without_positives_is_undefined():
    assert np.isnan(lift(np.arange(4.0), np.zeros(4, dtype=np.int64), share=0.5))


def test_calibration_error_by_hand():
    # Two bins of two: predicted 0.1 and 0.8 on average, observed 0 and 0.5: (0.1 + 0.3) / 2.
    got = expected_calibration_error(np.array([0.9, 0.0, 0.2, 0.7]), np.array([1, 0, 0, 0]), bins=2)
    assert got == pytest.approx(0.2)


def test_calibration_error_is_small_where_probabilities_are_true():
    rng = np.random.default_rng(1)
    predicted = rng.random(40_000)
    positive = (rng.random(40_000) < predicted).astype(np.int64)
    assert expected_calibration_error(predicted, positive) < 0.02
    assert expected_calibration_error(predicted**2, positive) > 0.1


def test_more_bins_than_rows_do_no_harm():
    assert expected_calibration_error(np.array([0.5]), np.array([1])) == pytest.approx(0.5)


def test_a_class_that_does_not_occur_has_no_key():
    got = evaluate(np.tile([0.5, 0.2, 0.3], (6, 1)), np.array([0, 0, 0, 2, 2, 0]))
    assert "auc_passive" not in got
    assert {"auc_detractor", "auc_promoter", "lift_at_10_promoter", "ece_detractor"} <= set(got)
    assert got["qwk"] == 0.0


def test_kappa_weighs_far_errors_more():
    classes = np.array([0, 1, 2, 0, 1, 2])
    near, far = classes.copy(), classes.copy()
    near[0], far[0] = 1, 2
    kappas = [evaluate(np.eye(3)[predicted], classes)["qwk"] for predicted in (classes, near, far)]
    assert kappas[0] == pytest.approx(1.0)
    assert kappas[0] > kappas[1] > kappas[2]
