"""Final models refitted with random weights of persons: what a model says depends on who answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from silentnps.bundle.bundle import Bundle
from silentnps.estimation.formulas.class_step import fit_step
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.repeat_estimate import RepeatEstimate
from silentnps.estimation.wave.replicates import person_weights
from silentnps.estimation.wave.wave_follow_up import rests_on_calls
from silentnps.numerics.arrays import Floats
from silentnps.numerics.parallel import in_threads, one_thread
from silentnps.outcome.outcome_model import BinnedAnswers
from silentnps.training.final_bundle import silent_before_step
from silentnps.training.headline import estimate_headline

_STREAM = 5
"""Sets these draws apart from those of the estimate's bootstrap."""


def refit_bundles(
    bundle: Bundle,
    wave: CrossFittedWave,
    repeats: list[RepeatEstimate],
    *,
    refits: int,
    n_jobs: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Iterator[Bundle]:
    """Yield `refits` bundles like `bundle`, each with smooth random weights of the persons that it learned from.

    Trees, linear component, calibrator, selection (with the mean of its prior drawn, as in the bootstrap of the
    estimate) and step are refitted; the calibrator on the margins that were cross-fitted before. Where the headline
    rests on calls the step stays.
    """
    refit = _Refit.of(bundle, wave.sampled(), repeats[0])
    seeds = np.random.SeedSequence([wave.random_state, _STREAM]).spawn(refits)
    for refitted in in_threads((partial(refit, seed) for seed in seeds), n_jobs=n_jobs):
        if progress is not None:
            progress(1)
        yield refitted


@dataclass(frozen=True)
class _Refit:
    """A bundle, the wave that it is refitted on (of a large base a sample), and an estimate to start from."""

    bundle: Bundle
    wave: CrossFittedWave
    start: RepeatEstimate
    answers: BinnedAnswers

    @staticmethod
    def of(bundle: Bundle, sample: CrossFittedWave, start: RepeatEstimate) -> _Refit:
        """Bin the answers once for all refits."""
        rows = np.flatnonzero(sample.data.answered)
        with one_thread():
            answers = BinnedAnswers.of(
                sample.design, rows, sample.data.classes[rows], np.ones(len(rows)), classifier=sample.classifier
            )
        return _Refit(bundle, replace(sample, margins=sample.margins[:1]), start, answers.packed())

    def __call__(self, seed: np.random.SeedSequence) -> Bundle:
        """Refit with the weights of a seed."""
        wave, data = self.wave, self.wave.data
        with one_thread():
            rng = np.random.default_rng(seed)
            weights = person_weights(data, rng, scale=1.0)
            of_answers = weights[data.answered]
            model = replace(self.answers, weights=of_answers).fit(
                np.flatnonzero(of_answers > 0), classifier=wave.classifier, start=self.bundle.model.linear
            )
            of_rows = weights if wave.row_weights is None else weights * wave.row_weights
            prior = self.start.prior.drawn(rng)
            margins = wave.margins_of(wave.margins[0])
            calibrator, point = estimate_headline(margins, wave.reweighted(of_rows), prior=prior, start=self.start)
            refitted = replace(
                self.bundle, model=model.without_data(), calibrator=calibrator, selection=point.selection
            )
            return refitted if rests_on_calls(data) else _stepped(refitted, wave, point.shares)


def _stepped(bundle: Bundle, wave: CrossFittedWave, shares: Floats) -> Bundle:
    """Fit the step by which the scores of silent customers average to the shares of the refit."""
    if not wave.silent.any():
        return bundle
    return bundle.with_step(fit_step(silent_before_step(bundle, wave), shares))
