"""Times of which the export says in which zone they are, and the further header rows that say so: Qualtrics."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from exported import aside, read, rows, said
from qualtrics_export import answer, export
from written_tables import project

from silentnps.config import TableConfig
from silentnps.data.reading.sources import ReadTables, read_tables
from silentnps.errors import ConfigError


def test_times_are_of_the_zone_in_the_third_header_row(tmp_path: Path) -> None:
    found = read(tmp_path, "responses", export([answer(9, "10")]), "qualtrics", question="Q1", zone="Asia/Tokyo")
    assert rows(found)["responded_at"].tolist() == [pd.Timestamp("2025-01-10 16:00")]
    assert "RecordedDate, EndDate, StartDate are of the zone America/Denver" in said(found)


def test_z_is_utc_and_no_zone_leaves_that_of_the_configuration(tmp_path: Path) -> None:
    found = read(tmp_path, "responses", export([answer(9, "10")], zone="Z"), "qualtrics", question="Q1")
    assert rows(found)["responded_at"].tolist() == [pd.Timestamp("2025-01-10 09:00")]
    text = export([answer(9, "10")], zone="none such")
    found = read(tmp_path, "responses", text, "qualtrics", question="Q1", zone="Asia/Tokyo")
    assert rows(found)["responded_at"].tolist() == [pd.Timestamp("2025-01-10 00:00")]
    with pytest.raises(ConfigError, match="must have a time zone"):
        read(tmp_path, "responses", text, "qualtrics", question="Q1")


def test_header_rows_partial_answers_and_previews_are_set_aside(tmp_path: Path) -> None:
    answers = [
        answer(1, "10 - Extremely likely"),
        answer(2, "Not at all likely"),
        answer(3, "", Finished="0", Progress="40"),
        answer(4, "9", Status="1", DistributionChannel="preview"),
        answer(5, "9", Status="Spam"),
        answer(6, "8", Status="IP Address", Finished="True"),
        answer(6, "7", Status="IP Address", Finished="True", RecordedDate="2025-02-01 00:00:00"),
    ]
    found = read(
        tmp_path, "responses", "\ufeff" + export(answers, questions=("Q1", "Q2")), "qualtrics", question="Q1"
    )
    frame = rows(found)
    assert dict(zip(frame["customer_id"], frame["rating"], strict=True)) == {"c1": 10, "c2": 0, "c6": 7}
    assert set(frame) == {"customer_id", "responded_at", "rating", "channel", "duration_seconds"}
    assert aside(found) == {
        "an answer (with a ResponseId), not a further header row": 2,
        "a finished answer": 1,
        "an answer of a respondent, no preview, test or spam (Status)": 2,
        "the latest version of what it describes": 1,
    }
    assert len(frame) + sum(aside(found).values()) == len(answers) + 2


def test_the_class_of_a_rating_tells_which_question_it_is(tmp_path: Path) -> None:
    answers = [answer(1, "9", Q1_NPS_GROUP="Promoter", Q2="3")]
    text = export(answers, questions=("Q2", "Q1_NPS_GROUP", "Q1"))
    found = read(tmp_path, "responses", text, "qualtrics")
    assert rows(found)["rating"].tolist() == [9]
    with pytest.raises(ConfigError, match="must not be 'Q1_NPS_GROUP'; it is the class of the rating"):
        read(tmp_path, "responses", text, "qualtrics", columns={"rating": "Q1_NPS_GROUP"})


def test_without_a_question_those_that_look_like_it_are_named(tmp_path: Path) -> None:
    text = export([answer(n, str(n), Q2="4") for n in range(11)], questions=("Q1", "Q2"))
    with pytest.raises(
        ConfigError, match=r"question must be .*; got none.*10: Q1 \(11 up to 10\)\. .*question: Q1"
    ):
        read(tmp_path, "responses", text, "qualtrics")
    with pytest.raises(ConfigError, match=r"got 'Q8', which is not there"):
        read(tmp_path, "responses", text, "qualtrics", question="Q8")


def workbook(path: Path, lines: Iterable[Sequence[Any]]) -> Path:
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(list(line))
    book.save(path)
    return path


def in_tokyo(folder: Path, **section: Any) -> ReadTables:
    """Read answers in a project whose times without a zone are of Tokyo."""
    return read_tables(project(folder, timezone="Asia/Tokyo", responses=TableConfig.model_validate(section)))


def resaved(folder: Path, form: str) -> Path:
    """Return an export that Excel saved again, as a workbook or with times as the United States write them."""
    answers = [answer(9, "10"), answer(24, "9"), answer(51, "8")]  # at 09:00, 00:00 and 03:00
    lines: list[list[Any]] = [*csv.reader(io.StringIO(export(answers)))]
    times = [place for place, name in enumerate(lines[0]) if name.endswith("Date")]
    for line, place in itertools.product(lines[3:], times):
        moment = datetime.fromisoformat(line[place])
        written = f"{moment.month}/{moment.day}/{moment.year} {moment:%H:%M}"
        line[place] = moment if form == "xlsx" else written
    path = folder / f"again.{form}"
    if form == "xlsx":
        return workbook(path, lines)
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows(lines)
    return path


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_times_that_excel_saved_again_stay_of_the_zone_of_the_export(form: str, tmp_path: Path) -> None:
    path = resaved(tmp_path, form)
    found = in_tokyo(tmp_path, path=path, preset="qualtrics", question="Q1", day_first=False)
    assert rows(found)["responded_at"].tolist() == [
        pd.Timestamp("2025-01-10 16:00"),
        pd.Timestamp("2025-01-11 07:00"),
        pd.Timestamp("2025-01-12 10:00"),
    ]
    assert "are of the zone America/Denver" in said(found)


def test_cells_of_a_workbook_are_of_the_zone_that_their_column_names(tmp_path: Path) -> None:
    header = ["#", "How likely are you to recommend us?", "Your email", "Start Date (UTC)", "Submit Date (UTC)"]
    moments = [datetime(2025, 1, 10, 9), datetime(2025, 1, 11, 9, 30)]
    lines = [[f"a{n}", 9, f"p{n}@m.example", moment, moment] for n, moment in enumerate(moments)]
    path = workbook(tmp_path / "responses.xlsx", [header, *lines])
    assert rows(in_tokyo(tmp_path, path=path, preset="typeform"))["responded_at"].tolist() == moments
