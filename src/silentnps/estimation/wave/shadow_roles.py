"""Shadows that the other shadows contradict are treated as what they then are: drivers of answering."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from silentnps.estimation.checks.shadows import driving_gains, shadow_test
from silentnps.estimation.formulas.small_areas import own_draws_variance
from silentnps.estimation.formulas.verdict import MATTERS
from silentnps.estimation.wave.bootstrap import Replicate, bootstrap
from silentnps.estimation.wave.repeat_estimate import Study, StudyInputs, study_of

_CONTRADICTED = 0.01
DECIDING_REPLICATES = 20
"""Replicates that training spends on the decision; an estimate decides with all of its own."""


def settle_roles(
    inputs: StudyInputs,
    *,
    replicates: int | None = None,
    settled: bool = False,
    n_jobs: int = 1,
    progress: Callable[[int], None] | None = None,
) -> tuple[Study, list[Replicate]]:
    """Return the study with every contradicted family of shadows among the drivers, and its bootstrap.

    If the move of any family changes the NPS of the silent with a p-value, corrected for the number of families,
    below 1 %, the family that as a driver explains best who answers goes first; the others are then tested anew.
    The last family is never moved: there is nothing to contradict it. Choosing the moments that agree: Andrews
    (1999), Econometrica 67. `demoted` of the study's data names what was moved. With `settled` nothing is moved any
    more. Without `replicates` 20 decide, or none where there is nothing to decide.
    """
    while True:
        study = study_of(inputs)
        if replicates is None and study.whole.wave.families is None:
            return study, []
        n = replicates or DECIDING_REPLICATES
        draws = bootstrap(
            study.plan, replicates=n, random_state=inputs.random_state, n_jobs=n_jobs, progress=progress
        )
        name = None if settled else contradicted(study, draws, confidence_level=inputs.estimation.confidence_level)
        if name is None:
            return study, draws
        data = replace(inputs.data.with_driver(name), demoted=(*inputs.data.demoted, name))
        inputs = replace(inputs, data=data)
        progress = None  # its bar is full


def contradicted(study: Study, draws: list[Replicate], *, confidence_level: float) -> str | None:
    """Return the family that drives answering, if the shadows contradict each other; None if they agree."""
    table = tested(study, draws, confidence_level=confidence_level)
    plan, families = study.whole, study.whole.wave.families
    if families is None or not (table["p_holm"] < _CONTRADICTED).any():
        return None
    gains = [
        driving_gains(one.probabilities, plan.wave.sample, one.point.selection, families, prior_sd=plan.prior_sd)
        for one in study.repeats
    ]
    return families.names[int(np.mean(gains, axis=0).argmax())]


def tested(
    study: Study,
    draws: list[Replicate],
    *,
    confidence_level: float,
    matters: float = MATTERS,  # noqa: PT028 - this is no test
) -> pd.DataFrame:
    """Return the test of every family of shadows; no rows where there are not two families."""
    families = study.whole.wave.families
    if families is None:
        return shadow_test((), 0.0, np.zeros(0), np.zeros((2, 1)), confidence_level=confidence_level)
    repeats, silent = study.repeats, ~study.whole.wave.sample.answered
    return shadow_test(
        families.names,
        float(np.mean([one.point.nps for one in repeats])),
        np.mean([one.moved for one in repeats], axis=0),
        np.array([[one.by_assumption["selection"], *one.moved] for one in draws]),
        confidence_level=confidence_level,
        own_variance=own_draws_variance(repeats[0].point.silent_probabilities[silent]) if silent.any() else 0.0,
        matters=matters,
    )
