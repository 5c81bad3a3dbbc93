"""A base that is built in buckets: the same features in parts, and scores that still add up."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from scored_project import Heard

from silentnps.workflow.artifacts.features_file import read_features
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.commands import features as module
from silentnps.workflow.commands.features import write_features
from silentnps.workflow.commands.score import score


@pytest.fixture(scope="module")
def parts(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project with the model of another, whose features were built in parts."""
    folder = tmp_path_factory.mktemp("large")
    other = Project(project.config.model_copy(update={"output": folder}))
    for name in ("model", "reasons", "run.json", "estimate"):
        (folder / name).symlink_to(project.output / name)
    other.features.write_text("an older file", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MOST_ROWS_AT_ONCE", 1_000)
        patch.setattr(module, "_BUCKET_ROWS", 4_000)
        written = write_features(other)
    assert written.parts == len(list(other.features.iterdir())) == -(-written.rows // 4_000)
    return other


def test_features_in_parts_are_those_of_one_file(project: Project, parts: Project) -> None:
    one, many = read_features(project), read_features(parts)
    assert not many.equals(one)
    order = ["wave", "customer_id"]
    pd.testing.assert_frame_equal(
        many.sort_values(order, ignore_index=True), one.sort_values(order, ignore_index=True)
    )
    assert {path.name for path in parts.output.iterdir()} >= {"features.parquet"}
    assert not list(parts.output.glob(".features*"))


def test_scores_of_parts_add_up_and_their_order_is_no_other_base(project: Project, parts: Project) -> None:
    heard = Heard()
    score(parts, reasons=0, watch=heard)
    assert heard.said == []
    scores = pd.read_parquet(parts.scores)
    estimate = json.loads((project.estimate / "estimate.json").read_text(encoding="utf-8"))["silent"]["value"]
    silent = scores.loc[scores["source"] == "model", "expected_nps"]
    assert silent.mean() == pytest.approx(estimate, abs=1e-9)


def test_a_small_base_takes_the_place_of_the_parts(parts: Project, tmp_path: Path) -> None:
    other = Project(parts.config.model_copy(update={"output": tmp_path}))
    other.features.mkdir()
    (other.features / "part-00000.parquet").write_text("", encoding="utf-8")
    assert write_features(other).parts == 1
    assert other.features.is_file()
    assert not list(tmp_path.glob(".features*"))
