"""The final model as a control: it moves the shares to those of everybody, and nothing where all are held."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from surveys import QUICK, TEN, survey

from silentnps.bundle.bundle import Bundle
from silentnps.numerics.silent_population import SilentPopulation
from silentnps.training.control import EverySilent
from silentnps.training.train import Training, train_model

DATA = survey(1200, intercept=-0.5)
SILENT = np.flatnonzero(~DATA.answered)
HELD = np.flatnonzero(DATA.answered | (np.random.default_rng(5).random(1200) < 0.4))


def everybody(bundle: Bundle) -> EverySilent:
    """Score all silent customers of the survey."""
    invited = DATA.invited[SILENT]
    return EverySilent(bundle.silent_probabilities(DATA.features.iloc[SILENT], invited), invited)


def trained(rows: np.ndarray) -> Training:
    """Train on chosen rows of the survey, which are a sample of its silent customers."""
    population = SilentPopulation.counted(len(SILENT), 0, np.ones(len(rows), dtype=np.bool_))
    data = replace(DATA.take(rows), population=population)
    return train_model(data, model=QUICK, estimation=TEN, random_state=0, everybody=everybody)


def test_where_everybody_is_held_training_is_the_same():
    whole, sample = train_model(DATA, model=QUICK, estimation=TEN, random_state=0), trained(np.arange(1200))
    assert sample.nps_silent == pytest.approx(whole.nps_silent, abs=1e-10)
    assert sample.bundle.step == pytest.approx(whole.bundle.step, abs=1e-9)
    assert sample.bundle.labels.cuts == pytest.approx(whole.bundle.labels.cuts, abs=1e-9)


def test_scores_of_everybody_average_to_the_estimate_of_a_sample():
    sample = trained(HELD)
    scores = sample.bundle.silent_probabilities(DATA.features.iloc[SILENT], DATA.invited[SILENT])
    assert 100.0 * (scores[:, 2] - scores[:, 0]).mean() == pytest.approx(sample.nps_silent, abs=1e-9)
    assert sample.bundle.info["n_silent"] == len(SILENT)
    assert sample.bundle.info["silent_sampled"]


def test_the_wave_knows_the_means_of_everybody():
    sample = trained(HELD)
    population = sample.wave.sample.population
    assert population is not None
    unstepped = replace(sample.bundle, step=np.zeros(3))
    assert population.means[0] == pytest.approx(everybody(unstepped).probabilities.mean(axis=0), abs=1e-12)
    assert not population.control[sample.wave.sample.answered].any()
