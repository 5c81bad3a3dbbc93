"""Small surveys with known causes, for every test of models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.special import expit

from silentnps.config import EstimationConfig, ModelConfig
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.estimate_nps import estimate_wave
from silentnps.estimation.wave.nps_report import NPSReport
from silentnps.numerics.arrays import Floats, Integers
from silentnps.outcome.cross_fitting import crossfit_repeats
from silentnps.outcome.outcome_model import OutcomeDesign, tree_classifier
from silentnps.outcome.survey_data import SurveyData, tidy_features

QUICK = ModelConfig(repeats=1, folds=3, trees=20)
TEN = EstimationConfig(replicates=10)


def survey(n: int = 900, seed: int = 0, *, intercept: float = 0.0) -> SurveyData:
    """Return customers of whom tenure and satisfaction make some answer, and late deliveries annoy."""
    rng = np.random.default_rng(seed)
    features = pd.DataFrame(
        {
            "tenure": rng.gamma(2.0, 2.0, n),
            "late": np.where(rng.random(n) < 0.1, np.nan, rng.normal(size=n)),
            "channel": rng.choice(["web", "store", "app"], n),
        }
    )
    happy = 0.3 - 1.5 * features["late"].fillna(0.0).to_numpy() + rng.logistic(size=n)
    classes = np.digitize(happy, [-0.6, 0.8]).astype(np.int64)
    wish = intercept - 0.8 + 0.2 * features["tenure"].to_numpy() + 0.4 * (classes - 1)
    answered = rng.random(n) < expit(wish)
    return SurveyData(
        features=tidy_features(features),
        classes=np.where(answered, classes, -1),
        target=np.ones(n, dtype=np.bool_),
        invited=np.ones(n, dtype=np.bool_),
        persons=np.arange(n),
        response_drivers=("tenure", "channel"),
        shadow_features=("late",),
    )


def first_answers(data: SurveyData, n_answers: int) -> SurveyData:
    """Return the survey with all answers but the first ones hidden."""
    kept = np.flatnonzero(data.answered)[:n_answers]
    classes = np.full_like(data.classes, -1)
    classes[kept] = data.classes[kept]
    return replace(data, classes=classes)


def recoded(data: SurveyData, codes: tuple[int, int, int]) -> SurveyData:
    """Return the survey with other codes for detractors, passives and promoters."""
    new: Integers = np.array([*codes, -1])
    return replace(data, classes=new[data.classes])


def wave_of(
    data: SurveyData,
    margins: Floats | None = None,
    *,
    components: tuple[str, ...] = ("linear",),
    model: ModelConfig | None = None,
    random_state: int = 0,
    segments: pd.DataFrame | None = None,
    **estimation: object,
) -> CrossFittedWave:
    """Return a wave with given margins, or with one repeat of random ones; `estimation` are its settings."""
    if margins is None:
        margins = np.random.default_rng(0).normal(size=(1, len(data.classes), 2, 2))
    return CrossFittedWave.of(
        data,
        OutcomeDesign(data),
        margins,
        components=components,
        model=model or QUICK,
        estimation=EstimationConfig(**estimation),
        segments=segments,
        random_state=random_state,
    )


def cross_fitted(
    data: SurveyData, model: ModelConfig, *, random_state: int = 0, **options: object
) -> CrossFittedWave:
    """Return a wave whose margins are cross-fitted with models of a chosen size; `options` as for `wave_of`."""
    margins = crossfit_repeats(
        data,
        OutcomeDesign(data),
        classifier=tree_classifier(model),
        folds=model.folds,
        repeats=model.repeats,
        random_state=random_state,
    )
    return wave_of(data, margins, model=model, random_state=random_state, **options)


def from_margins(
    data: SurveyData, model: ModelConfig, *, replicates: int, n_jobs: int = 1, seed: int = 0
) -> NPSReport:
    """Return the whole estimate of a survey, on a stack, with models of a chosen size."""
    stack = ("trees", "linear")
    wave = cross_fitted(data, model, random_state=seed, components=stack, replicates=replicates)
    return estimate_wave(wave, n_jobs=n_jobs)
