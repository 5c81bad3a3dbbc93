"""The whole estimate on populations whose silent customers are known: does its interval hold?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import binom
from surveys import QUICK, from_margins

from silentnps.config import ModelConfig
from silentnps.numerics.nps import CLASS_VALUES
from silentnps.outcome.survey_data import SurveyData, tidy_features


def closed_form(seed: int, n: int = 1200) -> tuple[SurveyData, float]:
    """Return customers silent by tenure and satisfaction, and the NPS of the silent among them."""
    rng = np.random.default_rng(seed)
    tenure, late = rng.normal(size=(2, n))
    classes = np.digitize(0.6 - 1.8 * late + 0.3 * tenure + rng.logistic(size=n), [-0.7, 0.8]).astype(np.int64)
    answered = rng.random(n) < expit(-0.9 + 0.5 * tenure + 0.4 * (classes - 1))
    everybody = np.ones(n, dtype=np.bool_)
    data = SurveyData(
        features=tidy_features(pd.DataFrame({"tenure": tenure, "late": late})),
        classes=np.where(answered, classes, -1),
        target=everybody,
        invited=everybody,
        persons=np.arange(n),
        response_drivers=("tenure",),
        shadow_features=("late",),
    )
    return data, float(CLASS_VALUES[classes[~answered]].mean())


@pytest.mark.slow
def test_intervals_cover_at_least_85_of_100():
    # Exact binomial test at 1 %: of 30 intervals that cover with 0.85, 20 or fewer cover once in 104 runs.
    # Measured: all 30 cover, their middle halves 23, so the claim is a coarse one.
    model = ModelConfig(repeats=1, folds=2, trees=20)
    covered, widths = 0, []
    for seed in range(30):
        data, truth = closed_form(seed)
        silent = from_margins(data, model, replicates=20, seed=seed).silent
        covered += silent.low <= truth <= silent.high
        widths.append(silent.high - silent.low)
    assert binom.cdf(covered, 30, 0.85) > 0.01
    assert np.mean(widths) < 60


@pytest.mark.slow
def test_the_estimate_comes_nearer_than_missing_at_random():
    # Ten data sets in which the happy answer more: the survey mean is off by some 30 points.
    errors = []
    for seed in range(10):
        data, truth = closed_form(seed, n=3000)
        table = from_margins(data, QUICK, replicates=10, seed=seed).by_assumption.set_index("assumption")["value"]
        errors.append(table[["survey", "mar", "selection"]].to_numpy() - truth)
    survey_error, mar, selection = (np.mean(np.square(errors), axis=0) ** 0.5).tolist()
    assert selection < 0.7 * mar < mar < survey_error
