"""What `score` does where features are no longer such as the model was trained on."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
import yaml
from score_manifest import read_manifest
from scored_project import Heard, linked
from typer.testing import CliRunner

from silentnps.bundle.bundle import load_bundle
from silentnps.cli import app
from silentnps.config import ScoringConfig
from silentnps.errors import DataError
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.commands.features import write_features
from silentnps.workflow.commands.score import score
from silentnps.workflow.scoring import parts as module


@pytest.fixture
def night(project: Project, tmp_path: Path) -> Project:
    other = linked(project, tmp_path)
    other.features.unlink()
    return other


def write(night: Project, project: Project, **columns: object) -> pd.DataFrame:
    frame = pd.read_parquet(project.features).assign(**columns)
    frame.to_parquet(night.features, index=False)
    wave = load_bundle(night.model).info["wave"]
    return frame[frame["wave"] == wave]


@pytest.mark.slow
def test_the_wave_of_the_training_and_the_next_nights_give_no_alarm(project: Project, tmp_path: Path) -> None:
    assert read_manifest(project.scores)["facts"]["differences"] == []
    night = linked(project, tmp_path)
    before = {path.name: path.read_bytes() for path in project.scores.iterdir()}
    for day in (20, 21):
        moment = datetime(2025, 12, day, 6, tzinfo=UTC)
        write_features(night, as_of=moment)
        scored = score(night, as_of=moment, reasons=0)
        assert [str(one) for one in scored.differences if one.beyond] == []
    assert scored.folder == night.scores_as_of
    assert not night.scores.exists()
    assert {path.name: path.read_bytes() for path in project.scores.iterdir()} == before


def test_levels_that_training_did_not_see_are_in_the_manifest_and_pass_the_limit(
    night: Project, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    regions = pd.read_parquet(project.features)["region"].astype(object)
    rows = write(night, project, region=regions.where(regions.index % 4 > 0, "atlantis"))
    heard, n = Heard(), int((rows["region"] == "atlantis").sum())
    scored = score(night, reasons=0, watch=heard)
    (told,) = read_manifest(night.scores)["facts"]["differences"]
    assert (told["column"], told["what"], told["rows"], told["beyond"]) == ("region", "unseen levels", n, True)
    assert scored.n_beyond == 1
    assert any(text.startswith(f"feature 'region': {n:,} of {len(rows):,} rows") for text in heard.said)
    assert len(pd.read_parquet(night.scores)) == len(rows)
    monkeypatch.setattr("silentnps.workflow.compare._ROWS_A_PART", 700)
    limits = ScoringConfig(max_unseen_share=0.5)
    lenient = Project(night.config.model_copy(update={"scoring": limits}))
    again = score(lenient, reasons=0)
    assert again.n_beyond == 0
    assert [one.to_dict() | {"beyond": True, "limit": told["limit"]} for one in again.differences] == [told]


def test_levels_are_those_of_the_training_but_for_case_and_blanks(night: Project, project: Project) -> None:
    frame = pd.read_parquet(project.features)
    write(night, project, region=" " + frame["region"].astype("str").str.upper())
    scored = score(night, reasons=0)
    assert {(one.column, one.what, one.beyond) for one in scored.differences} == {
        ("region", "written otherwise", False)
    }
    found, expected = pd.read_parquet(night.scores), pd.read_parquet(project.scores)
    numbers = [name for name in found.select_dtypes("number") if "segment_step" not in name]
    pd.testing.assert_frame_equal(found[numbers], expected[numbers])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"region": None}, "features.parquet: feature 'region' must be filled as in training"),
        (
            {"orders_count_90d": "twelve"},
            "feature 'orders_count_90d' must hold numbers as in training; got text in",
        ),
    ],
)
def test_what_cannot_be_scored_is_refused_and_nothing_is_written(
    night: Project, project: Project, change: dict[str, object], words: str
) -> None:
    write(night, project, **change)
    with pytest.raises(DataError, match=words):
        score(night, reasons=0)
    assert not night.scores.exists()
    assert not list(night.output.glob(".scores*"))


def test_a_column_that_is_gone_is_refused_with_the_file_to_correct(night: Project, project: Project) -> None:
    frame = pd.read_parquet(project.features).drop(columns="region")
    frame.to_parquet(night.features, index=False)
    with pytest.raises(
        DataError, match=r"none of the name 'region'.*column 'region' of customers \(customers.parquet\)"
    ):
        score(night)


@pytest.mark.parametrize(("share", "code"), [(1.0, 0), (0.0, 3)])
def test_the_command_ends_with_3_where_a_limit_is_passed(
    night: Project, project: Project, share: float, code: int, tmp_path: Path
) -> None:
    regions = pd.read_parquet(project.features)["region"].astype(object)
    write(night, project, region=regions.where(regions.index % 4 > 0, "atlantis"))
    content = yaml.safe_load((project.output.parent / "config.yaml").read_text(encoding="utf-8"))
    for table in content["tables"].values():
        table["path"] = str(project.output.parent / table["path"])
    content |= {"output": str(night.output), "scoring": {"max_unseen_share": share}}
    path = tmp_path / "config.yaml"
    path.write_text(json.dumps(content), encoding="utf-8")
    result = CliRunner().invoke(app, ["score", "-c", str(path), "--reasons", "0"])
    assert result.exit_code == code, result.stderr
    assert "customers scored: " in result.stdout
    assert ("1 column beyond the limits" in result.stderr) == (code == 3)
    assert read_manifest(night.scores)["rows"] > 0


def test_a_job_that_goes_on_tells_what_the_limits_are_now(
    night: Project, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    regions = pd.read_parquet(project.features)["region"].astype(object)
    write(night, project, region=regions.where(regions.index % 4 > 0, "atlantis"))
    monkeypatch.setattr(module, "_ROWS_A_PART", 700)
    done = module.score_frame

    def stopped(*arguments: object, **options: object) -> pd.DataFrame:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "score_frame", stopped)
    with pytest.raises(KeyboardInterrupt):
        score(night, reasons=0)
    monkeypatch.setattr(module, "score_frame", done)
    limits = ScoringConfig(max_unseen_share=0.5)
    score(Project(night.config.model_copy(update={"scoring": limits})), reasons=0)
    (told,) = read_manifest(night.scores)["facts"]["differences"]
    assert told["beyond"] is False
