"""The probabilities of every silent customer of a large base, and the sample of them in training: silent/."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from silentnps.bundle.bundle import Bundle
from silentnps.errors import ModelError
from silentnps.numerics.arrays import Booleans
from silentnps.numerics.silent_population import SilentPopulation
from silentnps.storage.digests import check_digests, write_digests
from silentnps.training.control import EverySilent
from silentnps.workflow.artifacts.made_file import MadeFile
from silentnps.workflow.artifacts.project import Project

PROBABILITIES, INVITED = "probabilities.npy", "invited.npy"
_SAMPLE, _MADE_OF = "sample.npz", "made_of.json"
FILES = (PROBABILITIES, INVITED, _SAMPLE, _MADE_OF)
"""The files whose digests are checked."""


def write_every_silent(project: Project, folder: Path, population: SilentPopulation, *, model_digest: str) -> None:
    """Complete a folder that holds the probabilities of every silent customer, and move it into its place.

    Digests of whole files are read back by estimates and reports: a second for 20 million silent customers.
    """
    np.savez(
        folder / _SAMPLE,
        n=population.n,
        uniform=population.uniform,
        control=population.control,
        means=population.means,
    )
    (folder / _MADE_OF).write_text(json.dumps({"model_digest": model_digest}), encoding="utf-8")
    write_digests(folder, FILES)
    shutil.rmtree(project.every_silent, ignore_errors=True)
    os.replace(folder, project.every_silent)


def read_every_silent(project: Project, bundle: Bundle) -> tuple[SilentPopulation, EverySilent] | None:
    """Return all silent customers of a bundle's wave; None where training held every one of them.

    They are in the order of the features; the arrays of the population are aligned with the rows of the training.

    Raises
    ------
    ModelError
        If they are missing, damaged, or belong to another bundle.
    """
    if not bundle.info.get("silent_sampled", False):
        return None
    made = MadeFile(project.every_silent, "train", ModelError)
    with made.reading():
        check_digests(made.path, FILES)
        made_of = json.loads((made.path / _MADE_OF).read_text(encoding="utf-8"))
        with np.load(made.path / _SAMPLE) as sample:
            population = SilentPopulation(**{name: sample[name] for name in ("n", "uniform", "control", "means")})
        everybody = EverySilent(
            np.load(made.path / PROBABILITIES, mmap_mode="r"), np.load(made.path / INVITED, mmap_mode="r")
        )
    if made_of["model_digest"] != bundle.info["out_of_fold_digest"]:
        raise made.of_another_model()
    return population, everybody


def representative_rows(project: Project, bundle: Bundle, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the training without silent customers who over-represent their group; errors as above."""
    everybody = read_every_silent(project, bundle)
    return rows if everybody is None else representative(rows, everybody[0].uniform)


def representative(rows: pd.DataFrame, uniform: Booleans) -> pd.DataFrame:
    """Return the answers among rows, and the others that are `uniform`: a simple random sample of everybody."""
    return rows[rows["respondent"].to_numpy(dtype=np.bool_) | uniform].reset_index(drop=True)
