"""The front door: each public name is documented, has examples that run, and is all that a notebook needs."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import os
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from projects import ROOT

import silentnps
from silentnps.workflow.artifacts.project import Project

NAMES = [name for name in silentnps.__all__ if not name.startswith("_")]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def examples_of(name: str) -> list[doctest.Example]:
    return doctest.DocTestParser().get_examples(inspect.getdoc(getattr(silentnps, name)) or "")


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_has_examples(name: str) -> None:
    assert "Examples\n--------" in (inspect.getdoc(getattr(silentnps, name)) or "")
    assert examples_of(name)


def test_every_public_name_is_on_the_page_of_python() -> None:
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^::: silentnps\.(\w+)$", page, re.MULTILINE)) == sorted(NAMES)


def test_dir_is_the_public_names_alone() -> None:
    assert set(dir(silentnps)) == {*silentnps.__all__, "__version__"}


@pytest.mark.parametrize("name", ["load_bundle", "score"])
def test_examples_that_need_a_trained_model_run_beside_one(
    name: str, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.output.parent)
    module = importlib.import_module(getattr(silentnps, name).__module__)
    examples = examples_of(name)
    assert any(example.options.pop(doctest.SKIP, False) for example in examples)
    for example in examples:
        example.options.pop(doctest.SKIP, None)
    test = doctest.DocTest(examples, dict(vars(module)), name, None, None, None)
    report: list[str] = []
    assert doctest.DocTestRunner().run(test, out=report.append).failed == 0, "".join(report)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_imports_nothing_below_the_front_door(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom):
            assert not (node.module or "").startswith("silentnps"), ast.unparse(node)
        elif isinstance(node, ast.Import):
            assert not any(alias.name.startswith("silentnps.") for alias in node.names), ast.unparse(node)


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_runs_from_top_to_bottom(path: Path, tmp_path: Path) -> None:
    client = NotebookClient(
        nbformat.read(path, as_version=4), timeout=600, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute(env={**os.environ, "PYTHONPATH": str(ROOT / "src")})
