"""Trend: the NPS of every wave, how it changed, and why, from what a training kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from silentnps.bundle.bundle import Bundle, load_bundle
from silentnps.errors import ModelError
from silentnps.estimation.trend.every_wave import EstimatedWave, estimate_every_wave, n_fits
from silentnps.estimation.trend.report import Period, TrendReport, trend_report
from silentnps.estimation.trend.wave_groups import Groups, groups_of_wave
from silentnps.estimation.wave.cross_fitted_wave import CrossFittedWave
from silentnps.features.catalog import CATALOG
from silentnps.numerics.parallel import in_threads, one_thread
from silentnps.outcome.survey_data import FEW_ANSWERS, SurveyData
from silentnps.tracking.process import IN_THIS_PROCESS, Tracker
from silentnps.tracking.records import EstimateRecord
from silentnps.workflow.artifacts.bootstrap import KeptBootstrap, read_bootstrap
from silentnps.workflow.artifacts.out_of_fold import OutOfFold, read_out_of_fold
from silentnps.workflow.artifacts.project import Project, one_at_a_time, per_core
from silentnps.workflow.artifacts.run import read_run
from silentnps.workflow.artifacts.store import store_of
from silentnps.workflow.artifacts.trend import write_trend
from silentnps.workflow.commands.estimate import check_unchanged, follow_up_of, segment_columns
from silentnps.workflow.decisions.periods import Freq, periods_of, times_of
from silentnps.workflow.decisions.trend_rows import EveryCustomer, read_every_customer, refuse_other_features
from silentnps.workflow.large_base.everybody import read_everybody, wave_of_training, with_everybody
from silentnps.workflow.left_out import refuse_use
from silentnps.workflow.watch import QUIET, Watch
from silentnps.workflow.wave_data import settled_data


@one_at_a_time
def trend(
    project: Project,
    *,
    freq: Freq = "wave",
    by: Sequence[str] = (),
    tracker: Tracker = IN_THIS_PROCESS,
    watch: Watch = QUIET,
) -> TrendReport:
    """Estimate every wave with answers up to that of the model, write levels, changes and reasons, return them.

    Outcome models and the bootstrap are those of the training. Selection by satisfaction is fitted in the earlier
    waves, together with that of the model's wave.

    Parameters
    ----------
    freq
        Whether a period is a wave, or all waves of a calendar month or quarter.
    by
        Columns that divide the base into segments.
    """
    watch.step("reading the model")
    bundle = load_bundle(project.model)
    report = compute_trend(project, bundle, freq=freq, by=by, watch=watch)
    watch.step("writing the trend")
    write_trend(project, report, freq=freq, model_digest=str(bundle.info["out_of_fold_digest"]))
    _log(project, tracker, watch)
    return report


def compute_trend(
    project: Project, bundle: Bundle, *, freq: Freq = "wave", by: Sequence[str] = (), watch: Watch = QUIET
) -> TrendReport:
    """Return the trend of a model, and write nothing; see `trend`."""
    refuse_use({"segments": tuple(by)}, bundle.info.get("left_out", {}))
    with one_thread():  # small matrices: threads that wait for each other cost more than they give
        return _computed(project, bundle, freq, by, watch)


def _computed(project: Project, bundle: Bundle, freq: Freq, by: Sequence[str], watch: Watch) -> TrendReport:
    read = _Read.of(project, bundle, tuple(dict.fromkeys(by)), watch)
    zone = project.config.timezone or "UTC"
    times = {wave: times_of(read.everybody.moments(wave), timezone=zone) for wave in read.waves}
    periods, estimated = periods_of(times, freq), _estimated(read, watch)
    watch.step("comparing the periods")
    calls = (partial(_groups, read, wave, estimated.get(wave)) for wave in read.waves)
    groups = dict(zip(read.waves, in_threads(calls, n_jobs=per_core()), strict=True))
    return trend_report(
        [
            Period.of(name, waves, [groups[wave] for wave in waves], [estimated.get(wave) for wave in waves])
            for name, waves in periods.items()
        ],
        read.kept.bootstrap.plan,
        attributes=attributes_of(read.data),
        confidence_level=project.config.estimation.confidence_level,
        min_n=project.config.estimation.min_segment_n,
        notes=_notes(read, estimated, project),
        n_jobs=per_core(),
    )


def attributes_of(data: SurveyData) -> list[str]:
    """Return the features that say who a customer is: attributes, and what the table of customers alone tells."""
    names = [str(name) for name in data.features]
    return [name for name in names if name not in CATALOG or CATALOG[name].tables == ("customers",)]


@dataclass(frozen=True)
class _Read:
    """What the training kept, and every customer of every wave."""

    bundle: Bundle
    handed_over: OutOfFold
    kept: KeptBootstrap
    everybody: EveryCustomer
    data: SurveyData
    wave: CrossFittedWave

    @staticmethod
    def of(project: Project, bundle: Bundle, by: tuple[str, ...], watch: Watch) -> _Read:
        handed_over, kept, config = (
            read_out_of_fold(project, bundle),
            read_bootstrap(project, bundle),
            project.config,
        )
        data = settled_data(handed_over.rows, bundle.info, config.features)
        of_wave = handed_over.rows[data.target]
        called = replace(data, follow_up=follow_up_of(project, of_wave, watch))
        check_unchanged(called, config, bundle.info)
        segments = segment_columns(of_wave, by)
        every_silent = read_everybody(project, bundle, by)
        data = with_everybody(data, every_silent)
        wave = wave_of_training(bundle, config, data, handed_over.margins, segments, every_silent)
        return _Read(bundle, handed_over, kept, read_every_customer(project, by), data, wave)

    @property
    def own(self) -> str:
        """Return the wave of the model."""
        return str(self.bundle.info["wave"])

    @property
    def waves(self) -> list[str]:
        """Return the waves with answers up to that of the model, in the order of time."""
        return [wave for wave in self.everybody.waves if wave <= self.own and self.everybody.n_answers(wave)]

    def name_of(self, wave: CrossFittedWave) -> str:
        """Return the name of a wave."""
        return str(self.handed_over.rows["wave"].iloc[wave.rows[0]])

    def rows_of(self, wave: str) -> pd.Series:
        """Return which rows of the training are of a wave."""
        return self.handed_over.rows["wave"] == wave


def _estimated(read: _Read, watch: Watch) -> dict[str, EstimatedWave]:
    """Return the waves that can be estimated, by name."""
    names = [read.name_of(other) for other in read.wave.others]
    for name, wave in zip([*names, read.own], [*read.wave.others, read.wave], strict=True):
        answered = wave.sample.answered
        refuse_other_features(read.everybody, name, int(answered.sum()), int((~answered).sum()))
    watch.step("estimating every wave")
    found = estimate_every_wave(
        read.wave,
        read.kept.repeats,
        read.kept.bootstrap,
        n_silent=[read.everybody.n_silent(name) for name in names],
        n_jobs=per_core(),
        progress=watch.bar("estimating every wave", n_fits(read.kept.bootstrap.plan)),
    )
    names.insert(read.wave.place, read.own)
    return {
        name: _with_segments(read, name, each)
        for name, each in zip(names, found, strict=True)
        if each.wave.silent.any()
    }


def _with_segments(read: _Read, name: str, estimated: EstimatedWave) -> EstimatedWave:
    if name == read.own or not read.everybody.by:
        return estimated
    held = read.handed_over.rows[read.rows_of(name)]
    return replace(estimated, wave=replace(estimated.wave, segmentations=read.everybody.segmentations(name, held)))


def _groups(read: _Read, wave: str, estimated: EstimatedWave | None) -> Groups:
    if estimated is not None:
        return groups_of_wave(estimated)
    rows = np.flatnonzero(read.rows_of(wave))
    held = read.handed_over.rows.iloc[rows]
    return read.everybody.survey_groups(wave, held, read.data.persons[rows], read.data.classes[rows])


def _notes(read: _Read, estimated: dict[str, EstimatedWave], project: Project) -> list[str]:
    """Return what must be said with the numbers."""
    every = read.everybody
    notes = [f"wave {wave} has no answers and is left out" for wave in every.waves if not every.n_answers(wave)]
    later = [wave for wave in every.waves if wave > read.own and every.n_answers(wave)]
    if later:
        notes.append(f"later than the model, so left out: {', '.join(later)}. Run `silentnps train` again.")
    alone = [wave for wave in read.waves if wave not in estimated]
    if alone:
        notes.append(f"of {', '.join(alone)} the survey alone is known: {_why_alone(read)}")
    if len(read.waves) == 1:
        notes.append(f"{read.waves[0]} is the only wave with answers, so there is no change yet")
    if "follow_up" in project.config.tables:
        notes.append(
            f"calls to silent customers count in `silentnps estimate` for {read.own}, and not in the trend"
        )
    return notes


def _why_alone(read: _Read) -> str:
    if read.data.population is not None:
        return "of a base this large, training keeps no silent customers of earlier waves"
    if read.wave.headline == "mar":
        return "without a selection model of the last wave, earlier ones are not estimated"
    return f"a wave needs {FEW_ANSWERS} answers, and customers who were asked and stayed silent"


def _log(project: Project, tracker: Tracker, watch: Watch) -> None:
    """Add the tables to the run of the model; without it they are there all the same."""
    run = read_run(project)
    if run is None:
        return
    files = [("trend", path) for path in sorted(project.trend.iterdir())]
    try:
        tracker.log_estimate(store_of(project), run, EstimateRecord(files=files))
    except ModelError as error:
        watch.say(f"the trend is not in MLflow: {error}")
