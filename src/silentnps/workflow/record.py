"""What is logged of a training: everything needed to judge, to serve and to compare the model."""

from __future__ import annotations

import json
import math
from pathlib import Path
from shutil import copyfile
from typing import Any

import numpy as np
import pandas as pd

from silentnps.evaluation.evaluate import Evaluation
from silentnps.features.engine.dictionary import catalog_markdown
from silentnps.features.engine.expressions import KEYS
from silentnps.numerics.arrays import Integers
from silentnps.numerics.nps import CLASS_VALUES, class_of_rating
from silentnps.outcome.survey_data import SurveyData
from silentnps.scoring.batch import IF_RESPONDENT
from silentnps.storage.atomic import replace_file
from silentnps.storage.digests import digest_of_file
from silentnps.storage.keyed_hash import keyed_hash
from silentnps.storage.parquet_tables import write_parquet
from silentnps.tracking import RegisteredVersion
from silentnps.tracking.described import PAGES, described_training
from silentnps.tracking.process import Tracker
from silentnps.tracking.provenance import git_commit
from silentnps.tracking.records import (
    BUNDLE_DIGEST,
    HELD_OUT,
    InputTable,
    TrainingRecord,
    metrics_of_estimate,
    name_in_cross_validation,
)
from silentnps.training.train import Training
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.artifacts.reasons import Reasons
from silentnps.workflow.artifacts.store import store_of
from silentnps.workflow.audit import LeakAudit
from silentnps.workflow.beside import Beside
from silentnps.workflow.judge import CARD, silent_metrics, write_evaluation
from silentnps.workflow.watch import QUIET, Watch

_EXAMPLE_ROWS = 5
_FIRST = ("cv/rps", "cv/log_loss", "cv/auc_detractor", "cv/lift_at_10_detractor")
"""The metrics that are logged first after the estimate: the page of a run has them in this order."""

LEAKS_ALLOWED = "silentnps.leaks_allowed"


def log(
    project: Project,
    data: SurveyData,
    rows: pd.DataFrame,
    training: Training,
    audit: LeakAudit,
    reasons: Reasons,
    beside: Beside,
    *,
    tracker: Tracker,
    watch: Watch = QUIET,
) -> RegisteredVersion:
    """Log a training to MLflow, with what was made beside it, and register its model."""
    watch.step("evaluating the model")
    folder = beside.folder
    evaluation, pictures = beside.evaluation()
    evaluated = write_evaluation(folder, evaluation, training, project.config)
    replace_file(project.model_card, lambda path: copyfile(folder / CARD, path))
    record = TrainingRecord(
        name=f"{project.config.name} {training.bundle.info['wave']}",
        bundle_folder=project.model,
        background=_write_background(folder / "background.json", reasons),
        params=_params(project, training),
        metrics=_all_metrics(training, rows, evaluation, reasons),
        candidates=training.metrics.drop(columns="baseline"),
        trials=training.trials,
        example=rows.drop(columns=[key for key in KEYS if key != "invited"]).head(_EXAMPLE_ROWS),
        required=required_columns(training),
        files=[*_files(project, folder, data, rows, training), *beside.reasons(), *pictures, *evaluated],
        inputs=_inputs(rows),
        tags=_tags(project, training, audit),
        description=described_training(project.config.name, training),
        pages=PAGES,
        version_tags=_version_tags(project, training),
    )
    watch.step("logging to MLflow")
    return tracker.log_training(store_of(project), record)


def _version_tags(project: Project, training: Training) -> dict[str, str]:
    info = {f"silentnps.{key}": str(training.bundle.info[key]) for key in ("wave", "candidate")}
    return info | {BUNDLE_DIGEST: digest_of_file(project.model / "bundle.json")}


def _inputs(rows: pd.DataFrame) -> dict[str, InputTable]:
    waves = sorted(rows["wave"].unique(), reverse=True)
    return {f"features of wave {wave}": InputTable.of(rows[rows["wave"] == wave]) for wave in waves}


def required_columns(training: Training) -> list[str]:
    """Return the columns that rows must have to be scored: those of training that the model does not compute."""
    learned = training.bundle.learned.names
    return [name for name in training.bundle.code_book.columns if name not in learned]


def held_out_predictions(project: Project, rows: pd.DataFrame, training: Training) -> pd.DataFrame:
    """Return the out-of-fold predictions of the answers among `rows`, without ids.

    Columns `key`, which is equal where two trainings saw the same customer in the same wave, `person`, a number
    shared by the rows of a customer, `nps_class` 0, 1, 2, and the probabilities.
    """
    classes = class_codes(rows)
    answers = rows[classes >= 0]
    table = pd.DataFrame(
        {
            "key": keys_of(project, answers),
            "person": pd.factorize(answers["customer_id"])[0].astype(np.int64),
            "nps_class": classes[classes >= 0],
        }
    )
    return table.assign(**dict(zip(IF_RESPONDENT, training.out_of_fold.T, strict=True)))


def class_codes(rows: pd.DataFrame) -> Integers:
    """Return the class 0, 1, 2 of each row's rating, -1 for silent customers."""
    return class_of_rating(rows["rating"].to_numpy(dtype=np.float64, na_value=np.nan))


def keys_of(project: Project, rows: pd.DataFrame) -> list[str]:
    """Return the keyed hash of project, customer and wave of each row; the key is not logged."""
    key, name = project.hash_key, project.config.name
    pairs = zip(rows["customer_id"], rows["wave"], strict=True)
    return [keyed_hash(key, f"{name}|{person}|{wave}") for person, wave in pairs]


def _files(
    project: Project, folder: Path, data: SurveyData, rows: pd.DataFrame, training: Training
) -> list[tuple[str, Path]]:
    config, features = folder / "config.json", folder / "features.md"
    config.write_text(project.config.model_dump_json(indent=1, exclude={"tracking": {"uri"}}), encoding="utf-8")
    features.write_text(catalog_markdown([str(name) for name in data.features]), encoding="utf-8")
    held_out = folder / Path(HELD_OUT).name
    write_parquet(held_out_predictions(project, rows, training), held_out)
    return [
        ("configuration", config),
        ("features", features),
        ("validation", project.findings),
        ("validation", project.leak_audit),
        (str(Path(HELD_OUT).parent), held_out),
    ]


def _write_background(path: Path, reasons: Reasons) -> Path:
    path.write_text(json.dumps(reasons.background.to_dict()), encoding="utf-8")
    return path


def _metrics_of_reasons(reasons: Reasons) -> dict[str, float]:
    agreement = reasons.agreement
    if agreement is None:
        return {}
    return {"reasons/r": agreement.correlation, "reasons/largest_gap": agreement.largest_gap}


def _tags(project: Project, training: Training, audit: LeakAudit) -> dict[str, str]:
    commit = git_commit(project.config.folder)
    return {
        "silentnps.project": project.config.name,
        "silentnps.wave": str(training.bundle.info["wave"]),
        LEAKS_ALLOWED: ", ".join(audit.allowed),
        **({} if commit is None else {"silentnps.git_commit": commit}),
    }


def _params(project: Project, training: Training) -> dict[str, Any]:
    config, info = project.config, training.bundle.info
    return {
        **{f"model.{key}": value for key, value in config.model.model_dump().items()},
        **{f"model.{key}": value for key, value in info["trees"].items()},
        **{f"labels.{key}": value for key, value in config.labels.model_dump().items()},
        **{f"estimation.{key}": value for key, value in config.estimation.model_dump().items()},
        "features.allow_leaks": ", ".join(config.features.allow_leaks),
        "random_state": config.random_state,
        "candidate": training.candidate,
        **{key: info[key] for key in ("wave", "headline", "n_answers", "n_answers_of_wave", "n_silent")},
    }


def _all_metrics(
    training: Training, rows: pd.DataFrame, evaluation: Evaluation, reasons: Reasons
) -> dict[str, float]:
    """Return the metrics of a training in the order in which the page of its run has them."""
    first = _first_estimate(training, rows) | _metrics(training)
    return first | silent_metrics(evaluation) | _metrics_of_reasons(reasons)


def _first_estimate(training: Training, rows: pd.DataFrame) -> dict[str, float]:
    """Return what is known of the estimate so far, in the places that the estimate will have."""
    silent, info = training.nps_silent, training.bundle.info
    if not math.isfinite(silent):
        return {}
    codes = class_codes(rows[rows["wave"] == info["wave"]])
    survey = float(CLASS_VALUES[codes[codes >= 0]].mean()) if (codes >= 0).any() else math.nan
    n_silent, n_answers = info["n_silent"], info["n_answers_of_wave"]
    base = (n_silent * silent + n_answers * survey) / (n_silent + n_answers)
    return metrics_of_estimate(silent=silent, base=base, survey=survey)


def _metrics(training: Training) -> dict[str, float]:
    chosen = training.metrics[training.metrics["candidate"] == training.candidate]
    numbers = chosen.drop(columns=["candidate", "baseline"]).dropna(axis=1)
    cv = {name_in_cross_validation(str(name)): float(numbers[name].iloc[0]) for name in numbers}
    gamma = training.bundle.selection.gamma
    return {
        **{name: cv[name] for name in _FIRST if name in cv},
        **cv,
        "selection/gamma_detractor": float(gamma[0]),
        "selection/gamma_promoter": float(gamma[2]),
    }
