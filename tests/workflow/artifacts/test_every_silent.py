"""The folder of every silent customer is read with its model only, and says what is wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from surveys import QUICK, TEN, survey
from tiny_project import answers_of, customers, write_tiny

from silentnps.bundle.bundle import Bundle
from silentnps.errors import ModelError
from silentnps.numerics.silent_population import SilentPopulation
from silentnps.storage.digests import DIGESTS
from silentnps.storage.parquet_tables import write_parquet
from silentnps.training.train import train_model
from silentnps.workflow.artifacts.every_silent import (
    FILES,
    INVITED,
    PROBABILITIES,
    read_every_silent,
    representative,
    write_every_silent,
)
from silentnps.workflow.artifacts.features_digest import note_digest
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.privacy.forgotten_rows import Removal, forget_rows

LAW = np.random.default_rng(0).dirichlet(np.ones(3), 7)
POPULATION = SilentPopulation.counted(4, 3, np.array([True, False]))


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    trained = train_model(survey(), model=QUICK, estimation=TEN, random_state=0).bundle
    return replace(trained, info={**trained.info, "silent_sampled": True, "out_of_fold_digest": "mine"})


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = write_tiny(tmp_path, customers(40), answers_of(customers(40)))
    folder = project.output / ".silent"
    folder.mkdir(parents=True)
    np.save(folder / PROBABILITIES, LAW)
    np.save(folder / INVITED, np.arange(7) < 4)
    write_every_silent(project, folder, POPULATION, model_digest="mine")
    return project


def test_what_is_written_is_read(project: Project, bundle: Bundle):
    found = read_every_silent(project, bundle)
    assert found is not None
    assert found[0].n.tolist() == [4, 3]
    assert found[0].uniform.tolist() == [True, False]
    assert (found[1].probabilities == LAW).all()
    assert found[1].means == pytest.approx(np.array([LAW[:4].mean(axis=0), LAW[4:].mean(axis=0)]), abs=1e-15)


def test_a_model_that_held_everybody_has_none(project: Project, bundle: Bundle):
    held = replace(bundle, info={**bundle.info, "silent_sampled": False})
    assert read_every_silent(project, held) is None


def test_that_of_another_model_is_refused(project: Project, bundle: Bundle):
    other = replace(bundle, info={**bundle.info, "out_of_fold_digest": "another"})
    with pytest.raises(ModelError, match=r"belongs to another model. Run `silentnps train` again"):
        read_every_silent(project, other)


def test_a_missing_or_damaged_one_is_refused(project: Project, bundle: Bundle):
    (project.every_silent / PROBABILITIES).write_bytes(b"no array")
    with pytest.raises(ModelError, match=r"probabilities.npy is damaged .*Run `silentnps train` again"):
        read_every_silent(project, bundle)
    (project.every_silent / PROBABILITIES).unlink()
    with pytest.raises(ModelError, match=r"is missing. Run `silentnps train` first"):
        read_every_silent(project, bundle)


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_another_training_is_refused_by_name(project: Project, bundle: Bundle, name: str):
    path = project.every_silent / name
    before = path.read_bytes()
    if name.endswith(".npy"):
        np.save(path, np.load(path)[::-1])  # an array that could be the right one
    elif name.endswith(".npz"):
        other = SilentPopulation.counted(5, 2, np.array([True, False]))
        np.savez(path, n=other.n, uniform=other.uniform, control=other.control, means=other.means)
    else:
        path.write_text(json.dumps({"model_digest": "mine", "of": "another"}), encoding="utf-8")
    assert path.read_bytes() != before
    with pytest.raises(ModelError, match=rf"{name} is damaged \(its SHA-256 has changed\). Run `silentnps train`"):
        read_every_silent(project, bundle)
    path.write_bytes(before)
    assert read_every_silent(project, bundle) is not None


def test_one_that_an_earlier_version_wrote_without_digests_is_refused(project: Project, bundle: Bundle):
    (project.every_silent / DIGESTS).unlink()
    with pytest.raises(ModelError, match=r"Run `silentnps train` again"):
        read_every_silent(project, bundle)


def test_a_customer_who_is_forgotten_leaves_whole_files(project: Project, bundle: Bundle):
    ids, answered = [f"c{i}" for i in range(9)], [True] * 2 + [False] * 7
    rows = pd.DataFrame({"customer_id": ids, "wave": "w", "respondent": answered})
    write_parquet(rows, project.features)
    note_digest(project, "w", "as trained")
    forget_rows(Removal(project, "c4", dry_run=True))
    forget_rows(Removal(project, "c4", dry_run=False))
    found = read_every_silent(project, bundle)
    assert found is not None
    assert (found[1].probabilities == np.delete(LAW, 2, axis=0)).all()


def test_answers_and_uniform_rows_represent_everybody():
    rows = pd.DataFrame({"respondent": [True, False, False], "row": [0, 1, 2]})
    kept = representative(rows, np.array([False, False, True]))
    assert kept["row"].tolist() == [0, 2]
