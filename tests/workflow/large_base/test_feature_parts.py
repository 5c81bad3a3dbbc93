"""Calls are refused where silent customers are a sample."""

from __future__ import annotations

from pathlib import Path

import pytest
from large_project import hold, write_large

from silentnps.config import TableConfig
from silentnps.errors import ConfigError
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.large_base.feature_parts import refuse_calls


def test_calls_are_refused_with_the_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    config = write_large(tmp_path).config
    hold(monkeypatch, rows=100, silent=600)
    refuse_calls(config, 100)  # there are none
    tables = {**config.tables, "follow_up": TableConfig(path=tmp_path / "calls.csv")}
    with pytest.raises(ConfigError, match="no follow_up if all waves together have more than 100 rows; got one"):
        refuse_calls(Project(config.model_copy(update={"tables": tables})).config, 100)
