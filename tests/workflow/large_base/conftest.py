"""One base trained on three routes: held whole, as a large base of which everybody is held, and by samples."""

from __future__ import annotations

import pytest
from large_project import Done, hold, write_large

from silentnps.workflow.commands.estimate import estimate
from silentnps.workflow.commands.score import score
from silentnps.workflow.commands.train import train

ROUTES = {"whole": (10**9, 1), "everybody": (100, 10**9), "sampled": (100, 600)}
"""How many rows are no large base, and how many silent customers of each group of a large base are held."""


@pytest.fixture(scope="session")
def done(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Done]:
    """Return the three projects by route."""
    results = {}
    for name, (rows, silent) in ROUTES.items():
        project = write_large(tmp_path_factory.mktemp(name))
        with pytest.MonkeyPatch.context() as patch:
            hold(patch, rows=rows, silent=silent)
            trained = train(project)
        results[name] = Done(project, trained, estimate(project))
        score(project)
    return results
