"""What a person reads of a trend."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from projects import run

from silentnps.workflow.artifacts.project import Project

pytestmark = pytest.mark.slow  # a project of four waves is trained, and each wave is estimated


@pytest.fixture(scope="module")
def printed(project: Project) -> Iterator[str]:
    code, out, err = run("trend", "-c", project.output.parent / "config.yaml", "--by", "tier")
    assert code == 0, err
    assert out.splitlines()[-1] == f"tables: {project.trend}"
    yield " ".join(out.split())
    shutil.rmtree(project.trend)


def test_levels_changes_and_reasons_are_printed(printed: str) -> None:
    for words in (
        "NPS by period, in points, with 95 % intervals",
        "NPS by period, by tier, in points",
        "Change of the whole base from 2025-Q3 to 2025-Q4, by tier",
        "Changes between periods, in points",
        "Why NPS moved from 2025-Q3 to 2025-Q4",
        "who the customers are (mix)",
        "From 2025-Q3 to 2025-Q4 the NPS of the whole base changed by",
        "The smallest change that these data would have shown",
        "associations, not causes",
    ):
        assert words in printed


def test_another_frequency_is_refused_with_what_there_is(project: Project) -> None:
    code, _, err = run("trend", "-c", project.output.parent / "config.yaml", "--freq", "week")
    assert code == 2
    assert "quarter" in err
