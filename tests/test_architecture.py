"""The plan of the house: who may import whom, how large files and folders may grow, where third-party rims live."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "silentnps"

ROOMS = (
    *("errors", "counts", "schema", "config", "numerics", "storage", "metrics"),
    *("data.findings", "data.files", "data.values", "data.opening", "data.exports", "data.reading"),
    *("data.identity", "data.surveys", "data.checking", "data", "simulation"),
    *("features.catalog", "features.windows", "features.population", "features.definitions", "features.learned"),
    *("features.engine", "features.event_segments", "features.campaign", "features.growth", "features.large_base"),
    *("features.leaks", "features"),
    *("outcome", "outcome.tabulated", "leakage"),
    *(
        "estimation.formulas",
        "estimation.checks",
        "estimation.follow_up",
        "estimation.wording",
        "estimation.value",
        "estimation.wave",
        "estimation.trend",
        "estimation.comparison",
        "estimation.accounts",
        "estimation",
    ),
    "campaigns",
    *(
        "bundle",
        "evaluation",
        "evaluation.backtest",
        "training",
        "explanation.contributions",
        "explanation",
        "scoring",
        "monitoring",
        "actions",
        "distributed",
        "tracking",
    ),
    *("report.wording", "report", "report.decisions", "report.page"),
    *("report.office", "report.office.slides", "report.office.workbook"),
    *(
        "workflow.watch",
        "workflow.artifacts",
        "workflow.privacy",
        "workflow.onboarding",
        "workflow.large_base",
        "workflow.value",
        "workflow.scoring",
        "workflow",
        "workflow.told",
        "workflow.decisions.lists",
        "workflow.first_screen",
        "workflow.commands",
        "workflow.decisions.comparison",
        "workflow.decisions.roll_up",
        "workflow.decisions",
        "workflow.decisions.backtest",
        "cli.watching",
        "cli.ending",
        "cli.screen",
        "cli.decisions",
        "cli",
    ),
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
    "pptx": {"report.office.slides"},
    "lxml": {"report.office.slides"},
    "xlsxwriter": {"storage", "report.office.workbook"},
    "weasyprint": {"report.office"},
}
"""Third-party libraries that are used in one place only."""

MOST_MODULES = 14
"""Modules of one folder, without its `__init__`."""

TESTED_ELSEWHERE = {
    "actions": (6, "workflow/decisions", "lists are made and read back as a team uses them"),
    "bundle": (1, "bundle", "what training saw is read by the same code as what is scored"),
    "cli": (8, "cli", "commands are run as a person types them"),
    "campaigns": (2, "campaigns", "groups are compared, outcomes held, by `measure_impact`"),
    "config": (7, "config", "sections are read from YAML by `load_config`, with its messages"),
    "data.checking": (8, "data/checking", "rules are run by `check_tables` on a table that breaks each"),
    "data.exports": (4, "data/exports", "presets are applied to the files of each program"),
    "data.files": (6, "data/reading", "files are read by `open_tables` in every form"),
    "data.findings": (1, "data/checking", "findings are what the checks return"),
    "data.identity": (2, "data/identity", "tables are linked by `open_tables`, whatever holds the keys"),
    "data.opening": (3, "data/reading", "files are opened by `open_tables` in every form"),
    "data.reading": (5, "data/reading", "columns are mapped and cast by `open_tables`"),
    "data.surveys": (2, "data/surveys", "values are compared and findings collected by all of them"),
    "data.values": (4, "data/values", "what is written in one way or two is one table of cases"),
    "estimation.formulas": (2, "estimation/formulas", "steps and verdicts follow the assumptions"),
    "estimation.trend": (6, "estimation/trend", "numbers in every fit are read in changes and their parts"),
    "estimation.value": (1, "estimation/value", "words are read in the numbers by spend"),
    "estimation.wave": (4, "estimation/wave", "the way through is that of `estimate_nps`"),
    "estimation.wording": (1, "estimation/wording", "numbers are written inside the sentences"),
    "evaluation": (5, "evaluation", "intervals, groups and curves are parts of one evaluation"),
    "explanation": (4, "explanation", "reasons and differences are sums of the same contributions"),
    "explanation.contributions": (4, "explanation/contributions", "parts of one path integral"),
    "features.campaign": (2, "workflow/decisions", "campaigns are found in tables by `impact`"),
    "features.catalog": (1, "features/engine", "the catalogue is what the dictionary prints"),
    "features.definitions": (11, "features/engine", "a second engine computes every feature again"),
    "features.engine": (3, "features/large_base", "used by builds in buckets and by `validate`"),
    "features.event_segments": (1, "features/event_segments", "definitions are what is built"),
    "features.large_base": (2, "features/large_base", "chunks are written and read by a build"),
    "features.learned": (1, "features/learned", "likelihoods are maximised by the two fits"),
    "features.population": (3, "features/population", "waves and answers make the population"),
    "features.windows": (1, "features/engine", "a second engine computes every feature again"),
    "leakage": (2, "leakage", "the audit runs every detector"),
    "metrics": (3, "metrics", "all metrics are read off one scorecard"),
    "monitoring": (2, "monitoring", "the classifier and the waves are what drift is judged by"),
    "numerics": (2, "bundle/test_segment_steps.py", "cuts of customers are held to the estimates of segments"),
    "outcome": (6, "outcome", "heads, matrices and stopping are parts of the classifier"),
    "outcome.tabulated": (1, "outcome/tabulated", "trees are read for the lookup, and held to LightGBM"),
    "report": (8, "report", "sections are read on the page that is written"),
    "report.office.slides": (7, "report/office/slides", "slides are drawn, and read back from the file"),
    "report.office.workbook": (4, "report/office/workbook", "sheets and charts are read back from the file"),
    "report.wording": (3, "report", "words are read in the sections"),
    "schema": (1, "data/checking", "the schema is a table; its rules are checked on tables"),
    "scoring": (1, "scoring", "tallies are what drift is judged by"),
    "simulation": (9, "simulation", "what is simulated is read in the tables"),
    "storage": (1, "storage", "whole files and folders are what everything that writes is tested for"),
    "tracking": (8, "tracking", "runs, versions and provenance are read back from the store"),
    "training": (4, "training", "candidates, sizes and refits are parts of one training"),
    "workflow.decisions": (5, "workflow/decisions", "parts are read in the tables of the commands"),
    "workflow.decisions.backtest": (6, "workflow/decisions/backtest", "tables are those of the backtest"),
    "workflow.decisions.comparison": (4, "workflow/decisions", "segments are compared by the command"),
    "workflow.decisions.lists": (
        3,
        "workflow/decisions/lists",
        "files and facts are those of the lists that are made",
    ),
    "workflow.decisions.roll_up": (2, "workflow/decisions", "parts are read in the files of the command"),
    "workflow.onboarding": (9, "workflow/onboarding", "each part is a step of looking at files and writing"),
    "workflow.told": (2, "workflow/commands", "what is told is read in the files that `validate` writes"),
    "workflow": (13, "workflow", "steps are run by the commands that need them"),
}
"""Rooms and modules without a test file for each module: of how many, where they are tested, and why there."""

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


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _imports_in(path: Path) -> Iterator[str]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            deeper = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (name if name.removeprefix("silentnps.") in MODULES else str(node.module) for name in deeper)


@cache
def imports_of(path: Path) -> tuple[str, ...]:
    """Return the modules that a file imports."""
    return tuple(_imports_in(path))


def own_imports_of(path: Path) -> set[str]:
    ours = {name.removeprefix("silentnps.") for name in imports_of(path) if name.startswith("silentnps.")}
    return ours & set(MODULES)


@pytest.mark.slow
def test_a_module_imports_from_its_room_and_earlier_ones() -> None:
    rooms = {module: room_of(module) for module in MODULES}
    lost = [module for module, room in rooms.items() if room is None]
    assert set(lost) <= {"", "__init__", "__main__"}, f"{lost} have no room: add them to the plan"
    for module, path in MODULES.items():
        room = rooms[module]
        for name in own_imports_of(path) if room is not None else ():
            other = rooms[name]
            assert other is not None, f"{module} imports {name}, which has no room"
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


def test_each_rim_library_lives_in_its_rooms_only() -> None:
    for module, path in MODULES.items():
        rooms = {module.split(".")[0], room_of(module)}
        for name in imports_of(path):
            allowed = RIMS.get(name.split(".")[0])
            assert allowed is None or rooms & allowed, f"{module} imports {name}, which belongs to {allowed}"


def bodies_of(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Return the name of each function of a module and the lines of its body."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            yield node.name, (node.end_lineno or 0) - body[0].lineno + 1


@pytest.mark.slow
def test_files_and_bodies_stay_small() -> None:
    for module, path in MODULES.items():
        lines = path.read_text(encoding="utf-8").count("\n")
        assert lines <= 300, f"{module} has {lines} lines"
        large = [f"{module}: {name} has {size} lines" for name, size in bodies_of(tree_of(path)) if size > 30]
        assert not large


def test_folders_stay_small() -> None:
    for folder in FOLDERS:
        modules = sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
        assert len(modules) <= MOST_MODULES, f"{folder.name}: {modules}"


def test_every_room_of_the_plan_is_inhabited() -> None:
    for name in ROOMS:
        assert any(module == name or module.startswith(f"{name}.") for module in MODULES), name


def test_no_room_is_called_after_nothing() -> None:
    assert not {path.stem for path in FILES} & {"utils", "util", "helpers", "misc", "common"}


TESTS = SOURCE.parents[1] / "tests"


def has_tests_of_its_own(module: str) -> bool:
    """Return whether the tests mirror a module: `tests/<room>/test_<module>.py`, or a name that begins so."""
    *room, name = module.split(".")
    folder = TESTS.joinpath(*room)
    return (folder / f"test_{name}.py").exists() or any(folder.glob(f"test_{name}_*.py"))


def elsewhere(module: str) -> str | None:
    """Return the entry of `TESTED_ELSEWHERE` that a module without tests of its own falls under."""
    parts = module.split(".")
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((name for name in names if name in TESTED_ELSEWHERE), None)


def reached_from(files: Iterator[Path]) -> set[str]:
    """Return every module that test files import, or that these import, with the tests' support."""
    support = {path.stem: path for path in (TESTS / "support").glob("*.py")}
    reached: set[str] = set()
    waiting = [*files, *TESTS.glob("conftest.py")]
    while waiting:
        for name in imports_of(waiting.pop()):
            module = name.removeprefix("silentnps.")
            path = MODULES.get(module) if name.startswith("silentnps.") else support.get(name)
            if path is not None and module not in reached:
                reached.add(module)
                waiting.append(path)
    return reached


WITHOUT_TESTS = [
    name for name, path in MODULES.items() if path.stem != "__init__" and not has_tests_of_its_own(name)
]


def test_every_module_has_tests_of_its_own_or_a_place_where_it_is_tested() -> None:
    lost = [name for name in WITHOUT_TESTS if elsewhere(name) is None]
    assert not lost, "add tests/<room>/test_<module>.py, or say in TESTED_ELSEWHERE where they are tested"


@pytest.mark.parametrize("name", TESTED_ELSEWHERE)
def test_what_is_tested_elsewhere_is_reached_from_there(name: str) -> None:
    covered = [module for module in WITHOUT_TESTS if elsewhere(module) == name]
    assert covered, f"{name} needs no entry any more: remove it"
    most, folder, _ = TESTED_ELSEWHERE[name]
    assert len(covered) <= most, f"of {name}, tests of their own have to have all but {most}: {covered}"
    place = TESTS / folder
    assert place.exists()
    missing = set(covered) - reached_from(place.rglob("test_*.py") if place.is_dir() else iter([place]))
    assert not missing, f"{place} does not reach {sorted(missing)}"
