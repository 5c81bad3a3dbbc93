"""The bootstrap: replicates move from fits of weight 1, the same on any number of threads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from surveys import cross_fitted, first_answers, survey, wave_of

from silentnps.config import ModelConfig
from silentnps.estimation.wave.bootstrap import (
    BootstrapDraw,
    analyse,
    bootstrap,
    draw_of,
    movement,
    spread,
    without_jumps,
)
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave, headline_of
from silentnps.estimation.wave.repeat_estimate import (
    estimate_repeats,
    segment_estimates,
    segment_weights,
)
from silentnps.estimation.wave.replicates import SCALE
from silentnps.estimation.wave.segment_table import segment_table
from silentnps.outcome.survey_data import SurveyData

MODEL = ModelConfig(repeats=2, folds=2, trees=10)


def thirds(data: SurveyData) -> pd.DataFrame:
    return pd.DataFrame({"third": np.array(list("abc"))[np.arange(data.target.sum()) % 3]})


def crossed(data: SurveyData, **options: object) -> CrossFittedWave:
    return cross_fitted(data, MODEL, segments=thirds(data), **options)


def draws_of_wave(wave: CrossFittedWave, **options: object) -> list[BootstrapDraw]:
    repeats = estimate_repeats(wave)
    return bootstrap(wave, repeats, **{"replicates": 5, **options}).draws(wave, repeats)


def run(data: SurveyData, *, n_jobs: int = 1, random_state: int = 0) -> list[BootstrapDraw]:
    return draws_of_wave(crossed(data, random_state=random_state), n_jobs=n_jobs)


def values(draws: list[BootstrapDraw]) -> list[float]:
    return [one.by_assumption["selection"] for one in draws]


def nothing_of(one: BootstrapDraw) -> BootstrapDraw:
    return BootstrapDraw.combined([one], [0.0])


def draw_with(value: float) -> BootstrapDraw:
    return BootstrapDraw(
        {"selection": value}, np.full(3, value), (np.array([value, 2 * value]),), np.array([value])
    )


def test_a_replicate_moves_from_its_own_repeat_by_what_the_weights_did():
    # By hand: repeats 1, 4, 7 have mean 4; a replicate 5 of the second moved by 1, so by 2 at a scale of 0.5,
    # and a replicate 5 of the third by -2, so by -4, and (7 - 4) / sqrt(2) stand for the splits.
    originals = [draw_with(value) for value in (1.0, 4.0, 7.0)]
    assert SCALE == 0.5
    second, third = (spread(movement(draw_with(5.0), originals[repeat]), originals, repeat) for repeat in (1, 2))
    for one, value in ((second, 6.0), (third, 4.0 - 4.0 + 3.0 / np.sqrt(2))):
        assert one.by_assumption["selection"] == pytest.approx(value)
        assert one.gamma == pytest.approx(np.full(3, value))
        assert one.segments[0] == pytest.approx([value, 2 * value])
        assert one.moved == pytest.approx([value])


def test_the_noise_of_splits_is_that_of_a_mean_of_repeats():
    # Replicates that moved nothing, of repeats in turn: their variance is s^2 / R, s^2 the repeats' variance.
    values = np.array([1.0, 4.0, 9.0, 0.0])
    originals = [draw_with(value) for value in values]
    made = [spread(draw_with(0.0), originals, i % 4).by_assumption["selection"] for i in range(40)]
    assert np.var(made) == pytest.approx(values.var(ddof=1) / 4)
    assert np.mean(made) == pytest.approx(values.mean())
    alone = spread(draw_with(0.0), originals[:1], 0)
    assert alone.by_assumption["selection"] == pytest.approx(1.0)


def test_jumps_of_trees_are_taken_out_of_the_variance():
    # Moves of variance 10 + 5; a second split shares the 10. From 4,000 moves and 1,000 pairs.
    rng = np.random.default_rng(0)
    of_sample = rng.normal(0.0, np.sqrt(10.0), 4000)
    moves, crossed = (of_sample[:n] + rng.normal(0.0, np.sqrt(5.0), n) for n in (4000, 1000))
    shrunk = without_jumps([draw_with(one) for one in moves], [draw_with(one) for one in crossed])
    assert np.var([one.by_assumption["selection"] for one in shrunk]) == pytest.approx(10.0, rel=0.06)
    assert without_jumps([draw_with(2.0), draw_with(1.0)], [])[0].gamma[0] == 2.0
    least = without_jumps([draw_with(one) for one in moves[:50]], [draw_with(-one) for one in moves[:50]])
    ratio = [one.by_assumption["selection"] for one in least] / moves[:50]
    assert ratio == pytest.approx(np.full(50, np.sqrt(0.5)))


def test_segments_and_moved_shadows_keep_their_distance_from_the_headline():
    # The second segment of `draw_with` is once more its value away.
    moves, crossed = ([draw_with(value) for value in values] for values in ((3.0, -1.0, 5.0), (2.0, 0.0)))
    for move, one in zip(moves, without_jumps(moves, crossed), strict=True):
        headline, before = one.by_assumption["selection"], move.by_assumption["selection"]
        assert abs(headline) < abs(before)
        assert one.segments[0] - headline == pytest.approx([0.0, before])
        assert one.moved == pytest.approx([headline])


def test_weights_of_one_give_the_original_again(monkeypatch: pytest.MonkeyPatch):
    wave = crossed(survey(600))
    repeats = estimate_repeats(wave)
    originals = [draw_of(repeat, wave, segment_weights(wave, repeats)) for repeat in repeats]
    monkeypatch.setattr(
        "silentnps.estimation.wave.replicates.person_weights", lambda data, rng: np.ones(len(data.classes))
    )
    monkeypatch.setattr("silentnps.estimation.wave.replicates.drawn_prior_mean", lambda *_, **__: np.zeros(2))
    draws = bootstrap(wave, repeats, replicates=2).draws(wave, repeats)
    for repeat, draw in enumerate(draws):
        again = spread(nothing_of(originals[repeat]), originals, repeat)
        assert draw.by_assumption == pytest.approx(again.by_assumption, abs=1e-3)
        assert draw.segments[0] == pytest.approx(again.segments[0], abs=1e-3)


def test_the_number_of_processes_does_not_matter():
    one, two = run(survey(600)), run(survey(600), n_jobs=2)
    assert values(one) == values(two)
    assert all((a.segments[0] == b.segments[0]).all() for a, b in zip(one, two, strict=True))


def test_replicates_differ_and_follow_the_random_state():
    data = survey(600)
    one = values(run(data))
    assert len(set(one)) == 4
    assert one != values(run(data, random_state=1))


@pytest.mark.slow
def test_where_the_data_are_silent_gamma_spreads_as_its_prior():
    # Features that say nothing of satisfaction leave gamma to its prior: sd 0.5, here from 60 replicates.
    data = survey(600)
    noise = data.features.assign(late=np.random.default_rng(0).normal(size=600), channel="web")
    data = replace(data, features=noise[["tenure", "late"]], response_drivers=("tenure",))
    gammas = np.array([draw.gamma for draw in draws_of_wave(crossed(data), replicates=60)])
    assert gammas[:, [0, 2]].std(axis=0) == pytest.approx([0.5, 0.5], abs=0.17)
    narrow = crossed(data, selection_prior_sd=0.05)
    assert np.array([draw.gamma for draw in draws_of_wave(narrow, replicates=20)]).std(axis=0).max() < 0.1


def test_the_error_of_a_segment_has_its_three_parts():
    # Replicates at c - 1 and c + 1: variance 2; then (1 - weight)^2 A of what is not seen, and the own draws.
    data = survey(600)
    wave = wave_of(data, segments=thirds(data), min_segment_n=30)
    repeats = estimate_repeats(wave)
    (weight,) = segment_weights(wave, repeats)
    seen = segment_estimates(repeats[0], wave, weights=(weight,))[0]
    draws = [
        BootstrapDraw({"selection": 0.0}, np.zeros(3), (seen.composite + step,), np.zeros(0))
        for step in (-1.0, 1.0)
    ]
    table = segment_table(wave, repeats, draws)
    wanted = 2.0 + (1.0 - weight) ** 2 * seen.between_variance + seen.own_variance
    assert table["standard_error"].to_numpy() ** 2 == pytest.approx(wanted)
    assert table["value"].to_numpy() == pytest.approx(seen.composite)


def test_progress_is_told_once_for_each_fit():
    told: list[int] = []
    draws_of_wave(crossed(survey(300)), replicates=3, progress=told.append)
    assert told == [1] * (3 + MODEL.repeats)


def test_other_roles_need_the_analysis_alone(monkeypatch: pytest.MonkeyPatch):
    # A shadow becomes a response driver: the margins stay, and the draws are those of a new bootstrap.
    wave = crossed(survey(600))
    drawn = bootstrap(wave, estimate_repeats(wave), replicates=5)
    other = crossed(survey(600).with_driver("late"))
    repeats = estimate_repeats(other)
    anew = bootstrap(other, repeats, replicates=5)
    monkeypatch.setattr("silentnps.estimation.wave.replicates.crossfit", None)
    again = analyse(other, repeats, drawn.plan, drawn.margins)
    assert (again.margins == anew.margins).all()
    assert [one.by_assumption for one in again.draws(other, repeats)] == [
        one.by_assumption for one in anew.draws(other, repeats)
    ]


def test_draws_by_other_segments_fit_nothing(monkeypatch: pytest.MonkeyPatch):
    # By thirds from the start, or the bootstrap of a wave without segments read by thirds.
    data = survey(600)
    by_thirds, plain = crossed(data), cross_fitted(data, MODEL)
    repeats = estimate_repeats(by_thirds)
    drawn = bootstrap(plain, estimate_repeats(plain), replicates=5)
    wanted = bootstrap(by_thirds, repeats, replicates=5).draws(by_thirds, repeats)
    monkeypatch.setattr("silentnps.estimation.formulas.doubly_robust.fit_selection", None)
    monkeypatch.setattr("silentnps.outcome.calibration.fit_linear_heads", None)
    for one, two in zip(drawn.draws(by_thirds, repeats), wanted, strict=True):
        assert (one.segments[0] == two.segments[0]).all()


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
