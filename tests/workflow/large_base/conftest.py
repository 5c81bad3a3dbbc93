"""One base trained on three routes: held whole, as a large base of which everybody is held, and by samples."""

from __future__ import annotations

import pandas as pd
import pytest
from large_project import Done, hold, write_large

from silentnps.numerics.arrays import Booleans
from silentnps.workflow.commands.estimate import estimate
from silentnps.workflow.commands.score import score
from silentnps.workflow.commands.train import train
from silentnps.workflow.wave_data import in_survey

ROUTES = {"whole": (10**9, 1), "everybody": (100, 10**9), "sampled": (100, 600)}
"""How many rows are no large base, and how many silent customers of each group of a large base are held."""


def in_survey_alone(frame: pd.DataFrame, wave: str, *, random_state: int | None) -> Booleans:
    """Return the rows of a training that does not learn from the silent of other waves, as that of a large base."""
    return in_survey(frame, wave, random_state=None)


@pytest.fixture(scope="session")
def done(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Done]:
    """Return the three projects by route."""
    results = {}
    for name, (rows, silent) in ROUTES.items():
        project = write_large(tmp_path_factory.mktemp(name))
        with pytest.MonkeyPatch.context() as patch:
            hold(patch, rows=rows, silent=silent)
            patch.setattr("silentnps.workflow.commands.train.in_survey", in_survey_alone)
            trained = train(project)
        results[name] = Done(project, trained, estimate(project))
        score(project)
    return results
