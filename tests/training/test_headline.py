"""The headline alone is that of the whole estimate, whatever the assumption, with and without other waves."""

from __future__ import annotations

import numpy as np
import pytest
from surveys import cross_fitted, survey

from silentnps.config import ModelConfig
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.repeat_estimate import estimate_repeats
from silentnps.training.headline import headlines_of_repeats

WAVES: dict[str, CrossFittedWave] = {}


def wave_of(kind: str) -> CrossFittedWave:
    if kind not in WAVES:
        WAVES[kind] = cross_fitted(survey(150 if kind == "few answers" else 700), ModelConfig(trees=5))
    return WAVES[kind]


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("kind", ["many answers", "few answers"])
def test_the_headline_is_that_of_the_whole_estimate(kind: str, n_jobs: int) -> None:
    wave = wave_of(kind)
    alone, whole = headlines_of_repeats(wave, n_jobs=n_jobs), estimate_repeats(wave)
    assert len(alone) == len(whole) == len(wave.margins)
    for one, other in zip(alone, whole, strict=True):
        assert one.by_assumption == {wave.headline: one.point.nps}
        np.testing.assert_allclose(one.point.shares, other.point.shares, atol=1e-6)
        np.testing.assert_allclose(one.point.selection.gamma, other.point.selection.gamma, atol=1e-5)
        np.testing.assert_allclose(one.prior.covariance, other.prior.covariance, atol=1e-6)
        assert one.moved.shape == (0,)
