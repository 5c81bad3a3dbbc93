"""Metrics under weights of the rows: against sklearn, by hand, identities with copied rows."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from silentnps.metrics import (
    Ranking,
    Scorecard,
    auc,
    confusion,
    evaluate,
    expected_calibration_error,
    far_error_rate,
    lift,
    precision_at,
    quadratic_kappa,
)
from silentnps.numerics.arrays import Floats, Integers

Scored = tuple[Floats, Integers, Floats]


@pytest.fixture
def scored() -> Scored:
    """Return probabilities with many ties, classes and weights 0 to 3 of 403 rows."""
    rng = np.random.default_rng(3)
    probabilities = np.round(rng.dirichlet([1.5, 1.0, 2.0], 403), 1) + 0.01
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    classes = (rng.random(403)[:, None] > probabilities.cumsum(axis=1)[:, :2]).sum(axis=1)
    return probabilities, classes, rng.integers(0, 4, 403).astype(np.float64)


def test_weights_of_one_change_nothing(scored: Scored):
    probabilities, classes, _ = scored
    assert evaluate(probabilities, classes, weights=np.ones(403)) == evaluate(probabilities, classes)


def test_a_whole_weight_is_as_many_copies_of_the_row(scored: Scored):
    probabilities, classes, weights = scored
    copies = np.repeat(np.arange(403), weights.astype(int))
    weighted = evaluate(probabilities, classes, weights=weights)
    copied = evaluate(probabilities[copies], classes[copies])
    assert weighted == pytest.approx(copied, rel=1e-10)


def test_neither_the_scale_of_weights_nor_the_order_of_rows_matters(scored: Scored):
    probabilities, classes, weights = scored
    order = np.random.default_rng(0).permutation(403)
    got = evaluate(probabilities[order], classes[order], weights=7.5 * weights[order])
    assert got == pytest.approx(evaluate(probabilities, classes, weights=weights), rel=1e-10)


def test_weights_change_every_metric(scored: Scored):
    probabilities, classes, weights = scored
    one, other = evaluate(probabilities, classes), evaluate(probabilities, classes, weights=weights)
    assert one.keys() == other.keys()
    assert all(one[name] != other[name] for name in one)


def test_weighted_metrics_equal_those_of_sklearn(scored: Scored):
    probabilities, classes, weights = scored
    got, predicted = evaluate(probabilities, classes, weights=weights), probabilities.argmax(axis=1)
    assert got["log_loss"] == pytest.approx(sklearn_metrics.log_loss(classes, probabilities, sample_weight=weights))
    assert got["macro_f1"] == pytest.approx(
        sklearn_metrics.f1_score(classes, predicted, average="macro", sample_weight=weights)
    )
    assert got["qwk"] == pytest.approx(
        sklearn_metrics.cohen_kappa_score(classes, predicted, weights="quadratic", sample_weight=weights)
    )
    for code, name in enumerate(("detractor", "passive", "promoter")):
        expected = sklearn_metrics.roc_auc_score(classes == code, probabilities[:, code], sample_weight=weights)
        assert got[f"auc_{name}"] == pytest.approx(expected)
    matrix = sklearn_metrics.confusion_matrix(classes, predicted, sample_weight=weights)
    assert confusion(classes, predicted, weights=weights) == pytest.approx(matrix)


def test_weighted_lift_and_precision_by_hand():
    # The top half of a weight of 8 is 4: the row of 3 (positive) and 1 of the next row's 2 (negative), so 3/4;
    # the base rate is (3 + 1) / 8.
    scores, positive = np.array([0.9, 0.8, 0.5, 0.1]), np.array([1, 0, 1, 0])
    weights = np.array([3.0, 2.0, 1.0, 2.0])
    assert precision_at(scores, positive, share=0.5, weights=weights) == pytest.approx(0.75)
    assert lift(scores, positive, share=0.5, weights=weights) == pytest.approx(1.5)


def test_precision_is_lift_times_base_rate(scored: Scored):
    got = evaluate(*scored[:2], weights=scored[2])
    for percent in (5, 10, 20):
        product = got[f"lift_at_{percent}_promoter"] * got["base_rate_promoter"]
        assert got[f"precision_at_{percent}_promoter"] == pytest.approx(product)


def test_everybody_contacted_has_the_base_rate(scored: Scored):
    probabilities, classes, weights = scored
    positive = (classes == 0).astype(np.int64)
    everybody = precision_at(probabilities[:, 0], positive, share=1.0, weights=weights)
    assert everybody == pytest.approx(np.average(positive, weights=weights))


def test_weighted_calibration_error_by_hand():
    # Two bins of weight 2: scores 0.0 and 0.2 against 0, 0; score 0.7 of weight 2 against 1: (0.1 + 0.3) / 2.
    scores, positive = np.array([0.7, 0.0, 0.2]), np.array([1, 0, 0])
    got = expected_calibration_error(scores, positive, bins=2, weights=np.array([2.0, 1.0, 1.0]))
    assert got == pytest.approx(0.2)


def test_a_row_at_the_edge_of_a_bin_counts_in_both():
    # Three rows in two bins of 1.5: 0.1 and half of 0.5 (a positive) below, the other half and 0.9 above.
    predicted, observed = Ranking.of(np.array([0.1, 0.5, 0.9])).curve(np.array([0, 1, 1]), np.ones(3)).binned(2)
    assert predicted == pytest.approx([0.35 / 1.5, 1.15 / 1.5])
    assert observed == pytest.approx([0.5 / 1.5, 1.0])


def test_one_probability_for_all_errs_by_its_distance_from_the_base_rate():
    positive = np.array([1, 1, 0, 0, 0, 0, 0, 0])
    assert expected_calibration_error(np.full(8, 0.4), positive) == pytest.approx(0.15)


def test_auc_by_hand_with_ties_and_weights():
    # Pairs (positive, negative): 0.8 > 0.3 (weight 2 * 1), 0.8 > 0.1 (2 * 3), 0.3 = 0.3 (1 * 1, half),
    # 0.3 > 0.1 (1 * 3): 11.5 of 12.
    scores, positive = np.array([0.8, 0.3, 0.3, 0.1]), np.array([1, 1, 0, 0])
    assert auc(scores, positive, weights=np.array([2.0, 1.0, 1.0, 3.0])) == pytest.approx(11.5 / 12)


def test_far_errors_are_two_classes_off():
    matrix = np.array([[5.0, 1.0, 2.0], [0.0, 4.0, 0.0], [1.0, 0.0, 7.0]])
    assert far_error_rate(matrix) == pytest.approx(3 / 20)
    # d^2 O: 1 * 1 + 4 * 3 = 13; d^2 E / 20: rows (8, 4, 8), columns (6, 5, 9).
    expected = (8 * 5 + 4 * 6 + 4 * 9 + 8 * 5 + 4 * (8 * 9 + 8 * 6)) / 20
    assert quadratic_kappa(matrix) == pytest.approx(1 - 13 / expected)


def test_labels_chosen_apart_count_instead_of_the_likeliest(scored: Scored):
    probabilities, classes, _ = scored
    got, usual = evaluate(probabilities, classes, predicted=classes), evaluate(probabilities, classes)
    assert (got["macro_f1"], got["qwk"], got["far_error_rate"]) == (1.0, 1.0, 0.0)
    assert got["rps"] == usual["rps"]
    assert usual["macro_f1"] < 1.0


def test_a_class_without_weight_has_no_key(scored: Scored):
    probabilities, classes, _ = scored
    got = evaluate(probabilities, classes, weights=(classes != 1).astype(np.float64))
    assert "auc_passive" not in got
    assert "lift_at_20_promoter" in got
    assert not any(np.isnan(value) for value in got.values())


def test_one_class_alone_has_no_keys_by_class():
    got = evaluate(np.tile([0.2, 0.3, 0.5], (4, 1)), np.full(4, 2))
    assert set(got) == {"log_loss", "rps", "macro_f1", "qwk", "far_error_rate"}
    assert got["qwk"] == 0.0


def test_a_scorecard_serves_many_weights(scored: Scored):
    probabilities, classes, weights = scored
    card = Scorecard.of(probabilities, classes)
    assert card.metrics(weights) == evaluate(probabilities, classes, weights=weights)
    assert card.metrics() == evaluate(probabilities, classes)


@pytest.mark.parametrize("wanted", [(), ("auc_detractor",), ("auc_promoter", "lift_at_5_promoter", "ece_passive")])
def test_metrics_of_classes_that_are_not_wanted_are_left_out(scored: Scored, wanted: tuple[str, ...]):
    probabilities, classes, weights = scored
    of_all = ("log_loss", "rps", "macro_f1", "qwk", "far_error_rate")
    every = evaluate(probabilities, classes, weights=weights)
    got = Scorecard.of(probabilities, classes).metrics(weights, of_classes=wanted)
    assert got == {name: every[name] for name in (*of_all, *wanted)}
