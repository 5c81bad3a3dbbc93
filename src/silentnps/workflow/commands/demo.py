"""The demonstration: a simulated retailer, the whole job on it, and the truth beside the estimate."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from silentnps.config import load_config
from silentnps.estimation.wave.nps_report import NPSReport
from silentnps.numerics.nps import CLASS_VALUES
from silentnps.schema import NPS_CLASSES
from silentnps.simulation.simulate import simulate
from silentnps.storage.atomic import replace_file
from silentnps.tracking.address import mask_credentials
from silentnps.tracking.process import IN_THIS_PROCESS, Tracker
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.artifacts.store import store_of
from silentnps.workflow.commands.estimate import estimate
from silentnps.workflow.commands.report import report
from silentnps.workflow.commands.score import score
from silentnps.workflow.commands.train import train
from silentnps.workflow.watch import QUIET, Watch, so_far


@dataclass(frozen=True)
class Demonstration:
    """The results of the demonstration; `truth` is the simulated NPS of silent customers, in points."""

    report: NPSReport
    truth: float
    paths: dict[str, Path | str]


def demo(
    directory: Path,
    *,
    customers: int,
    seed: int,
    tracker: Tracker = IN_THIS_PROCESS,
    watch: Watch = QUIET,
) -> Demonstration:
    """Simulate into `directory`/data, run every step of `directory`/config.yaml, and compare with the truth."""
    bar = watch.bar("simulating customers", customers)
    watch.step("simulating customers")
    simulate(directory / "data", customers=customers, seed=seed, progress=so_far(bar))
    text = files("silentnps.workflow.commands").joinpath("demo.yaml").read_text(encoding="utf-8")
    config = directory / "config.yaml"
    replace_file(config, lambda path: path.write_text(text, encoding="utf-8"))
    project = Project(load_config(config))
    wave = train(project, tracker=tracker, watch=watch).wave
    gc.collect()  # cycles of its pictures keep all that their callers hold, until Python happens to look for them
    estimated = estimate(project, tracker=tracker, watch=watch)
    score(project, watch=watch)
    gc.collect()
    truth = true_nps(directory / "data", wave)
    report(project, truth=truth, tracker=tracker, watch=watch)
    paths: dict[str, Path | str] = {
        "scores": project.scores,
        "report": project.report,
        "estimate": project.estimate,
        "model": project.model,
        "MLflow store": mask_credentials(store_of(project).uri),
        "configuration": config,
    }
    return Demonstration(estimated, truth, paths)


def true_nps(data: Path, wave: str) -> float:
    """Return the simulated NPS of the customers who did not answer in a wave, in points."""
    truth = pd.read_parquet(data / "truth.parquet", columns=["wave", "nps_class", "answered"])
    silent = truth[(truth["wave"] == wave) & ~truth["answered"]]
    values = dict(zip(NPS_CLASSES, CLASS_VALUES, strict=True))
    return float(np.mean(silent["nps_class"].astype(str).map(values)))
