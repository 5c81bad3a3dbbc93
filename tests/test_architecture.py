"""The plan of the house: who may import whom, how large a file may grow, where third-party rims live."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "silentnps"

ROWS = (
    {"errors", "counts"},
    {"config", "data.schema"},
    {"estimation", "metrics"},
    {"data", "features"},
    {"models"},
    {"estimate"},
    {"explanation", "scoring"},
    {"tracking", "distributed"},
    {"report"},
    {"workflow"},
    {"cli"},
)
"""Rows from the bottom up; a module imports from its own room, its own row, or rows below."""

RIMS = {
    "mlflow": {"tracking"},
    "shap": {"explanation"},
    "pyspark": {"distributed"},
    "typer": {"cli"},
    "rich": {"cli"},
    "jinja2": {"report"},
    "ibis": {"data", "features", "distributed"},
    "lightgbm": {"models", "explanation"},
    "optuna": {"models"},
}
"""Third-party libraries that are used in one place only."""

FILES = sorted(SOURCE.rglob("*.py"))


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


def row_of(module: str) -> int | None:
    """Return the row of a module by its longest matching name; None for the package's front door."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        for row, names in enumerate(ROWS):
            if name in names:
                return row
    return None


def imports_of(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_module_imports_only_from_its_row_and_those_below(path: Path) -> None:
    module = module_of(path)
    own = row_of(module)
    if own is None:
        assert module in {"", "__init__"}, f"{module} has no row: add it to the plan"
        return
    for name in imports_of(path):
        if not name.startswith("silentnps."):
            continue
        row = row_of(name.removeprefix("silentnps."))
        assert row is None or row <= own, f"{module} (row {own}) imports {name} (row {row})"


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_each_rim_library_lives_in_its_room_only(path: Path) -> None:
    room = module_of(path).split(".")[0]
    for name in imports_of(path):
        allowed = RIMS.get(name.split(".")[0])
        assert allowed is None or room in allowed, f"{module_of(path)} imports {name}, which belongs to {allowed}"


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_files_and_bodies_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 300, f"{path.name} has {text.count(chr(10))} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            size = (node.end_lineno or 0) - body[0].lineno + 1
            assert size <= 30, f"{path.name}: {node.name} has {size} lines"


def test_every_row_of_the_plan_is_inhabited() -> None:
    modules = {module_of(path) for path in FILES}
    for name in set().union(*ROWS):
        assert any(module == name or module.startswith(f"{name}.") for module in modules), name


def test_no_room_is_called_after_nothing() -> None:
    assert not {path.stem for path in FILES} & {"utils", "util", "helpers", "misc", "common"}
