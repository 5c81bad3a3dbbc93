"""The plan of the house: who may import whom, how large files and folders may grow, where third-party rims live."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "silentnps"

ROOMS = (
    *("errors", "counts", "schema", "config", "numerics", "storage", "metrics"),
    *("data.findings", "data.files", "data.values", "data.reading", "data.checking", "data", "simulation"),
    *("features.catalog", "features.windows", "features.population", "features.definitions", "features.learned"),
    *("features.engine", "features.large_base", "features.leaks", "features"),
    *("outcome", "outcome.tabulated", "leakage"),
    *(
        "estimation.formulas",
        "estimation.checks",
        "estimation.follow_up",
        "estimation.wording",
        "estimation.wave",
        "estimation",
    ),
    *(
        "bundle",
        "evaluation",
        "training",
        "explanation.contributions",
        "explanation",
        "scoring",
        "distributed",
        "tracking",
    ),
    *("report.wording", "report"),
    *("workflow.watch", "workflow.artifacts", "workflow", "workflow.commands", "cli"),
)
"""The rooms in the order of the data's way; a module imports from its own room and from earlier ones."""

RIMS = {
    "mlflow": {"tracking"},
    "shap": {"explanation"},
    "pyspark": {"distributed"},
    "typer": {"cli"},
    "rich": {"cli"},
    "jinja2": {"report"},
    "markdown_it": {"report"},
    "filelock": {"storage", "tracking"},
    "ibis": {"storage", "data", "features", "distributed"},
    "lightgbm": {"outcome", "training", "bundle", "explanation"},
    "optuna": {"training"},
}
"""Third-party libraries that are used in one place only."""

MOST_MODULES = 14
"""Modules of one folder, without its `__init__`."""

FILES = sorted(SOURCE.rglob("*.py"))
FOLDERS = sorted({path.parent for path in FILES})


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path): path for path in FILES}


def room_of(module: str) -> str | None:
    """Return the room of a module: the longest name of the plan that it lies in; None for the front door."""
    parts = module.split(".")
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((name for name in names if name in ROOMS), None)


def imports_of(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports, without the name of this package."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            deeper = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (name if name.removeprefix("silentnps.") in MODULES else str(node.module) for name in deeper)


def own_imports_of(path: Path) -> set[str]:
    ours = {name.removeprefix("silentnps.") for name in imports_of(path) if name.startswith("silentnps.")}
    return ours & set(MODULES)


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_module_imports_from_its_room_and_earlier_ones(path: Path) -> None:
    module = module_of(path)
    room = room_of(module)
    if room is None:
        assert module in {"", "__init__"}, f"{module} has no room: add it to the plan"
        return
    for name in own_imports_of(path):
        other = room_of(name)
        assert other is not None
        assert ROOMS.index(other) <= ROOMS.index(room), f"{module} ({room}) imports {name} ({other})"


def test_no_module_imports_itself_by_a_detour() -> None:
    imports = {name: own_imports_of(path) for name, path in MODULES.items()}
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join((*way[way.index(name) :], name))
        if name not in done:
            for other in imports[name]:
                visit(other, (*way, name))
            done.add(name)

    for name in imports:
        visit(name, ())


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_each_rim_library_lives_in_its_rooms_only(path: Path) -> None:
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


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_folders_stay_small(folder: Path) -> None:
    modules = sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
    assert len(modules) <= MOST_MODULES, modules


def test_every_room_of_the_plan_is_inhabited() -> None:
    for name in ROOMS:
        assert any(module == name or module.startswith(f"{name}.") for module in MODULES), name


def test_no_room_is_called_after_nothing() -> None:
    assert not {path.stem for path in FILES} & {"utils", "util", "helpers", "misc", "common"}
