"""The features of every customer in every wave: features.parquet."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from silentnps.features.engine.expressions import KEYS
from silentnps.outcome.survey_data import tidy_features
from silentnps.storage.atomic import replace_file
from silentnps.storage.parquet_tables import write_parquet
from silentnps.workflow.artifacts.made_file import MadeFile
from silentnps.workflow.artifacts.project import Project

_ROW_GROUP_SIZE = 100_000
"""Rows of one row group, which readers of batches hold in memory at a time."""


def write_features_file(frame: pd.DataFrame, target: Path) -> None:
    """Write features as one file, also in place of a folder of parts."""
    text = as_text(frame)
    replace_file(target, lambda path: write_parquet(text, path, row_group_size=_ROW_GROUP_SIZE), over_folder=True)


def read_features(project: Project) -> pd.DataFrame:
    """Return the features that were built last.

    Raises
    ------
    DataError
        If they are missing, damaged, or of an earlier version.
    """
    made = MadeFile(project.features, "train")
    with made.reading():
        frame = pd.read_parquet(made.path)
    if not set(KEYS) <= set(frame.columns):
        raise made.of_an_earlier_version()
    return tidy_rows(frame)


def tidy_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Return built features as they were before they were written: keys, then numbers and categories."""
    keys, features = frame[list(KEYS)], frame.drop(columns=list(KEYS))
    return pd.concat([keys, tidy_features(features)], axis=1)


def as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with categories as text, which every reader of Parquet and the served model understand."""
    categories = frame.select_dtypes("category").columns
    return frame.astype(dict.fromkeys(categories, "str"))  # a missing value stays missing, even if all are text
