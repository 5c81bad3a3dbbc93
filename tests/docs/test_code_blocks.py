"""What the pages show to type works as it stands."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import click
import numpy as np
import pandas as pd
import pytest
import typer
import yaml
from pages import PAGES, Block, blocks, prose_of
from projects import ROOT, run

from silentnps.cli import app
from silentnps.config import load_config
from silentnps.data.exports.load import load_presets
from silentnps.workflow.artifacts.project import Project

COMMAND_LINE = typer.main.get_command(app)
PYTHON = blocks("python")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
LEAST = {"name": "shop", "output": "out", "tables": {"customers": {"path": "customers.csv"}}}
"""What a piece of a configuration is put into, where the page does not show the rest."""


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder to work in that has the file of which the pages speak, `customers.csv`."""
    rng = np.random.default_rng(0)
    customers = pd.DataFrame(
        {
            "tenure_years": rng.exponential(3, 300),
            "visits": rng.poisson(4, 300),
            "days_late": rng.poisson(1, 300),
            "region": rng.choice(["north", "south"], 300),
        }
    )
    satisfaction = 8.5 - 1.2 * customers["days_late"] + rng.normal(0, 1.5, 300)
    answers = rng.random(300) < 1 / (1 + np.exp(3 - 0.3 * satisfaction))
    customers["rating"] = satisfaction.round().clip(0, 10).where(answers)
    customers.to_csv(tmp_path / "customers.csv", index=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_block(block: Block) -> None:
    exec(compile(block.text, str(block), "exec"), {"__name__": "__page__"})


@pytest.mark.slow
@pytest.mark.parametrize("block", [block for block in PYTHON if not block.needs_results], ids=str)
def test_python_runs(block: Block, workplace: Path) -> None:
    run_block(block)


@pytest.mark.parametrize("block", [block for block in PYTHON if block.needs_results], ids=str)
def test_python_runs_beside_the_results_of_a_project(
    block: Block, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = project.output.parent / "config.yaml"
    monkeypatch.chdir(project.output.parent)
    assert run("score", "-c", config, "--csv")[0] == 0
    run_block(block)
    assert run("score", "-c", config)[0] == 0  # as it was, for the other tests


@pytest.mark.parametrize("block", [block for block in blocks("yaml") if "recognise:" in block.text], ids=str)
def test_presets_are_as_they_are_read(block: Block, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(block.text, encoding="utf-8")
    assert "mine" in load_presets(tmp_path)


@pytest.mark.parametrize("block", [block for block in blocks("yaml") if "recognise:" not in block.text], ids=str)
def test_yaml_is_a_configuration_or_a_piece_of_one(block: Block, tmp_path: Path) -> None:
    content = yaml.safe_load(block.text)
    whole = LEAST | content
    whole["tables"] = LEAST["tables"] | content.get("tables", {})
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(whole), encoding="utf-8")
    assert load_config(tmp_path / "config.yaml").name == whole["name"]


@pytest.mark.parametrize("block", blocks("bash"), ids=str)
def test_commands_can_be_typed_as_they_stand(block: Block) -> None:
    for line in block.text.splitlines():
        words = shlex.split(line, comments=True)
        for command in _split_at_ands(words):
            _check(command)


def _split_at_ands(words: list[str]) -> list[list[str]]:
    commands: list[list[str]] = [[]]
    for word in words:
        if word == "&&":
            commands.append([])
        else:
            commands[-1].append(word)
    return [command for command in commands if command]


def _check(words: list[str]) -> None:
    """Fail if a command of a page does not exist, or does not take these options."""
    program, *arguments = words
    if program == "silentnps":
        _parse(arguments)
    elif program == "make":
        assert re.search(rf"^{arguments[0]}:", MAKEFILE, re.MULTILINE), words
    elif program.endswith("python") and arguments[0].endswith(".py"):
        assert (ROOT / arguments[0]).exists(), words
    elif program.endswith("pip"):
        extras = re.findall(r"silentnps\[(\w+)\]", " ".join(arguments))
        assert set(extras) <= set(EXTRAS), words


def _parse(arguments: list[str]) -> None:
    with click.Context(COMMAND_LINE, info_name="silentnps") as context:
        name, command, rest = COMMAND_LINE.resolve_command(context, arguments)
        assert command is not None
        command.make_context(name, rest, parent=context)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_within_sentences_have_the_options_named(page: Path) -> None:
    for text in re.findall(r"`silentnps ([^`]+)`", prose_of(page)):
        name, *words = text.split()
        command = COMMAND_LINE.commands.get(name)
        assert command is not None or name.startswith(("-", "[")) or name.isupper(), (
            f"{page.name}: silentnps {text}"
        )
        options = {option for parameter in (command.params if command else ()) for option in parameter.opts}
        for option in re.findall(r"(?<!\w)--?[a-z][\w-]*", " ".join(words)):
            assert option in options | {"--help"}, f"{page.name}: silentnps {text}"


def test_the_page_of_commands_has_each_command() -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `silentnps (\w+)", page, re.MULTILINE) == list(COMMAND_LINE.commands)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_extras_and_targets_within_sentences_exist(page: Path) -> None:
    text = prose_of(page)
    assert set(re.findall(r"silentnps\[(\w+)\]", text)) <= set(EXTRAS)
    for target in re.findall(r"`make ([a-z-]+)`", text):
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), f"{page.name}: make {target}"
