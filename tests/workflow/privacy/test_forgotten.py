"""The record of forgotten customers has hashes, and keeps what it had."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from silentnps.config import ProjectConfig
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.privacy.forgotten import forgotten_path, read_forgotten, remember_to_forget

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def project_in(folder: Path, **changes: object) -> Project:
    tables = {"customers": {"path": "customers.csv"}}
    return Project(ProjectConfig.model_validate({"name": "shop", "output": folder, "tables": tables, **changes}))


def test_customers_are_found_again_by_their_hash_alone(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    assert read_forgotten(project) is None
    for person in ("C1", "C2"):
        remember_to_forget(project, person, now=NOW, models=["2 (2025-Q4)", "1 (2025-Q3)"])
    record = read_forgotten(project)
    assert record is not None
    assert record.among(["C1", "C2", "C3", "c1"]) == {"C1", "C2"}
    written = json.loads(forgotten_path(project).read_text(encoding="utf-8"))
    assert [entry["models"] for entry in written["customers"].values()] == [["1 (2025-Q3)", "2 (2025-Q4)"]] * 2
    assert stat.S_IMODE(forgotten_path(project).stat().st_mode) == 0o600
    remember_to_forget(project, "C1", now=NOW, models=["3 (2026-Q1)"])  # nothing tells of the earlier ones now
    record = read_forgotten(project)
    assert record is not None
    assert record.models_of("C1") == ("1 (2025-Q3)", "2 (2025-Q4)", "3 (2026-Q1)")
    assert record.models_of("C3") == ()


def test_the_hash_of_a_variable_outlives_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_KEY", "a long enough secret")
    hashes: set[str] = set()
    for name in ("a", "b"):
        project = project_in(tmp_path / name, privacy={"key_variable": "SHOP_KEY"})
        remember_to_forget(project, "C1", now=NOW, models=[])
        record = read_forgotten(project)
        assert record is not None
        hashes |= set(record.customers)
        assert not (tmp_path / name / "privacy.key").exists()
    assert len(hashes) == 1
