"""Training: candidates on the same out-of-fold margins, the choice, selection, the step, one bundle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from silentnps.config import EstimationConfig, ModelConfig
from silentnps.estimation.nps import CLASS_VALUES, Floats, Integers
from silentnps.estimation.selection import SelectionModel, tilt
from silentnps.estimation.step import fit_step
from silentnps.features.learned import LearnedFeatures
from silentnps.metrics import evaluate
from silentnps.models.analysis import Repeat, Wave
from silentnps.models.bundle import Bundle, expected_nps
from silentnps.models.calibration import Calibrator, fit_calibrator
from silentnps.models.called import called_estimate, is_called, shares_of
from silentnps.models.crossfit import PARTS, OutcomeDesign, assign_folds, crossfit_repeats
from silentnps.models.heads import fit_heads
from silentnps.models.linear import LinearHeads, fit_linear_heads
from silentnps.models.ordinal import OrdinalClassifier
from silentnps.models.roles import settle_roles
from silentnps.models.signals import signal_points
from silentnps.models.study import Study, StudyInputs, classifier_of
from silentnps.models.survey import SurveyData

CANDIDATES = {
    "prior": (),
    "signals": ("signals",),
    "logistic": ("linear",),
    "ordinal": ("trees",),
    "stack": ("trees", "linear"),
}
"""Candidates by the parts of their margins. `prior` and `signals` are baselines, never chosen."""

BASELINES = ("prior", "signals")


@dataclass(frozen=True)
class Training:
    """What training made.

    `metrics` has one row per candidate; `margins` are the out-of-fold margins of every row, shape (repeats, rows,
    parts, 2); `nps_silent` is the estimate (points) that the scores of the wave's silent customers average to.
    """

    bundle: Bundle
    candidate: str
    metrics: pd.DataFrame
    margins: Floats
    out_of_fold: Floats
    nps_silent: float


def parts_of(candidate: str) -> tuple[int, ...]:
    """Return the positions of a registrable candidate's parts."""
    return tuple(PARTS.index(part) for part in CANDIDATES[candidate])


def train_model(
    data: SurveyData,
    *,
    model: ModelConfig,
    estimation: EstimationConfig,
    random_state: int,
    learned: LearnedFeatures | None = None,
    n_jobs: int = 1,
    progress: Callable[[int], None] | None = None,
    deciding: Callable[[int], None] | None = None,
) -> Training:
    """Choose a candidate by ranked probability score and fit it with its selection model and step.

    `learned` made the learned columns; `progress` is called once for each repeat of the cross-fitting, `deciding`
    for each replicate of the test of the shadows.

    Raises
    ------
    DataError
        If the wave has fewer than 30 answers or one class only.
    """
    data.check()
    design = OutcomeDesign.of(data)
    classifier = classifier_of(model)
    margins = crossfit_repeats(
        data,
        design,
        classifier=classifier,
        folds=model.folds,
        repeats=model.repeats,
        random_state=random_state,
        progress=progress,
    )
    metrics, predictions = compare_candidates(data, margins, folds=model.folds, random_state=random_state)
    candidate = choose(metrics, few_answers=data.few_answers)
    uncut = pd.DataFrame(index=range(int(data.target.sum())))
    inputs = StudyInputs(
        data, design, margins, parts_of(candidate), model, estimation, uncut, random_state=random_state
    )
    study, _ = settle_roles(inputs, n_jobs=n_jobs, progress=deciding)
    shares = _shares(study, estimation, random_state)
    with threadpool_limits(limits=1):
        bundle = _fit_bundle(study, candidate, classifier, learned or LearnedFeatures(None), shares)
    return Training(bundle, candidate, metrics, margins, predictions[candidate], float(shares @ CLASS_VALUES))


def compare_candidates(
    data: SurveyData, margins: Floats, *, folds: int, random_state: int
) -> tuple[pd.DataFrame, dict[str, Floats]]:
    """Return metrics of each candidate on all answers, and its out-of-fold probabilities (n, 3) by name.

    Margins and calibrators are out of fold both, persons kept together; the metrics of repeats are averaged.
    """
    rows = np.flatnonzero(data.answered)
    classes = data.classes[rows]
    points = signal_points(data.features.iloc[rows])
    signals = np.repeat(points[:, None, None], 2, axis=2)
    folds_of_rows = assign_folds(
        data.persons, data.classes, folds=folds, rng=np.random.default_rng(random_state + 1)
    )[rows]
    table, predictions = [], {}
    for name, part_names in CANDIDATES.items():
        every = []
        for one in margins[:, rows]:
            columns = [signals if part == "signals" else one[:, [PARTS.index(part)]] for part in part_names]
            parts = np.concatenate(columns, axis=1) if columns else np.zeros((len(rows), 0, 2))
            every.append(_calibrated_out_of_fold(parts, classes, folds_of_rows))
        scores = pd.DataFrame([evaluate(probabilities, classes) for probabilities in every]).mean()
        table.append({"candidate": name, "baseline": name in BASELINES, **scores.to_dict()})
        predictions[name] = np.asarray(np.mean(every, axis=0))
    return pd.DataFrame(table), predictions


def choose(metrics: pd.DataFrame, *, few_answers: bool) -> str:
    """Return the registrable candidate of the lowest ranked probability score; logistic where answers are few."""
    if few_answers:
        return "logistic"
    open_to_choice = metrics[~metrics["baseline"]].sort_values("rps", kind="stable")
    return str(open_to_choice["candidate"].iloc[0])


def _calibrated_out_of_fold(parts: Floats, classes: Integers, folds: Integers) -> Floats:
    probabilities = np.empty((len(classes), 3))
    for fold in np.unique(folds):
        held_out = folds == fold
        learn = ~held_out
        calibrator = fit_calibrator(parts[learn], classes[learn], np.ones(int(learn.sum())))
        probabilities[held_out] = calibrator.probabilities(parts[held_out])
    return probabilities


def _shares(study: Study, estimation: EstimationConfig, random_state: int) -> Floats:
    data, wave = study.whole.data, study.whole.wave
    return shares_of(
        study.repeats, called_estimate(data, wave, study.repeats, estimation, random_state=random_state)
    )


def _fit_bundle(
    study: Study, candidate: str, classifier: OrdinalClassifier, learned: LearnedFeatures, shares: Floats
) -> Bundle:
    data, design, wave = study.whole.data, study.whole.design, study.whole.wave
    heads, linear = _final_parts(data, design, classifier)
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
        cuts=np.zeros(2),
        learned=learned,
        info=_info(data, wave, candidate),
    )
    return _with_step(unstepped, data, wave, shares)


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


def _with_step(bundle: Bundle, data: SurveyData, wave: Wave, shares: Floats) -> Bundle:
    silent = wave.rows[~wave.sample.answered]
    if len(silent) == 0:
        return bundle
    law = bundle.silent_probabilities(data.features.iloc[silent], data.invited[silent])
    step = fit_step(law, shares)
    cuts = np.quantile(expected_nps(tilt(law, step)), [shares[0], 1.0 - shares[2]])
    return replace(bundle, step=step, cuts=cuts)


def _info(data: SurveyData, wave: Wave, candidate: str) -> dict[str, Any]:
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
    }
