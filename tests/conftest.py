"""A small simulated retailer on which every step has been run once."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import settings

from silentnps.config import load_config
from silentnps.simulation.simulate import simulate
from silentnps.workflow.artifacts.project import Project

settings.register_profile("busy machines", deadline=None)
settings.load_profile("busy machines")

ROOT = Path(__file__).resolve().parents[1]
CANDIDATES = ["prior", "signals", "logistic", "ordinal", "stack"]
SMALL = {"model": {"repeats": 2, "folds": 3, "trees": 20, "candidates": CANDIDATES, "learning_curve": False}}


def write_project(folder: Path, **changes: object) -> Path:
    """Write configs/demo.yaml into `folder` with small sizes, its tables in `folder`/data; return the file."""
    config = yaml.safe_load((ROOT / "configs" / "demo.yaml").read_text(encoding="utf-8"))
    config["output"] = "out"
    for name, table in config["tables"].items():
        table["path"] = f"data/{name}.parquet"
    config |= SMALL
    config["explanation"] = {"refits": 3, "reference_rows": 30}
    config["estimation"] = {"replicates": 10, "segments": ["region", "tier"]}
    config |= changes
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


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
    estimate(made, n_jobs=1)
    score(made)
    report(made)
    return made
