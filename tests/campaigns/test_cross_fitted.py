"""Expectations by models that have not seen the customer."""

from __future__ import annotations

import numpy as np
import pytest

from silentnps.campaigns.cross_fitted import (
    Folds,
    means,
    means_by_group,
    probabilities,
    probabilities_by_group,
)

N = 1000


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def test_folds_share_out_each_group(rng):
    groups = np.repeat([0, 1], [63, 37])
    folds = Folds.drawn(groups, rng, n_folds=5)
    for group in (0, 1):
        counts = np.bincount(folds.of[groups == group], minlength=5)
        assert counts.max() - counts.min() <= 1


def test_nobody_is_predicted_from_the_own_value(rng):
    design, treated = rng.normal(size=(N, 3)), rng.random(N) < 0.4
    values = rng.normal(size=N)
    folds = Folds.drawn(treated.astype(int), rng)
    first = means(design, values, ~treated, folds)
    held = folds.of == 0
    second = means(design, np.where(held & ~treated, values + 0.01, values), ~treated, folds)
    assert np.array_equal(first[held], second[held])
    assert not np.array_equal(first[~held], second[~held])


def test_only_known_values_are_learned_from(rng):
    design, known = rng.normal(size=(N, 3)), rng.random(N) < 0.4
    values, folds = rng.normal(size=N), Folds.drawn(np.zeros(N, dtype=int), rng)
    spoilt = np.where(known, values, np.nan)
    assert np.array_equal(means(design, values, known, folds), means(design, spoilt, known, folds))


def test_what_features_say_is_learned_and_noise_is_not(rng):
    design = rng.normal(size=(N, 40))
    folds, everybody = Folds.drawn(np.zeros(N, dtype=int), rng), np.ones(N, dtype=bool)
    told = means(design, 5 * design[:, 0] + rng.normal(size=N), everybody, folds)
    assert np.corrcoef(told, design[:, 0])[0, 1] > 0.98
    assert means(design, 2.0 + rng.normal(size=N), everybody, folds).std() < 0.2
    happened = rng.random(N) < 1 / (1 + np.exp(-2 * design[:, 0]))
    assert np.corrcoef(probabilities(design, happened, folds), design[:, 0])[0, 1] > 0.9
    chance = probabilities(design, rng.random(N) < 0.3, folds)
    assert chance.mean() == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / N))
    assert chance.std() < 0.05


def test_groups_have_constants_of_their_own(rng):
    design, treated = np.zeros((N, 1)), np.arange(N) % 2 == 0
    folds, everybody = Folds.drawn(treated.astype(int), rng), np.ones(N, dtype=bool)
    values = 10.0 * treated + rng.normal(size=N)
    as_treated, as_untreated = means_by_group(design, treated, values, everybody, folds)
    assert as_treated.mean() - as_untreated.mean() == pytest.approx(10.0, abs=0.4)
    happened = rng.random(N) < np.where(treated, 0.6, 0.2)
    chance = probabilities_by_group(design, treated, happened, folds)
    assert chance[treated].mean() == pytest.approx(0.6, abs=0.1)
    assert chance[~treated].mean() == pytest.approx(0.2, abs=0.1)
