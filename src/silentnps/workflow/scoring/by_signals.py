"""Score without any survey: the class of each customer by the rule table of signals."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from silentnps.errors import DataError
from silentnps.features.large_base.feature_reader import waves_of
from silentnps.scoring.signals import SOURCE, signal_scores
from silentnps.storage.parquet_tables import write_parquet
from silentnps.storage.resumable_job import Job, open_job
from silentnps.storage.spreadsheet_csv import write_csv
from silentnps.workflow.artifacts.made_file import MadeFile
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.artifacts.scored_rows import RowsToScore
from silentnps.workflow.watch import Watch

BY_SIGNALS = "the rule table of signals, because there is neither a model nor a table of responses"

_ROWS_A_PART = 100_000


def never_surveyed(project: Project) -> bool:
    """Return whether a project has neither a model nor a table of answers to train one from."""
    return "responses" not in project.config.tables and not (project.model / "bundle.json").exists()


def rows_by_signals(project: Project, as_of: datetime | None) -> RowsToScore:
    """Return the rows to score: those of the last wave of the features, or of the base at a moment.

    Raises
    ------
    DataError
        If there are no features of it.
    """
    if as_of is not None:
        return RowsToScore.of(project, "", as_of)
    with MadeFile(project.features, "features").reading():
        waves = waves_of(project.features)
    if not waves:
        raise DataError(f"{project.features} must hold a wave; got none. Run `silentnps features` again.")
    return RowsToScore.of(project, waves[-1])


def score_by_signals(
    rows: RowsToScore,
    target: Path,
    facts: dict[str, Any],
    *,
    csv: bool,
    reasons: int,
    withheld: frozenset[str] = frozenset(),
    watch: Watch,
) -> Job:
    """Write the scores of the rows by the rule table into parts of `target`; return the job.

    The customers whose ids are `withheld` get no score.
    """
    key = {"source": SOURCE, "wave": rows.wave, "features": rows.stamp, "format": "csv" if csv else "parquet"}
    with open_job(target, key, facts, resume=False) as job:
        watch.step("scoring")
        for place, frame in enumerate(rows.batches(_ROWS_A_PART)):
            allowed = frame[~frame["customer_id"].isin(withheld)].reset_index(drop=True)
            scores = signal_scores(allowed, reasons=reasons).assign(
                model_digest="", model_version="", scored_at=pd.Timestamp(facts["scored_at"])
            )
            name = f"part-{place:05d}.{'csv' if csv else 'parquet'}"
            job.write(name, len(scores), partial(_written, scores, csv))
    return job


def _written(scores: pd.DataFrame, csv: bool, path: Path) -> None:
    if csv:
        write_csv(scores, path)
    else:
        write_parquet(scores, path, compression="zstd")
