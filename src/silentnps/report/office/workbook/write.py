"""The report as a workbook: a summary, native charts, and every table on a sheet of its own.

Texts are written as texts whatever they begin with, so that a segment named =1+1 is no formula, also not after
somebody edits its cell. The same content gives the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from silentnps.report.content import ReportContent
from silentnps.report.office.palette import page_colours
from silentnps.report.office.same_bytes import moment_of
from silentnps.report.office.words import Line
from silentnps.report.office.workbook.charts import add_charts
from silentnps.report.office.workbook.sheets import Sheet, report_sheets
from silentnps.report.office.workbook.summary import Table, summary
from silentnps.report.wording.words import short
from silentnps.storage.atomic import replace_file

_FORMATS = {
    "text": "@",
    "count": "#,##0",
    "points": "[>=0.05]+0.0;[<=-0.05]-0.0;0.0",
    "size": "0.0",
    "share": "0.0%",
    "number": "0.000",
    "factor": '"×"0.00',
}
_NARROWEST, _WIDEST = 9, 60
_MOST_MEASURED = 200
_MOST_CHARACTERS = 32_000
_LINE_WIDTH = 140


def write_workbook(path: Path, content: ReportContent) -> None:
    """Write the report as a workbook, in one step."""
    data = workbook_bytes(content)
    replace_file(path, lambda temporary: temporary.write_bytes(data))


def workbook_bytes(content: ReportContent) -> bytes:
    """Return the report as a workbook."""
    written = BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True, "strings_to_formulas": False}) as book:
        _describe(book, content)
        styles = _Styles(book)
        sheets = report_sheets(content)
        first = book.add_worksheet("Summary")
        charts = book.add_worksheet("Charts")
        for sheet in sheets:
            _write_sheet(book.add_worksheet(sheet.name), sheet, styles)
        _write_summary(first, content, sheets, styles)
        if not add_charts(book, charts, {sheet.name: sheet for sheet in sheets}, content):
            charts.hide()
    return written.getvalue()


class _Styles:
    """The styles of cells, which a workbook makes once each."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        colours = {name: f"#{digits}" for name, digits in page_colours().items()}
        top = {"valign": "top"}
        self.by_kind = {
            kind: book.add_format({"num_format": number_format, **top, **self._as_text(kind)})
            for kind, number_format in _FORMATS.items()
        }
        self.head = book.add_format(
            {
                **{"bold": True, "bg_color": colours["panel"], "font_color": colours["ink"]},
                **{"bottom": 2, "bottom_color": colours["line"], "text_wrap": True, "valign": "bottom"},
            }
        )
        self.title = book.add_format({"bold": True, "font_size": 16, "font_color": colours["ink"]})
        self.label = book.add_format({"bold": True, "font_color": colours["ink"], **top})
        self.words = book.add_format({"text_wrap": True, "quote_prefix": True, **top})
        self.notice = book.add_format(
            {"text_wrap": True, "bold": True, "bg_color": colours["notice"], "quote_prefix": True, **top}
        )
        self.link = book.add_format({"font_color": colours["silent"], "underline": 1, **top})

    def _as_text(self, kind: str) -> dict[str, Any]:
        return {"quote_prefix": True, "text_wrap": True} if kind == "text" else {}


def _describe(book: xlsxwriter.Workbook, content: ReportContent) -> None:
    title = f"NPS of {short(content.project)}, {short(content.wave)}"
    author = f"silentnps {content.version}"
    book.set_properties({"title": title, "author": author, "created": moment_of(content.generated_at)})


def _write_sheet(place: Worksheet, sheet: Sheet, styles: _Styles) -> None:
    headings = [str(heading) for heading in sheet.table]
    for column, heading in enumerate(headings):
        place.write_string(0, column, heading, styles.head)
        values = sheet.table[heading].tolist()
        for row, value in enumerate(values, start=1):
            _write_cell(place, row, column, value, styles.by_kind[sheet.kinds[heading]])
        place.set_column(column, column, _width(heading, values))
    place.set_row(0, 32)
    place.freeze_panes(1, 1)
    place.autofilter(0, 0, len(sheet.table), len(headings) - 1)
    place.set_landscape()
    place.fit_to_pages(1, 0)
    place.repeat_rows(0)


def _write_cell(place: Worksheet, row: int, column: int, value: Any, style: Format) -> None:
    if isinstance(value, str) and value:
        place.write_string(row, column, value[:_MOST_CHARACTERS], style)
    elif isinstance(value, bool | np.bool_):
        place.write_string(row, column, "yes" if value else "no", style)
    elif isinstance(value, int | float) and math.isfinite(value):
        place.write_number(row, column, value, style)
    else:
        place.write_blank(row, column, None, style)


def _width(heading: str, values: Iterable[Any]) -> int:
    texts = [value for value in list(values)[:_MOST_MEASURED] if isinstance(value, str)]
    word = max(map(len, heading.split())) + 3  # beside the button of the filter
    longest = max([*(len(text) for text in texts), len(heading) // 2 + 4, word])
    return min(max(longest + 2, _NARROWEST), _WIDEST)


def _write_summary(place: Worksheet, content: ReportContent, sheets: list[Sheet], styles: _Styles) -> None:
    row = 0
    for part in summary(content):
        row = _write_part(place, row, part, styles)
    place.write_string(row, 0, "Sheets", styles.label)
    for sheet in sheets:
        row += 1
        place.write_url(row, 0, f"internal:'{sheet.name}'!A1", styles.link, sheet.name)
        place.merge_range(row, 1, row, 8, sheet.about, styles.words)
    place.set_column(0, 0, 30)
    place.set_column(1, 7, 14)
    place.set_column(8, 8, 60)
    place.hide_gridlines(2)
    place.set_landscape()
    place.fit_to_pages(1, 0)


def _write_part(place: Worksheet, row: int, part: Line | Table, styles: _Styles) -> int:
    """Write a part of the summary and return the row after it and a gap."""
    if isinstance(part, Line):
        return _write_line(place, row, part, styles)
    for column, (heading, kind) in enumerate(part.columns):
        place.write_string(row, column, heading, styles.head)
        for below, cells in enumerate(part.rows, start=1):
            _write_cell(place, row + below, column, cells[column], styles.by_kind[kind])
    place.set_row(row, 32)
    return row + len(part.rows) + 2


def _write_line(place: Worksheet, row: int, line: Line, styles: _Styles) -> int:
    if line.tone == "title":
        place.write_string(row, 0, line.text, styles.title)
        return row + 2
    style = styles.notice if line.tone == "notice" else styles.words
    place.write_string(row, 0, line.label, styles.label)
    place.merge_range(row, 1, row, 8, "", style)
    place.write_string(row, 1, line.text, style)
    place.set_row(row, 15.5 * max(-(-len(line.text) // _LINE_WIDTH), 1))
    return row + 1
