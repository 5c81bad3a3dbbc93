"""Native tables of slides: as many rows as fit, texts cut to two lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from lxml import etree
from pptx.oxml.ns import qn
from pptx.slide import Slide as Page
from pptx.table import _Cell
from pptx.util import Inches, Pt

from silentnps.report.office.palette import page_colours
from silentnps.report.office.slides import fitting
from silentnps.report.office.slides.deck import Table
from silentnps.report.office.slides.look import bare, colour, write_paragraph

_SIZES = (18, 16, 14, 13, 12, 11, 10, 9)
_READABLE = 11
_MARGIN = 0.06
_MOST_LINES = 4
_NO_STYLE = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"


class Room(Protocol):
    """A place on a slide, in inches."""

    @property
    def left(self) -> float: ...
    @property
    def top(self) -> float: ...
    @property
    def width(self) -> float: ...
    @property
    def height(self) -> float: ...


def add_table(page: Page, table: Table, room: Room) -> None:
    """Add a table to a slide."""
    widths = [share * room.width for share in table.widths]
    size, rows = _fitted(table, widths, room.height)
    heights = [_row_height(cells, widths, size) for cells in rows]
    frame = page.shapes.add_table(
        len(rows),
        len(widths),
        *(Inches(value) for value in (room.left, room.top, room.width, sum(heights))),
    )
    drawn = frame.table
    drawn.first_row, drawn.horz_banding = True, False
    frame._element.graphic.graphicData.tbl.tblPr.find(qn("a:tableStyleId")).text = _NO_STYLE
    for column, width in zip(drawn.columns, widths, strict=True):
        column.width = Inches(width)
    for i, cells in enumerate(rows):
        drawn.rows[i].height = Inches(heights[i])
        for j, text in enumerate(cells):
            strong = i == 0 or i - 1 in table.strong
            _write_cell(drawn.cell(i, j), text, size=size, head=i == 0, strong=strong)


def _fitted(table: Table, widths: Sequence[float], height: float) -> tuple[float, list[list[str]]]:
    """Return the font size and the rows, the heads first, that fit into a height."""
    for size in (size for size in _SIZES if size <= table.size):
        rows = _rows(table, widths, size)
        narrow = any(
            fitting.breaks_words(head, size=size, width=width - 2 * _MARGIN)
            for head, width in zip(table.heads, widths, strict=True)
        )
        if not narrow and sum(_row_height(cells, widths, size) for cells in rows) <= height:
            return size, rows
    while len(rows) > 2 and sum(_row_height(cells, widths, size) for cells in rows) > height:
        rows.pop()
    return size, rows


def height_wanted(table: Table, width: float) -> float:
    """Return the height in inches that a table takes at a size that reads well."""
    widths = [share * width for share in table.widths]
    return sum(_row_height(cells, widths, _READABLE) for cells in _rows(table, widths, _READABLE))


def _rows(table: Table, widths: Sequence[float], size: float) -> list[list[str]]:
    return [[*table.heads], *(_cut_row(row, widths, size) for row in table.rows)]


def _cut_row(row: Sequence[str], widths: Sequence[float], size: float) -> list[str]:
    return [
        text
        if fitting.n_lines(text, size=size, width=width - 2 * _MARGIN) <= _MOST_LINES
        else fitting.cut(text, size=size, width=width - 2 * _MARGIN, lines=_MOST_LINES)
        for text, width in zip(row, widths, strict=True)
    ]


def _row_height(cells: Sequence[str], widths: Sequence[float], size: float) -> float:
    heights = [
        fitting.height_of([text], size=size, width=width - 2 * _MARGIN)
        for text, width in zip(cells, widths, strict=True)
    ]
    return max(heights) + 2 * _MARGIN


def _write_cell(cell: _Cell, text: str, *, size: float, head: bool, strong: bool) -> None:
    bare(cell.text_frame)
    cell.margin_left = cell.margin_right = cell.margin_top = cell.margin_bottom = Inches(_MARGIN)
    write_paragraph(cell.text_frame, text, size=size, bold=strong, first=True)
    cell.text_frame.paragraphs[0].space_after = Pt(0)
    if head:
        cell.fill.solid()
        cell.fill.fore_color.rgb = colour("panel")
    else:
        cell.fill.background()
    _underline(cell)


def _underline(cell: _Cell) -> None:
    """Draw a thin line under a cell, for which python-pptx has no words; it goes before the fill."""
    properties = cell._tc.get_or_add_tcPr()
    line = etree.Element(qn("a:lnB"), {"w": "6350"})
    fill = etree.SubElement(line, qn("a:solidFill"))
    etree.SubElement(fill, qn("a:srgbClr"), {"val": page_colours()["line"]})
    properties.insert(0, line)
