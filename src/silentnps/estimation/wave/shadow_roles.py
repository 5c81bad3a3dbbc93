"""Shadows that the other shadows contradict are treated as response drivers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from silentnps.estimation.checks.shadows import driving_gains, shadow_test
from silentnps.estimation.formulas.small_areas import own_draws_variance
from silentnps.estimation.wave.bootstrap import BootstrapDraw, bootstrap
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.repeat_estimate import RepeatEstimate, estimate_repeats

_CONTRADICTED = 0.01
DECIDING_REPLICATES = 20
"""Replicates that training spends on the decision; an estimate decides with all of its own."""


def settle_roles(
    wave: CrossFittedWave,
    *,
    replicates: int | None = None,
    settled: bool = False,
    n_jobs: int = 1,
    progress: Callable[[int], None] | None = None,
) -> tuple[CrossFittedWave, list[RepeatEstimate], list[BootstrapDraw]]:
    """Return the wave with every contradicted family of shadows among the response drivers, with its estimates.

    If the move of any family changes the NPS of silent customers with a p-value, corrected for the number of
    families, below 1 %, the family that as a response driver explains best who answers goes first; the others are
    then tested again. The last family is never moved: there is nothing to contradict it. Choosing the moments that
    agree: Andrews (1999), Econometrica 67. `demoted` of the wave's data names what was moved. With `settled`
    nothing is moved. Without `replicates` 20 decide, or none where there is nothing to decide.
    """
    while True:
        repeats = estimate_repeats(wave)
        if replicates is None and wave.families is None:
            return wave, repeats, []
        n = replicates or DECIDING_REPLICATES
        draws = bootstrap(wave, repeats, replicates=n, n_jobs=n_jobs, progress=progress)
        family = None if settled else contradicted(wave, repeats, draws)
        if family is None:
            return wave, repeats, draws
        wave = wave.with_driver(family)
        progress = None  # its bar is full


def contradicted(wave: CrossFittedWave, repeats: list[RepeatEstimate], draws: list[BootstrapDraw]) -> str | None:
    """Return the family that drives answering, if the shadows contradict each other; None if they agree."""
    families = wave.families
    table = shadow_families_test(wave, repeats, draws)
    if families is None or not (table["p_holm"] < _CONTRADICTED).any():
        return None
    gains = [
        driving_gains(repeat.probabilities, wave.sample, repeat.point.selection, families, prior_sd=wave.prior_sd)
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
    return shadow_test(
        wave.families.names,
        float(np.mean([repeat.point.nps for repeat in repeats])),
        np.mean([repeat.moved for repeat in repeats], axis=0),
        np.array([[draw.by_assumption["selection"], *draw.moved] for draw in draws]),
        confidence_level=level,
        own_variance=own_draws_variance(of_silent) if len(of_silent) else 0.0,
        matters=matters,
    )
