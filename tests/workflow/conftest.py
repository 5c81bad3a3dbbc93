"""A fresh project for each test that spoils its tables."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from projects import write_project


@pytest.fixture
def folder(tmp_path: Path, retailer: Path) -> Path:
    """Return a fresh project with its own copy of the tables."""
    shutil.copytree(retailer, tmp_path / "data")
    write_project(tmp_path)
    return tmp_path
