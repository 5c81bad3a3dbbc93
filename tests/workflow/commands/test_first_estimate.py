"""Who asks for a report or a plan need not know that there is an estimate."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from silentnps.workflow.artifacts.estimate import read_estimate
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.commands.first_estimate import ensure_estimate


@pytest.fixture
def without_estimate(project: Project, tmp_path: Path) -> Project:
    output = tmp_path / "out"
    shutil.copytree(project.output, output, ignore=shutil.ignore_patterns("estimate", "*.lock"))
    return replace(project, config=project.config.model_copy(update={"output": output}))


def test_the_first_estimate_is_that_of_the_command(project: Project, without_estimate: Project) -> None:
    ensure_estimate(without_estimate)
    assert read_estimate(without_estimate).silent == read_estimate(project).silent


def test_an_estimate_stays_as_it_is(project: Project) -> None:
    before = (project.estimate / "estimate.json").stat()
    ensure_estimate(project)
    assert (project.estimate / "estimate.json").stat() == before


def test_without_a_model_nothing_is_estimated(project: Project, tmp_path: Path) -> None:
    empty = replace(project, config=project.config.model_copy(update={"output": tmp_path / "new"}))
    ensure_estimate(empty)
    assert not empty.estimate.exists()
