"""Scores on Spark: those of DuckDB's path, in parts with a manifest, and older scores until they are whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from score_manifest import read_manifest
from scored_project import Heard, linked
from spark_of_tests import LEFT_OPEN, SMALL_SPARK

from silentnps.bundle.bundle import load_bundle
from silentnps.distributed import scores as distributed
from silentnps.errors import DataError
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.commands.score import score
from silentnps.workflow.scoring import parts as module

pytestmark = LEFT_OPEN


def on_spark(project: Project, folder: Path) -> Project:
    """Return a project on Spark that has the model and features of another."""
    other = linked(project, folder)
    return Project(other.config.model_copy(update={"engine": "spark", "spark": SMALL_SPARK}))


@pytest.mark.slow
def test_scores_are_those_of_duckdb(
    spark: Any, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_ROWS_A_PART", 700)
    other, heard = on_spark(project, tmp_path), Heard()
    scored = score(other, watch=heard)
    found, expected = pd.read_parquet(other.scores), pd.read_parquet(project.scores)
    assert heard.said == []  # the features are those of the training
    assert scored.rows == len(found) == len(expected)
    marks = ["scored_at"]
    pd.testing.assert_frame_equal(found.drop(columns=marks), expected.drop(columns=marks), rtol=0.0, atol=1e-9)
    schemas = [pq.read_schema(next(each.scores.glob("part-*"))).remove_metadata() for each in (other, project)]
    assert schemas[0].equals(schemas[1])
    manifest, plain = read_manifest(other.scores), read_manifest(project.scores)
    assert set(manifest) == set(plain)
    assert (manifest["rows"], len(manifest["parts"])) == (len(found), -(-len(found) // 700))
    assert {path.name for path in other.scores.iterdir()} == {"_manifest.json"} | {
        part["name"] for part in manifest["parts"]
    }
    assert not list(other.output.glob(".scores*"))


@pytest.mark.slow
def test_csv_without_reasons_of_features_in_parts_that_were_built_anew(
    spark: Any, project: Project, tmp_path: Path
) -> None:
    other, heard = on_spark(project, tmp_path), Heard()
    frame = pd.read_parquet(project.features)
    other.features.unlink()
    other.features.mkdir()
    frame["orders_count_90d"] += 1
    for place, start in enumerate(range(0, len(frame), 4000)):
        rows = frame.iloc[start : start + 4000]
        rows.to_parquet(other.features / f"part-{place:05d}.parquet", index=False)
    score(other, csv=True, reasons=0, watch=heard)
    found = pd.concat(pd.read_csv(path) for path in other.scores.glob("part-*.csv"))
    wave = load_bundle(project.model).info["wave"]
    assert sorted(found["customer_id"]) == sorted(frame.loc[frame["wave"] == wave, "customer_id"])
    assert found["reasons_for"].isna().all()
    assert any("were rebuilt" in text for text in heard.said)


@pytest.mark.slow
def test_older_scores_stay_where_executors_fail(spark: Any, project: Project, tmp_path: Path) -> None:
    other = on_spark(project, tmp_path)
    other.scores.mkdir()
    (other.scores / "part-00000.parquet").write_bytes(b"older")
    other.features.unlink()
    pd.read_parquet(project.features).assign(rating="seven").to_parquet(other.features)
    with pytest.raises(DataError, match=r"Spark failed: .*seven"):
        score(other)
    assert (other.scores / "part-00000.parquet").read_bytes() == b"older"
    assert not list(other.output.glob(".scores*"))


class Doubling:
    """A scorer that needs no model."""

    def scores(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        return frame[["x"]] * 2, int(frame["x"].sum())

    def write(self, scores: pd.DataFrame, path: Path) -> None:
        scores.to_parquet(path)


def test_a_task_that_runs_twice_overwrites_nothing(tmp_path: Path) -> None:
    batches = pa.table({"x": np.arange(10)}).to_batches(max_chunksize=3)
    tries = [list(distributed._written(iter(batches), Doubling(), tmp_path, 4)) for _ in range(2)]
    first, again = (pa.Table.from_batches(each).to_pylist() for each in tries)
    assert [(row["n"], row["total"]) for row in first] == [(4, "6"), (4, "22"), (2, "17")]
    assert len({row["name"] for row in (*first, *again)}) == len(list(tmp_path.iterdir())) == 6
    assert pd.read_parquet(tmp_path / first[1]["name"])["x"].tolist() == [8, 10, 12, 14]
