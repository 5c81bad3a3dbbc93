"""The bootstrap: persons are weighted whole, in their strata, the same on any number of processes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from surveys import first_answers, survey

from silentnps.estimation.formulas.selection import prior_covariance
from silentnps.estimation.wave.analysis import analyse, headline_of, wave_of
from silentnps.estimation.wave.bootstrap import (
    SCALE,
    Plan,
    Replicate,
    bootstrap,
    cut_into_segments,
    drawn_prior_mean,
    movement,
    original,
    person_weights,
    spread,
    without_jumps,
)
from silentnps.estimation.wave.repeat_estimate import analysed
from silentnps.estimation.wave.segment_table import Cut, segment_table
from silentnps.numerics.segmentation import Segmentation
from silentnps.outcome.cross_fitting import OutcomeDesign, crossfit, splits_of_repeats
from silentnps.outcome.ordinal import OrdinalClassifier
from silentnps.outcome.survey_data import SurveyData

TREES = OrdinalClassifier(n_estimators=10)


def plan_of(data: SurveyData, *, prior_sd: float = 0.5, repeats: int = 2) -> Plan:
    wave, design = wave_of(data), OutcomeDesign.of(data)
    codes = (np.arange(len(wave.rows)) % 3).astype(np.int64)
    cut = Segmentation("third", codes, ("a", "b", "c"))
    splits = splits_of_repeats(data, folds=2, repeats=repeats, random_state=0)
    plan = Plan(data, design, wave, (1,), TREES, splits, prior_sd, (cut,), (np.full(3, 0.5),))
    margins = np.stack([crossfit(data, design, classifier=TREES, split=split) for split in splits])
    every = analysed(margins, wave, (1,), prior_sd=prior_sd)
    originals = tuple(original(one, wave, plan) for one in every)
    return replace(plan, start=every[0], originals=originals, fits=tuple(one.fit for one in every))


def run(data: SurveyData, *, n_jobs: int = 1, random_state: int = 0, prior_sd: float = 0.5) -> list[Replicate]:
    plan = plan_of(data, prior_sd=prior_sd)
    return bootstrap(plan, replicates=5, random_state=random_state, n_jobs=n_jobs)


def values(replicates: list[Replicate]) -> list[float]:
    return [one.by_assumption["selection"] for one in replicates]


def test_persons_are_weighted_whole_and_each_stratum_keeps_its_number():
    data = survey(600)
    persons = np.repeat(np.arange(300), 2)
    target = np.arange(600) < 500
    data = replace(data, persons=persons, target=target)
    weights = person_weights(data, np.random.default_rng(0))
    assert (weights[0::2] == weights[1::2]).all()
    of_person = weights[0::2]
    answered = np.zeros(300, dtype=np.bool_)
    np.logical_or.at(answered, persons, target & data.answered)
    waiting = np.arange(300) < 250
    for stratum in (answered, waiting & ~answered, ~waiting):
        assert of_person[stratum].sum() == pytest.approx(stratum.sum())
    assert len(np.unique(of_person)) == 300


def test_no_person_is_left_out():
    # Drawn copies leave 37 % of the persons out, and what is learned of the others is worse.
    weights = person_weights(survey(2000), np.random.default_rng(0))
    assert (weights > 0).all()


@pytest.mark.parametrize("scale", [0.5, 1.0])
def test_weights_have_the_spread_of_their_scale(scale: float):
    # The variance of 2,000 weights, averaged over 20 draws, has a relative error of 0.014 (scale 1: 0.014).
    data = survey(2000)
    rng = np.random.default_rng(1)
    spread = np.mean([person_weights(data, rng, scale=scale).var() for _ in range(20)])
    assert spread == pytest.approx(scale**2, rel=0.06)


def test_the_mean_of_the_prior_is_drawn_as_wide_as_the_weights():
    wide, narrow = (
        [drawn_prior_mean(0.5, np.random.default_rng(seed), scale=scale) for seed in range(400)]
        for scale in (1.0, 0.25)
    )
    assert np.cov(np.transpose(wide)) == pytest.approx(prior_covariance(0.5), abs=0.05)
    assert np.array(narrow) == pytest.approx(0.25 * np.array(wide))


def replicate_of_zeros(one: Replicate) -> Replicate:
    return Replicate.combined([one], [0.0])


def replicate_of(value: float) -> Replicate:
    return Replicate({"selection": value}, np.full(3, value), (np.array([value, 2 * value]),), np.array([value]))


def test_a_replicate_moves_from_its_own_repeat_by_what_the_weights_did():
    # By hand: repeats 1, 4, 7 have mean 4; a replicate 5 of the second moved by 1, so by 2 at a scale of 0.5,
    # and a replicate 5 of the third by -2, so by -4, and (7 - 4) / sqrt(2) stand for the splits.
    originals = [replicate_of(value) for value in (1.0, 4.0, 7.0)]
    assert SCALE == 0.5
    second, third = (spread(movement(replicate_of(5.0), originals[repeat]), originals, repeat) for repeat in (1, 2))
    for one, value in ((second, 6.0), (third, 4.0 - 4.0 + 3.0 / np.sqrt(2))):
        assert one.by_assumption["selection"] == pytest.approx(value)
        assert one.gamma == pytest.approx(np.full(3, value))
        assert one.segments[0] == pytest.approx([value, 2 * value])
        assert one.moved == pytest.approx([value])


def test_the_noise_of_splits_is_that_of_a_mean_of_repeats():
    # Replicates that moved nothing, of repeats in turn: their variance is s^2 / R, s^2 the repeats' variance.
    values = np.array([1.0, 4.0, 9.0, 0.0])
    originals = [replicate_of(value) for value in values]
    made = [spread(replicate_of(0.0), originals, i % 4).by_assumption["selection"] for i in range(40)]
    assert np.var(made) == pytest.approx(values.var(ddof=1) / 4)
    assert np.mean(made) == pytest.approx(values.mean())
    alone = spread(replicate_of(0.0), originals[:1], 0)
    assert alone.by_assumption["selection"] == pytest.approx(1.0)


def test_jumps_of_trees_are_taken_out_of_the_variance():
    # Moves of variance 10 + 5; a second split shares the 10. From 4,000 moves and 1,000 pairs.
    rng = np.random.default_rng(0)
    of_sample = rng.normal(0.0, np.sqrt(10.0), 4000)
    moves, crossed = (of_sample[:n] + rng.normal(0.0, np.sqrt(5.0), n) for n in (4000, 1000))
    shrunk = without_jumps([replicate_of(one) for one in moves], [replicate_of(one) for one in crossed])
    assert np.var([one.by_assumption["selection"] for one in shrunk]) == pytest.approx(10.0, rel=0.06)
    assert without_jumps([replicate_of(2.0), replicate_of(1.0)], [])[0].gamma[0] == 2.0
    least = without_jumps([replicate_of(one) for one in moves[:50]], [replicate_of(-one) for one in moves[:50]])
    ratio = [one.by_assumption["selection"] for one in least] / moves[:50]
    assert ratio == pytest.approx(np.full(50, np.sqrt(0.5)))


def test_segments_and_moved_shadows_keep_their_distance_from_the_headline():
    # The second segment of `replicate_of` is once more its value away.
    moves, crossed = ([replicate_of(value) for value in values] for values in ((3.0, -1.0, 5.0), (2.0, 0.0)))
    for move, one in zip(moves, without_jumps(moves, crossed), strict=True):
        headline, before = one.by_assumption["selection"], move.by_assumption["selection"]
        assert abs(headline) < abs(before)
        assert one.segments[0] - headline == pytest.approx([0.0, before])
        assert one.moved == pytest.approx([headline])


def test_weights_of_one_give_the_original_again(monkeypatch: pytest.MonkeyPatch):
    plan = plan_of(survey(600))
    monkeypatch.setattr(
        "silentnps.estimation.wave.bootstrap.person_weights", lambda data, rng: np.ones(len(data.classes))
    )
    monkeypatch.setattr("silentnps.estimation.wave.bootstrap.drawn_prior_mean", lambda *_, **__: np.zeros(2))
    made = bootstrap(plan, replicates=2, random_state=0)
    for repeat, one in enumerate(made):
        again = spread(replicate_of_zeros(plan.originals[repeat]), plan.originals, repeat)
        assert one.by_assumption == pytest.approx(again.by_assumption, abs=1e-3)
        assert one.segments[0] == pytest.approx(again.segments[0], abs=1e-3)


def test_the_number_of_processes_does_not_matter():
    one, two = run(survey(600)), run(survey(600), n_jobs=2)
    assert values(one) == values(two)
    assert all((a.segments[0] == b.segments[0]).all() for a, b in zip(one, two, strict=True))


def test_replicates_differ_and_follow_the_random_state():
    data = survey(600)
    one = values(run(data))
    assert len(set(one)) == 4
    assert one != values(run(data, random_state=1))


def test_where_the_data_are_silent_gamma_spreads_as_its_prior():
    # Features that say nothing of satisfaction leave gamma to its prior: sd 0.5, here from 60 replicates.
    data = survey(600)
    noise = data.features.assign(late=np.random.default_rng(0).normal(size=600), channel="web")
    plan = plan_of(replace(data, features=noise[["tenure", "late"]], response_drivers=("tenure",)))
    gammas = np.array([one.gamma for one in bootstrap(plan, replicates=60, random_state=0)])
    assert gammas[:, [0, 2]].std(axis=0) == pytest.approx([0.5, 0.5], abs=0.17)
    narrow = np.array([one.gamma for one in bootstrap(replace(plan, prior_sd=0.05), replicates=20, random_state=0)])
    assert narrow.std(axis=0).max() < 0.1


def test_the_error_of_a_segment_has_its_three_parts():
    # Replicates at c - 1 and c + 1: variance 2; then (1 - weight)^2 A of what is not seen, and the own draws.
    plan = plan_of(survey(600))
    margins = np.random.default_rng(0).normal(size=(600, 2, 2))
    repeat = analyse(margins, plan.wave, plan.parts, prior_sd=0.5)
    seen = cut_into_segments(repeat, plan.wave, plan)[0]
    replicates = [
        Replicate({"selection": 0.0}, np.zeros(3), (seen.composite + step,), np.zeros(0)) for step in (-1.0, 1.0)
    ]
    table = segment_table(Cut(plan, [repeat], replicates), confidence_level=0.95, min_n=30)
    wanted = 2.0 + 0.25 * seen.between_variance + seen.own_variance
    assert table["standard_error"].to_numpy() ** 2 == pytest.approx(wanted)
    assert table["value"].to_numpy() == pytest.approx(seen.composite)


def test_progress_is_told_once_for_each_replicate():
    told: list[int] = []
    bootstrap(plan_of(survey(300)), replicates=3, random_state=0, progress=told.append)
    assert told == [1, 1, 1]


def test_the_headline_needs_a_shadow_and_two_hundred_answers():
    data = survey(900)
    assert headline_of(data) == "selection"
    assert headline_of(replace(data, shadow_features=())) == "mar"
    assert headline_of(first_answers(data, 199)) == "mar"
    assert headline_of(first_answers(data, 200)) == "selection"


def test_selection_has_only_drivers_missing_at_random_the_shadows_too_and_none_what_is_neither():
    data = survey(600)
    wave = wave_of(data)
    assert set(wave.driver_encoder.columns) == {"tenure", "channel"}
    assert wave.full_sample.drivers.shape[1] > wave.sample.drivers.shape[1]
    mar = wave_of(replace(data, shadow_features=()))
    assert set(mar.driver_encoder.columns) == {"tenure", "channel"}
    assert (mar.sample.drivers == mar.full_sample.drivers).all()


def test_every_assumption_is_estimated():
    data = survey(600)
    margins = np.random.default_rng(0).normal(size=(600, 2, 2))
    got = analyse(margins, wave_of(data), (0, 1), prior_sd=0.5)
    assert list(got.by_assumption) == ["survey", "weighted", "mar", "label_shift", "selection"]
    assert got.by_assumption["selection"] == got.point.nps
    mar = analyse(margins, wave_of(replace(data, shadow_features=())), (0, 1), prior_sd=0.5)
    assert "selection" not in mar.by_assumption
    assert mar.by_assumption["mar"] == pytest.approx(mar.point.nps, abs=1e-12)


def test_parts_that_are_not_chosen_do_not_matter():
    data = survey(500)
    wave = wave_of(data)
    margins = np.random.default_rng(0).normal(size=(500, 2, 2))
    other = margins.copy()
    other[:, 0] += 3.0
    one, two = (analyse(each, wave, (1,), prior_sd=0.5) for each in (margins, other))
    assert one.point.nps == two.point.nps
