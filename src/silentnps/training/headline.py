"""The headline alone, without the other assumptions and the tests of shadows: for refits and earlier models."""

from __future__ import annotations

import numpy as np
from threadpoolctl import threadpool_limits

from silentnps.estimation.formulas.assumptions import missing_at_random
from silentnps.estimation.formulas.doubly_robust import PointEstimate
from silentnps.estimation.formulas.gamma_prior import GammaPrior
from silentnps.estimation.wave.across_waves import calibrator_of, prior_across
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.repeat_estimate import RepeatEstimate, selected
from silentnps.numerics.arrays import Floats
from silentnps.outcome.calibration import Calibrator


def estimate_headline(
    margins: Floats,
    wave: CrossFittedWave,
    *,
    prior: GammaPrior,
    start: RepeatEstimate | None = None,
) -> tuple[Calibrator, PointEstimate]:
    """Calibrate one repeat's margins and estimate under the headline's assumption; see `estimate_repeat`.

    `margins` are those of the wave's rows, shape (rows, components, 2); `prior` is that of gamma.
    """
    calibrator = calibrator_of(margins, wave.sample)
    probabilities = calibrator.probabilities(margins)
    if wave.headline == "selection":
        return calibrator, selected(probabilities, wave, prior, start)
    at_random = start.at_random if start else None
    return calibrator, missing_at_random(probabilities, wave.full_sample, start=at_random)


def headlines_of_repeats(wave: CrossFittedWave, *, n_jobs: int = 1) -> list[RepeatEstimate]:
    """Return each repeat as `estimate_repeats` does, with the headline alone: no shadow is moved."""
    repeats = []
    with threadpool_limits(limits=1):
        for margins in wave.margins:
            own, others = wave.by_wave(wave.margins_of_waves(margins))
            probabilities = calibrator_of(own, wave.sample).probabilities(own)
            prior, across = prior_across(wave, probabilities, others, n_jobs=n_jobs)
            calibrator, point = estimate_headline(own, wave, prior=prior)
            values: dict[str, float] = {wave.headline: point.nps}
            step = across.drift.step if across else None
            repeats.append(
                RepeatEstimate(calibrator, probabilities, point, None, values, np.zeros(0), prior, step, across)
            )
    return repeats
