"""What the bootstrap learns: persons are weighted whole, in their strata."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from surveys import cross_fitted, survey

from silentnps.config import ModelConfig
from silentnps.estimation.formulas.selection import prior_covariance
from silentnps.estimation.wave.replicates import (
    Plan,
    drawn_prior_mean,
    learn_replicates,
    person_weights,
    with_fewer_trees,
)
from silentnps.outcome.cross_fitting import crossfit

MODEL = ModelConfig(repeats=2, folds=2, trees=10)


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


def test_a_plan_has_a_fit_of_weight_one_for_each_split_and_a_fifth_of_second_splits():
    plan = Plan.of(0, 3, 40)
    assert [task.repeat for task in plan.bases] == [0, 1, 2]
    assert (len(plan.replicates), len(plan.crossed), plan.n_replicates, len(plan.tasks)) == (32, 8, 40, 43)
    for one, two in zip(plan.replicates, plan.crossed, strict=False):
        assert one.seed is two.seed
        assert one.repeat != two.repeat
    assert Plan.of(0, 1, 40).crossed == ()


def test_fits_of_weight_one_are_the_cross_fitting_of_their_split():
    # In single precision, and with a looser end of the linear component's fit.
    wave = cross_fitted(survey(600), MODEL)
    fewer = with_fewer_trees(wave.classifier)
    assert (fewer.n_estimators, fewer.learning_rate) == (MODEL.trees / 2, 2 * MODEL.learning_rate)
    got = learn_replicates(wave, Plan.of(0, 2, 3))
    assert got.dtype == np.float32
    assert got.shape == (5, 600, len(wave.components), 2)
    for repeat, split in enumerate(wave.splits):
        exact = crossfit(wave.data, wave.design, classifier=fewer, split=split)
        assert got[repeat] == pytest.approx(wave.margins_of(exact), abs=0.01)
        assert np.abs(got[2 + repeat] - got[repeat]).max() > 0.1
