"""Versions are compared by their bundles alone: code in the store is never run, and a changed bundle is refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from planted_code import pickled

from silentnps.bundle.bundle import load_bundle
from silentnps.errors import ModelError
from silentnps.scoring.batch import predict
from silentnps.storage.digests import digest_of_file
from silentnps.tracking.address import Store
from silentnps.tracking.records import BUNDLE_DIGEST
from silentnps.tracking.registry import ModelVersion, model_versions, score_with_version
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.artifacts.store import store_of
from silentnps.workflow.commands.promote import _as_served


@pytest.fixture
def copied(project: Project, tmp_path: Path) -> tuple[Store, ModelVersion, Path]:
    """A copy of the store: with its newest version, and the folder of the model that is logged there."""
    shutil.copytree(project.output, tmp_path / "out")
    store = store_of(Project(project.config.model_copy(update={"output": tmp_path / "out"})))
    (model,) = {path.parent for path in (tmp_path / "out").rglob("MLmodel")}
    return store, model_versions(store)[0], model


@pytest.fixture
def rows(project: Project) -> pd.DataFrame:
    return _as_served(pd.read_parquet(project.out_of_fold / "rows.parquet").iloc[:20].reset_index(drop=True))


def test_code_and_pickles_beside_the_bundle_never_run(
    copied: tuple[Store, ModelVersion, Path], rows: pd.DataFrame, project: Project, tmp_path: Path
) -> None:
    store, version, model = copied
    trace = tmp_path / "trace"
    for path in [*model.rglob("*.py"), model / "sitecustomize.py"]:
        path.write_text(f"import os\nos.mkdir({str(trace)!r})\n", encoding="utf-8")
    (model / "python_model.pkl").write_bytes(pickled(trace))
    flavor = (model / "MLmodel").read_text(encoding="utf-8")
    (model / "MLmodel").write_text(flavor + "\nutc: !!python/object/apply:os.mkdir ['trace']\n", encoding="utf-8")
    scores = score_with_version(store, version, rows)
    bundle = load_bundle(project.model)
    expected = predict(bundle, rows, rows["invited"].to_numpy(dtype=np.bool_))
    pd.testing.assert_frame_equal(scores, expected)
    assert not trace.exists()


def test_the_digest_of_the_bundle_is_a_tag_of_the_version(
    copied: tuple[Store, ModelVersion, Path], project: Project
) -> None:
    _, version, model = copied
    digest = digest_of_file(project.model / "bundle.json")
    assert version.tags[BUNDLE_DIGEST] == digest == digest_of_file(model / "artifacts" / "model" / "bundle.json")


def change_first_digit(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("0.1", "0.2", 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "damage", "words"),
    [
        ("bundle.json", change_first_digit, "a bundle.json with another SHA-256"),
        ("head_1.txt", change_first_digit, r"model/head_1\.txt is damaged"),
        ("bundle.json", Path.unlink, "one without a bundle"),
    ],
)
def test_a_changed_bundle_is_refused_and_the_version_named(
    copied: tuple[Store, ModelVersion, Path],
    rows: pd.DataFrame,
    name: str,
    damage: Callable[[Path], object],
    words: str,
) -> None:
    store, version, model = copied
    damage(model / "artifacts" / "model" / name)
    with pytest.raises(ModelError, match=rf"version 1 of {store.model}.*{words}") as refused:
        score_with_version(store, version, rows)
    assert "/tmp" not in str(refused.value)


def test_a_version_without_a_logged_digest_is_refused(
    copied: tuple[Store, ModelVersion, Path], rows: pd.DataFrame
) -> None:
    store, version, _ = copied
    bare = ModelVersion(version.number, version.run_id, version.created_at)
    with pytest.raises(ModelError, match="one of an earlier silentnps"):
        score_with_version(store, bare, rows)
