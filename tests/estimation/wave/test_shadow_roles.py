"""Shadows that the others contradict count as drivers, are named, and the last is never touched."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from surveys import cross_fitted, wave_of

import silentnps.estimation.wave.estimate_nps as estimating
from silentnps.config import EstimationConfig, ModelConfig
from silentnps.estimation.wave import replicates
from silentnps.estimation.wave.bootstrap import Bootstrap, bootstrap
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.estimate_nps import estimate_nps
from silentnps.estimation.wave.repeat_estimate import RepeatEstimate, estimate_repeats
from silentnps.estimation.wave.shadow_roles import contradicted, settle_roles, shadow_families_test
from silentnps.numerics.nps import CLASS_VALUES
from silentnps.outcome.survey_data import SurveyData, tidy_features
from silentnps.training.train import train_model

MODEL = ModelConfig(repeats=1, folds=2, trees=5)
OPTIONS = EstimationConfig(replicates=20)
SHADOWS = ("late", "lost", "broken")


def misdeclared(n: int = 2500, seed: int = 0, *, drive: float = 1.0) -> tuple[SurveyData, float]:
    """Return customers whose `lost` orders annoy, and by themselves keep them from answering; NPS of the silent."""
    rng = np.random.default_rng(seed)
    tenure, late, lost, broken = rng.normal(size=(4, n))
    happy = 0.3 - late - lost - broken + 0.3 * tenure + rng.logistic(size=n)
    classes = np.digitize(happy, [-0.6, 0.8]).astype(np.int64)
    answered = rng.random(n) < expit(-0.6 + 0.5 * tenure - drive * lost + 0.2 * (classes - 1))
    frame = tidy_features(pd.DataFrame({"tenure": tenure, "late": late, "lost": lost, "broken": broken}))
    everybody = np.ones(n, dtype=np.bool_)
    data = SurveyData(
        frame, np.where(answered, classes, -1), everybody, everybody, np.arange(n), ("tenure",), SHADOWS
    )
    return data, float(CLASS_VALUES[classes[~answered]].mean())


DATA, TRUTH = misdeclared()


WAVE = cross_fitted(DATA, MODEL, replicates=20)
"""Margins do not depend on the roles."""


Settled = tuple[CrossFittedWave, list[RepeatEstimate], Bootstrap]


def settle(data: SurveyData) -> Settled:
    return settle_roles(wave_of(data, WAVE.margins, model=MODEL, replicates=20), replicates=20)


def as_declared(data: SurveyData, *, replicates: int = 20) -> Settled:
    wave = wave_of(data, WAVE.margins, model=MODEL, replicates=20)
    repeats = estimate_repeats(wave)
    return wave, repeats, bootstrap(wave, repeats, replicates=replicates)


def test_a_family_that_drives_answering_becomes_a_driver():
    wave, repeats, drawn = settle(DATA)
    data = wave.data
    assert data.demoted == ("lost",)
    assert data.shadow_features == ("late", "broken")
    assert data.response_drivers == ("tenure", "lost")
    assert set(wave.driver_encoder.columns) == {"tenure", "lost"}
    assert all(len(one.moved) == 2 for one in drawn.draws(wave, repeats))
    declared = as_declared(DATA, replicates=5)[1]
    assert abs(repeats[0].point.nps - TRUTH) < abs(declared[0].point.nps - TRUTH) - 10


def test_shadows_as_declared_are_contradicted():
    wave, repeats, drawn = as_declared(DATA)
    assert wave.data.demoted == ()
    assert contradicted(wave, repeats, drawn) == "lost"
    assert shadow_families_test(wave, repeats, drawn.draws(wave, repeats))["p_holm"].min() < 0.01


def test_the_outcome_is_learned_once_whatever_moves(monkeypatch: pytest.MonkeyPatch):
    fits = []
    learn = replicates.learn_replicates
    monkeypatch.setattr(
        "silentnps.estimation.wave.bootstrap.learn_replicates",
        lambda *args, **options: fits.append(1) or learn(*args, **options),
    )
    assert settle(DATA)[0].data.demoted == ("lost",)
    assert fits == [1]


def test_a_family_moves_as_a_whole():
    named = replace(DATA, shadow_families={"lost": "delivery", "late": "delivery"})
    wave, *_ = as_declared(named.with_driver("delivery"), replicates=5)
    assert wave.data.response_drivers == ("tenure", "late", "lost")
    assert wave.data.shadow_features == ("broken",)
    assert wave.families is None


def test_the_last_family_is_never_moved():
    wave, repeats, drawn = settle(
        replace(DATA, shadow_features=("lost",), response_drivers=("tenure", "late", "broken"))
    )
    assert wave.data.shadow_features == ("lost",)
    assert shadow_families_test(wave, repeats, drawn.draws(wave, repeats)).empty
    assert contradicted(wave, repeats, drawn) is None


def test_of_shadows_that_all_drive_answering_one_is_left():
    # The features other than tenure all keep customers from answering: moved one by one, never the last.
    rng = np.random.default_rng(1)
    n = len(DATA.classes)
    late, lost = (DATA.features[name].to_numpy() for name in ("late", "lost"))
    hidden = rng.random(n) < expit(1.5 * late - 1.5 * lost)
    data = replace(DATA, classes=np.where(hidden, -1, DATA.classes), shadow_features=("late", "lost"))
    assert len(settle(data)[0].data.shadow_features) >= 1


def test_families_that_training_moved_stay_moved():
    settled = DATA.as_settled(("lost",))
    assert settled.demoted == ("lost",)
    assert settled.shadow_features == ("late", "broken")
    _, repeats, _ = as_declared(settled, replicates=5)
    assert repeats[0].point.nps == settle(DATA)[1][0].point.nps


def test_the_model_says_what_was_moved():
    info = train_model(DATA, model=MODEL, estimation=OPTIONS, random_state=0).bundle.info
    assert info["demoted_shadows"] == ["lost"]
    assert info["response_drivers"] == ["tenure", "lost"]
    assert info["shadow_features"] == ["late", "broken"]


def test_the_report_names_what_was_moved_and_tests_the_others(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(estimating, "ModelConfig", lambda: MODEL)
    monkeypatch.setattr(estimating, "EstimationConfig", partial(EstimationConfig, replicates=20))
    rating = pd.Series(np.array([3.0, 8.0, 10.0, np.nan])[DATA.classes])
    got = estimate_nps(DATA.features, rating, shadow_features=SHADOWS)
    assert any("lost was declared a shadow, but the other shadows contradict it" in words for words in got.warnings)
    assert got.shadow_test["shadow"].tolist() == ["late", "broken"]
    assert (got.balance.set_index("feature")["role"].loc[["lost", "late"]] == ["driver", "shadow"]).all()
    assert got.diagnostics["band_low"] <= got.silent.low < got.silent.high <= got.diagnostics["band_high"]
    assert got.diagnostics["band_low"] == min(got.silent.low, *got.shadow_test["low"])


@pytest.mark.slow
def test_true_shadows_stay():
    # Decided at 1 %, corrected: of 5 surveys none or one is moved but once in some 400 runs.
    moved = 0
    for seed in range(5):
        data, _ = misdeclared(1200, seed, drive=0.0)
        margins = cross_fitted(data, MODEL).margins
        wave = wave_of(data, margins, model=MODEL, random_state=seed)
        repeats = estimate_repeats(wave)
        moved += contradicted(wave, repeats, bootstrap(wave, repeats, replicates=12)) is not None
    assert moved <= 1
