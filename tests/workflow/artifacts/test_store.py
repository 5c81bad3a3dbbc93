"""Where the runs of a project are kept: configured, by MLflow's variables, or beside its files."""

from __future__ import annotations

from pathlib import Path

import pytest

from silentnps.config import ProjectConfig
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.artifacts.store import store_of


def shop(folder: Path, **tracking: str) -> Project:
    tables = {"customers": {"path": folder / "customers.csv"}}
    return Project(ProjectConfig(name="shop", tables=tables, output=folder / "out", tracking=tracking))


def test_runs_are_beside_the_files_of_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    store = store_of(shop(tmp_path))
    assert store.database == tmp_path / "out" / "mlflow.db"
    assert store.artifacts == tmp_path / "out" / "mlartifacts"
    assert (store.experiment, store.model) == ("shop", "shop")


def test_the_configuration_precedes_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://runs.example")
    assert store_of(shop(tmp_path)).uri == "https://runs.example"
    assert store_of(shop(tmp_path)).artifacts is None
    chosen = store_of(shop(tmp_path, uri="https://ours.example", experiment="nps", registered_model="shop-nps"))
    assert (chosen.uri, chosen.experiment, chosen.model) == ("https://ours.example", "nps", "shop-nps")
