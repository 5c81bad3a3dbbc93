"""Train: features, cross-fitting, the choice of a model, one bundle, one MLflow run."""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import silentnps
from silentnps.config import ProjectConfig
from silentnps.errors import ConfigError
from silentnps.explanation.what_if import refuse_unknown_changes
from silentnps.features.large_base.training_rows import WaveCounts
from silentnps.features.leaks.leak_audit import Origin
from silentnps.features.learned.learned_features import LearnedFeatures
from silentnps.numerics.arrays import Booleans
from silentnps.outcome.survey_data import SurveyData
from silentnps.storage.atomic import work_folder
from silentnps.tracking import RegisteredVersion
from silentnps.tracking.process import IN_THIS_PROCESS, Tracker
from silentnps.training.candidate_margins import n_fits
from silentnps.training.train import Training, train_model
from silentnps.workflow.artifacts.bootstrap import KeptBootstrap
from silentnps.workflow.artifacts.every_silent import representative, write_every_silent
from silentnps.workflow.artifacts.features_digest import digest_of_wave, note_digest
from silentnps.workflow.artifacts.out_of_fold import digest_of, write_out_of_fold
from silentnps.workflow.artifacts.project import Project, one_at_a_time, per_core
from silentnps.workflow.artifacts.reasons import Reasons, write_reasons
from silentnps.workflow.artifacts.run import remove_run, write_run
from silentnps.workflow.artifacts.store import store_of
from silentnps.workflow.audit import LeakAudit, audit_leaks
from silentnps.workflow.base import build_training_base
from silentnps.workflow.beside import Beside, begin_pictures
from silentnps.workflow.commands.estimate import segment_columns
from silentnps.workflow.explain_training import Earlier, ExplainedScores, explain_scores, explain_training
from silentnps.workflow.follow_up import read_follow_up
from silentnps.workflow.judge import fairness_columns, judge
from silentnps.workflow.large_base.held_rows import HeldRows
from silentnps.workflow.large_base.silent_pass import SilentPass
from silentnps.workflow.record import log
from silentnps.workflow.value.growth import GROWTH, growth_before_wave
from silentnps.workflow.watch import QUIET, Watch
from silentnps.workflow.wave_data import in_survey, learn, survey_data, wave_to_estimate


@dataclass(frozen=True)
class Trained:
    """The result of `train`: the wave, the training and where it was registered."""

    wave: str
    training: Training
    registered: RegisteredVersion


@one_at_a_time
def train(
    project: Project,
    *,
    tune_minutes: float | None = None,
    learning_curve: bool = False,
    tracker: Tracker = IN_THIS_PROCESS,
    watch: Watch = QUIET,
) -> Trained:
    """Build features, train, write the bundle and the out-of-fold predictions, and register the model.

    `learning_curve` asks for the learning curve whatever the configuration says.
    """
    _refuse_without_answers(project.config)
    project = project.with_learning_curve() if learning_curve else project
    project.prepare_output()
    store_is_usable = tracker.expect_training(store_of(project))
    held = build_training_base(project, before_parts=store_is_usable, watch=watch)
    store_is_usable()
    prepared = _prepared(project, held, watch)
    del held  # the built features of all waves, of which `prepared` has what is needed
    with work_folder(project.every_silent.with_name(".silent")) as folder:
        return _train(project, prepared, folder, tune_minutes, tracker, watch)


def _refuse_without_answers(config: ProjectConfig) -> None:
    if "responses" not in config.tables:
        raise ConfigError(
            "tables must have responses to train a model; got none. Without a survey, `silentnps features` and "
            "`silentnps score` classify customers by the rule table of signals; both need `--as-of DATE` where "
            "there are neither invitations nor `waves.dates`."
        )


@dataclass(frozen=True)
class _Prepared:
    """What a training needs of the built features, which for a large base take much of its memory.

    `rows` are those of the training with their learned columns, `earlier` silent customers of the wave before. Of
    a large base, `uniform` tells which rows are a simple random sample of their wave, and `counts` counts its
    customers; of others, `digest` is that of the features. `growth` is that of what customers spent.
    """

    wave: str
    rows: pd.DataFrame
    data: SurveyData
    learned: LearnedFeatures
    audit: LeakAudit
    origin: Origin
    earlier: Earlier | None
    uniform: Booleans | None
    counts: WaveCounts | None
    digest: str | None
    growth: dict[str, Any] | None


def _prepared(project: Project, held: HeldRows, watch: Watch) -> _Prepared:
    config, frame, origin = project.config, held.frame, held.origin
    wave = wave_to_estimate(frame, config)
    learned = _learned(held, config, watch)
    survey = in_survey(frame, wave, random_state=config.random_state if held.uniform is None else None)
    rows = learned.apply(frame[survey].reset_index(drop=True))
    data = held.with_everybody(survey_data(rows, wave, config.features), survey)
    _refuse_unknown_names(config, rows, data.features)
    audit = audit_leaks(
        frame,
        origin,
        data,
        rows["rating"].to_numpy(dtype=np.float64, na_value=np.nan),
        config=config.features,
        random_state=config.random_state,
        target=project.leak_audit,
        watch=watch,
    )
    return _Prepared(
        wave=wave,
        rows=rows,
        data=replace(data, follow_up=read_follow_up(config, frame, rows[data.target], watch=watch)),
        learned=learned,
        audit=audit,
        origin=origin,
        earlier=Earlier.before(frame, wave),
        uniform=None if held.uniform is None else held.uniform[survey],
        counts=held.wave,
        digest=digest_of_wave(frame, wave) if held.wave is None else None,
        growth=growth_before_wave(origin, wave, config),
    )


def _refuse_unknown_names(config: ProjectConfig, rows: pd.DataFrame, features: pd.DataFrame) -> None:
    """Refuse names that no feature of the rows, or of the model, has before the training, not after it."""
    fairness_columns(config, rows)
    segment_columns(rows, config.estimation.segments)
    refuse_unknown_changes(config.explanation.what_if, features)


def _train(
    project: Project,
    prepared: _Prepared,
    folder: Path,
    tune_minutes: float | None,
    tracker: Tracker,
    watch: Watch,
) -> Trained:
    config, wave, rows = project.config, prepared.wave, prepared.rows
    everybody = None if prepared.counts is None else SilentPass.of(project, prepared.counts, folder, watch)
    training = _trained(prepared.data, prepared.learned, config, tune_minutes, everybody, watch)
    digest = note_digest(project, wave, everybody.digest if everybody else str(prepared.digest))
    training = _described(training, prepared, digest, config)
    data = prepared.data
    with work_folder(project.every_silent.with_name(".beside")) as there:
        judged = judge(training, data, rows, config, there, tracker=tracker, watch=watch)
        explained = _explained(prepared, training, watch)
        beside = Beside(there, judged, begin_pictures(there, data, training, explained, tracker=tracker))
        reasons = explain_training(explained, training, config=config.explanation, watch=watch)
        del explained
        watch.step("writing the model")
        _write(project, rows, training, reasons, folder)
        registered = log(
            project, data, rows, training, prepared.audit, reasons, beside, tracker=tracker, watch=watch
        )
    write_run(project, registered)
    return Trained(wave, training, registered)


def _learned(held: HeldRows, config: ProjectConfig, watch: Watch) -> LearnedFeatures:
    watch.step("learning features")
    learned = learn(held.frame, config.features, random_state=config.random_state, uniform=held.uniform)
    for note in learned.notes:
        watch.say(f"not learned: {note}")
    return learned


def _trained(
    data: SurveyData,
    learned: LearnedFeatures,
    config: ProjectConfig,
    tune_minutes: float | None,
    everybody: SilentPass | None,
    watch: Watch,
) -> Training:
    watch.step("cross-fitting")
    return train_model(
        data,
        model=config.model,
        estimation=config.estimation,
        labels=config.labels,
        tune_minutes=tune_minutes,
        random_state=config.random_state,
        learned=learned,
        n_jobs=per_core(),
        progress=watch.bar("cross-fitting", n_fits(config.model)),
        drawing=watch.bar("bootstrap", config.estimation.replicates + config.model.repeats),
        stage=watch.step,
        everybody=everybody,
    )


def _described(training: Training, prepared: _Prepared, features_digest: str, config: ProjectConfig) -> Training:
    info = {
        **training.bundle.info,
        "project": config.name,
        "wave": prepared.wave,
        "silentnps_version": silentnps.__version__,
        "nps_silent": training.nps_silent if math.isfinite(training.nps_silent) else None,
        "out_of_fold_digest": digest_of(training.margins),
        "bootstrap_digest": KeptBootstrap.of(training).digest,
        "features_digest": features_digest,
        "left_out": dict(prepared.origin.left_out),
        GROWTH: prepared.growth,
        "selection_prior_sd": config.estimation.selection_prior_sd,
        "selection_step": config.estimation.selection_step,
    }
    return replace(training, bundle=replace(training.bundle, info=info))


def _explained(prepared: _Prepared, training: Training, watch: Watch) -> ExplainedScores:
    if choice := str(training.bundle.info["choice"]):
        watch.say(f"note: {choice}")
    rows = prepared.rows if prepared.uniform is None else representative(prepared.rows, prepared.uniform)
    return explain_scores(prepared.earlier, rows, training, watch=watch)


def _write(project: Project, rows: pd.DataFrame, training: Training, reasons: Reasons, folder: Path) -> None:
    digest, population = str(training.bundle.info["out_of_fold_digest"]), training.wave.data.population
    remove_run(project)  # it is about the model that is replaced
    write_out_of_fold(project.out_of_fold, rows, training, KeptBootstrap.of(training))
    training.bundle.save(project.model)
    write_reasons(project.reasons, reasons, model_digest=digest)
    if population is None:
        shutil.rmtree(project.every_silent, ignore_errors=True)  # of an older model
    else:
        write_every_silent(project, folder, population, model_digest=digest)
