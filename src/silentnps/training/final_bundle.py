"""The bundle of a training: the final model, with calibrator, selection and step of the estimate."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

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
from silentnps.numerics.arrays import Booleans, Floats
from silentnps.numerics.parallel import one_thread
from silentnps.outcome.calibration import Calibrator
from silentnps.outcome.outcome_model import OutcomeModel

_MOST_LABELLED = 1_000_000
"""Of more silent customers every other one, every third and so on decides on the labels."""


def fit_bundle(
    wave: CrossFittedWave,
    repeats: list[RepeatEstimate],
    learned: LearnedFeatures,
    labels: LabelsConfig,
    info: dict[str, Any],
) -> Bundle:
    """Fit the outcome model on all answers; it has no step yet, see `with_step`."""
    data, design = wave.data, wave.design
    with one_thread():
        answered = np.flatnonzero(data.answered)
        of_wave = data.target if data.population is None else data.target & data.population.uniform
        model = OutcomeModel.fit(design, answered, data.classes[answered], classifier=wave.classifier)
        return Bundle(
            code_book=design.code_book,
            encoder=design.encoder,
            model=model,
            components=wave.components,
            calibrator=_mean_calibrator(repeats),
            driver_encoder=wave.driver_encoder,
            selection=_mean_selection(repeats),
            step=np.zeros(3),
            labels=fit_labels(np.zeros((0, 3)), np.full(3, 1 / 3), labels),
            learned=learned,
            reference=Reference.of(data.features, of_wave, design.code_book.categories, learned.names),
            info=info,
        )


def silent_before_step(bundle: Bundle, wave: CrossFittedWave) -> Floats:
    """Return the class probabilities of the wave's silent customers without a step, shape (silent, 3).

    Of a sample with different shares of those who were invited and of those who never were, a simple random part.
    """
    population = wave.sample.population
    chosen = wave.silent if population is None else wave.silent & population.uniform
    return probabilities_before_step(bundle, wave, chosen)


def probabilities_before_step(bundle: Bundle, wave: CrossFittedWave, chosen: Booleans) -> Floats:
    """Return the class probabilities as silent customers of chosen rows of the wave, without a step."""
    if not chosen.any():
        return np.zeros((0, 3))
    rows, sample = wave.rows[chosen], wave.sample
    with one_thread():
        by_component = {
            "trees": bundle.tables.margins(wave.design.matrix[rows]),
            "linear": bundle.model.linear.margins(wave.design.design[rows]),
        }
        margins = np.stack([by_component[name] for name in bundle.components], axis=1)
        probabilities = bundle.calibrator.probabilities(margins)
        return silent_law(probabilities, sample.drivers[chosen], sample.invited[chosen], bundle.selection)


def with_step(bundle: Bundle, probabilities: Floats, shares: Floats, labels: LabelsConfig) -> Bundle:
    """Fit the step by which scores average to the class shares, and the rule of the labels.

    `probabilities` are those of silent customers before the step, shape (n, 3).
    """
    if len(probabilities) == 0:
        return bundle
    with one_thread():
        step = fit_step(probabilities, shares)
        labelled = probabilities[:: -(-len(probabilities) // _MOST_LABELLED)]
        return replace(bundle, step=step, labels=fit_labels(tilt(labelled, step), shares, labels))


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
