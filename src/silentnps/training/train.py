"""Training: candidates on the same out-of-fold margins, the choice, selection, the step, one bundle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from silentnps.bundle.bundle import Bundle
from silentnps.config import EstimationConfig, LabelsConfig, ModelConfig
from silentnps.estimation.wave.bootstrap import Bootstrap
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.repeat_estimate import RepeatEstimate
from silentnps.estimation.wave.shadow_roles import settle_roles
from silentnps.estimation.wave.wave_follow_up import rests_on_calls, score_shares
from silentnps.features.learned.learned_features import LearnedFeatures
from silentnps.numerics.arrays import Floats
from silentnps.numerics.nps import CLASS_VALUES
from silentnps.outcome.candidates import CANDIDATES
from silentnps.outcome.outcome_model import OutcomeDesign
from silentnps.outcome.survey_data import SurveyData
from silentnps.training.candidate_comparison import (
    all_repeats,
    choose,
    compare_candidates,
    cross_fit_candidates,
    out_of_fold_of_all_repeats,
    words_on_choice,
)
from silentnps.training.candidate_margins import sized
from silentnps.training.control import SilentPass, shifted_repeats, with_control
from silentnps.training.final_bundle import fit_bundle, silent_before_step, with_step
from silentnps.training.forward_validation import forward_metrics
from silentnps.training.tuning import TREE_SIZES, search_sizes


@dataclass(frozen=True)
class Training:
    """What training made.

    `metrics` has one row per candidate, `forward` those of candidates learned from earlier waves, `trials` those of
    a search for sizes; `margins` are the out-of-fold margins of all rows, shape (repeats, rows, components, 2);
    `out_of_fold` the probabilities of the answers, (answers, 3); `nps_silent` is the estimate (points) that the
    scores of the wave's silent customers average to, NaN where nobody is silent; `wave` and `repeats` are what the
    bundle was fitted from, `bootstrap` what intervals are computed from.
    """

    bundle: Bundle
    candidate: str
    metrics: pd.DataFrame
    margins: Floats
    out_of_fold: Floats
    nps_silent: float
    wave: CrossFittedWave
    repeats: list[RepeatEstimate]
    bootstrap: Bootstrap
    forward: pd.DataFrame
    trials: pd.DataFrame


def train_model(
    data: SurveyData,
    *,
    model: ModelConfig,
    estimation: EstimationConfig,
    random_state: int,
    labels: LabelsConfig | None = None,
    tune_minutes: float | None = None,
    learned: LearnedFeatures | None = None,
    n_jobs: int = 1,
    progress: Callable[[int], None] | None = None,
    drawing: Callable[[int], None] | None = None,
    stage: Callable[[str], None] = lambda name: None,
    everybody: SilentPass | None = None,
) -> Training:
    """Choose a candidate by ranked probability score and fit it with its selection model and step.

    `tune_minutes` lets Optuna search for sizes of the trees for so long; `learned` made the learned columns;
    `progress` is called once for each fold that is fitted (see `n_fits`), `drawing` for each fit of the bootstrap,
    and `stage` with the name of each stage after the cross-fitting as it begins. `everybody` scores all silent
    customers where the data hold a sample of them.

    Raises
    ------
    DataError
        If the wave has fewer than 30 answers or one class only.
    """
    data.check()
    design = OutcomeDesign(data)
    search = search_sizes(data, design, model, minutes=tune_minutes, random_state=random_state, stage=stage)
    candidates = cross_fit_candidates(
        data, design, model, random_state=random_state, tuned=search.model, n_jobs=n_jobs, progress=progress
    )
    metrics, _ = compare_candidates(candidates)
    candidate = choose(metrics, few_answers=data.few_answers)
    margins = all_repeats(candidates, candidate, n_jobs=n_jobs, progress=progress)
    trees = sized(model, CANDIDATES[candidate].size, search.model)
    crossed = _crossed(data, design, margins, candidate, trees, estimation, random_state)
    stage("bootstrap")
    wave, repeats, drawn = settle_roles(crossed, replicates=estimation.replicates, n_jobs=n_jobs, progress=drawing)
    info = _info(wave, candidate, trees, words_on_choice(data, model, is_tuned=tune_minutes is not None))
    stage("fitting the model, validating it forward in time")
    bundle = fit_bundle(wave, repeats, learned or LearnedFeatures(None), labels or LabelsConfig(), info)
    wave, repeats, silent, shares = _with_everybody(wave, repeats, bundle, everybody)
    return Training(
        bundle=with_step(bundle, silent, shares, labels or LabelsConfig()),
        candidate=candidate,
        metrics=metrics,
        margins=margins,
        out_of_fold=out_of_fold_of_all_repeats(candidates, candidate, margins),
        nps_silent=float(shares @ CLASS_VALUES),
        wave=wave,
        repeats=repeats,
        bootstrap=drawn,
        forward=forward_metrics(candidates, n_jobs=n_jobs if data.population is None else 1),  # rows are copied
        trials=search.trials,
    )


def _with_everybody(
    wave: CrossFittedWave, repeats: list[RepeatEstimate], bundle: Bundle, everybody: SilentPass | None
) -> tuple[CrossFittedWave, list[RepeatEstimate], Floats, Floats]:
    """Return all silent customers' probabilities before the step, to whose sample they are a control.

    The class shares that their scores are to average to come last.
    """
    if everybody is None:
        return wave, repeats, silent_before_step(bundle, wave), score_shares(wave, repeats)
    silent = everybody(bundle)
    wave = with_control(wave, bundle, silent)
    repeats = shifted_repeats(wave, repeats)
    return wave, repeats, silent.probabilities, score_shares(wave, repeats)


def _crossed(
    data: SurveyData,
    design: OutcomeDesign,
    margins: Floats,
    candidate: str,
    model: ModelConfig,
    estimation: EstimationConfig,
    random_state: int,
) -> CrossFittedWave:
    return CrossFittedWave.of(
        data,
        design,
        margins,
        components=CANDIDATES[candidate].components,
        model=model,
        estimation=estimation,
        random_state=random_state,
    )


def tree_sizes(model: ModelConfig) -> dict[str, float]:
    """Return the sizes of the trees by which an estimate fits them again."""
    return {name: getattr(model, name) for name in TREE_SIZES}


def _info(wave: CrossFittedWave, candidate: str, model: ModelConfig, choice: str) -> dict[str, Any]:
    data = wave.data
    return {
        "candidate": candidate,
        "headline": "follow_up" if rests_on_calls(data) else wave.headline,
        "response_drivers": list(data.response_drivers),
        "shadow_features": list(data.shadow_features),
        "demoted_shadows": list(data.demoted),
        "follow_up_digest": None if data.follow_up is None else data.follow_up.digest,
        "n_answers": int(data.answered.sum()),
        "n_answers_of_wave": data.n_answers,
        "n_silent": int(wave.sample.n_silent.sum()),
        "silent_sampled": data.population is not None,
        "trees": tree_sizes(model),
        "folds": model.folds,
        "replicates": wave.estimation.replicates,
        "random_state": wave.random_state,
        "choice": choice,
    }
