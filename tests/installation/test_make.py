"""One .venv serves every target of the Makefile: the demo's is completed, a complete one serves the demo."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from projects import ROOT

FILES = ("Makefile", "constraints.txt", "constraints-run.txt", "pyproject.toml")
STEPS = {"venv": "-m venv", "run time": "constraints-run.txt", "package": "--editable", "rest": "constraints.txt"}

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="no make")


def steps(folder: Path, target: str, *stamps: str, newer: str = "") -> set[str]:
    """Return the steps of installation that make would take for a target where `stamps` lie in .venv.

    Stamps are newer than every file but `newer`.
    """
    for name in FILES:
        shutil.copy(ROOT / name, folder / name)
        seconds = 3_000 if name == newer else 1_000
        os.utime(folder / name, (seconds, seconds))
    (folder / ".venv").mkdir()
    for age, stamp in enumerate(stamps):
        (folder / ".venv" / stamp).touch()
        os.utime(folder / ".venv" / stamp, (2_000 + age, 2_000 + age))
    said = subprocess.run(["make", "-n", target], cwd=folder, check=True, capture_output=True, text=True).stdout
    assert said.strip()
    return {step for step, words in STEPS.items() if words in said}


def test_the_demo_needs_the_run_time_alone(tmp_path: Path) -> None:
    assert steps(tmp_path, "demo") == {"venv", "run time", "package"}


@pytest.mark.parametrize("target", ["test", "test-slow", "lint", "docs", "bench", "format"])
def test_other_targets_complete_the_venv_of_the_demo(tmp_path: Path, target: str) -> None:
    assert steps(tmp_path, target, "run") == {"rest"}


@pytest.mark.parametrize("target", ["test", "test-slow", "lint", "docs", "bench", "format"])
def test_other_targets_make_the_whole_from_nothing(tmp_path: Path, target: str) -> None:
    assert steps(tmp_path, target) == set(STEPS)


@pytest.mark.parametrize("target", ["demo", "test"])
def test_a_complete_venv_is_not_installed_again(tmp_path: Path, target: str) -> None:
    assert steps(tmp_path, target, "run", "ready") == set()


@pytest.mark.parametrize(
    ("newer", "expected"),
    [
        ("constraints.txt", {"rest"}),
        ("constraints-run.txt", set(STEPS)),
        ("pyproject.toml", set(STEPS)),
    ],
)
def test_new_pins_are_installed(tmp_path: Path, newer: str, expected: set[str]) -> None:
    assert steps(tmp_path, "test", "run", "ready", newer=newer) == expected


def test_pins_of_development_do_not_delay_the_demo(tmp_path: Path) -> None:
    assert steps(tmp_path, "demo", "run", "ready", newer="constraints.txt") == set()
