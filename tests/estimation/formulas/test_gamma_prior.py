"""The prior of gamma: opposite extremes, files, and means drawn from itself."""

from __future__ import annotations

import json

import numpy as np
import pytest

from silentnps.estimation.formulas.gamma_prior import GammaPrior, prior_covariance


def test_the_prior_makes_the_extremes_opposite():
    assert prior_covariance(0.5).tolist() == [[0.25, -0.125], [-0.125, 0.25]]
    own = np.array([[0.2, 0.1], [0.1, 0.3]])
    assert prior_covariance(own) is own


def test_a_prior_is_read_back():
    prior = GammaPrior.of(0.3, np.array([0.1, -0.7]))
    again = GammaPrior.from_dict(json.loads(json.dumps(prior.to_dict())))
    assert again.mean.tolist() == prior.mean.tolist()
    assert again.covariance.tolist() == prior.covariance.tolist()


def test_means_are_drawn_from_the_prior_and_its_width_stays():
    prior, rng = GammaPrior.of(0.5, np.array([0.4, -0.2])), np.random.default_rng(0)
    drawn = [prior.drawn(rng) for _ in range(4000)]
    means = np.array([each.mean for each in drawn])
    assert means.mean(axis=0) == pytest.approx(prior.mean, abs=0.04)
    assert np.cov(means.T) == pytest.approx(prior.covariance, abs=0.02)
    assert drawn[0].covariance is prior.covariance
