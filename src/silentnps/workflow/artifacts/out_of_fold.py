"""Out-of-fold predictions: what a training hands to the estimate."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from silentnps.bundle.bundle import Bundle
from silentnps.errors import ModelError
from silentnps.numerics.arrays import Floats
from silentnps.storage.atomic import replace_folder
from silentnps.storage.parquet_tables import write_parquet
from silentnps.storage.spreadsheet_csv import read_csv, write_csv
from silentnps.training.train import Training
from silentnps.workflow.artifacts.project import Project


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
    folder = project.out_of_fold
    try:
        handed = OutOfFold(
            rows=pd.read_parquet(folder / "rows.parquet"),
            margins=np.load(folder / "margins.npy"),
            probabilities=np.load(folder / "probabilities.npy"),
            candidates=read_csv(folder / "candidates.csv"),
        )
    except FileNotFoundError:
        raise ModelError(f"{folder} is missing. Run `silentnps train` first.") from None
    except (OSError, ValueError):
        raise ModelError(f"{folder} is damaged. Run `silentnps train` again.") from None
    if digest_of(handed.margins) != bundle.info["out_of_fold_digest"]:
        raise ModelError(f"{folder} belongs to another model. Run `silentnps train` again.")
    return handed


def digest_of(margins: Floats) -> str:
    """Return a digest of margins, by which a bundle knows its out-of-fold predictions."""
    return hashlib.sha256(np.ascontiguousarray(margins).tobytes()).hexdigest()[:16]


def write_out_of_fold(project: Project, rows: pd.DataFrame, training: Training) -> None:
    """Write what a training hands to the estimate."""

    def write(folder: Path) -> None:
        write_parquet(rows, folder / "rows.parquet")
        np.save(folder / "margins.npy", training.margins)
        np.save(folder / "probabilities.npy", training.out_of_fold)
        write_csv(training.metrics, folder / "candidates.csv")

    replace_folder(project.out_of_fold, write)
