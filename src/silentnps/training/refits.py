"""Final models refitted with random weights of persons: what a model says depends on who answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import joblib
import numpy as np
from threadpoolctl import threadpool_limits

from silentnps.bundle.bundle import Bundle
from silentnps.estimation.formulas.class_step import fit_step
from silentnps.estimation.wave.analysis import analyse
from silentnps.estimation.wave.bootstrap import Plan, drawn_prior_mean, person_weights
from silentnps.estimation.wave.repeat_estimate import Study, rows_to_fit
from silentnps.estimation.wave.wave_follow_up import is_called
from silentnps.numerics.arrays import Floats
from silentnps.outcome.linear_heads import fit_linear_heads
from silentnps.outcome.tree_heads import fit_heads

_STREAM = 5
"""Sets these draws apart from those of the estimate's bootstrap."""


def refit_bundles(
    bundle: Bundle,
    study: Study,
    *,
    refits: int,
    random_state: int,
    n_jobs: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Iterator[Bundle]:
    """Yield `refits` bundles as `bundle`, each with smooth random weights of the persons that it learned from.

    Trees, linear part, calibrator, selection (with the mean of its prior drawn, as the bootstrap of the estimate
    does) and step are fitted anew; the calibrator on the margins that were cross-fitted before. Where the headline
    rests on calls the step stays. `random_state` is that of the study.
    """
    margins = study.margins[0][rows_to_fit(study.whole.data, random_state=random_state)]
    seeds = np.random.SeedSequence([random_state, _STREAM]).spawn(refits)
    jobs = (joblib.delayed(_refit)(bundle, study.plan, margins, seed) for seed in seeds)
    for made in joblib.Parallel(n_jobs=n_jobs, return_as="generator")(jobs):
        if progress is not None:
            progress(1)
        yield made


def _refit(bundle: Bundle, plan: Plan, margins: Floats, seed: np.random.SeedSequence) -> Bundle:
    with threadpool_limits(limits=1):
        rng = np.random.default_rng(seed)
        weights = person_weights(plan.data, rng, scale=1.0)
        answered = np.flatnonzero(plan.data.answered & (weights > 0))
        classes, counts = plan.data.classes[answered], weights[answered]
        heads = fit_heads(
            plan.design.matrix[answered],
            classes,
            counts,
            n_heads=2,
            categorical=plan.design.code_book.categorical_positions,
            rounds=plan.classifier.n_estimators,
            params=plan.classifier.lightgbm_params(),
        )
        linear = fit_linear_heads(plan.design.design[answered], classes, counts, start=bundle.linear)
        of_rows = weights if plan.row_weights is None else weights * plan.row_weights
        wave = plan.wave.reweighted(of_rows)
        drawn = drawn_prior_mean(plan.prior_sd, rng)
        repeat = analyse(margins, wave, plan.parts, prior_sd=plan.prior_sd, prior_mean=drawn, start=plan.start)
        fitted = replace(bundle, heads=heads, linear=linear, calibrator=repeat.calibrator)
        fitted = replace(fitted, selection=repeat.point.selection)
        return fitted if is_called(plan.data) else _stepped(fitted, plan, repeat.point.shares)


def _stepped(bundle: Bundle, plan: Plan, shares: Floats) -> Bundle:
    """Fit the step by which the scores of the silent average to the shares of the refit."""
    silent = plan.wave.rows[~plan.wave.sample.answered]
    if len(silent) == 0:
        return bundle
    unstepped = replace(bundle, step=np.zeros(3))
    law = unstepped.silent_probabilities(plan.data.features.iloc[silent], plan.data.invited[silent])
    return replace(bundle, step=fit_step(law, shares))
