"""The report in further formats: beside the page, logged with it, and asked for before any work is done."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from pptx import Presentation

from silentnps.errors import ConfigError
from silentnps.report.office import formats
from silentnps.tracking.records import EstimateRecord
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.commands.report import report
from silentnps.workflow.watch import Quiet


class Recording(Quiet):
    """Keeps what is said, and which files are logged."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.logged: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def log_estimate(self, store: object, run: object, record: EstimateRecord) -> None:
        self.logged += [f"{folder}/{path.name}" for folder, path in record.files]


@pytest.mark.slow
def test_slides_and_workbook_are_beside_the_page_with_its_numbers(project: Project) -> None:
    watch = Recording()
    estimated = report(project, formats=["xlsx", "pptx"], tracker=watch, watch=watch)
    assert watch.logged == ["report/report.html", "report/report.pptx", "report/report.xlsx"]
    assert watch.said == []
    book = openpyxl.load_workbook(BytesIO((project.output / "report.xlsx").read_bytes()))
    shown = {row[0]: row[1:4] for row in book["Summary"].iter_rows(values_only=True)}
    silent = estimated.silent
    assert shown["Silent customers"] == pytest.approx((silent.value, silent.low, silent.high))
    deck = Presentation(BytesIO((project.output / "report.pptx").read_bytes()))
    message = deck.slides[0].shapes.title.text_frame.text
    assert f"{estimated.base.value:+.1f}".replace("-", "−") in message

    report(project, tracker=watch, watch=watch)
    assert watch.logged[3:] == ["report/report.html"]
    assert [said.partition(":")[0] for said in watch.said] == [
        "report.pptx is that of an earlier report",
        "report.xlsx is that of an earlier report",
    ]
    for name in ("pptx", "xlsx"):
        project.report.with_suffix(f".{name}").unlink()


def test_what_is_missing_is_said_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "find_spec", lambda module: None)
    with pytest.raises(ConfigError, match="--pptx needs python-pptx"):
        report(None, formats=["pptx"])  # type: ignore[arg-type]  # nothing of the project is touched
