"""A project with two waves, invitations and a known satisfaction, trained by samples of its silent customers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from tiny_project import write_tiny

from silentnps.estimation.wave.nps_report import NPSReport
from silentnps.workflow import base
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.commands.train import Trained

N = 3_000
MODEL = {"candidates": ["stack"], "repeats": 2, "folds": 3, "trees": 10, "learning_curve": False}
ESTIMATION = {"replicates": 10, "segments": ["region"], "min_segment_n": 10}
_WAVES = {"2025-Q1": "2025-02-01 10:00:00", "2025-Q2": "2025-05-01 10:00:00"}


@dataclass(frozen=True)
class Done:
    """A project after training, estimate and scores."""

    project: Project
    trained: Trained
    report: NPSReport


def write_large(folder: Path, *, invited: float = 0.5, random_state: int = 0) -> Project:
    """Write a project of `N` customers: usage pleases, and older customers and happy ones answer more."""
    rng = np.random.default_rng(1)
    people = pd.DataFrame(
        {
            "customer_id": [f"K{i:05d}" for i in range(N)],
            "usage": rng.normal(size=N).round(3),
            "age": rng.normal(45, 12, N).round(),
            "region": rng.choice(["east", "north", "south", "west"], N, p=[0.4, 0.3, 0.25, 0.05]),
        }
    )
    answers, invitations = [], []
    for moment in _WAVES.values():
        asked = people[rng.random(N) < invited].assign(invited_at=moment)
        liking = 0.4 + 1.2 * asked["usage"] + rng.logistic(size=len(asked))
        rating = np.array([3, 7, 10])[np.digitize(liking, [-0.6, 0.6])]
        wish = -1.0 + 0.03 * (asked["age"] - 45) + 0.15 * (rating - 7)
        invitations.append(asked[["customer_id", "invited_at"]])
        given = asked.assign(rating=rating, responded_at=moment.replace("10:00", "18:00"))
        answers.append(
            given[rng.random(len(asked)) < expit(wish)][["customer_id", "invited_at", "responded_at", "rating"]]
        )
    pd.concat(invitations).to_csv(folder / "invitations.csv", index=False)
    tables = {name: {"path": f"{name}.csv"} for name in ("customers", "responses", "invitations")}
    return write_tiny(
        folder,
        people,
        pd.concat(answers),
        tables=tables,
        model=MODEL,
        estimation=ESTIMATION,
        waves={"period": "quarter"},
        features={"shadow_features": ["usage"]},
        explanation={"refits": 2, "reference_rows": 5},
        random_state=random_state,
    )


def hold(patch: pytest.MonkeyPatch, *, rows: int, silent: int) -> None:
    """Let more than so many rows be a large base, of which so many silent customers of each group are held."""
    patch.setattr(base, "MOST_ROWS_HELD", rows)
    patch.setattr(base, "MOST_SILENT_HELD", silent)
