"""Evaluation of answers, as they are and as the silent would see it."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from surveys import QUICK, cross_fitted, survey

from silentnps.estimation.formulas.selection import tilt
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.repeat_estimate import RepeatEstimate, estimate_repeats
from silentnps.evaluation import (
    Answers,
    SilentWeights,
    confusion_table,
    evaluate_answers,
    fairness_table,
    gains_table,
    metrics_by_group,
    metrics_table,
    reliability_table,
    silent_weights,
)
from silentnps.metrics import evaluate


def answers_of(n: int, seed: int = 0, *, weighted: bool = False) -> Answers:
    """Return answers whose probabilities are true; the silent are unhappier at equal features."""
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet([1.5, 1.0, 2.0], n)
    classes = (rng.random(n)[:, None] > probabilities.cumsum(axis=1)[:, :2]).sum(axis=1)
    by_class = np.tile(np.exp([0.7, 0.0, -0.7]), (n, 1))
    weights = by_class[np.arange(n), classes]
    silent = SilentWeights(weights / weights.sum(), by_class) if weighted else None
    return Answers.of(probabilities, classes, np.arange(n), silent=silent)


Estimated = tuple[CrossFittedWave, list[RepeatEstimate]]
TWICE = QUICK.model_copy(update={"repeats": 2})


@pytest.fixture(scope="module")
def estimated() -> Estimated:
    wave = cross_fitted(survey(900), TWICE, components=("trees", "linear"), replicates=10)
    return wave, estimate_repeats(wave)


def test_the_weights_of_the_silent_are_those_of_the_estimate(
    estimated: Estimated,
):
    wave, repeats = estimated
    got = silent_weights(wave, repeats)
    expected = np.mean([repeat.point.corrections for repeat in repeats], axis=0)
    assert got.weights == pytest.approx(expected)
    assert got.weights.sum() == pytest.approx(1.0)
    assert not got.weights[~wave.data.answered].any()


def test_with_never_invited_silent_customers_both_kinds_have_weight():
    data = survey(900)
    invited = data.answered | (np.arange(900) % 2 == 0)
    data = replace(data, invited=invited)
    wave = cross_fitted(data, QUICK, components=("trees", "linear"), replicates=10)
    repeats = estimate_repeats(wave)
    got, point, sample = silent_weights(wave, repeats), repeats[0].point, wave.sample
    rows = np.flatnonzero(data.answered)
    odds = point.selection.odds_of_answers(data.classes[rows], sample.drivers[rows])
    assert point.invitation is not None
    never = (1 + odds) * np.exp(point.invitation.log_odds(sample.drivers[rows]))
    share = (~invited).sum() / (~data.answered).sum()
    expected = (1 - share) * odds / odds.sum() + share * never / never.sum()
    assert got.by_class[rows, data.classes[rows]] == pytest.approx(expected)
    assert got.weights[rows] == pytest.approx(expected, rel=1e-6)  # nothing is trimmed here
    assert got.weights.sum() == pytest.approx(1.0)


def test_the_law_of_the_weighted_answers_is_the_tilted_one(estimated: Estimated):
    # One repeat, so that there is one gamma: weights by class are O(u, y), and q is p exp(gamma), scaled.
    wave, (repeat, _) = estimated
    got = silent_weights(wave, [repeat]).probabilities(repeat.probabilities)
    assert got == pytest.approx(tilt(repeat.probabilities, repeat.point.selection.gamma))


def test_the_table_has_the_metrics_of_both_weightings():
    answers = answers_of(400, weighted=True)
    table = metrics_table(answers, rng=np.random.default_rng(0), resamples=40)
    for weighting, view in answers.views():
        mine = table[table["weighting"] == weighting]
        expected = evaluate(view.probabilities, view.classes, weights=view.weights)
        assert dict(zip(mine["metric"], mine["value"], strict=True)) == expected
    assert (table["low"] <= table["value"]).all()
    assert (table["value"] <= table["high"]).all()
    sizes = table.groupby("weighting")[["n", "n_effective"]].first()
    assert sizes.loc["answers", "n_effective"] == 400
    assert sizes.loc["silents", "n_effective"] < 400


def test_weights_of_one_give_the_same_view_twice():
    plain = answers_of(200)
    view = plain.as_answers
    same = Answers.of(
        view.probabilities, view.classes, view.persons, silent=SilentWeights(np.ones(200), np.ones((200, 3)))
    )
    assert same.as_silent is not None
    table = metrics_table(same, rng=np.random.default_rng(0), resamples=5)
    one, other = (table.loc[table["weighting"] == name, "value"].to_numpy() for name in ("answers", "silents"))
    assert one == pytest.approx(other, abs=1e-12)


def test_true_probabilities_are_calibrated_for_the_silent_only_when_tilted():
    answers = answers_of(20_000, weighted=True)
    assert answers.as_silent is not None
    weights, classes = answers.as_silent.weights, answers.as_silent.classes
    tilted = evaluate(answers.as_silent.probabilities, classes, weights=weights)["ece_detractor"]
    untilted = evaluate(answers.as_answers.probabilities, classes, weights=weights)["ece_detractor"]
    assert tilted < 0.02
    assert untilted > 0.08


def test_the_interval_keeps_persons_together():
    single = answers_of(300)
    view = single.as_answers
    doubled = Answers.of(
        np.repeat(view.probabilities, 4, axis=0), np.repeat(view.classes, 4), np.repeat(view.persons, 4)
    )
    apart = Answers.of(doubled.as_answers.probabilities, doubled.as_answers.classes, np.arange(1200))
    widths = []
    for answers in (single, doubled, apart):
        table = metrics_table(answers, rng=np.random.default_rng(1), resamples=100).set_index("metric")
        widths.append(table.loc["rps", "high"] - table.loc["rps", "low"])
    assert widths[1] == pytest.approx(widths[0])
    assert widths[2] < 0.65 * widths[0]


@pytest.mark.slow
def test_the_interval_covers_the_true_score():
    # The score of true probabilities: the mean over the law of x of the score expected at x.
    law = np.random.default_rng(99).dirichlet([1.5, 1.0, 2.0], 200_000)
    cumulative = law.cumsum(axis=1)[:, :2]
    truth = float((cumulative * (1 - cumulative)).mean())
    covered = 0
    for seed in range(100):
        table = metrics_table(answers_of(150, seed), rng=np.random.default_rng(seed), resamples=60)
        row = table[table["metric"] == "rps"].iloc[0]
        covered += int(row["low"] <= truth <= row["high"])
    # False alarm 1 % if the coverage is 0.93 (a percentile bootstrap of 150 is a little short).
    assert binomtest(covered, 100, 0.93, alternative="less").pvalue > 0.01


def test_seventeen_thousand_answers_take_less_than_five_seconds():
    answers = answers_of(17_000, weighted=True)
    start = time.process_time()
    metrics_table(answers, rng=np.random.default_rng(0))
    assert time.process_time() - start < 5.0


def test_the_same_seed_gives_the_same_table():
    answers = answers_of(100, weighted=True)
    one, other = (metrics_table(answers, rng=np.random.default_rng(4), resamples=20) for _ in range(2))
    pd.testing.assert_frame_equal(one, other)


def test_reliability_by_hand():
    probabilities = np.array([[0.1, 0.1, 0.8], [0.2, 0.2, 0.6], [0.7, 0.2, 0.1], [0.9, 0.05, 0.05]])
    answers = Answers.of(probabilities, np.array([2, 2, 1, 0]), np.arange(4))
    table = reliability_table(answers, rng=np.random.default_rng(0), bins=2)
    detractor = table[table["nps_class"] == "detractor"]
    assert detractor["predicted"].to_list() == pytest.approx([0.15, 0.8])
    assert detractor["observed"].to_list() == pytest.approx([0.0, 0.5])
    # Wilson of 0 of 2: high = z^2 / (n + z^2) = 3.8415 / 5.8415.
    assert detractor["high"].iloc[0] == pytest.approx(0.6576, abs=1e-4)
    assert detractor["n"].to_list() == [2.0, 2.0]


def test_reliability_averages_to_the_base_rate_under_either_weighting():
    answers = answers_of(301, weighted=True)
    table = reliability_table(answers, rng=np.random.default_rng(0), resamples=20)
    means = table.groupby(["weighting", "nps_class"])["observed"].mean()
    for weighting, view in answers.views():
        expected = np.average(view.classes == 2, weights=view.weights)
        assert means[weighting, "promoter"] == pytest.approx(expected)
    assert (table["low"] <= table["observed"]).all()
    assert (table["high"] >= table["observed"]).all()


def test_a_weighted_bin_of_one_kind_is_not_certain():
    probabilities = np.tile([[0.0, 0.1, 0.9], [0.8, 0.1, 0.1]], (20, 1))
    silent = SilentWeights(np.full(40, 1 / 40), np.ones((40, 3)))
    answers = Answers.of(probabilities, np.tile([2, 0], 20), np.arange(40), silent=silent)
    table = reliability_table(answers, rng=np.random.default_rng(0), bins=2, resamples=10)
    mine = table[(table["weighting"] == "silents") & (table["nps_class"] == "detractor")]
    # Wilson of 0 of 20: z^2 / (20 + z^2).
    assert mine["high"].iloc[0] == pytest.approx(3.8415 / 23.8415, abs=1e-4)


def test_the_interval_of_the_calibration_error_lies_around_it():
    table = metrics_table(answers_of(600), rng=np.random.default_rng(0), resamples=100)
    mine = table[table["metric"].str.startswith("ece_")]
    assert ((mine["low"] <= mine["value"]) & (mine["value"] <= mine["high"])).all()


def test_confusion_by_hand():
    answers = Answers.of(np.eye(3)[[0, 0, 1, 2]], np.array([0, 2, 1, 2]), np.arange(4))
    table = confusion_table(answers).set_index(["true", "predicted"])
    assert table.loc[("promoter", "detractor"), "count"] == 1.0
    assert table.loc[("promoter", "detractor"), "row_share"] == 0.5
    assert table["count"].sum() == 4.0


def test_gains_end_at_the_base_rate_and_catch_all():
    last = gains_table(answers_of(90, weighted=True)).query("contacted_share == 1.0")
    assert last["lift"].to_list() == pytest.approx([1.0] * 6)
    assert last["caught_share"].to_list() == pytest.approx([1.0] * 6)


def test_a_group_of_few_answers_is_suppressed_with_its_reason():
    answers = answers_of(100)
    groups = pd.DataFrame({"region": ["north"] * 71 + ["south"] * 29})
    table = metrics_by_group(answers, groups, rng=np.random.default_rng(0), resamples=10)
    assert table.loc[table["level"] == "south", "reason"].to_list() == ["29 answers, fewer than 30"]
    north = table[table["level"] == "north"].set_index("metric")
    view = answers.as_answers.take(np.arange(71))
    assert north.loc["rps", "value"] == evaluate(view.probabilities, view.classes)["rps"]
    assert (table["value"].isna() == (table["reason"] != "")).all()


def test_fairness_by_hand():
    # 30 rows called detractors with 0.8, 20 of which are; 10 called promoters with 0.6, all detractors.
    probabilities = np.array([[0.8, 0.1, 0.1]] * 30 + [[0.2, 0.2, 0.6]] * 10)
    classes = np.array([0] * 20 + [2] * 10 + [0] * 10)
    answers = Answers.of(probabilities, classes, np.arange(40))
    table = fairness_table(answers, pd.DataFrame({"age": ["old"] * 40}), rng=np.random.default_rng(0), resamples=30)
    found = table.set_index(["nps_class", "measure"])
    assert found.loc[("detractor", "recall"), "value"] == pytest.approx(20 / 30)
    assert found.loc[("detractor", "precision"), "value"] == pytest.approx(20 / 30)
    assert found.loc[("detractor", "calibration"), "value"] == pytest.approx(0.65 - 0.75)
    assert found.loc[("passive", "precision"), "reason"] == "nobody is predicted to be of this class"
    assert found.loc[("passive", "recall"), "reason"] == "no answer is of this class"
    assert (table["value"].isna() == (table["reason"] != "")).all()


def test_an_evaluation_has_every_table():
    answers = answers_of(120, weighted=True)
    groups = pd.DataFrame({"tier": ["a", "b"] * 60})
    found = evaluate_answers(answers, rng=np.random.default_rng(0), segments=groups, resamples=10)
    assert len(found.fairness) == 0
    assert set(found.segments["level"]) == {"a", "b"}
    assert found.ceiling.table is None
    assert found.ceiling.reason == "0 persons answered twice or more, fewer than 30"
