"""A trend is read as it was written, safe in a spreadsheet, and refused where it is damaged or of another model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from silentnps.config import ProjectConfig
from silentnps.errors import DataError
from silentnps.estimation.trend.report import CHANGE_COLUMNS, LEVEL_COLUMNS, WHY_COLUMNS, TrendReport
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.artifacts.trend import read_trend, write_trend

SEGMENTS = ("", "=1+1", "NA", "01")


def report_of() -> TrendReport:
    levels = pd.DataFrame(
        [
            {"period": "2025", "segmentation": "region" if name else "", "segment": name, "n": 5, "base": -1.5}
            for name in SEGMENTS
        ],
        columns=list(LEVEL_COLUMNS),
    )
    changes = pd.DataFrame(columns=list(CHANGE_COLUMNS))
    why = pd.DataFrame(columns=list(WHY_COLUMNS))
    return TrendReport(levels, changes, why, {"base": 0.25, "silent": np.nan}, ("a note",))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(ProjectConfig(name="shop", tables={"customers": {"path": "customers.csv"}}, output=tmp_path))
    write_trend(made, report_of(), freq="quarter", model_digest="one")
    return made


def test_a_trend_is_read_as_it_was_written(project: Project) -> None:
    kept = read_trend(project, model_digest="one")
    assert kept is not None
    assert kept.freq == "quarter"
    assert kept.report.levels["segment"].tolist() == list(SEGMENTS)
    assert kept.report.levels["base"].tolist() == [-1.5] * 4
    assert kept.report.no_change["base"] == 0.25
    assert np.isnan(kept.report.no_change["silent"])
    assert kept.report.notes == ("a note",)
    assert list(kept.report.why) == list(WHY_COLUMNS)


def test_a_spreadsheet_computes_no_segment(project: Project) -> None:
    assert "'=1+1" in (project.trend / "levels.csv").read_text(encoding="utf-8")


def test_that_of_another_model_is_none(project: Project) -> None:
    assert read_trend(project, model_digest="two") is None


def test_none_is_none(tmp_path: Path) -> None:
    project = Project(ProjectConfig(name="shop", tables={"customers": {"path": "customers.csv"}}, output=tmp_path))
    assert read_trend(project, model_digest="one") is None


@pytest.mark.parametrize("name", ["trend.json", "levels.csv"])
def test_a_damaged_one_is_told_with_the_cure(project: Project, name: str) -> None:
    (project.trend / name).write_bytes(b"\xff{")
    with pytest.raises(DataError, match="Run `silentnps trend` again"):
        read_trend(project, model_digest="one")
