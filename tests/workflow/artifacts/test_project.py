"""Two processes never write into one output at once."""

from __future__ import annotations

import inspect
import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from silentnps.config import load_config
from silentnps.errors import DataError
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.commands.estimate import estimate
from silentnps.workflow.commands.explain import explain_base
from silentnps.workflow.commands.features import write_features
from silentnps.workflow.commands.plan import plan
from silentnps.workflow.commands.report import report
from silentnps.workflow.commands.train import train

STEPS: tuple[Callable[..., object], ...] = (train, write_features, estimate, report, explain_base)
SPAWN = multiprocessing.get_context("spawn")


def shop(folder: Path) -> Project:
    settings = {"name": "shop", "output": "out", "tables": {"customers": {"path": "customers.csv"}}}
    (folder / "shop.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    return Project(load_config(folder / "shop.yaml"))


def hold(folder: Path) -> None:
    with shop(folder).writing():
        (folder / "held").touch()
        time.sleep(600)


@pytest.mark.slow
def test_a_second_process_is_refused_by_every_step_and_a_killed_one_holds_nothing(tmp_path: Path) -> None:
    holder = SPAWN.Process(target=hold, args=(tmp_path,))
    holder.start()
    while not (tmp_path / "held").exists():
        assert holder.is_alive()
        time.sleep(0.1)
    project = shop(tmp_path)
    before = sorted(path.name for path in project.output.iterdir())
    for step in STEPS:
        with pytest.raises(DataError, match="out must be written by one job at a time; got the lock"):
            step(project)
    with pytest.raises(DataError, match="one job at a time"):
        plan(project, width=10.0, answer_rate=0.4, confidence_level=None)
    assert sorted(path.name for path in project.output.iterdir()) == before
    holder.kill()
    holder.join()
    with project.writing():
        pass


def test_steps_one_after_the_other_wait_for_nothing(tmp_path: Path) -> None:
    project = shop(tmp_path)
    for _ in range(2):
        with project.writing():
            pass


def test_a_step_keeps_its_name_and_options() -> None:
    assert train.__name__ == "train"
    assert "tune_minutes" in inspect.signature(train).parameters
