"""Estimate: the NPS of the silent with its interval, from the out-of-fold predictions of training."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from silentnps.bundle.bundle import Bundle, load_bundle
from silentnps.bundle.segment_steps import SegmentSteps
from silentnps.config import EstimationConfig, ProjectConfig
from silentnps.errors import ConfigError, DataError
from silentnps.estimation.wave.estimate_nps import estimate_from_margins
from silentnps.estimation.wave.repeat_estimate import StudyInputs
from silentnps.estimation.wave.report import TABLES, NPSReport
from silentnps.features.engine.expressions import KEYS
from silentnps.numerics.nps import NPSEstimate
from silentnps.outcome.candidates import parts_of
from silentnps.outcome.cross_fitting import OutcomeDesign
from silentnps.outcome.survey_data import SurveyData
from silentnps.storage.atomic import replace_folder
from silentnps.storage.spreadsheet_csv import read_csv, write_csv
from silentnps.tracking.runs import log_estimate
from silentnps.workflow.artifacts.out_of_fold import read_out_of_fold
from silentnps.workflow.artifacts.project import Project, one_at_a_time, per_core
from silentnps.workflow.artifacts.segment_steps import described, segment_steps_of
from silentnps.workflow.follow_up import read_follow_up
from silentnps.workflow.left_out import refuse_use
from silentnps.workflow.prepare import survey_data
from silentnps.workflow.watch import QUIET, Watch


@one_at_a_time
def estimate(
    project: Project, *, by: Sequence[str] = (), n_jobs: int | None = None, watch: Watch = QUIET
) -> NPSReport:
    """Estimate the NPS of the wave that the model was trained for, write it, and log it to the model's run.

    With it are written the steps by which scores add up inside its segments.

    Parameters
    ----------
    by
        Columns that cut the base into segments, in place of those of the configuration.
    """
    bundle = load_bundle(project.model)
    handed = read_out_of_fold(project, bundle)
    config = project.config
    cuts = tuple(dict.fromkeys(by or config.estimation.segments))
    estimation = config.estimation.model_copy(update={"segments": cuts})
    data = survey_data(handed.rows, str(bundle.info["wave"]), config.features)
    data = replace(data, follow_up=read_follow_up(project, handed.rows[data.target], watch=watch))
    data = data.as_settled(tuple(bundle.info["demoted_shadows"]))
    _check_unchanged(data, config, bundle.info)
    refuse_use({"segments": cuts}, bundle.info.get("left_out", {}))
    segments = _segment_columns(handed.rows[data.target], estimation)
    inputs = StudyInputs(
        data,
        OutcomeDesign.of(data),
        handed.margins,
        parts_of(str(bundle.info["candidate"])),
        config.model.model_copy(update=bundle.info["trees"]),
        estimation,
        segments,
        config.random_state,
    )
    bar = watch.bar("bootstrap", estimation.replicates)
    made = estimate_from_margins(inputs, settled=True, n_jobs=n_jobs or per_core(), progress=bar)
    report = _with_choice(made, bundle)
    _write(project, bundle, report, segment_steps_of(bundle, data, segments, report), watch)
    _log(project, report)
    return report


def _with_choice(report: NPSReport, bundle: Bundle) -> NPSReport:
    """Return the report with what training said of the choice of a candidate; earlier versions said nothing."""
    said = str(bundle.info.get("choice", ""))
    return replace(report, warnings=(*report.warnings, said)) if said else report


def _write(project: Project, bundle: Bundle, report: NPSReport, segment_steps: SegmentSteps, watch: Watch) -> None:
    for note in segment_steps.notes:
        watch.say(note)
    digest = str(bundle.info["out_of_fold_digest"])
    write_estimate(project, report, model_digest=digest, segment_steps=described(project, bundle, segment_steps))


def write_estimate(
    project: Project, report: NPSReport, *, model_digest: str, segment_steps: dict[str, Any] | None = None
) -> None:
    """Write estimate.json and the tables of an estimate, with the digest of its model, into its folder.

    `segment_steps` are the steps by which scores add up inside its segments, for segment_steps.json.
    """
    values = {"model_digest": model_digest, **report.to_dict()}

    def write(folder: Path) -> None:
        (folder / "estimate.json").write_text(json.dumps(values, indent=1), encoding="utf-8")
        for name in TABLES:
            write_csv(getattr(report, name), folder / f"{name}.csv")
        if segment_steps is not None:
            (folder / project.segment_steps.name).write_text(json.dumps(segment_steps, indent=1), encoding="utf-8")

    replace_folder(project.estimate, write)


def read_estimate(project: Project, *, model_digest: str | None = None) -> NPSReport:
    """Return the estimate that `write_estimate` wrote.

    Raises
    ------
    DataError
        If there is none, it is damaged, or it belongs to another model than that of `model_digest`.
    """
    folder = project.estimate
    try:
        values = json.loads((folder / "estimate.json").read_text(encoding="utf-8"))
        if model_digest not in (None, values["model_digest"]):
            raise DataError(f"{folder} belongs to another model. Run `silentnps estimate` again.")
        return NPSReport(
            silent=NPSEstimate(**_numbers(values["silent"])),
            base=NPSEstimate(**_numbers(values["base"])),
            respondents=NPSEstimate(**_numbers(values["respondents"])),
            headline=values["headline"],
            disagreement=values["disagreement"],
            shares=np.array(list(_numbers(values["shares"]).values())),
            diagnostics=_numbers(values["diagnostics"]),
            warnings=tuple(values["warnings"]),
            **{name: _read_table(folder / f"{name}.csv") for name in TABLES},
        )
    except FileNotFoundError:
        raise DataError(f"{folder} holds no estimate. Run `silentnps estimate` first.") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise DataError(f"{folder} is damaged. Run `silentnps estimate` again.") from None


def _numbers(values: dict[str, Any]) -> dict[str, Any]:
    """Return numbers of a file of JSON, which has null where one is missing."""
    return {name: math.nan if value is None else value for name, value in values.items()}


def _read_table(path: Path) -> pd.DataFrame:
    """Read a table whose segments may be called NA, None or 01."""
    names = ["segmentation", "segment", "other", "feature", "shadow"]
    text = names if path.stem == "tipping_points" else [*names, "level"]
    return read_csv(path, text=tuple(text), keep_words=True)


def _check_unchanged(data: SurveyData, config: ProjectConfig, info: dict[str, Any]) -> None:
    calls = None if data.follow_up is None else data.follow_up.digest
    if calls != info["follow_up_digest"]:
        raise ConfigError(
            "the calls (table follow_up) must be those of training; got others. Run `silentnps train` again."
        )
    now = {
        "response_drivers": list(data.response_drivers),
        "shadow_features": list(data.shadow_features),
        "selection_prior_sd": config.estimation.selection_prior_sd,
        "folds": config.model.folds,
        "random_state": config.random_state,
    }
    for name, value in now.items():
        if value != info[name]:
            raise ConfigError(
                f"{name} must be that of the trained model; it was changed. Run `silentnps train` again."
            )


def _segment_columns(rows: pd.DataFrame, estimation: EstimationConfig) -> pd.DataFrame:
    usable = [str(name) for name in rows.columns if name not in KEYS]
    for name in estimation.segments:
        if name not in usable:
            attributes = [column for column in usable if isinstance(rows[column].dtype, pd.CategoricalDtype)]
            raise ConfigError(
                f"segments must be columns of the features; got {name!r}. Choose among: {', '.join(attributes)}."
            )
    return rows[list(estimation.segments)].reset_index(drop=True)


def _log(project: Project, report: NPSReport) -> None:
    try:
        run = json.loads((project.output / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    metrics = {
        "silent/nps": report.silent.value,
        "silent/nps_low": report.silent.low,
        "silent/nps_high": report.silent.high,
        "base/nps": report.base.value,
        "survey/nps": report.respondents.value,
    }
    files = [("estimate", path) for path in sorted(project.estimate.iterdir())]
    known = {name: value for name, value in metrics.items() if math.isfinite(value)}
    log_estimate(project.store(), run["run_id"], known, files)
