"""A small simulated retailer on which every step has been run once."""

from __future__ import annotations

import gc
from collections.abc import Generator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from _pytest.doctest import DoctestModule
from hypothesis import settings
from projects import ROOT, write_project
from xdist.scheduler import LoadScopeScheduling

from silentnps.config import load_config
from silentnps.simulation.simulate import simulate
from silentnps.workflow.artifacts.project import Project

collect_ignore = ["support"]  # imported by the tests, not tests themselves

SHARED = ("project: Project", "done: dict[str, Done]")
"""Fixtures that take long to make, as tests take them."""


class BySharedFixture(LoadScopeScheduling):  # type: ignore[misc]  # xdist is untyped here
    """Files go to processes whole, and all files of a shared fixture to the same one, which makes it once."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.partition("::")[0])


@cache
def group_of(file: str) -> str:
    """Return the shared fixture that a file takes, or the file itself."""
    text = (ROOT / file).read_text(encoding="utf-8")
    return next((fixture for fixture in SHARED if f"({fixture}" in text or f", {fixture}" in text), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> BySharedFixture | None:
    """Schedule by shared fixture where the command says by file."""
    return BySharedFixture(config, log) if config.getvalue("dist") == "loadfile" else None


YOUNG_OBJECTS = 50_000
"""So many new objects are looked through for garbage at once: queries are built of very many that live long."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Leave what was collected, some million objects that all stay, out of every later search for garbage."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()
        gc.set_threshold(YOUNG_OBJECTS, 20, 20)


def pytest_unconfigure() -> None:
    """Let Python clear up everything at its end: extension modules complain of what is left."""
    gc.unfreeze()


@pytest.hookimpl(wrapper=True)
def pytest_collect_file() -> Generator[None, list[Any], list[Any]]:
    """Look for examples in docstrings in src alone: here there are none, and looking takes seconds."""
    collected = yield
    return [each for each in collected if not isinstance(each, DoctestModule)]


settings.register_profile("busy machines", deadline=None)
settings.load_profile("busy machines")


@pytest.fixture(scope="session")
def retailer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a simulated retailer's tables."""
    folder = tmp_path_factory.mktemp("retailer") / "data"
    simulate(folder, customers=3000, seed=0)
    return folder


@pytest.fixture(scope="session")
def project(retailer: Path) -> Project:
    """Return a project that was trained, estimated, scored and reported."""
    from silentnps.workflow.commands.estimate import estimate
    from silentnps.workflow.commands.report import report
    from silentnps.workflow.commands.score import score
    from silentnps.workflow.commands.train import train

    made = Project(load_config(write_project(retailer.parent)))
    train(made)
    estimate(made)
    score(made)
    report(made)
    return made
