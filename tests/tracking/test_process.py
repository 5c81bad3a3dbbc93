"""MLflow in a process of its own: as in this one, and ended with it."""

from __future__ import annotations

import os
import pickle
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import partial
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_LOGGED_ARTIFACTS

import silentnps
from silentnps.errors import ModelError
from silentnps.tracking import RegisteredVersion
from silentnps.tracking.address import Store
from silentnps.tracking.estimates import find_run
from silentnps.tracking.lock import store_lock
from silentnps.tracking.process import (
    IN_THIS_PROCESS,
    Tracker,
    TrackingProcess,
    process_of_its_own,
    tracking_process,
)
from silentnps.tracking.records import EstimateRecord
from silentnps.tracking.shown import NOTE
from silentnps.tracking.store import check_store

IN_PROC = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked at in /proc")

PROGRAM = """
import sys
from pathlib import Path
from silentnps.tracking.address import Store
from silentnps.tracking.process import process_of_its_own

folder = Path(sys.argv[1])
with (folder / "begun").open("a") as file:
    file.write("begun\\n")
with process_of_its_own() as tracker:
    (folder / "pid").write_text(str(tracker.pid))
    check = tracker.expect_training(Store(f"sqlite:///{folder}/mlflow.db", "shop", "shop", folder / "mlartifacts"))
    if sys.argv[2] == "fail":
        raise SystemExit("something else went wrong")
    check()
(folder / "done").touch()
"""
"""A program without a part for `__main__` alone, as a notebook or a user's script may be."""


def sqlite_store(folder: Path) -> Store:
    return Store(f"sqlite:///{folder}/mlflow.db", "shop", "shop", folder / "mlartifacts")


@pytest.fixture(scope="module")
def process() -> Iterator[TrackingProcess]:
    with process_of_its_own() as tracker:
        yield tracker


def program(folder: Path, what: str) -> list[str]:
    path = folder / "program.py"
    path.write_text(PROGRAM, encoding="utf-8")
    return [sys.executable, str(path), str(folder), what]


def alive(pid: int) -> bool:
    """Say whether a process runs; one that has ended and waits to be asked does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def wait_until(done: object, seconds: float = 60.0) -> bool:
    end = time.monotonic() + seconds
    while not done():  # type: ignore[operator]
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture(scope="module")
def new_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a store that was just created."""
    folder = tmp_path_factory.mktemp("new") / "store"
    folder.mkdir()
    check_store(sqlite_store(folder))
    return folder


def logged(tracker: Tracker, folder: Path) -> tuple[object, ...]:
    """Log an estimate by a tracker; return everything that the store then says of it."""
    store = sqlite_store(folder)
    tracker.expect_training(store)()
    client = MlflowClient(store.uri)
    run = client.create_run(client.get_experiment_by_name("shop").experiment_id).info
    client.create_registered_model("shop")
    client.create_model_version("shop", run.artifact_uri, run.run_id)
    client.set_registered_model_alias("shop", "challenger", "1")
    (folder / "note.txt").write_text("hello", encoding="utf-8")
    registered = RegisteredVersion(run.run_id, "shop", "1")
    tracker.expect_estimate(store, registered)
    tracker.log_estimate(
        store,
        registered,
        EstimateRecord(
            metrics={"silent/nps": 12.5},
            files=[("estimate", folder / "note.txt")],
            tables={"estimate/nps.json": pd.DataFrame({"of": ["base"], "nps": [12.5]})},
            description="NPS of silent customers of shop",
        ),
    )
    found = client.get_run(run.run_id)
    tags = {name: found.data.tags.get(name) for name in (NOTE, MLFLOW_LOGGED_ARTIFACTS)}
    files = {path.name: path.read_bytes() for path in (folder / "mlartifacts").rglob("*") if path.is_file()}
    return found.data.metrics, tags, files, client.get_model_version("shop", "1").description


@pytest.mark.slow
def test_what_another_process_logs_is_what_this_one_would(
    process: TrackingProcess, new_store: Path, tmp_path: Path
) -> None:
    folders = [shutil.copytree(new_store, tmp_path / name) for name in ("ours", "theirs")]
    ours, theirs = logged(IN_THIS_PROCESS, folders[0]), logged(process, folders[1])
    assert theirs == ours
    assert ours[0] == {"silent/nps": 12.5}
    assert {"note.txt", "nps.json"} <= set(ours[2])


def test_an_error_of_the_other_process_is_that_of_this_one(
    process: TrackingProcess, new_store: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    store = sqlite_store(tmp_path / "file")
    with pytest.raises(ModelError) as ours:
        IN_THIS_PROCESS.expect_training(store)()
    with pytest.raises(ModelError) as theirs:
        process.expect_training(store)()
    assert str(theirs.value) == str(ours.value)
    assert "in check_store" in theirs.value.__notes__[0]  # where in the other process
    with pytest.raises(ModelError, match=r"refused: Run with id=0+ not found"):
        process.log_estimate(sqlite_store(new_store), RegisteredVersion("0" * 32, "shop", "1"), EstimateRecord())


def test_tasks_of_any_room_run_there_one_after_the_other(process: TrackingProcess) -> None:
    rating = np.array([0.0, 7.0, 10.0, np.nan])
    first = process.begin("numerics.nps:class_of_rating", np.tile(rating, 100_000))  # more than a pipe holds
    second = process.begin("numerics.nps:class_of_rating", rating)
    assert second().tolist() == [0, 1, 2, -1]
    assert first().tolist() == [0, 1, 2, -1] * 100_000
    assert first() is first()
    assert IN_THIS_PROCESS.begin("numerics.nps:class_of_rating", rating)().tolist() == [0, 1, 2, -1]


def test_a_task_that_cannot_travel_is_refused_and_leaves_the_others_in_their_places(
    process: TrackingProcess,
) -> None:
    with pytest.raises((AttributeError, TypeError, pickle.PicklingError)):
        process.begin("numerics.parallel:both", lambda: 1, int)
    assert process.begin("numerics.nps:class_of_rating", np.array([9.0]))().tolist() == [2]


def test_a_task_does_not_wait_until_somebody_reads_what_came_of_the_one_before(
    process: TrackingProcess, tmp_path: Path
) -> None:
    process.begin("numerics.nps:class_of_rating", np.zeros(1_000_000))
    done = process.begin("storage.atomic:replace_folder", tmp_path / "made", os.listdir)
    assert wait_until((tmp_path / "made").exists)
    done()


def test_the_end_waits_for_no_task_but_one_at_a_store(tmp_path: Path) -> None:
    with process_of_its_own() as tracker:
        tracker.begin("numerics.parallel:both", (tmp_path / "begun").touch, partial(time.sleep, 600))
        assert wait_until((tmp_path / "begun").exists)
    assert tracker._process.returncode == 0  # it was not killed


def test_every_task_that_is_named_exists() -> None:
    source = Path(silentnps.__file__).parent
    called = re.compile(r"\.(?:begin|prepare)\(\s*\"([\w.]+)(?::(\w+))?\"")
    named = {match.groups() for path in source.rglob("*.py") for match in called.finditer(path.read_text("utf-8"))}
    assert ("workflow.figures", "draw_reasons") in named
    for module, function in named:
        imported = import_module(f"silentnps.{module}")
        assert function is None or callable(getattr(imported, function))


def test_a_run_that_is_gone_is_told(new_store: Path) -> None:
    gone = RegisteredVersion("0" * 32, "shop", "1")
    with pytest.raises(ModelError, match=r"refused: Run with id=0+ not found"):
        find_run(sqlite_store(new_store), gone)
    IN_THIS_PROCESS.expect_estimate(sqlite_store(new_store), gone)  # but only once there is an estimate
    with pytest.raises(ModelError, match=r"refused: Run with id=0+ not found"):
        IN_THIS_PROCESS.log_estimate(sqlite_store(new_store), gone, EstimateRecord())


def test_a_process_that_dies_is_told(tmp_path: Path) -> None:
    with process_of_its_own() as tracker:
        check = tracker.expect_training(sqlite_store(tmp_path))
        os.kill(tracker.pid, signal.SIGKILL)
        with pytest.raises(ModelError, match=r"ended with code -9 before it was done\. .* run the command again"):
            check()
        with pytest.raises(ModelError, match="ended with code -9"):
            tracker.log_estimate(sqlite_store(tmp_path), RegisteredVersion("", "shop", "1"), EstimateRecord())


def test_there_is_no_other_process_where_mlflow_is_here() -> None:
    assert "mlflow" in sys.modules
    with tracking_process() as tracker:
        assert tracker is IN_THIS_PROCESS


@pytest.mark.slow
def test_a_store_is_never_left_half_created(tmp_path: Path) -> None:
    with process_of_its_own() as tracker:
        tracker.expect_training(sqlite_store(tmp_path))
        assert wait_until((tmp_path / "mlflow.db").exists)
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as connection:
        assert connection.execute("SELECT name FROM experiments WHERE name = 'shop'").fetchall() == [("shop",)]


@pytest.mark.slow
def test_a_script_is_run_once_also_without_standard_streams(new_store: Path, tmp_path: Path) -> None:
    shutil.copytree(new_store, tmp_path, dirs_exist_ok=True)
    subprocess.run(["sh", "-c", '"$@" <&- >&- 2>&-', "sh", *program(tmp_path, "check")], check=True)
    assert (tmp_path / "begun").read_text() == "begun\n"
    assert (tmp_path / "done").exists()


@IN_PROC
@pytest.mark.parametrize("how", ["fail", signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_process_ends_with_the_one_that_started_it(tmp_path: Path, how: str | signal.Signals) -> None:
    with store_lock(tmp_path / "mlflow.db", wait_seconds=1):  # a check would wait for this for five minutes
        command = program(tmp_path, how if isinstance(how, str) else "check")
        started = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            assert wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
            pid = int((tmp_path / "pid").read_text())
            if isinstance(how, signal.Signals):
                assert alive(pid)
                started.send_signal(how)
            assert started.wait(60) != 0
            assert wait_until(lambda: not alive(pid))
        finally:
            with suppress(ProcessLookupError):
                started.kill()
            started.wait()
    assert not (tmp_path / "done").exists()
