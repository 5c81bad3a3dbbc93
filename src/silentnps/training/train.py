"""Training: candidates on the same out-of-fold margins, the choice, selection, the step, one bundle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from silentnps.bundle.bundle import Bundle
from silentnps.bundle.label_rule import fit_labels
from silentnps.bundle.training_reference import Reference
from silentnps.config import EstimationConfig, LabelsConfig, ModelConfig
from silentnps.estimation.formulas.class_step import fit_step
from silentnps.estimation.formulas.selection import SelectionModel, tilt
from silentnps.estimation.wave.analysis import Repeat, Wave
from silentnps.estimation.wave.repeat_estimate import Study, StudyInputs
from silentnps.estimation.wave.shadow_roles import settle_roles
from silentnps.estimation.wave.wave_follow_up import called_estimate, is_called, shares_of
from silentnps.features.learned.learned_features import LearnedFeatures
from silentnps.numerics.arrays import Floats
from silentnps.numerics.nps import CLASS_VALUES
from silentnps.outcome.calibration import Calibrator
from silentnps.outcome.candidates import CANDIDATES, parts_of
from silentnps.outcome.cross_fitting import OutcomeDesign
from silentnps.outcome.linear_heads import LinearHeads, fit_linear_heads
from silentnps.outcome.ordinal import OrdinalClassifier
from silentnps.outcome.survey_data import SurveyData
from silentnps.outcome.tree_heads import fit_heads
from silentnps.training.candidate_comparison import (
    all_repeats,
    choose,
    compare_candidates,
    hold_contest,
    words_on_choice,
)
from silentnps.training.candidate_margins import sized
from silentnps.training.forward_validation import forward_metrics
from silentnps.training.tuning import TREE_SIZES, search_sizes


@dataclass(frozen=True)
class Training:
    """What training made.

    `metrics` has one row per candidate, `forward` those of candidates learned from earlier waves, `trials` those of
    a search for sizes; `margins` are the out-of-fold margins of every row, shape (repeats, rows, parts, 2);
    `out_of_fold` the probabilities of the answers, (answers, 3); `nps_silent` is the estimate (points) that the
    scores of the wave's silent customers average to, NaN where nobody is silent.
    """

    bundle: Bundle
    candidate: str
    metrics: pd.DataFrame
    margins: Floats
    out_of_fold: Floats
    nps_silent: float
    study: Study
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
    deciding: Callable[[int], None] | None = None,
) -> Training:
    """Choose a candidate by ranked probability score and fit it with its selection model and step.

    `tune_minutes` lets Optuna search for sizes of the trees for so long; `learned` made the learned columns;
    `progress` is called once for each repeat of the cross-fitting of a size of trees, `deciding` for each replicate
    of the test of the shadows.

    Raises
    ------
    DataError
        If the wave has fewer than 30 answers or one class only.
    """
    data.check()
    design = OutcomeDesign.of(data)
    search = search_sizes(data, design, model, minutes=tune_minutes, random_state=random_state)
    contest = hold_contest(
        data, design, model, random_state=random_state, tuned=search.model, n_jobs=n_jobs, progress=progress
    )
    metrics, predictions = compare_candidates(contest)
    candidate = choose(metrics, few_answers=data.few_answers)
    margins = all_repeats(contest, candidate, n_jobs=n_jobs)
    trees = sized(model, CANDIDATES[candidate].size, search.model)
    uncut = pd.DataFrame(index=range(int(data.target.sum())))
    inputs = StudyInputs(data, design, margins, parts_of(candidate), trees, estimation, uncut, random_state)
    study, _ = settle_roles(inputs, n_jobs=n_jobs, progress=deciding)
    shares = _shares(study, estimation, random_state)
    info = _info(study, candidate, trees, random_state)
    info["choice"] = words_on_choice(data, model, is_tuned=tune_minutes is not None)
    with threadpool_limits(limits=1):
        bundle = _fit_bundle(study, learned or LearnedFeatures(None), shares, labels or LabelsConfig(), info)
    return Training(
        bundle=bundle,
        candidate=candidate,
        metrics=metrics,
        margins=margins,
        out_of_fold=predictions[candidate],
        nps_silent=float(shares @ CLASS_VALUES),
        study=study,
        forward=forward_metrics(contest),
        trials=search.trials,
    )


def tree_sizes(model: ModelConfig) -> dict[str, float]:
    """Return the sizes of the trees by which an estimate fits them again."""
    return {name: getattr(model, name) for name in TREE_SIZES}


def _shares(study: Study, estimation: EstimationConfig, random_state: int) -> Floats:
    data, wave = study.whole.data, study.whole.wave
    return shares_of(
        study.repeats, called_estimate(data, wave, study.repeats, estimation, random_state=random_state)
    )


def _fit_bundle(
    study: Study, learned: LearnedFeatures, shares: Floats, labels: LabelsConfig, info: dict[str, Any]
) -> Bundle:
    data, design, wave = study.whole.data, study.whole.design, study.whole.wave
    heads, linear = _final_parts(data, design, study.whole.classifier)
    unstepped = Bundle(
        code_book=design.code_book,
        encoder=design.encoder,
        heads=heads,
        linear=linear,
        parts=study.whole.parts,
        calibrator=_mean_calibrator(study.repeats),
        driver_encoder=wave.driver_encoder,
        selection=_mean_selection(study.repeats),
        step=np.zeros(3),
        labels=fit_labels(np.zeros((0, 3)), shares, labels),
        learned=learned,
        reference=Reference.of(data.features, data.target, design.code_book.categories, learned.names),
        info=info,
    )
    return _with_step(unstepped, data, wave, shares, labels)


def _final_parts(data: SurveyData, design: OutcomeDesign, classifier: OrdinalClassifier) -> tuple[Any, LinearHeads]:
    answered = data.answered
    heads = fit_heads(
        design.matrix[answered],
        data.classes[answered],
        None,
        n_heads=2,
        categorical=design.code_book.categorical_positions,
        rounds=classifier.n_estimators,
        params=classifier.lightgbm_params(),
    )
    weights = np.ones(int(answered.sum()))
    return heads, fit_linear_heads(design.design[answered], data.classes[answered], weights)


def _mean_calibrator(repeats: list[Repeat]) -> Calibrator:
    every = [repeat.calibrator for repeat in repeats]
    crossed = [one.crossed for one in every if one.crossed is not None]
    return Calibrator(
        np.mean([one.slopes for one in every], axis=0),
        np.mean([one.intercepts for one in every], axis=0),
        np.asarray(np.mean(crossed, axis=0)) if crossed else None,
    )


def _mean_selection(repeats: list[Repeat]) -> SelectionModel:
    fitted = [repeat.point.selection for repeat in repeats]
    return SelectionModel(
        float(np.mean([one.alpha for one in fitted])),
        np.mean([one.beta for one in fitted], axis=0),
        np.mean([one.gamma for one in fitted], axis=0),
    )


def _with_step(bundle: Bundle, data: SurveyData, wave: Wave, shares: Floats, labels: LabelsConfig) -> Bundle:
    silent = wave.rows[~wave.sample.answered]
    if len(silent) == 0:
        return bundle
    law = bundle.silent_probabilities(data.features.iloc[silent], data.invited[silent])
    step = fit_step(law, shares)
    return replace(bundle, step=step, labels=fit_labels(tilt(law, step), shares, labels))


def _info(study: Study, candidate: str, model: ModelConfig, random_state: int) -> dict[str, Any]:
    data, wave = study.whole.data, study.whole.wave
    return {
        "candidate": candidate,
        "headline": "follow_up" if is_called(data) else wave.headline,
        "response_drivers": list(data.response_drivers),
        "shadow_features": list(data.shadow_features),
        "demoted_shadows": list(data.demoted),
        "follow_up_digest": None if data.follow_up is None else data.follow_up.digest,
        "n_answers": int(data.answered.sum()),
        "n_answers_of_wave": data.n_answers,
        "n_silent": int((~wave.sample.answered).sum()),
        "trees": tree_sizes(model),
        "folds": model.folds,
        "random_state": random_state,
    }
