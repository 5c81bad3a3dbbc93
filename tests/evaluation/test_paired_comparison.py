"""Two models on the same answers: differences and their intervals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, bootstrap

from silentnps.errors import DataError
from silentnps.evaluation.paired_comparison import compare_models, mean_difference
from silentnps.metrics import lift, log_loss, ranked_probability_score, ranked_probability_scores
from silentnps.numerics.arrays import Floats, Integers

Survey = tuple[Floats, Floats, Integers]


def survey(n: int, *, seed: int = 0, blur: float = 0.5) -> Survey:
    """Draw classes, the probabilities they came from, and those of a worse model."""
    rng = np.random.default_rng(seed)
    true = rng.dirichlet([1.0, 1.0, 1.5], n)
    classes = (rng.random(n)[:, None] > true.cumsum(axis=1)).sum(axis=1).clip(max=2)
    return true, (1 - blur) * true + blur / 3, classes


def test_the_differences_are_those_worked_by_hand() -> None:
    challenger = np.array([[0.8, 0.1, 0.1], [0.2, 0.2, 0.6]])
    champion = np.array([[0.5, 0.25, 0.25], [0.6, 0.2, 0.2]])
    rps, loss, top = compare_models(challenger, champion, np.array([0, 2]))
    # (0.2^2 + 0.1^2 + 0.2^2 + 0.4^2) / 4 - (0.5^2 + 0.25^2 + 0.6^2 + 0.8^2) / 4
    assert rps.value == pytest.approx(0.0625 - 0.328125)
    assert loss.value == pytest.approx(-(np.log(0.8) + np.log(0.6)) / 2 + (np.log(0.5) + np.log(0.2)) / 2)
    assert top.value == pytest.approx(2.0 - 0.0)  # the top one is a detractor, and then is not: base rate 1/2
    assert rps.n == 2


def test_the_differences_are_those_of_the_metrics() -> None:
    good, bad, classes = survey(503)
    bad = bad.round(1)  # many ties
    rps, loss, top = compare_models(good, bad, classes, resamples=10)
    detractor = (classes == 0).astype(np.int64)
    assert rps.value == pytest.approx(
        ranked_probability_score(good, classes) - ranked_probability_score(bad, classes)
    )
    assert loss.value == pytest.approx(log_loss(good, classes) - log_loss(bad, classes))
    expected = lift(good[:, 0], detractor, share=0.1) - lift(bad[:, 0], detractor, share=0.1)
    assert top.value == pytest.approx(expected)


def test_the_intervals_are_those_of_scipys_bootstrap() -> None:
    good, bad, classes = survey(300)
    rps, _, top = compare_models(good, bad, classes, resamples=20_000)
    gaps = ranked_probability_scores(good, classes) - ranked_probability_scores(bad, classes)
    options = {"method": "percentile", "n_resamples": 20_000, "rng": np.random.default_rng(1)}
    other = bootstrap((gaps,), np.mean, **options).confidence_interval
    width = other.high - other.low
    assert (rps.low, rps.high) == pytest.approx((other.low, other.high), abs=0.02 * width)

    def lifts(rows: Integers) -> float:
        detractor = (classes[rows] == 0).astype(np.int64)
        one, two = (lift(scores[rows, 0], detractor, share=0.1) for scores in (good, bad))
        return one - two

    options |= {"n_resamples": 4_000, "vectorized": False}
    other = bootstrap((np.arange(300),), lifts, **options).confidence_interval
    width = other.high - other.low
    assert (top.low, top.high) == pytest.approx((other.low, other.high), abs=0.06 * width)


def test_a_model_against_itself_gives_zero() -> None:
    good, _, classes = survey(200)
    for found in compare_models(good, good.copy(), classes):
        assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


def test_swapping_the_models_negates_the_differences() -> None:
    good, bad, classes = survey(200)
    for one, other in zip(compare_models(good, bad, classes), compare_models(bad, good, classes), strict=True):
        assert (one.value, one.low, one.high) == pytest.approx((-other.value, -other.high, -other.low))


def test_the_order_of_rows_and_the_names_of_persons_do_not_matter_to_the_values() -> None:
    good, bad, classes = survey(200)
    order = np.random.default_rng(3).permutation(200)
    one = compare_models(good, bad, classes, resamples=10)
    other = compare_models(good[order], bad[order], classes[order], persons=order * 10, resamples=10)
    assert [x.value for x in one] == pytest.approx([x.value for x in other])


def test_the_same_seed_gives_the_same_interval_and_another_another() -> None:
    good, bad, classes = survey(200)
    first, again, other = (compare_models(good, bad, classes, random_state=seed)[0] for seed in (0, 0, 1))
    assert first == again
    assert first.low != other.low


def test_a_lower_confidence_level_gives_a_shorter_interval() -> None:
    good, bad, classes = survey(200)
    wide, narrow = (compare_models(good, bad, classes, confidence_level=level)[0] for level in (0.95, 0.5))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_answers_of_one_person_count_as_one() -> None:
    good, bad, classes = survey(100)
    single = compare_models(good, bad, classes)[0]
    four = [np.repeat(x, 4, axis=0) for x in (good, bad, classes)]
    together = compare_models(*four, persons=np.repeat(np.arange(100), 4))[0]
    apart = compare_models(*four)[0]
    assert (together.low, together.high) == pytest.approx((single.low, single.high))
    assert apart.high - apart.low == pytest.approx((single.high - single.low) / 2, rel=0.1)


def test_the_interval_of_rps_holds_the_true_difference_as_often_as_it_says() -> None:
    good, bad, classes = survey(400_000, seed=99)
    truth = (ranked_probability_scores(good, classes) - ranked_probability_scores(bad, classes)).mean()
    held = 0
    for seed in range(300):
        found = compare_models(*survey(250, seed=1000 + seed), resamples=400, random_state=seed)[0]
        held += found.low <= truth <= found.high
    # of a right interval one test in a thousand is a false alarm
    assert binomtest(held, 300, 0.95).pvalue > 0.001


def test_without_detractors_there_is_no_lift_and_the_rest_is_there() -> None:
    good, bad, _ = survey(100)
    rps, loss, top = compare_models(good, bad, np.full(100, 2))
    assert np.isfinite([rps.low, rps.high, loss.low, loss.high]).all()
    assert np.isnan([top.value, top.low, top.high]).all()


def test_one_answer_has_an_interval_of_no_length() -> None:
    good, bad, classes = survey(1)
    found = compare_models(good, bad, classes)[0]
    assert found.low == pytest.approx(found.value) == pytest.approx(found.high)


def test_no_answers_are_refused() -> None:
    with pytest.raises(DataError, match="at least 1 row; got none"):
        compare_models(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0, dtype=np.int64))
    with pytest.raises(DataError, match="at least 1 row; got none"):
        mean_difference("nps", np.zeros(0), np.zeros(0))


def test_an_impossible_class_costs_much_and_no_infinity() -> None:
    impossible, sure = np.array([[0.0, 0.0, 1.0]]), np.array([[1.0, 0.0, 0.0]])
    assert compare_models(impossible, sure, np.array([0]))[1].value == pytest.approx(-np.log(1e-12))


def test_the_interval_of_a_mean_is_that_of_scipy() -> None:
    rng = np.random.default_rng(0)
    one, two = rng.normal(10, 40, 400), rng.normal(4, 40, 400)
    found = mean_difference("nps", one, two, resamples=20_000)
    options = {"method": "percentile", "n_resamples": 20_000, "rng": np.random.default_rng(1)}
    other = bootstrap((one - two,), np.mean, **options).confidence_interval
    assert found.value == pytest.approx((one - two).mean())
    assert (found.low, found.high) == pytest.approx((other.low, other.high), abs=0.02 * (other.high - other.low))
