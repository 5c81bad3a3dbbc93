"""Where a store is: under any name, and still there after its folder was copied or moved."""

from __future__ import annotations

import shutil
from pathlib import Path

import mlflow
import pytest
import yaml
from mlflow import MlflowClient

from silentnps.config import load_config
from silentnps.tracking.address import Store
from silentnps.tracking.runs import experiment_page, ui_command
from silentnps.tracking.store import check_store, connected, get_or_create_experiment
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.artifacts.store import store_of

NAMES = ("what?", "100%25", "50% [x]*;&=+@:%3F", "it's ü #1")


@pytest.fixture(autouse=True)
def no_store_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def shop(folder: Path) -> Project:
    """Return a project whose output is in a folder; it has no tables."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = {"name": "shop", "output": "out", "tables": {"customers": {"path": "customers.csv"}}}
    (folder / "shop.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    project = Project(load_config(folder / "shop.yaml"))
    project.prepare_output()
    return project


def log(store: Store, text: str) -> str:
    """Log a file and return its run."""
    check_store(store)
    with (
        connected(store, writing=True) as client,
        mlflow.start_run(experiment_id=get_or_create_experiment(store, client)) as run,
    ):
        mlflow.log_text(text, "note.txt")
        return str(run.info.run_id)


def read(store: Store, run_id: str) -> str:
    with connected(store):
        return str(mlflow.artifacts.load_text(f"runs:/{run_id}/note.txt"))


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("name", NAMES)
def test_a_store_lies_in_the_output_whatever_the_folder_is_called(tmp_path: Path, name: str) -> None:
    store = store_of(shop(tmp_path / name))
    run_id = log(store, "hello")
    out = tmp_path / name / "out"
    assert store.database == out / "mlflow.db"
    assert (out / "mlflow.db").is_file()
    assert [path.name for path in tmp_path.iterdir()] == [name]
    (note,) = [path for path in files(tmp_path) if path.name == "note.txt"]
    assert note.is_relative_to(out / "mlartifacts")
    assert read(store, run_id) == "hello"


@pytest.mark.parametrize(("old", "new"), [("shop", "copy"), ("what?", "100%25")])
def test_a_copy_leaves_the_original_alone(tmp_path: Path, old: str, new: str) -> None:
    first = log(store_of(shop(tmp_path / old)), "original")
    shutil.copytree(tmp_path / old, tmp_path / new)
    before = files(tmp_path / old)
    copy = store_of(shop(tmp_path / new))
    second = log(copy, "copied")
    assert files(tmp_path / old) == before
    assert sum(path.name == "note.txt" for path in files(tmp_path / new)) == 2
    shutil.rmtree(tmp_path / old)
    assert read(copy, first) == "original"
    assert read(copy, second) == "copied"


def test_a_moved_store_is_found_by_whoever_only_reads(tmp_path: Path) -> None:
    first = log(store_of(shop(tmp_path / "old")), "original")
    (tmp_path / "old").rename(tmp_path / "new")
    moved = store_of(shop(tmp_path / "new"))
    assert read(moved, first) == "original"
    assert not (tmp_path / "old").exists()


def test_a_store_that_projects_share_keeps_its_places(tmp_path: Path) -> None:
    mine, theirs = (store_of(shop(tmp_path / name)) for name in ("mine", "theirs"))
    shared = Store(mine.uri, "shop", "shop", theirs.artifacts)
    log(mine, "one")
    log(shared, "two")
    with connected(mine) as client:
        assert client.get_experiment_by_name("shop").artifact_location == mine.artifacts.as_uri()


def test_an_experiment_is_shown_as_one_of_models_even_if_it_was_made_before(tmp_path: Path) -> None:
    store = store_of(shop(tmp_path))
    MlflowClient(store.uri).create_experiment("shop", artifact_location=store.artifacts.as_uri())
    page = experiment_page(store)
    found = MlflowClient(store.uri).get_experiment_by_name("shop")
    assert found.tags["mlflow.experimentKind"] == "custom_model_development"
    assert page.startswith(f"#/experiments/{found.experiment_id}/runs?workflowType=machine_learning&")
    assert ui_command(store, host="h", port=1)[-5:] == [store.uri, "--host", "h", "--port", "1"]
    fresh = store_of(shop(tmp_path / "fresh"))
    check_store(fresh)
    assert MlflowClient(fresh.uri).get_experiment_by_name("shop").tags == found.tags
