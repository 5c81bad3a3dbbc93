"""Shadows that the other shadows contradict are treated as response drivers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from silentnps.estimation.checks.shadows import driving_gains, shadow_test
from silentnps.estimation.formulas.small_areas import own_draws_variance
from silentnps.estimation.wave.bootstrap import Bootstrap, BootstrapDraw, analyse, bootstrap
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.repeat_estimate import RepeatEstimate, estimate_repeats

_CONTRADICTED = 0.01


def settle_roles(
    wave: CrossFittedWave,
    *,
    replicates: int,
    n_jobs: int = 1,
    progress: Callable[[int], None] | None = None,
) -> tuple[CrossFittedWave, list[RepeatEstimate], Bootstrap]:
    """Return the wave with every contradicted family of shadows among the response drivers, and its estimates.

    If the move of any family changes the NPS of silent customers with a p-value, corrected for the number of
    families, below 1 %, the family that as a response driver explains best who answers goes first; the others are
    then tested again. The last family is never moved: there is nothing to contradict it. Choosing the moments that
    agree: Andrews (1999), Econometrica 67. `demoted` of the wave's data names what was moved. Models
    of the outcome are learned once; with other roles the analysis alone is done again.
    """
    at_once = n_jobs if wave.data.population is None else 1  # each copies the rows that it is fitted on
    repeats = estimate_repeats(wave, n_jobs=at_once)
    drawn = bootstrap(wave, repeats, replicates=replicates, n_jobs=n_jobs, progress=progress)
    while family := contradicted(wave, repeats, drawn):
        wave = wave.with_driver(family)
        repeats = estimate_repeats(wave, n_jobs=at_once)
        drawn = analyse(wave, repeats, drawn.plan, drawn.margins, n_jobs=n_jobs)
    return wave, repeats, drawn


def contradicted(wave: CrossFittedWave, repeats: list[RepeatEstimate], drawn: Bootstrap) -> str | None:
    """Return the family that drives answering, if the shadows contradict each other; None if they agree."""
    families = wave.families
    if families is None:
        return None
    table = shadow_families_test(wave, repeats, drawn.draws(replace(wave, segmentations=()), repeats))
    if not (table["p_holm"] < _CONTRADICTED).any():
        return None
    gains = [
        driving_gains(
            repeat.probabilities,
            wave.sample,
            repeat.point.selection,
            families,
            prior_sd=repeat.prior.covariance,
            prior_mean=repeat.prior.mean,
        )
        for repeat in repeats
    ]
    return families.names[int(np.mean(gains, axis=0).argmax())]


def shadow_families_test(
    wave: CrossFittedWave, repeats: list[RepeatEstimate], draws: list[BootstrapDraw]
) -> pd.DataFrame:
    """Return the test of every family of shadows; no rows where there are not two families."""
    level, matters = wave.estimation.confidence_level, wave.estimation.difference_that_matters
    if wave.families is None:
        return shadow_test((), 0.0, np.zeros(0), np.zeros((2, 1)), confidence_level=level)
    of_silent = repeats[0].point.silent_probabilities[wave.silent]
    counts = None if wave.sample.counts is None else wave.sample.counts[wave.silent]
    return shadow_test(
        wave.families.names,
        float(np.mean([repeat.point.nps for repeat in repeats])),
        np.mean([repeat.moved for repeat in repeats], axis=0),
        np.array([[draw.by_assumption["selection"], *draw.moved] for draw in draws]),
        confidence_level=level,
        own_variance=own_draws_variance(of_silent, counts) if len(of_silent) else 0.0,
        matters=matters,
    )
