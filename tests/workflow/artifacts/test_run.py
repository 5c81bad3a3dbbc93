"""run.json: where the last training was logged."""

from __future__ import annotations

from pathlib import Path

import pytest

from silentnps.config import ProjectConfig
from silentnps.tracking import RegisteredVersion
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.artifacts.run import read_run, remove_run, write_run

REGISTERED = RegisteredVersion("a1", "shop", "3")


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    return Project(ProjectConfig(name="shop", tables={"customers": {"path": tmp_path / "c.csv"}}, output=tmp_path))


def test_a_run_is_read_as_it_was_written_and_gone_once_removed(shop: Project) -> None:
    write_run(shop, REGISTERED)
    assert read_run(shop) == REGISTERED
    remove_run(shop)
    assert read_run(shop) is None
    remove_run(shop)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"run_id": "a1"}', "null"])
def test_a_damaged_run_counts_as_none(shop: Project, text: str) -> None:
    (shop.output / "run.json").write_text(text, encoding="utf-8")
    assert read_run(shop) is None
