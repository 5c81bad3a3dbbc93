"""The steps that commands report are those whose typical times are known."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tiny_project import QUICK, answers_of, customers, write_tiny

from silentnps.cli.watching.plans import PLANS
from silentnps.workflow.commands.estimate import estimate
from silentnps.workflow.commands.report import report
from silentnps.workflow.commands.score import score
from silentnps.workflow.commands.train import train
from silentnps.workflow.watch import Quiet

SOURCE = Path(__file__).resolve().parents[3] / "src" / "silentnps"
ROOMS = ("workflow", "training", "campaigns")
REPORTED = {"step", "bar", "stage", "progress"}


def _text(node: ast.expr) -> str:
    """Return a text, or what comes before the first value in one."""
    if isinstance(node, ast.JoinedStr):
        return _text(node.values[0]) if node.values else ""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _names_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in REPORTED and (text := _text(node.args[0])):
                yield text


NAMES = sorted({name for room in ROOMS for path in (SOURCE / room).rglob("*.py") for name in _names_in(path)})
ENTRIES = {entry for plan in PLANS.values() for entry in plan}


def test_steps_are_found() -> None:
    assert len(NAMES) > 20


@pytest.mark.parametrize("name", NAMES)
def test_every_step_has_a_typical_time(name: str) -> None:
    assert any(name.startswith(entry) for entry in ENTRIES)


@pytest.mark.parametrize("entry", sorted(ENTRIES))
def test_every_typical_time_is_of_a_step(entry: str) -> None:
    assert any(name.startswith(entry) for name in NAMES)


def test_a_plan_takes_time() -> None:
    assert all(sum(plan.values()) > 0 for plan in PLANS.values())


def test_the_demonstration_has_the_steps_of_all_its_commands_in_their_order() -> None:
    parts = [PLANS[name] for name in ("simulate", "train", "estimate", "score", "report")]
    assert list(PLANS["demo"]) == list(dict.fromkeys(entry for part in parts for entry in part))


class Steps(Quiet):
    """A watch that keeps the names of the steps, and the parts that are done of each."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.parts: dict[str, list[int]] = {}

    def step(self, name: str) -> None:
        self.names.append(name)

    def bar(self, title: str, total: int) -> Callable[[int], None]:
        self.parts[title] = [0, total]
        return lambda parts: self.parts[title].__setitem__(0, self.parts[title][0] + parts)


@pytest.mark.slow
def test_steps_come_in_the_order_of_the_plan_and_all_parts_get_done(tmp_path: Path) -> None:
    people = customers(400)
    model = {**QUICK["model"], "candidates": ["multiclass", "logistic", "ordinal"], "repeats": 2}
    changes = {"model": model, "explanation": {"refits": 2, "reference_rows": 20}}
    project = write_tiny(tmp_path, people, answers_of(people.head(250)), **changes)
    watch = Steps()
    train(project, watch=watch)
    estimate(project, watch=watch)
    score(project, watch=watch)
    report(project, watch=watch)
    plan = [name for name, seconds in PLANS["demo"].items() if seconds and name not in PLANS["simulate"]]
    begun = [max((entry for entry in plan if name.startswith(entry)), key=len) for name in watch.names]
    assert list(dict.fromkeys(begun)) == plan
    assert begun == sorted(begun, key=plan.index)
    assert watch.parts
    assert {title: done for title, (done, _) in watch.parts.items()} == {
        title: total for title, (_, total) in watch.parts.items()
    }
