"""The bootstrap of a training is read back to the last bit, and for its own model only."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from silentnps.bundle.bundle import Bundle, load_bundle
from silentnps.errors import ModelError
from silentnps.workflow.artifacts.bootstrap import read_bootstrap
from silentnps.workflow.artifacts.out_of_fold import read_out_of_fold
from silentnps.workflow.artifacts.project import Project


@pytest.fixture
def copied(project: Project, tmp_path: Path) -> tuple[Project, Bundle]:
    shutil.copytree(project.out_of_fold, tmp_path / "out_of_fold")
    return Project(project.config.model_copy(update={"output": tmp_path})), load_bundle(project.model)


def test_every_number_is_read_back(copied: tuple[Project, Bundle], tmp_path: Path):
    project, bundle = copied
    kept = read_bootstrap(project, bundle)
    plan = kept.bootstrap.plan
    assert plan.n_replicates == project.config.estimation.replicates
    assert len(kept.bootstrap.models) == len(kept.bootstrap.margins) == len(plan.tasks)
    assert len(kept.repeats) == len(read_out_of_fold(project, bundle).margins)
    (tmp_path / "again").mkdir()
    kept.write(tmp_path / "again")
    for name in ("bootstrap.npy", "models.json"):
        assert (tmp_path / "again" / name).read_bytes() == (project.out_of_fold / name).read_bytes()


def test_a_changed_number_is_of_another_model(copied: tuple[Project, Bundle]):
    project, bundle = copied
    margins = np.load(project.out_of_fold / "bootstrap.npy")
    margins[-1, 0, 0, 0] += 1.0
    np.save(project.out_of_fold / "bootstrap.npy", margins)
    with pytest.raises(ModelError, match=r"belongs to another model\. Run `silentnps train` again"):
        read_bootstrap(project, bundle)


def test_the_bootstrap_of_another_bundle_is_refused(copied: tuple[Project, Bundle]):
    project, bundle = copied
    with pytest.raises(ModelError, match="belongs to another model"):
        read_bootstrap(project, replace(bundle, info=bundle.info | {"bootstrap_digest": "0"}))


@pytest.mark.parametrize("name", ["bootstrap.npy", "models.json"])
def test_what_is_missing_or_damaged_is_said_with_the_cure(copied: tuple[Project, Bundle], name: str):
    project, bundle = copied
    (project.out_of_fold / name).write_bytes(b"{")
    with pytest.raises(ModelError, match=r"is damaged\. Run `silentnps train` again"):
        read_bootstrap(project, bundle)
    (project.out_of_fold / name).unlink()
    with pytest.raises(ModelError, match=r"is missing\. Run `silentnps train` first"):
        read_bootstrap(project, bundle)
