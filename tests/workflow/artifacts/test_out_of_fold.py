"""Files between commands hold no code: a planted pickle is refused before it runs, and a changed file is named."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from planted_code import pickled, pickled_array

from silentnps.bundle.bundle import load_bundle
from silentnps.errors import ModelError
from silentnps.storage.digests import write_digests
from silentnps.workflow.artifacts import out_of_fold, reasons
from silentnps.workflow.artifacts.bootstrap import read_bootstrap
from silentnps.workflow.artifacts.out_of_fold import read_out_of_fold
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.artifacts.reasons import read_reasons

READERS: dict[str, tuple[str, tuple[str, ...], Callable[..., object]]] = {
    "out_of_fold": ("out_of_fold", out_of_fold.FILES, read_out_of_fold),
    "bootstrap": ("out_of_fold", ("bootstrap.npy", "models.json"), read_bootstrap),
    "reasons": ("reasons", reasons.FILES, read_reasons),
}
EVERY_FILE = [(reader, name) for reader, (_, names, _) in READERS.items() for name in names]


@pytest.fixture
def copied(project: Project, tmp_path: Path) -> Project:
    shutil.copytree(project.output, tmp_path / "out", ignore=shutil.ignore_patterns("mlruns", "mlartifacts"))
    return Project(project.config.model_copy(update={"output": tmp_path / "out"}))


def test_a_trace_is_left_by_whoever_loads_a_pickle(tmp_path: Path) -> None:
    pickle.loads(pickled(tmp_path / "trace"))
    assert (tmp_path / "trace").exists()


@pytest.mark.parametrize(("reader", "name"), EVERY_FILE)
def test_a_planted_pickle_is_refused_before_it_runs_even_with_its_digest(
    copied: Project, tmp_path: Path, reader: str, name: str
) -> None:
    folder, names, read = READERS[reader]
    bundle = load_bundle(copied.model)
    read(copied, bundle)
    path = copied.output / folder / name
    for content in (pickled(tmp_path / "trace"), pickled_array(tmp_path / "trace")):
        path.write_bytes(content)
        with pytest.raises(ModelError, match=r"is damaged"):
            read(copied, bundle)
        if reader != "bootstrap":
            write_digests(copied.output / folder, names)
            with pytest.raises(ModelError, match=r"is damaged\. Run `silentnps train` again"):
                read(copied, bundle)
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize(("reader", "name"), [pair for pair in EVERY_FILE if pair[0] != "bootstrap"])
def test_a_file_of_which_one_bit_changed_is_named(copied: Project, reader: str, name: str) -> None:
    folder, _, read = READERS[reader]
    path = copied.output / folder / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match=rf"/{name} is damaged \(its SHA-256 has changed\)"):
        read(copied, load_bundle(copied.model))
