"""Score: every customer of the model's wave, in parts, into Parquet; a job that was killed goes on."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from silentnps.bundle.bundle import Bundle, load_bundle
from silentnps.bundle.segment_steps import NO_SEGMENT_STEPS, SegmentSteps
from silentnps.counts import counted
from silentnps.distributed import require_spark, score_on_spark, spark_session
from silentnps.errors import DataError
from silentnps.explanation.contributions.margins import Background
from silentnps.scoring.batch import SCORE_COLUMNS, score_frame
from silentnps.scoring.drift import Drift
from silentnps.storage.parquet_tables import write_parquet
from silentnps.storage.resumable_job import Job, job
from silentnps.storage.spreadsheet_csv import write_csv
from silentnps.workflow.artifacts.project import Project, per_core
from silentnps.workflow.artifacts.reasons import read_reasons
from silentnps.workflow.artifacts.scored_rows import (
    ToScore,
    digest_of_features,
    digest_of_total,
    total_of_rows,
)
from silentnps.workflow.artifacts.segment_steps import read_segment_steps
from silentnps.workflow.compare import compare
from silentnps.workflow.watch import QUIET, Watch

_ROWS_A_PART = 100_000
_ROWS_AT_ONCE, _ROWS_WITH_REASONS = 50_000, 20_000
"""Rows that are scored together: their designs and contributions are what takes memory."""

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Scored:
    """How many customers were scored, in how many parts, of which some were there from a job that was stopped.

    `differences` are those of their features from the training, `folder` is where the scores are.
    """

    rows: int
    parts: int
    resumed: int
    differences: tuple[Drift, ...]
    folder: Path

    @property
    def n_beyond(self) -> int:
        """Return how many columns differ by more than the limits of the configuration."""
        return len({one.column for one in self.differences if one.beyond})


@dataclass(frozen=True)
class _Scorer:
    """What every part is scored with; `marks` are the columns that are equal in all rows."""

    bundle: Bundle
    background: Background | None
    reasons: int
    marks: dict[str, Any]
    csv: bool
    segment_steps: SegmentSteps

    def scores(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        """Return the scores of a part, and the total by which its features are known."""
        found, total = [], 0
        step = _ROWS_WITH_REASONS if self.reasons else _ROWS_AT_ONCE
        for start in range(0, len(frame), step):
            rows = frame.iloc[start : start + step].reset_index(drop=True)
            total += total_of_rows(rows)
            scored = score_frame(
                self.bundle,
                rows,
                background=self.background,
                reasons=self.reasons,
                segment_steps=self.segment_steps,
            )
            found.append(scored)
        scores = pd.concat(found, ignore_index=True) if len(found) > 1 else found[0]
        return scores.assign(**self.marks), total

    def name(self, place: int) -> str:
        """Return the name of a part."""
        return f"part-{place:05d}.{'csv' if self.csv else 'parquet'}"

    def write(self, scores: pd.DataFrame, path: Path) -> None:
        """Write a part."""
        if self.csv:
            write_csv(scores, path)
        else:
            write_parquet(scores, path, compression="zstd")


def score(
    project: Project,
    *,
    as_of: datetime | None = None,
    csv: bool = False,
    reasons: int | None = None,
    watch: Watch = QUIET,
) -> Scored:
    """Score everybody of the wave that the model was trained for and write scores/part-*.parquet (or CSV).

    Before that each column is compared with the training; `_manifest.json` has how they differ.

    Parts of 100,000 customers in the order of the features, with `_manifest.json`; the older scores stay until all
    are written. A job that was stopped goes on where it was, with the time at which it began; one of another model,
    other features, another estimate of segments or other options begins afresh. `SOURCE_DATE_EPOCH` fixes the time.
    Each segmentation of the last estimate has a column `expected_nps_segment_step__<segmentation>`, if that is of
    this model and these features.

    Parameters
    ----------
    as_of
        Score the whole base at this moment in place of the wave, from features_as_of.parquet into scores_as_of.
    reasons
        How many reasons for and against each score has, in place of that of the configuration; 0 for none.

    Raises
    ------
    DataError
        If there are no features of the wave, or a column of theirs is not such as the model was trained on; if
        another job writes the scores, or they cannot be written.
    """
    bundle = load_bundle(project.model)
    rows = ToScore.of(project, str(bundle.info["wave"]), as_of)
    with _engine(project) as spark:
        told = compare(project, bundle.reference, rows, spark=spark, watch=watch)
        made, digest = _made(project, bundle, rows, told, spark, csv=csv, reasons=reasons, watch=watch)
    if as_of:
        watch.say(f"the base at {rows.as_of}: there is no estimate of this moment to which its scores add up")
    elif digest != bundle.info["features_digest"]:
        watch.say("the features were built anew since the training: scores need not average to the estimate")
    return Scored(made.rows, len(made.parts), made.resumed, tuple(told), _target(project, rows))


@contextmanager
def _engine(project: Project) -> Iterator[Any]:
    """Return the session of Spark for as long as the block lasts; None where Spark is not the engine."""
    if project.config.engine != "spark":
        yield None
        return
    require_spark()
    with spark_session(project.config.spark) as spark:
        yield spark


def _made(
    project: Project,
    bundle: Bundle,
    rows: ToScore,
    told: list[Drift],
    spark: Any,
    *,
    csv: bool,
    reasons: int | None,
    watch: Watch,
) -> tuple[Job, str]:
    """Write the scores; return their job and the digest of the features."""
    top = project.config.explanation.top if reasons is None else reasons
    segment_steps = NO_SEGMENT_STEPS if rows.as_of else _segment_steps(project, bundle, watch)
    key = _key(rows, bundle, segment_steps, csv=csv, reasons=top) | {"engine": project.config.engine}
    with job(_target(project, rows), key, {"scored_at": _now().isoformat()}, resume=spark is None) as made:
        if spark is None:
            _say_how_it_begins(made, watch)
        background = read_reasons(project, bundle).background if top else None
        marks = {
            "model_digest": bundle.info["out_of_fold_digest"],
            "model_version": _version(project),
            "scored_at": pd.Timestamp(made.facts["scored_at"]),
        }
        made.facts = {**made.facts, "differences": [one.to_dict() for one in told]}
        scorer = _Scorer(bundle, background, top, marks, csv, segment_steps)
        digest = _score_parts(rows, made, scorer) if spark is None else _score_by_spark(spark, rows, made, scorer)
    return made, digest


def _target(project: Project, rows: ToScore) -> Path:
    return project.scores_as_of if rows.as_of else project.scores


def _say_how_it_begins(made: Job, watch: Watch) -> None:
    if made.discarded:
        watch.say(
            "a job with another model, other features, another estimate of segments or other options was left "
            "unfinished: starting afresh"
        )
    if made.resumed:
        watch.say(f"going on after {counted(made.resumed, 'part')}, {counted(made.rows, 'customer')}")


def _segment_steps(project: Project, bundle: Bundle, watch: Watch) -> SegmentSteps:
    """Return the steps of the segments; without those of this model and these features none, and say why."""
    try:
        found = read_segment_steps(project, bundle)
    except DataError as error:
        watch.say(f"no scores that add up inside segments: {error}")
        return NO_SEGMENT_STEPS
    wave = str(bundle.info["wave"])
    if found.steps and digest_of_features(project, wave) != bundle.info["features_digest"]:
        watch.say(
            "no scores that add up inside segments: the features must be those of the estimate; got others. "
            "Run `silentnps train` and `silentnps estimate` again."
        )
        return NO_SEGMENT_STEPS
    for note in found.notes:
        watch.say(note)
    return found


def _score_parts(rows: ToScore, made: Job, scorer: _Scorer) -> str:
    """Write the parts that are not there yet; return the digest of the features."""
    total, frames = 0, rows.batches(_ROWS_A_PART)
    scorer.bundle.tables  # noqa: B018 - made once, not by each thread
    for place, (frame, scored) in enumerate(_in_turn(frames, scorer, done=made.resumed)):
        if scored is None:
            total += total_of_rows(frame)
            continue
        scores, own = scored.result()
        total += own
        made.write(scorer.name(place), len(frame), partial(scorer.write, scores))
    return digest_of_total(total)


def _score_by_spark(spark: Any, rows: ToScore, made: Job, scorer: _Scorer) -> str:
    """Let executors write the parts beside the job and take them into it; return the digest of the features."""
    work = made.folder.with_name(f"{made.folder.name}.spark")
    shutil.rmtree(work, ignore_errors=True)  # of a job that was killed
    work.mkdir()
    scorer.bundle.tables  # noqa: B018 - made once, not by each executor
    try:
        parts = score_on_spark(spark, rows.path, rows.wave, scorer, work, rows=_ROWS_A_PART)
        for place, part in enumerate(parts):
            made.write(scorer.name(place), part.rows, partial(os.replace, part.path))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return digest_of_total(sum(part.total for part in parts))


def _in_turn(
    frames: Iterator[pd.DataFrame], scorer: _Scorer, *, done: int
) -> Iterator[tuple[pd.DataFrame, Future[tuple[pd.DataFrame, int]] | None]]:
    """Score frames in threads, a few ahead, and yield them in their order; None for those that are done."""
    for frame in islice(frames, done):
        yield frame, None
    workers = per_core()
    with ThreadPoolExecutor(workers) as pool:
        ahead: list[tuple[pd.DataFrame, Future[tuple[pd.DataFrame, int]]]] = []
        for frame in frames:
            ahead.append((frame, pool.submit(scorer.scores, frame)))
            if len(ahead) > workers:
                yield ahead.pop(0)
        yield from ahead


def _key(rows: ToScore, bundle: Bundle, segment_steps: SegmentSteps, *, csv: bool, reasons: int) -> dict[str, Any]:
    """Return what the scores depend on."""
    return {
        "schema_version": SCHEMA_VERSION,
        "columns": [*SCORE_COLUMNS, *segment_steps.columns],
        "model_digest": bundle.info["out_of_fold_digest"],
        "wave": rows.wave,
        "as_of": [moment.isoformat() for moment in rows.moments],
        "step": bundle.step.tolist(),
        "segment_steps": segment_steps.digest,
        "features": rows.stamp,
        "format": "csv" if csv else "parquet",
        "reasons": reasons,
        "rows_a_part": _ROWS_A_PART,
    }


def _version(project: Project) -> str:
    try:
        return str(json.loads((project.output / "run.json").read_text(encoding="utf-8"))["version"])
    except (OSError, ValueError, KeyError):
        return ""


def _now() -> datetime:
    fixed = os.environ.get("SOURCE_DATE_EPOCH")
    return datetime.now(UTC) if fixed is None else datetime.fromtimestamp(float(fixed), UTC)
