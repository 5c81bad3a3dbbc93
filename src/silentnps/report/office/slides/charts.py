"""Native charts of slides, whose numbers can be edited there; intervals are error bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lxml import etree
from pptx.chart.chart import Chart as Drawn
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION, XL_MARKER_STYLE, XL_TICK_LABEL_POSITION
from pptx.oxml.ns import qn
from pptx.slide import Slide as Page
from pptx.util import Inches, Pt

from silentnps.report.charts import Axis
from silentnps.report.office.palette import page_colours
from silentnps.report.office.slides import fitting
from silentnps.report.office.slides.deck import Chart, Ends, Series, printable
from silentnps.report.office.slides.look import colour
from silentnps.report.office.slides.tables import Room

_SIZE, _TITLE_SIZE = 12, 13
_LABEL_SHARE, _LABEL_LINES = 0.34, 2
_MOST_BAR_INCHES = 1.0
_SIGNED, _PLAIN = "+0;−0;0", "0"


def add_chart(page: Page, chart: Chart, room: Room) -> None:
    """Add a chart to a slide."""
    kind = XL_CHART_TYPE.BAR_CLUSTERED if chart.kind == "bars" else XL_CHART_TYPE.LINE_MARKERS
    most = 0.9 + _MOST_BAR_INCHES * len(chart.categories) if chart.kind == "bars" else room.height
    place = (room.left, room.top, room.width, min(room.height, most))
    frame = page.shapes.add_chart(kind, *(Inches(value) for value in place), _data(chart, room.width))
    frame.name = chart.measure
    frame._element.nvGraphicFramePr.cNvPr.set("descr", printable(chart.spoken))
    drawn = frame.chart
    _set_texts(drawn, chart)
    _set_axes(drawn, chart)
    for shown, series in zip(drawn.plots[0].series, chart.series, strict=True):
        _paint(shown, series, chart.kind)
        if any(series.ends):
            _add_error_bars(shown._element, series)


def _data(chart: Chart, width: float) -> CategoryChartData:
    data = CategoryChartData(number_format=_SIGNED if chart.signed else _PLAIN)
    room = width * (_LABEL_SHARE if chart.kind == "bars" else 1.0 / max(len(chart.categories), 1))
    data.categories = [
        fitting.cut(printable(name), size=_SIZE, width=room, lines=_LABEL_LINES) for name in chart.categories
    ]
    for series in chart.series:
        data.add_series(series.name, series.values)
    return data


def _set_texts(drawn: Drawn, chart: Chart) -> None:
    drawn.font.size = Pt(_SIZE)
    drawn.font.color.rgb = colour("ink")
    drawn.has_title = True
    frame = drawn.chart_title.text_frame
    frame.text = chart.measure
    font = frame.paragraphs[0].runs[0].font
    font.size, font.bold = Pt(_TITLE_SIZE), True
    drawn.has_legend = len(chart.series) > 1
    if drawn.has_legend:
        drawn.legend.position = XL_LEGEND_POSITION.BOTTOM
        drawn.legend.include_in_layout = False


def _set_axes(drawn: Drawn, chart: Chart) -> None:
    names, numbers = drawn.category_axis, drawn.value_axis
    names.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    names.format.line.color.rgb = colour("muted")
    names.reverse_order = chart.kind == "bars"
    numbers.tick_labels.number_format = _SIGNED if chart.signed else _PLAIN
    numbers.tick_labels.number_format_is_linked = False
    axis = axis_around(chart)
    numbers.minimum_scale, numbers.maximum_scale = axis.low, axis.high
    numbers.major_unit = axis.ticks[1] - axis.ticks[0]
    numbers.format.line.fill.background()
    numbers.has_major_gridlines = True
    numbers.major_gridlines.format.line.color.rgb = colour("line")
    if chart.kind == "bars":
        numbers.tick_label_position = XL_TICK_LABEL_POSITION.HIGH
        drawn.plots[0].gap_width = 60


def axis_around(chart: Chart) -> Axis:
    """Return the axis of numbers, around all intervals; bars begin at 0."""
    found = [value for one in chart.series for value in one.values if value is not None]
    found += [end for one in chart.series for span in one.ends if span is not None for end in span]
    return Axis.around([0.0, *found] if chart.kind == "bars" else found)


def _paint(shown: Any, series: Series, kind: str) -> None:
    if kind != "bars":
        tone = colour(series.tones[0])
        shown.smooth = False
        shown.format.line.color.rgb = tone
        shown.format.line.width = Pt(2)
        shown.marker.style, shown.marker.size = XL_MARKER_STYLE.CIRCLE, 8
        shown.marker.format.fill.solid()
        shown.marker.format.fill.fore_color.rgb = tone
        shown.marker.format.line.color.rgb = tone
        return
    shown.invert_if_negative = False
    shown.format.fill.solid()
    shown.format.fill.fore_color.rgb = colour(series.tones[0])
    if len(series.tones) > 1:
        for place, tone in enumerate(series.tones):
            shown.points[place].format.fill.solid()
            shown.points[place].format.fill.fore_color.rgb = colour(tone)


def _add_error_bars(shown: Any, series: Series) -> None:
    """Add intervals to a series, for which python-pptx has no words; they go before the categories."""
    bars = etree.Element(qn("c:errBars"))
    if shown.find(qn("c:marker")) is not None:
        _child(bars, "c:errDir", "y")
    _child(bars, "c:errBarType", "both")
    _child(bars, "c:errValType", "cust")
    _child(bars, "c:noEndCap", "0")
    numbers = list(zip(series.values, series.ends, strict=True))
    _add_sizes(bars, "c:plus", [_size(value, span, 1) for value, span in numbers])
    _add_sizes(bars, "c:minus", [_size(value, span, 0) for value, span in numbers])
    _draw_line(bars, series.tones[0] if shown.find(qn("c:marker")) is not None else "ink")
    shown.find(qn("c:cat")).addprevious(bars)


def _draw_line(bars: Any, tone: str) -> None:
    """Draw the intervals of silent customers wide and light, so that one behind them is seen."""
    wide = tone == "silent"
    line = etree.SubElement(etree.SubElement(bars, qn("c:spPr")), qn("a:ln"), {"w": "44450" if wide else "15875"})
    paint = etree.SubElement(
        etree.SubElement(line, qn("a:solidFill")), qn("a:srgbClr"), {"val": page_colours()[tone]}
    )
    if wide:
        _child(paint, "a:alpha", "45000")


def _size(value: float | None, span: Ends, end: int) -> float | None:
    return None if value is None or span is None else abs(span[end] - value)


def _add_sizes(bars: Any, name: str, sizes: Sequence[float | None]) -> None:
    literal = etree.SubElement(etree.SubElement(bars, qn(name)), qn("c:numLit"))
    etree.SubElement(literal, qn("c:formatCode")).text = "General"
    _child(literal, "c:ptCount", str(len(sizes)))
    for place, size in enumerate(sizes):
        if size is None:
            continue
        point = etree.SubElement(literal, qn("c:pt"), {"idx": str(place)})
        etree.SubElement(point, qn("c:v")).text = repr(size)


def _child(parent: Any, name: str, value: str) -> None:
    etree.SubElement(parent, qn(name), {"val": value})
