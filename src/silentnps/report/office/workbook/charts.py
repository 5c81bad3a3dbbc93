"""The charts of the workbook, native ones that follow its tables, on one sheet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_range_formula
from xlsxwriter.worksheet import Worksheet

from silentnps.report.charts import Axis
from silentnps.report.content import ReportContent
from silentnps.report.office.palette import page_colours
from silentnps.report.office.workbook.sheets import Sheet
from silentnps.report.wording.words import confidence, short

_MOST_BARS = 15
_MOST_SEGMENTATIONS = 4
_WAVES = {"survey": "Survey", "base": "Whole base", "silent": "Silent customers"}
_WIDTH, _HEIGHT = 760, 380
_ROWS_OF_CHART = 20


def add_charts(
    book: xlsxwriter.Workbook, place: Worksheet, sheets: Mapping[str, Sheet], content: ReportContent
) -> int:
    """Put the charts on a sheet, one below the other, and return how many there are."""
    place.hide_gridlines(2)
    place.fit_to_pages(1, 0)
    made = [chart for chart in _charts(book, sheets, content) if chart is not None]
    for i, chart in enumerate(made):
        chart.set_size({"width": _WIDTH, "height": _HEIGHT})
        place.insert_chart(1 + i * _ROWS_OF_CHART, 1, chart)
    place.set_h_pagebreaks([1 + i * _ROWS_OF_CHART for i in range(2, len(made), 2)])
    return len(made)


def _charts(book: xlsxwriter.Workbook, sheets: Mapping[str, Sheet], content: ReportContent) -> Iterator[Any]:
    level = f"with {confidence(content.estimate.base.confidence_level)} intervals"
    if "By assumption" in sheets:
        title = f"NPS of silent customers by assumption, {level}"
        yield _bars(book, sheets["By assumption"], title, _rows(sheets["By assumption"], "NPS of silent customers"))
    if "Segments" in sheets:
        yield from _of_segments(book, sheets["Segments"], level)
    if "Trend" in sheets and len(sheets["Trend"].table) > 1:
        yield _waves(book, sheets["Trend"], f"NPS by wave, {level}")
    if "Key drivers" in sheets:
        sheet = sheets["Key drivers"]
        title = "Key drivers: points in the score of a silent customer, on average"
        yield _bars(book, sheet, title, (0, min(len(sheet.table), _MOST_BARS) - 1), "Points, on average", "Feature")
    if "Sensitivity" in sheets:
        yield _curve(book, sheets["Sensitivity"])


def _rows(sheet: Sheet, value: str) -> tuple[int, int]:
    """Return the first and the last row with a value, from 0."""
    known = sheet.table[value].astype(float).notna().to_numpy().nonzero()[0]
    return (int(known[0]), int(known[-1])) if len(known) else (0, 0)


def _of_segments(book: xlsxwriter.Workbook, sheet: Sheet, level: str) -> Iterator[Any]:
    """Return a chart of the largest segments of each segmentation; suppressed ones come last in the table."""
    for name in list(sheet.table["Segmentation"].unique())[:_MOST_SEGMENTATIONS]:
        found = sheet.rows_where("Segmentation", name)
        if found is None:
            continue
        first, last = found
        n_known = int(sheet.table["NPS of silent customers"][first : last + 1].astype(float).notna().sum())
        if n_known:
            rows = first, first + min(n_known, _MOST_BARS) - 1
            title = f"NPS of silent customers by {short(name)}, {level}"
            yield _bars(book, sheet, title, rows, categories="Segment")


def _bars(
    book: xlsxwriter.Workbook,
    sheet: Sheet,
    title: str,
    rows: tuple[int, int],
    value: str = "NPS of silent customers",
    categories: str = "Assumption",
) -> Any:
    chart = book.add_chart({"type": "bar"})
    series: dict[str, Any] = {
        "name": value,
        "categories": _range(sheet, categories, rows),
        "values": _range(sheet, value, rows),
        "fill": {"color": _colour("silent")},
        "gap": 60,
    }
    if "To lower end" in sheet.table:
        series["y_error_bars"] = _ends(sheet, "To upper end", "To lower end", rows)
    chart.add_series(series)
    chart.set_y_axis({"reverse": True, "label_position": "low", "num_font": {"size": 9}})
    chart.set_x_axis(
        {
            **_around(sheet, [value, "From", "To"], rows, also=0.0),
            "num_format": "+0;-0;0" if "NPS" in value else "0",
            "major_gridlines": _gridlines(),
        }
    )
    chart.set_legend({"none": True})
    chart.set_title({"name": title, "name_font": {"size": 12}})
    return chart


def _waves(book: xlsxwriter.Workbook, sheet: Sheet, title: str) -> Any:
    chart = book.add_chart({"type": "line"})
    rows = (0, len(sheet.table) - 1)
    for tone, name in _WAVES.items():
        if name not in sheet.table:
            continue
        beside = {"survey": "Survey", "base": "Base", "silent": "Silent"}[tone]
        colour = _colour(tone)
        chart.add_series(
            {
                "name": name,
                "categories": _range(sheet, "Wave", rows),
                "values": _range(sheet, name, rows),
                "line": {"color": colour, "width": 2},
                "marker": {"type": "circle", "size": 7, "fill": {"color": colour}, "border": {"color": colour}},
                "y_error_bars": _ends(sheet, f"{beside} to upper end", f"{beside} to lower end", rows, colour),
            }
        )
    chart.show_blanks_as("gap")
    chart.set_x_axis({"label_position": "low"})
    numbers = [name for name, kind in sheet.kinds.items() if kind == "points"]
    across = _around(sheet, numbers, rows)
    chart.set_y_axis({**across, "num_format": "+0;-0;0", "major_gridlines": _gridlines()})
    chart.set_legend({"position": "bottom"})
    chart.set_title({"name": title, "name_font": {"size": 12}})
    return chart


def _curve(book: xlsxwriter.Workbook, sheet: Sheet) -> Any:
    chart = book.add_chart({"type": "scatter", "subtype": "straight"})
    rows = (0, len(sheet.table) - 1)
    chart.add_series(
        {
            "name": "NPS of silent customers",
            "categories": _range(sheet, "Class step (log odds)", rows),
            "values": _range(sheet, "NPS of silent customers", rows),
            "line": {"color": _colour("silent"), "width": 2.5},
        }
    )
    chart.set_x_axis({"name": "Class step (log odds): 0 is missing at random", "label_position": "low"})
    chart.set_y_axis({"num_format": "+0;-0;0", "major_gridlines": _gridlines(), "label_position": "low"})
    chart.set_legend({"none": True})
    title = "NPS of silent customers if satisfaction affected answering more, or less"
    chart.set_title({"name": title, "name_font": {"size": 12}})
    return chart


def _around(
    sheet: Sheet, headings: list[str], rows: tuple[int, int], *, also: float | None = None
) -> dict[str, Any]:
    """Return an axis around the numbers of some columns, intervals among them."""
    found = [sheet.table[name][rows[0] : rows[1] + 1].astype(float) for name in headings if name in sheet.table]
    axis = Axis.around([*(value for column in found for value in column), *([] if also is None else [also])])
    return {"min": axis.low, "max": axis.high, "major_unit": axis.ticks[1] - axis.ticks[0]}


def _ends(sheet: Sheet, up: str, down: str, rows: tuple[int, int], colour: str = "") -> dict[str, Any]:
    first, last = rows
    data = {
        side: sheet.table[name][first : last + 1].astype(float).fillna(0.0).tolist()
        for side, name in (("plus", up), ("minus", down))
    }
    return {
        "type": "custom",
        "plus_values": xl_range_formula(*_range(sheet, up, rows)),
        "minus_values": xl_range_formula(*_range(sheet, down, rows)),
        "plus_data": data["plus"],
        "minus_data": data["minus"],
        "line": {"color": colour or _colour("ink"), "width": 1.25},
    }


def _range(sheet: Sheet, heading: str, rows: tuple[int, int]) -> list[Any]:
    column = list(sheet.table).index(heading)
    return [sheet.name, rows[0] + 1, column, rows[1] + 1, column]


def _colour(name: str) -> str:
    return f"#{page_colours()[name]}"


def _gridlines() -> dict[str, Any]:
    return {"visible": True, "line": {"color": _colour("line"), "width": 0.5}}
