"""Scoring as a nightly job: parts, kills, and sums."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from score_manifest import read_manifest
from scored_project import Heard, linked

from silentnps.bundle.bundle import load_bundle
from silentnps.config import load_config
from silentnps.errors import DataError
from silentnps.features.large_base.feature_reader import feature_batches
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.commands.score import score
from silentnps.workflow.scoring import parts as module


def test_batches_depend_on_the_rows_alone(project: Project, tmp_path: Path) -> None:
    frame = pd.read_parquet(project.features)
    wave = load_bundle(project.model).info["wave"]
    folder = tmp_path / "features"
    folder.mkdir()
    for place, start in enumerate(range(0, len(frame), 1111)):
        frame.iloc[start : start + 1111].to_parquet(folder / f"part-{place:03d}.parquet", row_group_size=97)
    one, many = (list(feature_batches(path, wave, rows=700)) for path in (project.features, folder))
    assert [len(batch) for batch in one] == [len(batch) for batch in many]
    assert {len(batch) for batch in one[:-1]} == {700}
    for left, right in zip(one, many, strict=True):
        pd.testing.assert_frame_equal(left.reset_index(drop=True), right.reset_index(drop=True))
    joined = pd.concat(one)["customer_id"].tolist()
    assert joined == frame.loc[frame["wave"] == wave, "customer_id"].tolist()


@pytest.mark.slow
def test_parts_of_any_size_hold_the_same_scores_and_add_up(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    other = linked(project, tmp_path)
    whole = score(other, reasons=1)
    once = pd.read_parquet(other.scores)
    monkeypatch.setattr(module, "_ROWS_A_PART", 700)
    monkeypatch.setattr(module, "_ROWS_WITH_REASONS", 300)
    parts = score(other, reasons=1)
    again = pd.read_parquet(other.scores)
    assert (whole.parts, parts.parts) == (1, -(-len(once) // 700))
    numbers = once.select_dtypes("number").columns
    np.testing.assert_allclose(again[numbers], once[numbers], rtol=0, atol=1e-12)
    pd.testing.assert_frame_equal(again.drop(columns=numbers), once.drop(columns=numbers))
    silent = again[again["source"] == "model"]
    estimate = json.loads((project.estimate / "estimate.json").read_text(encoding="utf-8"))["silent"]["value"]
    assert silent["expected_nps"].mean() == pytest.approx(estimate, abs=1e-9)
    assert again["scored_at"].dt.tz is not None
    assert read_manifest(other.scores)["rows"] == len(again)
    assert set(again["model_version"]) == {json.loads((project.output / "run.json").read_text())["version"]}


def test_scores_of_files_are_those_of_the_frame(project: Project) -> None:
    from silentnps.scoring.batch import score_frame
    from silentnps.workflow.artifacts.features_file import read_features

    bundle = load_bundle(project.model)
    frame = read_features(project)
    frame = frame[frame["wave"] == bundle.info["wave"]].reset_index(drop=True)
    written, direct = pd.read_parquet(project.scores), score_frame(bundle, frame)
    numbers = direct.select_dtypes("number").columns
    np.testing.assert_allclose(written[numbers], direct[numbers], rtol=0, atol=1e-12)
    assert written["customer_id"].tolist() == direct["customer_id"].tolist()
    assert written["nps_class"].tolist() == direct["nps_class"].tolist()


def test_other_features_than_those_of_training_are_said(project: Project, tmp_path: Path) -> None:
    heard = Heard()
    other = linked(project, tmp_path)
    score(other, reasons=0, watch=heard)
    assert heard.said == []
    other.features.unlink()
    frame = pd.read_parquet(project.features)
    frame.assign(orders_count_90d=frame["orders_count_90d"] + 1).to_parquet(other.features, index=False)
    score(other, reasons=0, watch=heard)
    assert any("were rebuilt" in text for text in heard.said)


def test_no_features_and_none_of_the_wave(project: Project, tmp_path: Path) -> None:
    other = linked(project, tmp_path)
    other.features.unlink()
    with pytest.raises(DataError, match="is missing"):
        score(other)
    frame = pd.read_parquet(project.features)
    frame.assign(wave="1999-Q1").to_parquet(other.features, index=False)
    with pytest.raises(DataError, match="must hold the wave"):
        score(other)
    assert not other.scores.exists()


KILLED = """
import sys
from pathlib import Path
from silentnps.config import load_config
from silentnps.workflow.scoring import parts as module
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.commands.score import score
module._ROWS_A_PART = 100
module._ROWS_WITH_REASONS = 100
print("ready", flush=True)
score(Project(load_config(Path(sys.argv[1]))), reasons=1)
print("done", flush=True)
"""


@pytest.mark.slow
def test_kills_lose_and_double_nothing(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kill it five times, at any moment; benchmarks/kills.py does so twenty times, on a large base."""
    env = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
    config = tmp_path / "config.yaml"
    text = (project.output.parent / "config.yaml").read_text(encoding="utf-8")
    config.write_text(text.replace("path: data", f"path: {project.output.parent}/data"), encoding="utf-8")
    outputs = [tmp_path / "out", tmp_path / "calm"]
    outputs[0].mkdir()
    target = linked(project, outputs[0])
    assert load_config(config).output == outputs[0]
    rng, kills = np.random.default_rng(0), 0
    while True:
        command = [sys.executable, "-c", KILLED, str(config)]
        with subprocess.Popen(command, env=env, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            child.stdout.readline()
            if kills == 5:
                assert child.wait() == 0
                break
            time.sleep(rng.uniform(0.05, 0.6))
            child.send_signal(signal.SIGKILL)
            kills += child.wait() == -signal.SIGKILL
        if target.scores.exists():  # it was done before the kill: begin again
            shutil.rmtree(target.scores)
    scores = pd.read_parquet(target.scores)
    assert scores["customer_id"].is_unique
    assert len(scores) == read_manifest(target.scores)["rows"]
    outputs[1].mkdir()
    other = linked(project, outputs[1])
    monkeypatch.setenv("SOURCE_DATE_EPOCH", env["SOURCE_DATE_EPOCH"])
    monkeypatch.setattr(module, "_ROWS_A_PART", 100)
    monkeypatch.setattr(module, "_ROWS_WITH_REASONS", 100)
    score(other, reasons=1)  # in peace
    assert digests(target.scores) == digests(other.scores)


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("part-*"))}
