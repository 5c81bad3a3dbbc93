"""Other waves tell of selection: which ones, by how much, and what stays as it was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from surveys import cross_fitted, first_answers, survey, wave_of

from silentnps.config import ModelConfig
from silentnps.estimation.formulas.drift import Drift
from silentnps.estimation.formulas.gamma_prior import prior_covariance
from silentnps.estimation.wave.bootstrap import bootstrap
from silentnps.estimation.wave.estimate_nps import estimate_again
from silentnps.estimation.wave.repeat_estimate import RepeatEstimate, RepeatModels, estimate_repeats
from silentnps.estimation.wave.report import assemble_report
from silentnps.outcome.survey_data import SurveyData

MODEL = ModelConfig(repeats=2, folds=2, trees=10)


def waves(*sizes: int, seed: int = 0, answers: int | None = None) -> SurveyData:
    """Return waves of other customers in the order of time, the last one to be estimated."""
    each = [survey(size, seed + place) for place, size in enumerate(sizes)]
    if answers is not None:
        each = [first_answers(data, answers) for data in each]
    ends = np.cumsum([0, *sizes])
    persons = [data.persons + start for data, start in zip(each, ends[:-1], strict=True)]
    place = np.repeat(np.arange(len(sizes)), sizes)
    return replace(
        each[0],
        features=pd.concat([data.features for data in each], ignore_index=True),
        classes=np.concatenate([data.classes for data in each]),
        target=place == len(sizes) - 1,
        invited=np.concatenate([data.invited for data in each]),
        persons=np.concatenate(persons),
        waves=place,
    )


THREE = waves(900, 900, 900)


def repeats_of(data: SurveyData, **options: object) -> list[RepeatEstimate]:
    return estimate_repeats(cross_fitted(data, MODEL, **options))


def test_waves_are_seen_in_the_order_of_time_from_whichever_is_estimated():
    for code in range(3):
        wave = wave_of(THREE.of_wave(code))
        assert wave.place == code
        assert [int(THREE.waves[other.rows[0]]) for other in wave.others] == [
            each for each in range(3) if each != code
        ]
        assert sorted(wave.rows_of_waves) == list(range(2700))
        own, others = wave.by_wave(wave.margins_of_waves(wave.margins[0]))
        assert own.tolist() == wave.margins_of(wave.margins[0]).tolist()
        assert [len(each) for each in others] == [900, 900]


def test_a_wave_that_tells_nothing_of_selection_is_left_out():
    few = replace(
        THREE, classes=np.where(THREE.waves == 0, first_answers(THREE.of_wave(0), 199).classes, THREE.classes)
    )
    assert len(wave_of(few).others) == 1
    uninvited = replace(THREE, invited=(THREE.waves != 1) | THREE.answered)
    assert len(wave_of(uninvited).others) == 1
    everybody = replace(THREE, classes=np.where((THREE.waves == 0) & ~THREE.answered, 0, THREE.classes))
    assert len(wave_of(everybody).others) == 1
    at_random = replace(THREE, shadow_features=(), response_drivers=("tenure", "channel", "late"))
    assert wave_of(at_random).others == ()


def test_a_wave_alone_is_estimated_as_before():
    alone = survey()
    first, second = repeats_of(alone)[0], repeats_of(replace(alone, waves=np.zeros(900, dtype=np.int64)))[0]
    assert first.by_assumption == second.by_assumption
    assert first.step is second.step is None
    assert first.prior.mean.tolist() == [0.0, 0.0]
    assert first.prior.covariance.tolist() == prior_covariance(0.5).tolist()
    assert "prior" not in first.models.to_dict()


def test_other_waves_narrow_the_prior_and_change_nothing_but_selection():
    beside = repeats_of(THREE)[0]
    for name in ("survey", "weighted", "mar", "label_shift"):
        assert beside.by_assumption[name] == repeats_of(replace(THREE, waves=None))[0].by_assumption[name]
    assert np.trace(beside.prior.covariance) < 0.8 * np.trace(prior_covariance(0.5))
    assert beside.across is not None
    assert beside.step == beside.across.drift.step


def test_the_prior_is_the_cavity_of_the_waves_fitted_by_themselves():
    wave = cross_fitted(THREE, MODEL)
    repeat = estimate_repeats(wave)[0]
    across = repeat.across
    assert across is not None
    for place, other in enumerate(wave.others):
        by_itself = estimate_repeats(replace(other, margins=wave.margins))[0]
        assert across.fits[place].selection.gamma == pytest.approx(by_itself.point.selection.gamma, abs=1e-6)
    learned = Drift.learned(across.evidence, sd=0.5)
    wanted = learned.cavity(across.evidence, 2)
    assert repeat.prior.mean == pytest.approx(wanted.mean)
    assert repeat.prior.covariance == pytest.approx(wanted.covariance)


def test_a_declared_step_is_used():
    loose, tight = (repeats_of(THREE, selection_step=step)[0] for step in (3.0, 0.01))
    assert (loose.step, tight.step) == (3.0, 0.01)
    assert np.trace(tight.prior.covariance) < np.trace(loose.prior.covariance)


def test_the_bootstrap_spreads_with_the_other_waves_and_not_with_threads():
    wave = cross_fitted(THREE, MODEL)
    repeats = estimate_repeats(wave)
    one, two = (bootstrap(wave, repeats, replicates=6, n_jobs=n).draws(wave, repeats) for n in (1, 2))
    assert [draw.by_assumption for draw in one] == [draw.by_assumption for draw in two]
    assert np.std([draw.gamma[0] for draw in one]) > 0.02


def test_an_estimate_is_made_again_from_its_models():
    wave = cross_fitted(THREE, MODEL)
    repeats = estimate_repeats(wave)
    drawn = bootstrap(wave, repeats, replicates=6)
    first = assemble_report(wave, repeats, drawn.draws(wave, repeats))
    models = [RepeatModels.from_dict(repeat.models.to_dict()) for repeat in repeats]
    again = estimate_again(wave, models, drawn)
    assert again.silent.value == pytest.approx(first.silent.value, abs=1e-9)
    assert (again.silent.low, again.silent.high) == pytest.approx((first.silent.low, first.silent.high), abs=1e-9)
    assert again.diagnostics == pytest.approx(first.diagnostics)


@pytest.mark.slow
def test_selection_is_nearer_to_the_truth_with_other_waves_of_few_answers():
    """Truth: -0.4 log odds of silence per class step: gamma of a detractor less that of a promoter is 0.8.

    This difference moves the NPS. Their sum, which hardly does, is left to the prior either way.
    """
    errors = {"with": [], "alone": []}
    for seed in range(0, 100, 5):
        data = waves(700, 700, 700, seed=seed, answers=210)
        for name, each in (("with", data), ("alone", replace(data, waves=None))):
            gamma = np.mean([one.point.selection.gamma for one in repeats_of(each)], axis=0)
            errors[name].append((gamma[0] - gamma[2] - 0.8) ** 2)
    assert np.mean(errors["with"]) < 0.8 * np.mean(errors["alone"])
