"""The headline alone, without the other assumptions and the tests of shadows: for refits and earlier models."""

from __future__ import annotations

import numpy as np

from silentnps.estimation.formulas.assumptions import missing_at_random
from silentnps.estimation.formulas.doubly_robust import PointEstimate
from silentnps.estimation.formulas.gamma_prior import GammaPrior
from silentnps.estimation.wave.across_waves import calibrator_of, prior_across
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.repeat_estimate import RepeatEstimate, selected
from silentnps.numerics.arrays import Floats
from silentnps.numerics.parallel import one_thread
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
    repeats: list[RepeatEstimate] = []
    with one_thread():
        for margins in wave.margins:
            start = repeats[0] if repeats else None
            repeats.append(_headline_of_repeat(wave.margins_of_waves(margins), wave, start, n_jobs))
    return repeats


def _headline_of_repeat(
    margins: Floats, wave: CrossFittedWave, start: RepeatEstimate | None, n_jobs: int
) -> RepeatEstimate:
    own, others = wave.by_wave(margins)
    probabilities = calibrator_of(own, wave.sample).probabilities(own)
    begin, before = (start.point.selection, start.across) if start else (None, None)
    prior, across = prior_across(wave, probabilities, others, start=begin, before=before, n_jobs=n_jobs)
    calibrator, point = estimate_headline(own, wave, prior=prior, start=start)
    return RepeatEstimate(
        calibrator=calibrator,
        probabilities=probabilities,
        point=point,
        at_random=point if wave.headline == "mar" else None,
        by_assumption={wave.headline: point.nps},
        moved=np.zeros(0),
        prior=prior,
        step=across.drift.step if across else None,
        across=across,
    )
