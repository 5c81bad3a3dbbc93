"""The workbook, read back: the numbers of the report as numbers, texts as texts, charts that follow the tables."""

from __future__ import annotations

import math
import zipfile
from io import BytesIO
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from written_report import content, differences, estimate, segment, told

from silentnps.estimation.formulas.nps_estimate import of_none
from silentnps.report.content import ReportContent
from silentnps.report.office.workbook.sheets import report_sheets
from silentnps.report.office.workbook.write import workbook_bytes

FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "{=1+1}", "https://example.org", "<b>&", "a\x0bb")
ORDER = ("Summary", "Charts", "By assumption", "Segments", "Differences", "Key drivers")
LATER = ("Trend", "Tipping points", "Who answered")


def whole() -> ReportContent:
    """Return a report of which every text that comes from the data would be read as something else."""
    rows = [
        segment(name, 900 - i) | {"value": 3.25 * i, "low": 3.25 * i - 4, "high": 3.25 * i + 6}
        for i, name in enumerate(FORMULAS)
    ]
    report = estimate(
        segments=pd.DataFrame([segment("tiny", 950, suppressed=True), *rows]),
        segment_differences=differences(4).assign(segment=list(FORMULAS[:4])),
    )
    return content(report, **told(), project=FORMULAS[0], wave=FORMULAS[1])


@pytest.fixture(scope="module")
def book() -> Any:
    return openpyxl.load_workbook(BytesIO(workbook_bytes(whole())))


def rows_of(sheet: Any) -> list[dict[str, Any]]:
    heads, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(heads, row, strict=True)) for row in rows]


def test_the_summary_is_first_and_every_table_has_a_sheet(book: Any) -> None:
    names = book.sheetnames
    assert tuple(names[: len(ORDER)]) == ORDER
    places = [names.index(name) for name in LATER]
    assert places == sorted(places)
    assert names[2:] == [sheet.name for sheet in report_sheets(whole())]


def test_every_number_of_every_table_is_there_as_a_number(book: Any) -> None:
    for sheet in report_sheets(whole()):
        read = pd.DataFrame(rows_of(book[sheet.name]))
        assert list(read) == list(sheet.table)
        assert len(read) == len(sheet.table)
        for heading, kind in sheet.kinds.items():
            if kind == "text":
                continue
            written = pd.to_numeric(sheet.table[heading]).to_numpy(dtype=np.float64)
            shown = [math.nan if value is None else value for value in read[heading]]
            assert all(isinstance(value, int | float) for value in shown)
            np.testing.assert_allclose(np.array(shown, dtype=np.float64), written, rtol=1e-14)


def test_the_tables_are_those_of_the_report(book: Any) -> None:
    report = whole().estimate
    north = next(row for row in rows_of(book["Segments"]) if row["Segment"] == "+1+1")
    assert [north[name] for name in ("NPS of silent customers", "From", "To")] == [3.25, -0.75, 9.25]
    assert [north[name] for name in ("To lower end", "To upper end")] == [4.0, 6.0]
    assert (north["Answered"], north["Customers"], north["Confidence level"]) == (89, 899, 0.95)
    headline = next(row for row in rows_of(book["By assumption"]) if row["Assumption"].endswith("(headline)"))
    assert (headline["NPS of silent customers"], headline["From"], headline["To"]) == (8.1, 1.2, 14.9)
    assert [row["Difference in NPS"] for row in rows_of(book["Differences"])] == [17.0, 18.0, 19.0, 20.0]
    assert [row["In words"] for row in rows_of(book["Tipping points"])] == list(report.tipping_points["words"])
    assert [row["Answered"] for row in rows_of(book["Who answered"])] == [200, 360, 30]


def test_the_summary_has_the_number_with_all_that_travels_with_it(book: Any) -> None:
    cells = list(book["Summary"].iter_rows(values_only=True))
    assert cells[0][0] == "The NPS of the whole base is +10.8 (+5.0 to +16.6); the survey says +26.5"
    place = next(i for i, row in enumerate(cells) if row[0] == "Of")
    assert cells[place + 1][:8] == ("Whole base", 10.8, 5.0, 16.6, 0.95, 17186, 2567, "+1+1")
    assert cells[place + 2][:8] == ("Survey (who answered)", 26.5, None, None, None, 2567, 2567, "+1+1")
    assert cells[place + 3][:8] == ("Silent customers", 8.1, 1.2, 14.9, 0.95, 14619, 0, "+1+1")
    assert cells[place + 1][8].startswith("Selection: answering depends on")
    words = [row[1] for row in cells if isinstance(row[1], str)]
    assert any(text.startswith("Silent customers are estimated to be 18.4 points lower") for text in words)


def test_no_text_is_a_formula_not_even_after_its_cell_is_edited(book: Any) -> None:
    found = {}
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                if cell.value in FORMULAS:
                    found.setdefault(cell.value, []).append(cell)
    assert set(FORMULAS[:4]) <= set(found)
    assert all(cell.quotePrefix for cells in found.values() for cell in cells)
    assert not any(cell.hyperlink for cells in found.values() for cell in cells)


def test_suppressed_segments_have_no_numbers_and_come_last(book: Any) -> None:
    last = rows_of(book["Segments"])[-1]
    assert (last["Segment"], last["Suppressed"], last["Customers"]) == ("tiny", "yes", 950)
    assert last["NPS of silent customers"] is None
    assert [row["Suppressed"] for row in rows_of(book["Segments"])[:-1]] == ["no"] * len(FORMULAS)


def test_heads_stay_in_view_can_filter_and_stand_out(book: Any) -> None:
    for sheet in book.worksheets[2:]:
        assert sheet.freeze_panes == "B2"
        assert sheet.auto_filter.ref == sheet.dimensions
        assert sheet["A1"].font.bold
        assert all(cell.fill.fgColor.rgb == "FFF4F6F8" for cell in sheet[1])


def test_numbers_have_formats_and_columns_are_wide_enough(book: Any) -> None:
    sheet = book["Segments"]
    heads = {cell.value: cell.column_letter for cell in sheet[1]}
    assert sheet[f"{heads['From']}2"].number_format.startswith("[>=0.05]+0.0")
    assert sheet[f"{heads['Customers']}2"].number_format == "#,##0"
    assert sheet[f"{heads['Confidence level']}2"].number_format == "0.0%"
    for name in book.sheetnames[2:]:
        for cell in book[name][1]:
            longest = max(len(word) for word in cell.value.split())
            assert book[name].column_dimensions[cell.column_letter].width >= longest


def test_charts_are_native_with_intervals_from_the_tables() -> None:
    with zipfile.ZipFile(BytesIO(workbook_bytes(whole()))) as parts:
        charts = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/charts/chart")]
    assert len(charts) == 5
    of_segments = next(chart for chart in charts if "by region" in chart)
    assert "<c:plus><c:numRef><c:f>Segments!$O$2:$O$10</c:f>" in of_segments
    assert "<c:minus><c:numRef><c:f>Segments!$N$2:$N$10</c:f>" in of_segments
    trend = next(chart for chart in charts if "NPS by wave" in chart)
    assert trend.count("<c:errBars>") == 3
    assert sum("<c:errBars>" in chart for chart in charts) == 3


def test_the_same_content_gives_the_same_bytes_and_has_its_moment() -> None:
    first = workbook_bytes(whole())
    assert first == workbook_bytes(whole())
    told_of = openpyxl.load_workbook(BytesIO(first)).properties
    assert told_of.created.strftime("%Y-%m-%d %H:%M") == "2024-05-01 08:00"
    assert (told_of.title, told_of.creator) == ("NPS of =1+1, +1+1", "silentnps 0.1.0")


@pytest.mark.parametrize(
    "found",
    [content(), content(estimate(silent=of_none(0.95), base=estimate().respondents), drivers=pd.DataFrame())],
    ids=["little", "everybody answered"],
)
def test_what_a_report_lacks_has_no_sheet(found: ReportContent) -> None:
    names = openpyxl.load_workbook(BytesIO(workbook_bytes(found))).sheetnames
    assert names[0] == "Summary"
    assert not {"Trend", "Change", "What-if"} & set(names)
