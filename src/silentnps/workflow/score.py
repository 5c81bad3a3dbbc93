"""Score: every customer of the model's wave, into Parquet."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from silentnps.data.atomic import replace_folder
from silentnps.errors import DataError
from silentnps.models.bundle import load_bundle
from silentnps.scoring.batch import score_frame
from silentnps.workflow.prepare import read_features
from silentnps.workflow.project import Project
from silentnps.workflow.reasons import read_reasons
from silentnps.workflow.train import digest_of_wave
from silentnps.workflow.watch import QUIET, Watch

_ROWS_A_PART = 250_000


def score(project: Project, *, csv: bool = False, reasons: int | None = None, watch: Watch = QUIET) -> pd.DataFrame:
    """Score everybody of the wave that the model was trained for and write scores/part-*.parquet (or CSV).

    `reasons` is how many reasons for and against each score has, in place of that of the configuration; 0 leaves
    them out.
    """
    bundle = load_bundle(project.model)
    frame = read_features(project)
    frame = frame[frame["wave"] == bundle.info["wave"]].reset_index(drop=True)
    if frame.empty:
        raise DataError(
            f"{project.features} must hold the wave {bundle.info['wave']}; got none of it. "
            "Run `silentnps train` again."
        )
    if digest_of_wave(frame, str(bundle.info["wave"])) != bundle.info["features_digest"]:
        watch.say("the features were built anew since the training: scores need not average to the estimate")
    top = project.config.explanation.top if reasons is None else reasons
    background = read_reasons(project, bundle).background if top else None
    scores = score_frame(bundle, frame, background=background, reasons=top)
    scores["model_digest"] = bundle.info["out_of_fold_digest"]
    scores["scored_at"] = datetime.now(UTC)
    replace_folder(project.scores, lambda folder: _write(scores, folder, csv=csv))
    return scores


def _write(scores: pd.DataFrame, folder: Path, *, csv: bool) -> None:
    for part, start in enumerate(range(0, len(scores), _ROWS_A_PART)):
        rows = scores.iloc[start : start + _ROWS_A_PART]
        if csv:
            rows.to_csv(folder / f"part-{part:05d}.csv", index=False)
        else:
            rows.to_parquet(folder / f"part-{part:05d}.parquet", index=False)
