"""Estimate: the NPS of silent customers with its interval, from the out-of-fold predictions of training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from silentnps.bundle.bundle import Bundle, expected_nps, load_bundle
from silentnps.bundle.segment_steps import NO_SEGMENT_STEPS, SegmentSteps, fit_segment_steps
from silentnps.config import ProjectConfig
from silentnps.errors import ConfigError
from silentnps.estimation.comparison.class_shares import class_shares
from silentnps.estimation.comparison.wave_comparison import repeats_of
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.estimation.wave.estimate_nps import estimate_again
from silentnps.estimation.wave.nps_report import NPSReport
from silentnps.features.engine.expressions import KEYS
from silentnps.numerics.arrays import Floats, Integers
from silentnps.outcome.survey_data import FollowUp, SurveyData
from silentnps.tracking.described import PAGES, TABLE, described_estimate, shown_estimate
from silentnps.tracking.process import IN_THIS_PROCESS, Tracker
from silentnps.tracking.records import EstimateRecord, metrics_by_spend, metrics_of_estimate
from silentnps.workflow.artifacts.bootstrap import KeptBootstrap, read_bootstrap
from silentnps.workflow.artifacts.estimate import write_estimate
from silentnps.workflow.artifacts.features_file import read_features
from silentnps.workflow.artifacts.out_of_fold import read_out_of_fold
from silentnps.workflow.artifacts.project import Project, one_at_a_time
from silentnps.workflow.artifacts.run import read_run
from silentnps.workflow.artifacts.segment_steps import segment_steps_to_dict
from silentnps.workflow.artifacts.store import store_of
from silentnps.workflow.follow_up import FOLLOW_UP, read_follow_up
from silentnps.workflow.large_base.everybody import (
    Everybody,
    expected_nps_in_batches,
    read_everybody,
    wave_of_training,
    with_everybody,
)
from silentnps.workflow.left_out import refuse_use
from silentnps.workflow.value.growth import kept_growth
from silentnps.workflow.value.spend import spend_of_wave
from silentnps.workflow.watch import QUIET, Watch
from silentnps.workflow.wave_data import settled_data

_ROWS_AT_ONCE = 50_000


@one_at_a_time
def estimate(
    project: Project, *, by: Sequence[str] = (), tracker: Tracker = IN_THIS_PROCESS, watch: Watch = QUIET
) -> NPSReport:
    """Estimate the NPS of the wave that the model was trained for, write it, and log it to the model's run.

    Nothing is fitted: the models, and the bootstrap that intervals are computed from, are those of the training.
    The steps by which scores add up inside its segments are written with it.

    Parameters
    ----------
    by
        Columns that divide the base into segments, in place of those of the configuration.
    """
    watch.step("reading the model")
    run = read_run(project)
    if run is not None:
        tracker.expect_estimate(store_of(project), run)
    bundle = load_bundle(project.model)
    report = _estimate(project, bundle, by, watch)
    if run is not None:
        tracker.log_estimate(store_of(project), run, _record(project, str(bundle.info["wave"]), report))
    return report


def _estimate(project: Project, bundle: Bundle, by: Sequence[str], watch: Watch) -> NPSReport:
    handed_over, kept = read_out_of_fold(project, bundle), read_bootstrap(project, bundle)
    config = project.config
    segmentations = tuple(dict.fromkeys(by or config.estimation.segments))
    data = settled_data(handed_over.rows, bundle.info, config.features)
    of_wave = handed_over.rows[data.target]
    data = replace(data, follow_up=follow_up_of(project, of_wave, watch))
    check_unchanged(data, config, bundle.info)
    refuse_use({"segments": segmentations}, bundle.info.get("left_out", {}))
    segments = segment_columns(of_wave, segmentations)
    everybody = read_everybody(project, bundle, segmentations)
    data = with_everybody(data, everybody)
    spend = spend_of_wave(project, bundle, of_wave, everybody)
    wave = wave_of_training(bundle, config, data, handed_over.margins, segments, everybody, spend=spend)
    watch.step("estimating")
    report = _with_what_training_said(estimate_again(wave, kept.repeats, kept.bootstrap), bundle)
    shares = None if report.headline == "follow_up" else class_shares_of(wave, kept)
    watch.step("writing the estimate")
    _write(project, bundle, report, _fit_steps(bundle, data, segments, report, everybody), shares, watch)
    return report


def class_shares_of(wave: CrossFittedWave, kept: KeptBootstrap) -> pd.DataFrame:
    """Return the shares of the classes with their intervals, from what a training kept."""
    return class_shares(wave, repeats_of(wave, kept.repeats), kept.bootstrap)


def follow_up_of(project: Project, of_wave: pd.DataFrame, watch: Watch) -> FollowUp | None:
    """Return the calls to silent customers of the wave, None where no table has them."""
    if FOLLOW_UP not in project.config.tables:
        return None
    return read_follow_up(project.config, read_features(project), of_wave, watch=watch)


def _with_what_training_said(report: NPSReport, bundle: Bundle) -> NPSReport:
    """Return the report with the growth of spend and the choice of a candidate; earlier versions said nothing."""
    choice = str(bundle.info.get("choice", ""))
    if report.by_spend is not None:
        report = replace(report, by_spend=replace(report.by_spend, growth=kept_growth(bundle.info)))
    return replace(report, warnings=(*report.warnings, choice)) if choice else report


def _fit_steps(
    bundle: Bundle, data: SurveyData, segments: pd.DataFrame, report: NPSReport, everybody: Everybody | None
) -> SegmentSteps:
    """Fit the segment steps to what `report` publishes; `segments` has one row per row of the wave."""
    if segments.columns.empty:
        return NO_SEGMENT_STEPS
    if everybody is not None:
        expected = expected_nps_in_batches(everybody.silent.probabilities, bundle.step)
        return fit_segment_steps(report.segments, everybody.segments, expected, report.silent.value)
    silent = np.flatnonzero(data.target & ~data.answered)
    silent_of_wave = ~data.answered[data.target]
    expected = _expected_nps(bundle, data, silent)
    return fit_segment_steps(report.segments, segments[silent_of_wave], expected, report.silent.value)


def _expected_nps(bundle: Bundle, data: SurveyData, rows: Integers) -> Floats:
    """Return the expected NPS of silent customers as scored, in batches because their designs take memory."""
    batches = [np.zeros(0)]
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        batch = rows[start : start + _ROWS_AT_ONCE]
        batches.append(expected_nps(bundle.silent_probabilities(data.features.iloc[batch], data.invited[batch])))
    return np.concatenate(batches)


def _write(
    project: Project,
    bundle: Bundle,
    report: NPSReport,
    steps: SegmentSteps,
    shares: pd.DataFrame | None,
    watch: Watch,
) -> None:
    for note in steps.notes:
        watch.say(note)
    write_estimate(
        project,
        report,
        model_digest=str(bundle.info["out_of_fold_digest"]),
        segment_steps=segment_steps_to_dict(project, bundle, steps),
        class_shares=shares,
    )


def check_unchanged(data: SurveyData, config: ProjectConfig, info: dict[str, Any]) -> None:
    """Refuse a model that was trained with other settings than those of now."""
    calls = None if data.follow_up is None else data.follow_up.digest
    if calls != info["follow_up_digest"]:
        raise ConfigError(
            "the calls (table follow_up) must be those of training; got others. Run `silentnps train` again."
        )
    now = {
        "response_drivers": list(data.response_drivers),
        "shadow_features": list(data.shadow_features),
        "selection_prior_sd": config.estimation.selection_prior_sd,
        "selection_step": config.estimation.selection_step,
        "folds": config.model.folds,
        "replicates": config.estimation.replicates,
        "random_state": config.random_state,
    }
    for name, value in now.items():
        if value != info.get(name):  # models of earlier versions knew no step
            raise ConfigError(
                f"{name} must be that of the trained model; it was changed. Run `silentnps train` again."
            )


def segment_columns(rows: pd.DataFrame, segmentations: Sequence[str]) -> pd.DataFrame:
    """Return the columns of `rows` that cut them into segments; ConfigError where one is no feature."""
    usable = [str(name) for name in rows.columns if name not in KEYS]
    for name in segmentations:
        if name not in usable:
            attributes = [column for column in usable if isinstance(rows[column].dtype, pd.CategoricalDtype)]
            raise ConfigError(
                f"segments must be columns of the features; got {name!r}. Choose among: {', '.join(attributes)}."
            )
    return rows[list(segmentations)].reset_index(drop=True)


def _record(project: Project, wave: str, report: NPSReport) -> EstimateRecord:
    silent = report.silent
    files = [("estimate", path) for path in sorted(project.estimate.iterdir())]
    return EstimateRecord(
        metrics=metrics_of_estimate(
            silent=silent.value,
            low=silent.low,
            high=silent.high,
            base=report.base.value,
            survey=report.respondents.value,
        )
        | metrics_by_spend(report.by_spend),
        files=files,
        tables={TABLE: shown_estimate(report)},
        description=described_estimate(project.config.name, wave, report),
        pages={"estimate": TABLE, **PAGES},
    )
