"""The bootstrap: persons are drawn whole, in their strata, the same on any number of processes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.surveys import first_answers, survey
from silentnps.models.analysis import analyse, headline_of, wave_of
from silentnps.models.bootstrap import Plan, Replicate, bootstrap, cut_into_segments, person_weights
from silentnps.models.crossfit import OutcomeDesign
from silentnps.models.ordinal import OrdinalClassifier
from silentnps.models.segment_table import Cut, segment_table
from silentnps.models.segmentation import Segmentation
from silentnps.models.survey import SurveyData

TREES = OrdinalClassifier(n_estimators=10)


def plan_of(data: SurveyData, *, prior_sd: float = 0.5) -> Plan:
    wave = wave_of(data)
    codes = (np.arange(len(wave.rows)) % 3).astype(np.int64)
    cut = Segmentation("third", codes, ("a", "b", "c"))
    weights = (np.full(3, 0.5),)
    return Plan(data, OutcomeDesign.of(data), wave, (1,), TREES, 2, prior_sd, (cut,), weights)


def run(data: SurveyData, *, n_jobs: int = 1, random_state: int = 0, prior_sd: float = 0.5) -> list[Replicate]:
    plan = plan_of(data, prior_sd=prior_sd)
    return bootstrap(plan, replicates=4, random_state=random_state, n_jobs=n_jobs)


def values(replicates: list[Replicate]) -> list[float]:
    return [one.by_assumption["selection"] for one in replicates]


def test_persons_are_drawn_whole_and_each_stratum_keeps_its_number():
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
        assert of_person[stratum].sum() == stratum.sum()
    assert of_person.max() >= 3


def test_weights_have_the_spread_of_a_multinomial_draw():
    # 1 - 1/m of a person's count in m draws; the mean over 2,000 persons and 20 draws has an error of 0.01.
    data = survey(2000)
    rng = np.random.default_rng(1)
    spread = np.mean([person_weights(data, rng).var() for _ in range(20)])
    assert spread == pytest.approx(1.0, abs=0.04)


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
