"""Out-of-fold predictions: what a training hands to the estimate."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from silentnps.bundle.bundle import Bundle
from silentnps.errors import ModelError
from silentnps.numerics.arrays import Floats
from silentnps.storage.atomic import replace_folder
from silentnps.storage.digests import check_digests, write_digests
from silentnps.storage.parquet_tables import write_parquet
from silentnps.storage.spreadsheet_csv import read_csv, write_csv
from silentnps.workflow.artifacts.made_file import MadeFile
from silentnps.workflow.artifacts.project import Project

if TYPE_CHECKING:
    from silentnps.training.train import Training
    from silentnps.workflow.artifacts.bootstrap import KeptBootstrap

TRAINING_ROWS = "rows.parquet"
FILES = (TRAINING_ROWS, "margins.npy", "probabilities.npy", "candidates.csv")
"""The files whose digests are checked; the bootstrap beside them has one of its numbers."""


@dataclass(frozen=True)
class OutOfFold:
    """What training hands to the estimate: rows with learned columns, margins, and the answers' probabilities."""

    rows: pd.DataFrame
    margins: Floats
    probabilities: Floats
    candidates: pd.DataFrame


def read_out_of_fold(project: Project, bundle: Bundle) -> OutOfFold:
    """Return what the training of a bundle handed over.

    Raises
    ------
    ModelError
        If it is missing, damaged, or belongs to another bundle.
    """
    made = MadeFile(project.out_of_fold, "train", ModelError)
    with made.reading():
        check_digests(made.path, FILES)
        handed_over = OutOfFold(
            rows=pd.read_parquet(made.path / TRAINING_ROWS),
            margins=np.load(made.path / "margins.npy"),
            probabilities=np.load(made.path / "probabilities.npy"),
            candidates=read_csv(made.path / "candidates.csv"),
        )
    if digest_of(handed_over.margins) != bundle.info["out_of_fold_digest"]:
        raise made.of_another_model()
    return handed_over


def read_training_rows(project: Project) -> pd.DataFrame | None:
    """Return the rows of the last training, of whichever model; None if there are none that can be read."""
    try:
        return pd.read_parquet(project.out_of_fold / TRAINING_ROWS)
    except (OSError, ValueError):
        return None


def digest_of(margins: Floats) -> str:
    """Return a digest of margins, which identifies the out-of-fold predictions of a bundle."""
    return hashlib.sha256(np.ascontiguousarray(margins).tobytes()).hexdigest()[:16]


def write_out_of_fold(target: Path, rows: pd.DataFrame, training: Training, kept: KeptBootstrap) -> None:
    """Write what a training hands to the estimate into a folder; `kept` is its bootstrap."""

    def write(folder: Path) -> None:
        write_parquet(rows, folder / TRAINING_ROWS)
        np.save(folder / "margins.npy", training.margins)
        np.save(folder / "probabilities.npy", training.out_of_fold)
        write_csv(training.metrics, folder / "candidates.csv")
        kept.write(folder)
        write_digests(folder, FILES)

    replace_folder(target, write)
