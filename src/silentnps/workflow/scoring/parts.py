"""Scores in parts: in threads of this process or on Spark, into a job that can be resumed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd

from silentnps.bundle.bundle import Bundle
from silentnps.bundle.segment_steps import SegmentSteps
from silentnps.distributed import score_on_spark
from silentnps.explanation.contributions.margins import Background
from silentnps.scoring.batch import SCORE_COLUMNS, score_frame
from silentnps.storage.parquet_tables import write_parquet
from silentnps.storage.resumable_job import Job
from silentnps.storage.spreadsheet_csv import write_csv
from silentnps.workflow.artifacts.features_digest import digest_of_total, total_of_rows
from silentnps.workflow.artifacts.project import per_core
from silentnps.workflow.artifacts.scored_rows import RowsToScore

_ROWS_A_PART = 100_000
_ROWS_AT_ONCE, _ROWS_WITH_REASONS = 50_000, 20_000
"""Rows that are scored together: their designs and contributions take memory."""

SCHEMA_VERSION = 1

Progress: TypeAlias = Callable[[int], None]


@dataclass(frozen=True)
class PartScorer:
    """What every part is scored with; `marks` are the columns that are equal in all rows, by name.

    The customers whose ids are `withheld` get no score. Features that rows lack have the values of `lacking`.
    """

    bundle: Bundle
    background: Background | None
    reasons: int
    marks: dict[str, Any]
    csv: bool
    segment_steps: SegmentSteps
    withheld: frozenset[str] = frozenset()
    lacking: Mapping[str, float] = field(default_factory=dict)

    def scores(self, frame: pd.DataFrame, progress: Progress | None = None) -> tuple[pd.DataFrame, int]:
        """Return the scores of a part and the total of all its rows, see `total_of_rows`."""
        batches, total = [], 0
        step = _ROWS_WITH_REASONS if self.reasons else _ROWS_AT_ONCE
        for start in range(0, len(frame), step):
            rows = frame.iloc[start : start + step].reset_index(drop=True)
            total += total_of_rows(rows)
            batches.append(self._scored(rows))
            if progress is not None:
                progress(len(rows))
        scores = pd.concat(batches, ignore_index=True) if len(batches) > 1 else batches[0]
        return scores.assign(**self.marks), total

    def _scored(self, rows: pd.DataFrame) -> pd.DataFrame:
        allowed = ~rows["customer_id"].isin(self.withheld).to_numpy()
        asked = (rows[allowed].reset_index(drop=True) if allowed.any() else rows.iloc[:1]).assign(**self.lacking)
        scores = score_frame(
            self.bundle,
            asked,
            background=self.background,
            reasons=self.reasons,
            segment_steps=self.segment_steps,
        )
        return scores if allowed.any() else scores.iloc[:0]

    def file_name(self, place: int) -> str:
        """Return the file name of a part."""
        return f"part-{place:05d}.{'csv' if self.csv else 'parquet'}"

    def write(self, scores: pd.DataFrame, path: Path) -> None:
        """Write the scores of a part."""
        if self.csv:
            write_csv(scores, path)
        else:
            write_parquet(scores, path, compression="zstd")


def score_parts(rows: RowsToScore, scoring: Job, scorer: PartScorer, *, progress: Progress) -> str:
    """Write the parts that are missing; return the digest of the features.

    `progress` is called with numbers of customers, from threads; those of parts that are there already count too.
    """
    total, frames = 0, rows.batches(_ROWS_A_PART)
    scorer.bundle.tables  # noqa: B018 - made once, not by each thread
    for place, (frame, scored) in enumerate(_in_turn(frames, scorer, progress, done=scoring.resumed)):
        if scored is None:
            total += total_of_rows(frame)
            progress(len(frame))
            continue
        scores, part_total = scored.result()
        total += part_total
        scoring.write(scorer.file_name(place), len(scores), partial(scorer.write, scores))
    return digest_of_total(total)


def score_parts_on_spark(spark: Any, rows: RowsToScore, scoring: Job, scorer: PartScorer) -> str:
    """Let executors write the parts beside the job and move them into it; return the digest of the features."""
    work = scoring.folder.with_name(f"{scoring.folder.name}.spark")
    shutil.rmtree(work, ignore_errors=True)  # left by a job that was killed
    work.mkdir()
    scorer.bundle.tables  # noqa: B018 - made once, not by each executor
    try:
        parts = score_on_spark(spark, rows.path, rows.wave, scorer, work, rows=_ROWS_A_PART)
        for place, part in enumerate(parts):
            scoring.write(scorer.file_name(place), part.rows, partial(os.replace, part.path))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return digest_of_total(sum(part.total for part in parts))


def _in_turn(
    frames: Iterator[pd.DataFrame], scorer: PartScorer, progress: Progress, *, done: int
) -> Iterator[tuple[pd.DataFrame, Future[tuple[pd.DataFrame, int]] | None]]:
    """Score frames in threads, a few ahead, and yield them in order; None for those that are done."""
    for frame in islice(frames, done):
        yield frame, None
    workers = per_core()
    with ThreadPoolExecutor(workers) as pool:
        ahead: list[tuple[pd.DataFrame, Future[tuple[pd.DataFrame, int]]]] = []
        for frame in frames:
            ahead.append((frame, pool.submit(scorer.scores, frame, progress)))
            if len(ahead) > workers:
                yield ahead.pop(0)
        yield from ahead


def key_of_scores(
    rows: RowsToScore, bundle: Bundle, segment_steps: SegmentSteps, *, csv: bool, reasons: int, withheld: str = ""
) -> dict[str, Any]:
    """Return what the scores depend on: a job with another key starts over.

    `withheld` is a digest of the customers who get no score.
    """
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
        "withheld": withheld,
    }
