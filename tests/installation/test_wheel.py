"""The wheel holds the package whole and nothing else, and works where there is no checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.metadata import Metadata
from packaging.requirements import Requirement
from projects import ROOT

SOURCE = ROOT / "src"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_has_every_file_of_the_package_and_no_other(wheel: Path) -> None:
    files = [path for path in (SOURCE / "silentnps").rglob("*") if path.is_file()]
    own = {
        path.relative_to(SOURCE).as_posix(): path.read_bytes()
        for path in files
        if path.parent.name != "__pycache__"
    }
    with zipfile.ZipFile(wheel) as archive:
        packed = {name: archive.read(name) for name in archive.namelist() if ".dist-info/" not in name}
    assert packed.keys() == own.keys()
    assert packed == own
    assert {"silentnps/workflow/commands/demo.yaml", "silentnps/py.typed"} <= packed.keys()
    assert "silentnps/data/exports/presets/qualtrics.yaml" in packed
    assert any(name.startswith("silentnps/report/") and not name.endswith(".py") for name in packed)


def test_the_wheel_names_the_command_the_dependencies_and_the_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        facts = {Path(name).name: archive.read(name) for name in archive.namelist() if ".dist-info/" in name}
    assert b"silentnps = silentnps.cli:main" in facts["entry_points.txt"]
    assert facts["LICENSE"] == (ROOT / "LICENSE").read_bytes()
    needed = Metadata.from_email(facts["METADATA"]).requires_dist or []
    always = {str(each) for each in needed if not (each.marker and "extra" in str(each.marker))}
    assert always == {str(Requirement(each)) for each in PROJECT["dependencies"]}


@pytest.mark.slow
def test_an_installed_wheel_runs_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", str(site)]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)
    environment = {**os.environ, "PYTHONPATH": str(site)}

    def run(*command: str) -> str:
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    assert Path(run(sys.executable, "-c", "import silentnps; print(silentnps.__file__)").strip()).is_relative_to(
        site
    )
    as_module, as_script = (sys.executable, "-m", "silentnps"), (str(site / "bin" / "silentnps"),)
    assert run(*as_module, "--help") == run(*as_script, "--help")
    assert "simulate" in run(*as_script, "--help")
    assert "salesforce_surveys" in run(*as_script, "presets")
    run(*as_script, "simulate", "data", "--customers", "300")
    text = (site / "silentnps" / "workflow" / "commands" / "demo.yaml").read_text(encoding="utf-8")
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    assert "no error" in run(*as_module, "validate", "-c", "config.yaml")
