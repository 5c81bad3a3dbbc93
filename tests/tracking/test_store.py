"""The store: one writer at a time, found out before long work, and nothing half-done in it."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from mlflow import MlflowClient

from silentnps.errors import ModelError
from silentnps.tracking import runs, store
from silentnps.tracking.address import Store
from silentnps.tracking.lock import store_lock
from silentnps.tracking.provenance import git_commit
from silentnps.tracking.records import InputTable, TrainingRecord
from silentnps.tracking.registry import CHALLENGER, model_versions
from silentnps.tracking.runs import log_training
from silentnps.tracking.store import check_store
from silentnps.workflow.artifacts.project import Project

QUIET = """
import silentnps.tracking.store
from mlflow.telemetry import get_telemetry_client
print(get_telemetry_client())
"""

NOT_SENT_FROM = ("PYTEST_CURRENT_TEST", "CI", "GITHUB_ACTIONS", "DO_NOT_TRACK", "MLFLOW_DISABLE_TELEMETRY")
"""Variables of which MLflow takes each as a reason to send no usage statistics."""

SPAWN = multiprocessing.get_context("spawn")


def sqlite_store(folder: Path) -> Store:
    return Store(f"sqlite:///{folder}/mlflow.db", "shop", "shop", folder / "mlartifacts")


def record(bundle: Path, folder: Path, name: str = "train") -> TrainingRecord:
    """Return what a small training logs."""
    background = folder / "background.json"
    background.write_text(json.dumps({"contributions": [[0.0, 0.0, 0.0]]}), encoding="utf-8")
    return TrainingRecord(
        name=name,
        bundle_folder=bundle,
        background=background,
        params={"wave": "one"},
        metrics={"cv/rps": 0.2},
        candidates=pd.DataFrame({"candidate": ["prior", "stack"], "rps": [0.3, 0.2]}),
        example=pd.DataFrame({"a": [1.0, None], "b": ["x", None]}),
        required=["a"],
        inputs={"features of wave one": InputTable.of(pd.DataFrame({"a": [1.0], "b": ["x"]}))},
    )


def log_many(bundle: Path, folder: Path, name: str) -> None:
    (folder / name).mkdir()
    for _ in range(2):
        check_store(sqlite_store(folder))
        log_training(sqlite_store(folder), record(bundle, folder / name, name))


def log_and_die(bundle: Path, folder: Path, where: str) -> None:
    """Log a training and be killed where the function `where` of `runs` would begin."""

    def die(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(runs, where, die)
    log_training(sqlite_store(folder), record(bundle, folder))


def in_processes(work: Callable[..., None], *arguments: tuple[object, ...]) -> list[int | None]:
    every = [SPAWN.Process(target=work, args=one) for one in arguments]
    for one in every:
        one.start()
    for one in every:
        one.join(120)
    return [one.exitcode for one in every]


@pytest.mark.slow
def test_trainings_at_the_same_time_are_all_registered(project: Project, tmp_path: Path) -> None:
    assert in_processes(log_many, *((project.model, tmp_path, name) for name in ("one", "two"))) == [0, 0]
    versions = model_versions(sqlite_store(tmp_path))
    assert [one.number for one in versions] == [4, 3, 2, 1]
    assert [CHALLENGER in one.aliases for one in versions] == [True, False, False, False]
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.slow
@pytest.mark.parametrize("where", ["_log_candidates", "log_model", "_register"])
def test_a_training_that_is_killed_leaves_no_version_and_the_next_one_works(
    project: Project, tmp_path: Path, where: str
) -> None:
    assert in_processes(log_and_die, (project.model, tmp_path, where)) == [-signal.SIGKILL]
    assert model_versions(sqlite_store(tmp_path)) == []
    client = MlflowClient(sqlite_store(tmp_path).uri)
    (experiment,) = [one for one in client.search_experiments() if one.name == "shop"]
    killed = client.search_runs([experiment.experiment_id], order_by=["attributes.start_time"])[0]
    # before the version there is a finished run; earlier the run says itself that it never ended
    assert killed.info.status == ("FINISHED" if where == "_register" else "RUNNING")
    registered = log_training(sqlite_store(tmp_path), record(project.model, tmp_path))
    assert registered.version == "1"


@pytest.mark.slow
def test_a_training_that_fails_is_marked_and_leaves_no_version(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runs, "_log_candidates", fail)
    with pytest.raises(KeyboardInterrupt):
        log_training(sqlite_store(tmp_path), record(project.model, tmp_path))
    client = MlflowClient(sqlite_store(tmp_path).uri)
    (found,) = client.search_runs([client.get_experiment_by_name("shop").experiment_id])
    assert found.info.status == "FAILED"
    assert model_versions(sqlite_store(tmp_path)) == []


def test_the_lock_waits_and_then_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    with (
        store_lock(path, wait_seconds=1),
        pytest.raises(ModelError, match=r"free to write within 0.2 s; got the lock .*db.lock"),
        store_lock(path, wait_seconds=0.2),
    ):
        pass
    with store_lock(path, wait_seconds=0.2):
        pass


def hold(path: Path) -> None:
    with store_lock(path, wait_seconds=5):
        (path.parent / "held").touch()
        time.sleep(600)


@pytest.mark.slow
def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    holder = SPAWN.Process(target=hold, args=(tmp_path / "mlflow.db",))
    holder.start()
    while not (tmp_path / "held").exists():
        time.sleep(0.05)
    holder.kill()
    holder.join()
    with store_lock(tmp_path / "mlflow.db", wait_seconds=5):
        pass


@pytest.mark.slow
def test_a_store_that_somebody_else_writes_is_found_out_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_store(sqlite_store(tmp_path))
    monkeypatch.setattr(store, "_PROBE_SECONDS", 0.1)
    with closing(sqlite3.connect(tmp_path / "mlflow.db", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(ModelError, match=r"database is locked. Check the store"):
            check_store(sqlite_store(tmp_path))


@pytest.mark.slow
def test_a_store_that_is_read_only_is_found_out_at_once(tmp_path: Path) -> None:
    check_store(sqlite_store(tmp_path))
    read_only = replace(sqlite_store(tmp_path), uri=f"sqlite:///file:{tmp_path}/mlflow.db?mode=ro&uri=true")
    assert read_only.database == tmp_path / "mlflow.db"
    with pytest.raises(ModelError, match=r"readonly database. Check the store"):
        check_store(read_only)


def test_a_store_in_a_folder_that_is_none_is_found_out_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ModelError, match="folder of the store must be writable"):
        check_store(sqlite_store(tmp_path / "file"))


def test_only_sqlite_stores_have_a_file() -> None:
    assert Store("sqlite:////tmp/a.db", "x", "x").database == Path("/tmp/a.db")
    assert Store("http://127.0.0.1:5000", "x", "x").database is None
    assert Store("postgresql://me:secret@host/db", "x", "x").database is None


def test_the_commit_of_a_folder_is_known_where_there_is_one(tmp_path: Path) -> None:
    assert git_commit(None) is None
    assert git_commit(tmp_path / "nowhere") is None
    assert git_commit(tmp_path) is None
    git = ("git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b")
    (tmp_path / "config.yaml").write_text("name: shop\n")
    for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "first")):
        subprocess.run([*git, *words], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    assert git_commit(tmp_path) == head
    (tmp_path / "config.yaml").write_text("name: other\n")
    assert git_commit(tmp_path) == f"{head}-dirty"


@pytest.mark.slow
@pytest.mark.parametrize("variable", [{}, {"MLFLOW_DISABLE_TELEMETRY": "false"}])
def test_usage_statistics_are_sent_to_the_makers_of_mlflow_only_if_asked_for(variable: dict[str, str]) -> None:
    others = {name: value for name, value in os.environ.items() if name not in NOT_SENT_FROM}
    done = subprocess.run(
        [sys.executable, "-c", QUIET], env=others | variable, capture_output=True, text=True, check=True
    )
    assert (done.stdout == "None\n") == (not variable)
