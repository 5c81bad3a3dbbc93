"""How good a trained model is for those who answered, and weighted to silent customers: tables, pictures, card."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from silentnps.config import ProjectConfig
from silentnps.errors import ConfigError
from silentnps.evaluation import (
    Answers,
    Evaluation,
    LearningCurve,
    learning_curve,
    silent_weights,
)
from silentnps.evaluation.learning_curve import SIZES
from silentnps.metrics import evaluate
from silentnps.numerics.arrays import Floats, Integers
from silentnps.outcome.calibration import fit_calibrator
from silentnps.outcome.cross_fitting import Split, assign_folds, crossfit
from silentnps.outcome.outcome_model import component_margins
from silentnps.outcome.survey_data import SurveyData
from silentnps.report.model_card import model_card
from silentnps.storage.spreadsheet_csv import write_csv
from silentnps.tracking.process import IN_THIS_PROCESS, Tracker
from silentnps.training.train import Training
from silentnps.workflow.watch import QUIET, Watch

_CURVE_REPEATS = 2
_MOST_FOR_A_CURVE = 20_000
_VERSIONS = ("silentnps", "lightgbm", "scikit-learn", "pandas", "numpy")
CARD = "model_card.md"

Judged = tuple[Evaluation, list[tuple[str, Path]]]
"""An evaluation and its pictures, as (artifact folder, file) pairs."""

_TABLES = ("metrics", "reliability", "confusion", "gains", "segments", "fairness")


def judge(
    training: Training,
    data: SurveyData,
    rows: pd.DataFrame,
    config: ProjectConfig,
    folder: Path,
    *,
    tracker: Tracker = IN_THIS_PROCESS,
    watch: Watch = QUIET,
) -> Callable[[], Judged]:
    """Begin to evaluate the out-of-fold predictions of a training, weighted and not, and by group.

    The result is drawn into `folder`. What is returned waits for it; the process that tracks may make it.
    Labels are those of the rule that scores get: applied to the probabilities of those who answered and, weighted,
    to the probabilities of silent customers after the step, which `score` writes.
    `rows` are the feature rows of `data`, with the columns of the segments and of `model.fairness`.
    """
    learning = _learning(training, config, watch)
    answered = np.flatnonzero(data.answered)
    weights = silent_weights(training.wave, training.repeats)
    answers = Answers.of(
        training.out_of_fold,
        data.classes[answered],
        data.persons[answered],
        silent=None if weights is None else weights.take(answered),
        rule=training.bundle.labels,
        step=training.bundle.step,
    )
    there = rows.iloc[answered].reset_index(drop=True)
    segments = [name for name in config.estimation.segments if name in there]
    options: dict[str, Any] = {
        "rng": np.random.default_rng([config.random_state, 5]),
        "segments": there[segments],
        "fairness": there[fairness_columns(config, there)],
        "learning": learning,
    }
    return tracker.begin("workflow.figures:evaluate_and_draw", folder, answers, options)


def write_evaluation(
    folder: Path, evaluation: Evaluation, training: Training, config: ProjectConfig
) -> list[tuple[str, Path]]:
    """Write tables and the model card; return (artifact folder, file) pairs."""
    files: list[tuple[str, Path]] = []
    tables: Mapping[str, pd.DataFrame] = {name: getattr(evaluation, name) for name in _TABLES}
    tables = {**tables, "candidates": training.metrics, "forward": training.forward, "trials": training.trials}
    for name, table in tables.items():
        if not table.empty:
            write_csv(table, folder / f"{name}.csv")
            files.append(("evaluation", folder / f"{name}.csv"))
    digest = hashlib.sha256(config.model_dump_json(exclude={"tracking"}).encode()).hexdigest()[:16]
    card = model_card(
        training.bundle.info,
        evaluation,
        candidates=training.metrics,
        nps_silent=training.nps_silent,
        config_digest=digest,
        random_state=config.random_state,
        versions={name: version(name) for name in _VERSIONS},
    )
    (folder / CARD).write_text(card, encoding="utf-8")
    return [*files, ("model_card", folder / CARD)]


def silent_metrics(evaluation: Evaluation) -> dict[str, float]:
    """Return the metrics weighted to silent customers by name in MLflow, e.g. `weighted/lift_at_10_detractor`."""
    table = evaluation.metrics[evaluation.metrics["weighting"] == "silents"]
    values = zip(table["metric"], table["value"], strict=True)
    return {f"weighted/{name}": float(value) for name, value in values if np.isfinite(value)}


def fairness_columns(config: ProjectConfig, rows: pd.DataFrame) -> list[str]:
    """Return `model.fairness`; ConfigError where one is no feature."""
    absent = [name for name in config.model.fairness if name not in rows]
    if absent:
        raise ConfigError(f"model.fairness must be columns of the features; got {absent[0]!r}. Correct the name.")
    return list(config.model.fairness)


def _learning(training: Training, config: ProjectConfig, watch: Watch) -> LearningCurve | None:
    """Return how scores fall with more answers, by fitting the chosen parts to shares of them."""
    wave = training.wave
    rows = np.flatnonzero(wave.data.answered)
    if not config.model.learning_curve or wave.data.few_answers or len(rows) > _MOST_FOR_A_CURVE:
        return None
    advance = watch.bar("measuring the learning curve", _CURVE_REPEATS * len(SIZES))
    watch.step("measuring the learning curve")

    def fit_and_score(chosen: Integers, rng: np.random.Generator) -> dict[str, float]:
        data, design = wave.data.take(rows[chosen]), wave.design.take(rows[chosen])
        margins = crossfit(data, design, classifier=wave.classifier, split=Split.of(data, folds=3, rng=rng))
        margins = component_margins(margins, wave.components)
        scores = evaluate(_calibrated(margins, data, rng), data.classes)
        advance(1)
        return {name: scores[name] for name in ("rps", "log_loss")}

    persons = np.unique(wave.data.persons[rows], return_inverse=True)[1].astype(np.int64)
    rng = np.random.default_rng([config.random_state, 6])
    return learning_curve(fit_and_score, persons, rng=rng, repeats=_CURVE_REPEATS)


def _calibrated(margins: Floats, data: SurveyData, rng: np.random.Generator) -> Floats:
    folds = assign_folds(data.persons, data.classes, folds=2, rng=rng)
    probabilities = np.empty((len(folds), 3))
    for fold in range(2):
        learn = folds != fold
        calibrator = fit_calibrator(margins[learn], data.classes[learn], np.ones(int(learn.sum())))
        probabilities[~learn] = calibrator.probabilities(margins[~learn])
    return probabilities
