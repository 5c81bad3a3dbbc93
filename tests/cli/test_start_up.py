"""A command waits only for the libraries that it uses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from own_files import write_own_files
from projects import write_project
from tiny_project import QUICK, answers_of, customers, write_tiny

from silentnps.workflow.artifacts.project import Project

RUN = """
import json, sys
from silentnps.cli import app
for names, words in json.loads(sys.argv[1]):
    code = app(words, standalone_mode=False)
    assert not code, code
    print("IMPORTED", *sorted({name for name in names if name in sys.modules}))
"""

TRACKING = ("mlflow", "sqlalchemy")
PICTURES = ("shap", "matplotlib")
LEARNERS = ("lightgbm", "sklearn", "joblib", "scipy.stats")
FITS = (*LEARNERS, "scipy.optimize")
MODELS = (*FITS, "scipy.special")
DATA = ("pandas", "numpy", "pyarrow", "duckdb", "ibis", "pydantic", "yaml")
ELSEWHERE = ("optuna", "pyspark")
FOR_ONE_COMMAND = ("urllib.request", "multiprocessing", "rich.live", "rich.progress", "jinja2")
SHOWN = ("rich.console", "rich.table")

NOT_USED = {
    "--help": (*TRACKING, *PICTURES, *MODELS, *DATA, *ELSEWHERE, *FOR_ONE_COMMAND, *SHOWN),
    "train --help": (*TRACKING, *PICTURES, *MODELS, "pandas", "ibis", *ELSEWHERE, *FOR_ONE_COMMAND),
    "--version": (*TRACKING, *PICTURES, *MODELS, *DATA, *ELSEWHERE, *FOR_ONE_COMMAND, *SHOWN),
    "simulate": (*TRACKING, *PICTURES, *MODELS, *ELSEWHERE, "ibis", "duckdb", "jinja2"),
    "presets": (*TRACKING, *PICTURES, *MODELS, *ELSEWHERE, "pandas", "duckdb", "ibis", "jinja2"),
    "init": (*TRACKING, *PICTURES, *FITS, *ELSEWHERE, "jinja2"),
    "validate": (*TRACKING, *PICTURES, *FITS, *ELSEWHERE),  # exact tests need scipy.special
    "score": (*TRACKING, *PICTURES, *LEARNERS, *ELSEWHERE, "jinja2"),  # opt-outs are read from the table
    "explain": (*TRACKING, *PICTURES, *LEARNERS, *ELSEWHERE, "duckdb", "jinja2"),
    "report": (*TRACKING, *PICTURES, *LEARNERS, "optuna", "duckdb"),
    "estimate": (*TRACKING, *PICTURES, *LEARNERS, "optuna", "duckdb"),
    "plan": LEARNERS,
    "compare": LEARNERS,
    "actions": LEARNERS,
    "train": (*TRACKING, *PICTURES),
}
"""Of each command the libraries that it does not use; another process uses MLflow and draws."""

IN_ONE_PROCESS = ("explain", "report", "estimate", "plan", "compare", "actions")
WORDS = {"plan": ["--width", "60"], "compare": ["--by", "region"], "actions": ["--goal", "recover", "--top", "5"]}


def imported(*commands: tuple[tuple[str, ...], list[str | Path]]) -> list[list[str]]:
    """Return which of these modules are imported after each command, all run in one process of its own."""
    program = [sys.executable, "-c", RUN, json.dumps([(names, [*map(str, words)]) for names, words in commands])]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("IMPORTED")]
    assert len(lines) == len(commands)
    return [line.split()[1:] for line in lines]


def test_a_module_that_is_used_is_seen() -> None:
    assert imported((("typer", "shap"), ["--version"])) == [["typer"]]


@pytest.mark.parametrize("command", [name for name in NOT_USED if "--" in name])
def test_help_waits_for_nothing(command: str) -> None:
    assert imported((NOT_USED[command], [*command.split()])) == [[]]


def test_simulate_waits_for_nothing_that_it_does_not_use(tmp_path: Path) -> None:
    assert imported((NOT_USED["simulate"], ["simulate", tmp_path / "shop", "--customers", "100"])) == [[]]


def test_presets_wait_for_nothing_that_they_do_not_use() -> None:
    assert imported((NOT_USED["presets"], ["presets"])) == [[]]


@pytest.mark.slow
def test_validate_waits_for_nothing_that_it_does_not_use(retailer: Path, tmp_path: Path) -> None:
    (tmp_path / "data").symlink_to(retailer)
    assert imported((NOT_USED["validate"], ["validate", "-c", write_project(tmp_path)])) == [[]]


@pytest.mark.slow
def test_init_waits_for_nothing_that_it_does_not_use(tmp_path: Path) -> None:
    files, config = write_own_files(tmp_path), tmp_path / "config.yaml"
    words = ["init", *files, "-o", config, "--timezone", "UTC", "--yes"]
    assert imported((NOT_USED["init"], words)) == [[]]


@pytest.mark.slow
def test_what_reads_a_model_waits_for_nothing_that_it_does_not_use(project: Project) -> None:
    config = project.output.parent / "config.yaml"
    assert imported((NOT_USED["score"], ["score", "-c", config])) == [[]]
    # in one process: each may use whatever those before it may
    commands = [(NOT_USED[name], [name, *WORDS.get(name, []), "-c", config]) for name in IN_ONE_PROCESS]
    assert imported(*commands) == [[] for _ in commands]


@pytest.mark.slow
@pytest.mark.skipif(os.cpu_count() == 1, reason="on one core MLflow is imported where it is used")
def test_training_leaves_mlflow_to_another_process(tmp_path: Path) -> None:
    people = customers(500)
    write_tiny(tmp_path, people, answers_of(people[:250]), model={**QUICK["model"], "candidates": ["stack"]})
    assert imported((NOT_USED["train"], ["train", "-c", tmp_path / "config.yaml"])) == [[]]


def test_in_one_process_a_later_command_may_use_what_an_earlier_one_may() -> None:
    assert all(set(NOT_USED[one]) >= set(NOT_USED[later]) for one, later in pairwise(IN_ONE_PROCESS))


BLAS = """
import os
import silentnps.cli
import numpy as np
from threadpoolctl import threadpool_info
np.ones((2, 2)) @ np.ones((2, 2))
print({pool["num_threads"] for pool in threadpool_info() if pool["internal_api"] == "openblas"})
"""


@pytest.mark.parametrize(("declared", "threads"), [(None, {1}), ("2", {2})])
def test_matrices_have_one_thread_unless_the_user_says_otherwise(declared: str | None, threads: set[int]) -> None:
    settings = {name: value for name, value in os.environ.items() if not name.endswith("NUM_THREADS")}
    settings |= {} if declared is None else {"OPENBLAS_NUM_THREADS": declared}
    done = subprocess.run([sys.executable, "-c", BLAS], capture_output=True, text=True, check=True, env=settings)
    assert done.stdout.strip() in (str(threads), "set()"), "another BLAS reads no such setting"
