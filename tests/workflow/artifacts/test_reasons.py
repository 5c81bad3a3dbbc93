"""The reasons of a training, read with its model only."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from silentnps.bundle.bundle import load_bundle
from silentnps.errors import ModelError
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.artifacts.reasons import read_reasons


def test_reasons_of_another_model_or_damaged_ones_are_refused(project: Project, tmp_path: Path) -> None:
    bundle = load_bundle(project.model)
    stranger = replace(bundle, info={**bundle.info, "out_of_fold_digest": "x"})
    with pytest.raises(ModelError, match="belongs to another model"):
        read_reasons(project, stranger)
    empty = Project(project.config.model_copy(update={"output": tmp_path}))
    with pytest.raises(ModelError, match="is missing"):
        read_reasons(empty, bundle)
    empty.reasons.mkdir()
    for name in ("reasons.json", "customers.parquet", "refits.npy"):
        (empty.reasons / name).write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match="is damaged"):
        read_reasons(empty, bundle)
