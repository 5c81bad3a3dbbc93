"""The bundle of a training: all answers are learned from, and scores average to the estimate."""

from __future__ import annotations

import numpy as np
import pytest
from surveys import QUICK, TEN, survey

from silentnps.outcome.outcome_model import OutcomeModel
from silentnps.training.final_bundle import silent_before_step
from silentnps.training.refits import refit_bundles
from silentnps.training.train import Training, train_model

DATA = survey(900)


@pytest.fixture(scope="module")
def training() -> Training:
    return train_model(DATA, model=QUICK, estimation=TEN, random_state=0)


def silent_mean(training: Training, bundle: object) -> np.ndarray:
    rows = np.flatnonzero(~DATA.answered)
    return bundle.silent_probabilities(DATA.features.iloc[rows], DATA.invited[rows]).mean(axis=0)


def test_the_model_is_fitted_on_all_answers(training: Training):
    rows = np.flatnonzero(DATA.answered)
    wave = training.wave
    model = OutcomeModel.fit(wave.design, rows, DATA.classes[rows], classifier=wave.classifier)
    everybody = np.arange(900)
    np.testing.assert_array_equal(
        model.margins(wave.design, everybody), training.bundle.model.margins(wave.design, everybody)
    )


def test_the_step_moves_the_scores_to_the_estimate(training: Training):
    shares = silent_mean(training, training.bundle)
    assert 100 * (shares[2] - shares[0]) == pytest.approx(training.nps_silent, abs=1e-6)
    before = silent_before_step(training.bundle, training.wave).mean(axis=0)
    assert np.abs(before - shares).max() > 1e-6


def test_refits_differ_and_their_scores_average_to_estimates_of_their_own(training: Training):
    refits = list(refit_bundles(training.bundle, training.wave, training.repeats, refits=2))
    means = [silent_mean(training, bundle) for bundle in refits]
    assert np.abs(means[0] - means[1]).max() > 1e-4
    again = next(refit_bundles(training.bundle, training.wave, training.repeats, refits=1))
    np.testing.assert_array_equal(silent_mean(training, again), means[0])
