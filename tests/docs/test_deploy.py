"""The examples in deploy/: valid files, commands and options that exist, exit codes passed on."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

import pytest
import typer
import yaml

from silentnps.cli import app

TOP = Path(__file__).resolve().parents[2]
DEPLOY = TOP / "deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
STUB = '#!/bin/sh\necho "$@" >> "$CALLS"\n[ "$1" != "$FAILING" ] || exit "$CODE"\n'


def run_with_stub(words: list[str], folder: Path, *, failing: str, code: int) -> tuple[int, list[str]]:
    """Run words with a `silentnps` that notes its arguments; return the exit code and the commands called."""
    stub, calls = folder / "silentnps", folder / "calls"
    stub.write_text(STUB)
    stub.chmod(0o755)
    calls.touch()
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    env = {"PATH": path, "CALLS": str(calls), "FAILING": failing, "CODE": str(code)}
    ended = subprocess.run(words, env=env, cwd=folder, capture_output=True, timeout=600, check=False)
    return ended.returncode, [line.split()[0] for line in calls.read_text().splitlines()]


def test_commands_and_options_of_the_examples_exist() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    found = 0
    for path in FILES:
        for command, rest in re.findall(
            r"^\s*(?:noted )?silentnps ([a-z]+)([^#\n]*)", path.read_text(), re.MULTILINE
        ):
            options = {option for parameter in commands[command].params for option in parameter.opts}
            assert set(re.findall(r"(?<= )--?[a-z][a-z-]*", rest)) <= options, (path, rest)
            found += 1
    assert found >= 4


@pytest.mark.parametrize(
    ("failing", "code", "n_calls"),
    [
        ("", 0, 4),
        ("validate", 1, 1),
        ("validate", 2, 1),
        ("validate", 3, 4),
        ("features", 1, 2),
        ("score", 1, 3),
        ("score", 2, 3),
        ("score", 3, 4),
        ("monitor", 1, 4),
        ("monitor", 3, 4),
        ("monitor", 4, 4),
    ],
)
def test_the_nightly_script_ends_with_the_exit_code_of_what_failed(
    tmp_path: Path, failing: str, code: int, n_calls: int
) -> None:
    ended, calls = run_with_stub([str(DEPLOY / "nightly.sh"), "shop.yaml"], tmp_path, failing=failing, code=code)
    assert ended == code
    assert calls == ["validate", "features", "score", "monitor"][:n_calls]


@pytest.mark.parametrize(("code", "expected"), [(0, 0), (1, 1), (2, 2), (3, 0), (4, 4)])
@pytest.mark.parametrize(("step", "command"), [(-3, "validate"), (-2, "score"), (-1, "monitor")])
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


def loaded(name: str, monkeypatch: pytest.MonkeyPatch, **modules: Any) -> dict[str, Any]:
    """Run an example with stand-ins for the modules that it imports; return its names."""
    for module, stand_in in modules.items():
        monkeypatch.setitem(sys.modules, module.replace("__", "."), stand_in)
    names: dict[str, Any] = {"__name__": name}
    exec(compile((DEPLOY / f"{name}.py").read_text(), name, "exec"), names)
    return names


def airflow_commands(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the command of each task of the DAG."""
    sdk, bash = ModuleType("airflow.sdk"), ModuleType("airflow.providers.standard.operators.bash")
    sdk.DAG, bash.BashOperator = MagicMock(), MagicMock()  # type: ignore[attr-defined]
    packages = (
        "airflow",
        "airflow__providers",
        "airflow__providers__standard",
        "airflow__providers__standard__operators",
    )
    stand_ins = {name: ModuleType(name.replace("__", ".")) for name in packages}
    last = {"airflow__sdk": sdk, "airflow__providers__standard__operators__bash": bash}
    loaded("airflow_dag", monkeypatch, **stand_ins, **last)
    return {call.kwargs["task_id"]: call.kwargs["bash_command"] for call in bash.BashOperator.call_args_list}


@pytest.mark.parametrize("failing", ["validate", "features", "score", "monitor"])
@pytest.mark.parametrize("code", [0, 1, 3, 4])
def test_tasks_of_airflow_fail_but_for_codes_3_and_4_which_they_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str, code: int
) -> None:
    commands = airflow_commands(monkeypatch)
    tasks = {"checks": "validate", "features": "features", "scores": "score", "monitoring": "monitor"}
    for task, command in tasks.items():
        script = (
            commands[task].replace("/opt/silentnps/bin/", "").replace("{{ dag_run.run_after | ds }}", "2026-01-02")
        )
        ended, calls = run_with_stub(["bash", "-c", script], tmp_path, failing=failing, code=code)
        assert calls[-1] == command
        passes = command != failing or code == 0 or (code in (3, 4) and command != "features")
        assert (ended == 0) == passes


@pytest.mark.parametrize(("codes", "expected"), [("000", 0), ("030", 1), ("300", 1), ("004", 1)])
def test_the_last_task_of_airflow_fails_where_somebody_should_look(
    monkeypatch: pytest.MonkeyPatch, codes: str, expected: int
) -> None:
    command = airflow_commands(monkeypatch)["nothing_to_look_at"]
    for task, code in zip(("checks", "scores", "monitoring"), codes, strict=True):
        command = command.replace(f"{{{{ ti.xcom_pull(task_ids='{task}') }}}}", code)
    assert subprocess.run(["bash", "-c", command], check=False, timeout=600).returncode == expected


@pytest.mark.parametrize(
    ("code", "passed", "severity"), [(0, True, "WARN"), (3, False, "WARN"), (4, False, "ERROR")]
)
def test_assets_of_dagster_are_there_with_a_check_that_warns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, passed: bool, severity: str
) -> None:
    dagster = MagicMock()
    dagster.Failure = RuntimeError
    names = loaded("dagster_definitions", monkeypatch, dagster=dagster)
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("FAILING", "score")
    stub = tmp_path / "silentnps"
    stub.write_text(STUB)
    stub.chmod(0o755)
    names["SILENTNPS"] = str(stub)
    monkeypatch.setenv("CODE", str(code))
    assert names["run"]("score", "--as-of", "2026-01-02") == code
    assert (tmp_path / "calls").read_text() == "score --as-of 2026-01-02 -c /srv/shop/shop.yaml\n"
    names["result"]({"as_in_training": code})
    checked = dagster.AssetCheckResult.call_args.kwargs
    assert checked["passed"] is passed
    assert checked["severity"] is getattr(dagster.AssetCheckSeverity, severity)
    monkeypatch.setenv("CODE", "1")
    with pytest.raises(RuntimeError, match="silentnps score ended with exit code 1"):
        names["run"]("score")


def test_commands_of_the_python_examples_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    texts = [*airflow_commands(monkeypatch).values(), *(path.read_text() for path in DEPLOY.rglob("*.yml"))]
    found = [text for text in texts for text in re.findall(r"bin/silentnps ([a-z]+[^|\n]*)", text)]
    found += [
        f"{words.replace(chr(34), '')}"
        for words in re.findall(r'run\((".*?")[,)]', (DEPLOY / "dagster_definitions.py").read_text())
    ]
    assert len(found) >= 6
    for words in found:
        command, *rest = words.replace(",", " ").split()
        options = {option for parameter in commands[command].params for option in parameter.opts}
        assert {word for word in rest if word.startswith("-")} <= options


def test_the_models_of_dbt_read_columns_of_the_scores() -> None:
    named = set()
    for path in (DEPLOY / "dbt" / "models").glob("*.sql"):
        words = set(re.findall(r"[a-z_]{4,}", path.read_text()))
        named |= words & {
            "customer_id",
            "wave",
            "nps_class",
            "nps_band",
            "expected_nps",
            "reasons_against",
            "model_version",
        }
        assert "{{ source('silentnps', 'scores') }}" in path.read_text()
    scored = (TOP / "docs" / "scores.md").read_text()
    assert named
    assert all(f"| `{name}` |" in scored for name in named)
