"""The bundle of a training: the final model, with calibrator, selection and step of the estimate."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from silentnps.bundle.bundle import Bundle
from silentnps.bundle.label_rule import fit_labels
from silentnps.bundle.training_reference import Reference
from silentnps.config import LabelsConfig
from silentnps.estimation.formulas.class_step import fit_step
from silentnps.estimation.formulas.doubly_robust import silent_law
from silentnps.estimation.formulas.selection import SelectionModel, tilt
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.repeat_estimate import RepeatEstimate
from silentnps.features.learned.learned_features import LearnedFeatures
from silentnps.numerics.arrays import Floats
from silentnps.outcome.calibration import Calibrator
from silentnps.outcome.outcome_model import OutcomeModel


def fit_bundle(
    wave: CrossFittedWave,
    repeats: list[RepeatEstimate],
    shares: Floats,
    learned: LearnedFeatures,
    labels: LabelsConfig,
    info: dict[str, Any],
) -> Bundle:
    """Fit the outcome model on all answers, and the step by which scores average to the class shares."""
    data, design = wave.data, wave.design
    with threadpool_limits(limits=1):
        answered = np.flatnonzero(data.answered)
        model = OutcomeModel.fit(design, answered, data.classes[answered], classifier=wave.classifier)
        unstepped = Bundle(
            code_book=design.code_book,
            encoder=design.encoder,
            model=model,
            components=wave.components,
            calibrator=_mean_calibrator(repeats),
            driver_encoder=wave.driver_encoder,
            selection=_mean_selection(repeats),
            step=np.zeros(3),
            labels=fit_labels(np.zeros((0, 3)), shares, labels),
            learned=learned,
            reference=Reference.of(data.features, data.target, design.code_book.categories, learned.names),
            info=info,
        )
        return _with_step(unstepped, wave, shares, labels)


def silent_before_step(bundle: Bundle, wave: CrossFittedWave) -> Floats:
    """Return the class probabilities of the wave's silent customers without a step, shape (silent, 3)."""
    silent = wave.silent
    rows = wave.rows[silent]
    by_component = {
        "trees": bundle.tables.margins(wave.design.matrix[rows]),
        "linear": bundle.model.linear.margins(wave.design.design[rows]),
    }
    margins = np.stack([by_component[name] for name in bundle.components], axis=1)
    probabilities = bundle.calibrator.probabilities(margins)
    return silent_law(probabilities, wave.sample.drivers[silent], wave.sample.invited[silent], bundle.selection)


def _with_step(bundle: Bundle, wave: CrossFittedWave, shares: Floats, labels: LabelsConfig) -> Bundle:
    if not wave.silent.any():
        return bundle
    probabilities = silent_before_step(bundle, wave)
    step = fit_step(probabilities, shares)
    return replace(bundle, step=step, labels=fit_labels(tilt(probabilities, step), shares, labels))


def _mean_calibrator(repeats: list[RepeatEstimate]) -> Calibrator:
    calibrators = [repeat.calibrator for repeat in repeats]
    crossed = [calibrator.crossed for calibrator in calibrators if calibrator.crossed is not None]
    return Calibrator(
        np.mean([calibrator.slopes for calibrator in calibrators], axis=0),
        np.mean([calibrator.intercepts for calibrator in calibrators], axis=0),
        np.asarray(np.mean(crossed, axis=0)) if crossed else None,
    )


def _mean_selection(repeats: list[RepeatEstimate]) -> SelectionModel:
    models = [repeat.point.selection for repeat in repeats]
    return SelectionModel(
        float(np.mean([model.alpha for model in models])),
        np.mean([model.beta for model in models], axis=0),
        np.mean([model.gamma for model in models], axis=0),
    )
