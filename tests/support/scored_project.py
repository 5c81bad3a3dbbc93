"""A project that shares what another has made, and a watch that remembers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from silentnps.numerics.segmentation import segmentation_of
from silentnps.workflow.artifacts.estimate import read_estimate
from silentnps.workflow.artifacts.features_file import read_features
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.watch import Quiet

PREFIX = "expected_nps_segment_step__"


class Heard(Quiet):
    """A watch that remembers what it was told."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.steps: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def step(self, name: str) -> None:
        self.steps.append(name)


def linked(project: Project, folder: Path) -> Project:
    """Return a project that has the model and features of another, and an output of its own."""
    for name in ("model", "reasons", "features.parquet", "run.json", "estimate"):
        (folder / name).symlink_to(project.output / name)
    return Project(project.config.model_copy(update={"output": folder}))


def labelled(project: Project, name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the written scores with their segment, and what is published of a segmentation."""
    scores, frame = pd.read_parquet(project.scores), read_features(project)
    frame = frame[frame["wave"] == scores["wave"].iloc[0]].set_index("customer_id").loc[scores["customer_id"]]
    cut = segmentation_of(frame[name])
    segments = read_estimate(project).segments
    mine = segments[segments["segmentation"] == name].set_index("segment")
    return scores.assign(segment=np.array(cut.labels)[cut.codes]), mine


def assert_adds_up(project: Project, name: str) -> None:
    """Compare every published segment, of the silent and of all, and the totals."""
    scores, segments = labelled(project, name)
    column, silent = PREFIX + name, scores["source"] == "model"
    of_silent = scores[silent].groupby("segment")[column].mean()
    of_all = scores.groupby("segment")[column].mean()
    published = segments[segments["value"].notna()]
    assert len(published) >= 3
    for segment, row in published.iterrows():
        assert of_silent[segment] == pytest.approx(row["value"], abs=1e-9)
        assert of_all[segment] == pytest.approx(row["base_value"], abs=1e-9)
    report = read_estimate(project)
    assert scores.loc[silent, column].mean() == pytest.approx(report.silent.value, abs=1e-9)
    assert scores[column].mean() == pytest.approx(report.base.value, abs=1e-9)
