"""The command line: what a person types, reads and gets back."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest
import typer
import yaml
from background import WITHOUT_JOBS, free_port
from projects import ROOT, run, write_project

import silentnps
from silentnps.cli import app
from silentnps.config import load_config
from silentnps.workflow.artifacts.project import Project

COMMANDS = tuple(typer.main.get_command(app).commands)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_and_a_line_in_readme(command: str) -> None:
    code, out, _ = run(command, "--help")
    assert code == 0
    assert f"Example: silentnps {command}" in " ".join(out.split())
    assert f"`silentnps {command}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_help_lists_every_command() -> None:
    _, out, _ = run("--help")
    assert all(re.search(rf"\b{command}\b", out) for command in COMMANDS)


def test_a_wrong_option_is_a_usage_error() -> None:
    assert run("train", "--no-such-option")[0] == 2


@pytest.mark.slow
def test_estimate_prints_survey_silent_and_base_and_segments_by(project: Project) -> None:
    config = project.output.parent / "config.yaml"
    code, out, err = run("estimate", "-c", config, "--by", "acquisition_channel")
    assert code == 0, err
    assert "survey (those who answered)" in out
    assert "silent customers, estimated" in out
    assert "acquisition_channel" in out
    for words in (
        "headline",
        "one family of shadows",
        "change its sign",
        "differences between",
        "reminders before",
    ):
        assert words in out
    code, _, _ = run("estimate", "-c", config)  # as it was, for the other tests
    assert code == 0


def test_an_unknown_segment_names_the_choices(project: Project) -> None:
    code, _, err = run("estimate", "-c", project.output.parent / "config.yaml", "--by", "shoe_size")
    assert code == 1
    assert "shoe_size" in err
    assert "region" in err


@pytest.mark.slow
def test_score_writes_csv_on_request(project: Project) -> None:
    config = project.output.parent / "config.yaml"
    assert run("score", "-c", config, "--csv")[0] == 0
    assert sorted(path.name for path in project.scores.iterdir()) == ["_manifest.json", "part-00000.csv"]
    assert run("score", "-c", config)[0] == 0
    assert sorted(path.name for path in project.scores.iterdir()) == ["_manifest.json", "part-00000.parquet"]


@pytest.mark.slow
def test_validate_counts_what_it_found(retailer: Path, tmp_path: Path) -> None:
    config = write_project(tmp_path, estimation={"widest_interval": 200})  # few answers are enough
    (tmp_path / "data").symlink_to(retailer)
    code, _, err = run("validate", "-c", config)
    assert code == 0
    assert "0 findings" in err


def test_the_demo_configuration_of_the_package_is_the_example(tmp_path: Path) -> None:
    packaged = yaml.safe_load((ROOT / "src/silentnps/workflow/commands/demo.yaml").read_text(encoding="utf-8"))
    example = yaml.safe_load((ROOT / "configs/demo.yaml").read_text(encoding="utf-8"))
    for name, table in example["tables"].items():
        assert table["path"] == f"../demo/{packaged['tables'][name]['path']}"
    assert {k: v for k, v in example.items() if k not in {"tables", "output"}} == {
        k: v for k, v in packaged.items() if k not in {"tables", "output"}
    }


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda path: path.name)
def test_every_example_configuration_is_valid(path: Path) -> None:
    assert load_config(path).tables


@pytest.mark.slow
def test_demo_prints_the_table_and_the_paths(tmp_path: Path) -> None:
    code, out, err = run("demo", tmp_path / "demo", "--customers", "2500")
    assert code == 0, err
    for words in ("survey (those who answered)", "silent customers, simulated truth", "report.html", "scores"):
        assert words in out


@pytest.mark.slow
def test_the_ui_prints_its_link_once_it_answers(project: Project) -> None:
    config, port = project.output.parent / "config.yaml", free_port()
    program = "from silentnps.cli import app; app()"
    command = [sys.executable, "-c", program, "ui", "-c", str(config), "--port", str(port)]
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, **WITHOUT_JOBS},
    )
    try:
        assert process.stderr is not None
        link = next(line for line in process.stderr if line.startswith("MLflow UI: "))
        page = r"#/experiments/\d+/runs\?workflowType=machine_learning&\S+"
        assert re.search(rf"http://127.0.0.1:{port}/{page}", link)
        assert "MLflow" in _page(f"http://127.0.0.1:{port}")
        process.terminate()
        assert process.wait(timeout=600) == 128 + signal.SIGTERM
        with pytest.raises(OSError, match="refused"):
            _page(f"http://127.0.0.1:{port}")
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stderr is not None:
            process.stderr.close()


def test_the_version_is_told() -> None:
    assert run("--version") == (0, f"silentnps {silentnps.__version__}\n", "")


def _page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=600) as answer:
        return str(answer.read().decode())
