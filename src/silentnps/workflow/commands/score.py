"""Score: every customer of the model's wave, in parts, into Parquet; a job that was killed resumes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from silentnps.bundle.bundle import Bundle, load_bundle
from silentnps.bundle.segment_steps import NO_SEGMENT_STEPS, SegmentSteps
from silentnps.counts import counted
from silentnps.distributed import require_spark, spark_session
from silentnps.errors import DataError
from silentnps.scoring.at_risk import most_at_risk as most_likely_detractors
from silentnps.scoring.drift import Drift
from silentnps.storage.atomic import replace_file
from silentnps.storage.keyed_hash import keyed_hash
from silentnps.storage.resumable_job import Job, open_job
from silentnps.storage.spreadsheet_csv import write_csv
from silentnps.tracking import RegisteredVersion
from silentnps.workflow.artifacts.features_digest import digest_of_features
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.artifacts.reasons import read_reasons
from silentnps.workflow.artifacts.run import read_run
from silentnps.workflow.artifacts.scored_rows import RowsToScore
from silentnps.workflow.artifacts.segment_steps import read_segment_steps
from silentnps.workflow.compare import compare
from silentnps.workflow.privacy.permissions import not_to_be_called, not_to_be_scored
from silentnps.workflow.scoring.by_signals import (
    BY_SIGNALS,
    never_surveyed,
    rows_by_signals,
    score_by_signals,
)
from silentnps.workflow.scoring.parts import PartScorer, key_of_scores, score_parts, score_parts_on_spark
from silentnps.workflow.watch import QUIET, Watch


@dataclass(frozen=True)
class Scored:
    """How many customers were scored, in how many parts, some of which are from a job that was stopped.

    `differences` are how their features differ from the training, `folder` is where the scores are, `wave` that of
    the customers, and `by` says which model, or what else, scored them. `at_risk` is the list of those who are most
    likely detractors, None if there is none.
    """

    rows: int
    parts: int
    resumed: int
    differences: tuple[Drift, ...]
    folder: Path
    wave: str
    by: str
    at_risk: Path | None = None

    @property
    def n_beyond(self) -> int:
        """Return how many columns differ by more than the limits of the configuration."""
        return len({difference.column for difference in self.differences if difference.beyond})


def score(
    project: Project,
    *,
    as_of: datetime | None = None,
    csv: bool = False,
    reasons: int | None = None,
    most_at_risk: int = 1000,
    watch: Watch = QUIET,
) -> Scored:
    """Score everybody of the wave that the model was trained for and write scores/part-*.parquet (or CSV).

    Without a model and a table of responses the rule table of signals scores the last wave of the features.

    Before that each column is compared with the training; `_manifest.json` has how they differ.

    Parts of 100,000 customers in the order of the features, with `_manifest.json`; the older scores stay until all
    are written. A job that was stopped resumes, with the time at which it started; one of another model,
    other features, another estimate of segments or other options starts over. `SOURCE_DATE_EPOCH` fixes the time.
    Each segmentation of the last estimate has a column `expected_nps_segment_step__<segmentation>`, if that is of
    this model and these features.

    Parameters
    ----------
    as_of
        Score the whole base at this moment in place of the wave, from features_as_of.parquet into scores_as_of.
    reasons
        How many reasons for and against each score has, in place of that of the configuration; 0 for none.
    most_at_risk
        How many silent customers at_risk.csv lists, the likeliest detractors first, without those who may not be
        called; 0 for no list.

    Raises
    ------
    DataError
        If there are no features of the wave, or a column of them is not as it was in the training; if another
        job writes the scores, or they cannot be written.
    """
    if never_surveyed(project):
        return _by_signals(project, as_of, csv=csv, reasons=reasons, watch=watch)
    watch.step("comparing with the training")
    bundle = load_bundle(project.model)
    rows = RowsToScore.of(project, str(bundle.info["wave"]), as_of)
    with _engine(project) as spark:
        differences, left = compare(project, bundle.reference, rows, spark=spark, watch=watch)
        scoring, digest = _score(
            project, bundle, rows, differences, left, spark, csv=csv, reasons=reasons, watch=watch
        )
    if as_of:
        watch.say(f"the base at {rows.as_of}: there is no estimate of this moment to which its scores add up")
    elif digest != bundle.info["features_digest"]:
        watch.say("the features were rebuilt since the training: scores need not average to the estimate")
    return Scored(
        rows=scoring.rows,
        parts=len(scoring.parts),
        resumed=scoring.resumed,
        differences=tuple(differences),
        folder=_target(project, rows),
        wave=rows.wave,
        by=str(scoring.facts["scored_by"]),
        at_risk=_list_at_risk(project, rows, most_at_risk, watch),
    )


def _list_at_risk(project: Project, rows: RowsToScore, n: int, watch: Watch) -> Path | None:
    """Write the list of the silent customers who are most likely detractors; return its path, None for no list."""
    path = project.at_risk_as_of if rows.as_of else project.at_risk
    path.unlink(missing_ok=True)  # of older scores
    if n == 0:
        return None
    watch.step("listing who is at risk")
    table = most_likely_detractors(_target(project, rows), n, barred=not_to_be_called(project.config))
    replace_file(path, lambda new: write_csv(table, new))
    return path


def _by_signals(
    project: Project, as_of: datetime | None, *, csv: bool, reasons: int | None, watch: Watch
) -> Scored:
    rows = rows_by_signals(project, as_of)
    n = project.config.explanation.top if reasons is None else reasons
    target, facts = _target(project, rows), {"scored_at": _now().isoformat(), "scored_by": BY_SIGNALS}
    withheld = _withheld(project, watch)
    job = score_by_signals(rows, target, facts, csv=csv, reasons=n, withheld=withheld, watch=watch)
    return Scored(job.rows, len(job.parts), 0, (), target, rows.wave, BY_SIGNALS)


def _model_of(bundle: Bundle, run: RegisteredVersion | None) -> str:
    version = "" if run is None else f", {run.model} version {run.version}"
    return f"the model of wave {bundle.info['wave']}{version}"


@contextmanager
def _engine(project: Project) -> Iterator[Any]:
    """Return the session of Spark for as long as the block lasts; None where Spark is not the engine."""
    if project.config.engine != "spark":
        yield None
        return
    require_spark()
    with spark_session(project.config.spark) as spark:
        yield spark


def _score(
    project: Project,
    bundle: Bundle,
    rows: RowsToScore,
    differences: list[Drift],
    left: dict[str, float],
    spark: Any,
    *,
    csv: bool,
    reasons: int | None,
    watch: Watch,
) -> tuple[Job, str]:
    """Write the scores; return their job and the digest of the features."""
    n_reasons = project.config.explanation.top if reasons is None else reasons
    steps = NO_SEGMENT_STEPS if rows.as_of else _segment_steps(project, bundle, watch)
    withheld = _withheld(project, watch)
    key = key_of_scores(rows, bundle, steps, csv=csv, reasons=n_reasons, withheld=_digest(project, withheld))
    key |= {"engine": project.config.engine}
    facts = {"scored_at": _now().isoformat()}
    with open_job(_target(project, rows), key, facts, resume=spark is None) as scoring:
        if spark is None:
            _say_how_it_starts(scoring, watch)
        watch.step("scoring")
        background = read_reasons(project, bundle).background if n_reasons else None
        run = read_run(project)
        marks = {
            "model_digest": bundle.info["out_of_fold_digest"],
            "model_version": "" if run is None else run.version,
            "scored_at": pd.Timestamp(scoring.facts["scored_at"]),
        }
        found = [difference.to_dict() for difference in differences]
        found_facts: dict[str, Any] = {"differences": found, "left_with_surveys": list(left)}
        scoring.facts = {**scoring.facts, "scored_by": _model_of(bundle, run), **found_facts}
        scorer = PartScorer(bundle, background, n_reasons, marks, csv, steps, withheld, left)
        if spark is None:
            return scoring, score_parts(rows, scoring, scorer, progress=watch.bar("scoring", rows.n))
        return scoring, score_parts_on_spark(spark, rows, scoring, scorer)


def _withheld(project: Project, watch: Watch) -> frozenset[str]:
    """Return the ids of the customers who get no score because they opted out, and say how many there are."""
    withheld = not_to_be_scored(project.config)
    if withheld:
        watch.say(f"opted out: {counted(len(withheld), 'customer')} of the table, who get no score")
    return withheld


def _digest(project: Project, ids: frozenset[str]) -> str:
    return keyed_hash(project.hash_key, "\n".join(sorted(ids)))[:16] if ids else ""


def _target(project: Project, rows: RowsToScore) -> Path:
    return project.scores_as_of if rows.as_of else project.scores


def _say_how_it_starts(scoring: Job, watch: Watch) -> None:
    if scoring.discarded:
        watch.say(
            "a job with another model, other features, another estimate of segments or other options was left "
            "unfinished: starting over"
        )
    if scoring.resumed:
        watch.say(f"resuming after {counted(scoring.resumed, 'part')}, {counted(scoring.rows, 'customer')}")


def _segment_steps(project: Project, bundle: Bundle, watch: Watch) -> SegmentSteps:
    """Return the steps of the segments; without those of this model and these features none, and say why."""
    try:
        steps = read_segment_steps(project, bundle)
    except DataError as error:
        watch.say(f"no scores that add up inside segments: {error}")
        return NO_SEGMENT_STEPS
    wave = str(bundle.info["wave"])
    if steps.steps and digest_of_features(project, wave) != bundle.info["features_digest"]:
        watch.say(
            "no scores that add up inside segments: the features must be those of the estimate; got others. "
            "Run `silentnps train` and `silentnps estimate` again."
        )
        return NO_SEGMENT_STEPS
    for note in steps.notes:
        watch.say(note)
    return steps


def _now() -> datetime:
    fixed = os.environ.get("SOURCE_DATE_EPOCH")
    return datetime.now(UTC) if fixed is None else datetime.fromtimestamp(float(fixed), UTC)
