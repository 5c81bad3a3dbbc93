"""Every customer of every wave, as the file of features has them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from silentnps.config import ProjectConfig
from silentnps.errors import ConfigError, DataError
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.decisions.trend_rows import read_every_customer, refuse_other_features

FRAME = pd.DataFrame(
    {
        "customer_id": list("abcdef"),
        "wave": ["q1"] * 4 + ["q2"] * 2,
        "as_of": pd.to_datetime(["2025-01-01"] * 4 + ["2025-04-01"] * 2),
        "invited": [True, True, True, False, True, False],
        "respondent": [True, True, False, False, False, False],
        "region": ["north", "south", "south", None, "north", "east"],
    }
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(ProjectConfig(name="shop", tables={"customers": {"path": "customers.csv"}}, output=tmp_path))
    FRAME.to_parquet(made.features)
    return made


def test_customers_are_counted_by_wave(project: Project) -> None:
    everybody = read_every_customer(project, ["region"])
    assert everybody.waves == ["q1", "q2"]
    assert [everybody.n_answers(wave) for wave in everybody.waves] == [2, 0]
    assert [everybody.n_silent(wave) for wave in everybody.waves] == [(1, 1), (1, 1)]
    assert everybody.moments("q1").tolist() == [pd.Timestamp("2025-01-01")] * 2


def test_segments_know_silent_customers_who_are_not_held(project: Project) -> None:
    held = FRAME.iloc[[0, 1, 2]]
    (cut,) = read_every_customer(project, ["region"]).segmentations("q1", held)
    assert cut.labels == ("(missing)", "north", "south")
    assert [cut.labels[code] for code in cut.codes] == ["north", "south", "south"]
    assert cut.everybody is not None
    assert cut.everybody.n.tolist() == [[0, 0, 1], [1, 0, 0]]


def test_the_survey_alone_counts_everybody_too(project: Project) -> None:
    held = FRAME.iloc[[0, 1]]
    groups = read_every_customer(project, ["region"]).survey_groups("q1", held, np.arange(2), np.array([0, 2]))
    assert {key: (group.n, group.answers.n) for key, group in groups.items()} == {
        ("", ""): (4, 2),
        ("region", "(missing)"): (1, 0),
        ("region", "north"): (1, 1),
        ("region", "south"): (2, 1),
    }


@pytest.mark.parametrize("name", ["nothing", "customer_id", "respondent"])
def test_what_is_no_feature_cuts_nothing(project: Project, name: str) -> None:
    with pytest.raises(ConfigError, match=rf"--by must be a column of features.parquet; got '{name}'.*region"):
        read_every_customer(project, [name])


def test_missing_features_are_told_with_the_cure(tmp_path: Path) -> None:
    project = Project(ProjectConfig(name="shop", tables={"customers": {"path": "customers.csv"}}, output=tmp_path))
    with pytest.raises(DataError, match="Run `silentnps train`"):
        read_every_customer(project, [])


def test_other_features_than_those_of_the_training_are_refused(project: Project) -> None:
    everybody = read_every_customer(project, [])
    refuse_other_features(everybody, "q1", 2, 2)
    for n_answers, n_held in ((3, 2), (2, 3)):
        with pytest.raises(DataError, match="got others of wave q1"):
            refuse_other_features(everybody, "q1", n_answers, n_held)
