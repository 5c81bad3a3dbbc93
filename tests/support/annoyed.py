"""A survey with known reasons, and the model of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.special import expit

from silentnps.bundle.bundle import Bundle
from silentnps.config import EstimationConfig, ModelConfig
from silentnps.outcome.calibration import Calibrator
from silentnps.outcome.survey_data import SurveyData, tidy_features
from silentnps.training.train import train_model

N = 1500


def survey_of(*, swapped: bool = False) -> SurveyData:
    """Return a survey in which delays annoy, tenure makes people answer, and happy customers answer more."""
    rng = np.random.default_rng(7)
    features = pd.DataFrame(
        {
            "tenure_days": rng.gamma(2.0, 200.0, N),
            "delivery_days_late": np.where(rng.random(N) < 0.1, np.nan, rng.poisson(2.0, N).astype(float)),
            "channel": rng.choice(["web", "store", "app"], N),
            "constant": np.full(N, 3.0),
        }
    )
    late = features["delivery_days_late"].fillna(2.0).to_numpy()
    happy = 1.2 - 0.7 * late + 0.8 * (features["channel"] == "app") + rng.logistic(size=N)
    classes = np.digitize(happy, [-0.6, 0.6]).astype(np.int64)
    wish = -0.8 + 0.001 * features["tenure_days"].to_numpy() + 0.5 * (classes - 1)
    answered = rng.random(N) < expit(wish)
    shown = np.where(answered, 2 - classes if swapped else classes, -1)
    return SurveyData(
        features=tidy_features(features),
        classes=shown,
        target=np.ones(N, dtype=np.bool_),
        invited=answered | (rng.random(N) < 0.7),
        persons=np.arange(N),
        response_drivers=("tenure_days", "channel", "constant"),
        shadow_features=("delivery_days_late",),
    )


def bundle_of(data: SurveyData) -> Bundle:
    model = ModelConfig(repeats=1, folds=3, trees=40)
    trained = train_model(data, model=model, estimation=EstimationConfig(), random_state=0)
    # the stack, whichever candidate these few answers chose: both components are to be explained
    slopes = Calibrator(np.array([[0.6, 0.5], [0.7, 0.4]]), np.array([0.1, -0.1]))
    return replace(trained.bundle, components=("trees", "linear"), calibrator=slopes)
