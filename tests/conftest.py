"""A small simulated retailer on which every step has been run once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings
from projects import write_project

from silentnps.config import load_config
from silentnps.simulation.simulate import simulate
from silentnps.workflow.artifacts.project import Project

collect_ignore = ["support"]  # imported by the tests, not tests themselves

SHARED = ("project", "done")
"""Fixtures that take long to make: the tests that use one run in the same process, so that it is made once."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file, and the files that share what takes long to make, in one process."""
    of_file = {item.path: f"{item.path.parent.name}/{item.path.name}" for item in items}
    for name in SHARED:
        of_file |= {item.path: name for item in items if name in getattr(item, "fixturenames", ())}
    for item in items:
        item.add_marker(pytest.mark.xdist_group(of_file[item.path]))


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
