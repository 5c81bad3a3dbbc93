"""The examples in deploy/: valid files, commands and options that exist, exit codes passed on."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
from pathlib import Path

import pytest
import typer
import yaml

from silentnps.cli import app

TOP = Path(__file__).resolve().parents[2]
DEPLOY = TOP / "deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
STUB = '#!/bin/sh\necho "$@" >> "$CALLS"\n[ "$1" != "$FAILING" ] || exit "$CODE"\n'


def run_with_stub(words: list[str], folder: Path, *, failing: str, code: int) -> tuple[int, list[str]]:
    """Run words with a `silentnps` that notes its arguments; return the exit code and the commands called."""
    stub, calls = folder / "silentnps", folder / "calls"
    stub.write_text(STUB)
    stub.chmod(0o755)
    calls.touch()
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    env = {"PATH": path, "CALLS": str(calls), "FAILING": failing, "CODE": str(code)}
    ended = subprocess.run(words, env=env, cwd=folder, capture_output=True, timeout=30, check=False)
    return ended.returncode, [line.split()[0] for line in calls.read_text().splitlines()]


def test_commands_and_options_of_the_examples_exist() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    found = 0
    for path in FILES:
        for command, rest in re.findall(r"^\s*silentnps ([a-z]+)(.*)$", path.read_text(), re.MULTILINE):
            options = {option for parameter in commands[command].params for option in parameter.opts}
            assert set(re.findall(r"(?<= )--?[a-z][a-z-]*", rest)) <= options, (path, rest)
            found += 1
    assert found >= 4


@pytest.mark.parametrize(
    ("failing", "code", "n_calls"),
    [
        ("", 0, 3),
        ("validate", 1, 1),
        ("validate", 2, 1),
        ("validate", 3, 3),
        ("features", 1, 2),
        ("score", 1, 3),
        ("score", 2, 3),
        ("score", 3, 3),
    ],
)
def test_the_nightly_script_ends_with_the_exit_code_of_what_failed(
    tmp_path: Path, failing: str, code: int, n_calls: int
) -> None:
    ended, calls = run_with_stub([str(DEPLOY / "nightly.sh"), "shop.yaml"], tmp_path, failing=failing, code=code)
    assert ended == code
    assert calls == ["validate", "features", "score"][:n_calls]


@pytest.mark.parametrize(("code", "expected"), [(0, 0), (1, 1), (2, 2), (3, 0)])
@pytest.mark.parametrize(("step", "command"), [(-2, "validate"), (-1, "score")])
def test_the_workflow_warns_where_somebody_should_look_and_fails_otherwise(
    tmp_path: Path, step: int, command: str, code: int, expected: int
) -> None:
    workflow = yaml.safe_load((DEPLOY / "github-workflow.yml").read_text())
    script = workflow["jobs"]["score"]["steps"][step]["run"]
    assert run_with_stub(["bash", "-e", "-c", script], tmp_path, failing=command, code=code)[0] == expected


def test_the_units_are_complete_and_name_the_script() -> None:
    units = {}
    for kind in ("service", "timer"):
        units[kind] = configparser.ConfigParser(interpolation=None)
        units[kind].optionxform = str  # type: ignore[assignment,method-assign]
        units[kind].read(DEPLOY / "systemd" / f"silentnps.{kind}")
    assert units["service"]["Service"]["ExecStart"].split()[0].endswith("deploy/nightly.sh")
    assert units["timer"]["Timer"]["OnCalendar"]


def test_the_image_copies_files_that_exist_and_is_not_run_by_root() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    for words in re.findall(r"^COPY (.+)$", text, re.MULTILINE):
        assert all((TOP / name).exists() for name in words.split()[:-1])
    assert re.search(r"^USER (?!root)", text, re.MULTILINE)


def test_every_example_is_in_the_page() -> None:
    page = (TOP / "docs" / "deploying.md").read_text()
    assert all(path.relative_to(DEPLOY).parts[0] in page for path in FILES)
