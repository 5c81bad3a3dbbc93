"""Workbooks for people, as Excel and LibreOffice open them: no cell is a formula, and numbers are numbers.

The format is ECMA-376 (Office Open XML), part 1. Texts are inline strings with the quote prefix, so that one such
as =1+1 stays a text when somebody edits its cell. No time is written: equal tables give equal bytes.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal
from xml.sax.saxutils import escape

import pandas as pd

CellKind = Literal["text", "whole", "number", "money", "points", "share", "date"]
"""How the cells of a column are written; a cell without a value is empty."""

_FORMATS: dict[CellKind, str] = {
    "text": "General",
    "whole": "#,##0",
    "number": "0.000",
    "money": "#,##0.00",
    "points": "+0.0;-0.0;0.0",
    "share": "0%",
    "date": "yyyy\\-mm\\-dd",
}
_STYLE = {kind: place for place, kind in enumerate(_FORMATS, start=2)}
_HEADER = 1

_FIRST_DAY = date(1899, 12, 30)
_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOST_CHARACTERS = 32_767
_MOST_WIDTH = 60
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


@dataclass(frozen=True)
class Sheet:
    """A table of a workbook: its name, its rows, the kinds of its columns (else text), and columns to write in.

    With `filters` its header stays in view and can filter. `choices` has by column the values that a cell may have.
    """

    name: str
    table: pd.DataFrame
    kinds: Mapping[str, CellKind] = field(default_factory=dict)
    filters: bool = True
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)


def write_xlsx(sheets: Sequence[Sheet], path: Path) -> None:
    """Write tables as the sheets of one workbook."""
    numbers = range(1, len(sheets) + 1)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "[Content_Types].xml", _content_types(numbers))
        _add(archive, "_rels/.rels", _relations({1: ("officeDocument", "xl/workbook.xml")}))
        _add(archive, "xl/workbook.xml", _workbook(sheets))
        parts = {number: ("worksheet", f"worksheets/sheet{number}.xml") for number in numbers}
        parts[len(sheets) + 1] = ("styles", "styles.xml")
        _add(archive, "xl/_rels/workbook.xml.rels", _relations(parts))
        _add(archive, "xl/styles.xml", _styles())
        for number, sheet in zip(numbers, sheets, strict=True):
            _add(archive, f"xl/worksheets/sheet{number}.xml", "".join(_worksheet(sheet)))


def column_letters(place: int) -> str:
    """Return the name of a column by its place from 0.

    >>> column_letters(0), column_letters(26)
    ('A', 'AA')
    """
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _add(archive: zipfile.ZipFile, name: str, text: str) -> None:
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, (_HEAD + text).encode("utf-8"))


def _content_types(numbers: Sequence[int]) -> str:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml."
    parts = {"/xl/workbook.xml": "sheet.main", "/xl/styles.xml": "styles"}
    parts |= {f"/xl/worksheets/sheet{number}.xml": "worksheet" for number in numbers}
    overrides = "".join(
        f'<Override PartName="{part}" ContentType="{kind}{name}+xml"/>' for part, name in parts.items()
    )
    defaults = (
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
    )
    return f'<Types xmlns="{_PACKAGE}/content-types">{defaults}{overrides}</Types>'


def _relations(parts: Mapping[int, tuple[str, str]]) -> str:
    each = "".join(
        f'<Relationship Id="rId{number}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in parts.items()
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{each}</Relationships>'


def _workbook(sheets: Sequence[Sheet]) -> str:
    listed = "".join(
        f'<sheet name="{_attribute(sheet.name[:31])}" sheetId="{number}" r:id="rId{number}"/>'
        for number, sheet in enumerate(sheets, start=1)
    )
    names = "".join(
        f'<definedName name="_xlnm._FilterDatabase" localSheetId="{place}" hidden="1">'
        f"{_attribute(_quoted(sheet.name))}!{_range_of(sheet, absolute=True)}</definedName>"
        for place, sheet in enumerate(sheets)
        if sheet.filters
    )
    defined = f"<definedNames>{names}</definedNames>" if names else ""
    return f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{listed}</sheets>{defined}</workbook>'


def _quoted(name: str) -> str:
    return "'" + name[:31].replace("'", "''") + "'"


def _range_of(sheet: Sheet, *, absolute: bool = False) -> str:
    last, sign = column_letters(max(sheet.table.shape[1] - 1, 0)), "$" if absolute else ""
    return f"{sign}A{sign}1:{sign}{last}{sign}{len(sheet.table) + 1}"


def _styles() -> str:
    formats = "".join(
        f'<numFmt numFmtId="{164 + place}" formatCode="{_attribute(code)}"/>'
        for place, code in enumerate(_FORMATS.values())
    )
    cells = [
        '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>',
        '<xf numFmtId="0" fontId="1" fillId="2" borderId="0" xfId="0" quotePrefix="1" applyFont="1" applyFill="1"'
        ' applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>',
    ]
    for place, kind in enumerate(_FORMATS):
        text = ' quotePrefix="1"' if kind == "text" else ""
        wrap = ' wrapText="1"' if kind == "text" else ""
        cells.append(
            f'<xf numFmtId="{0 if kind == "text" else 164 + place}" fontId="0" fillId="0" borderId="0" xfId="0"'
            f'{text} applyNumberFormat="1" applyAlignment="1"><alignment vertical="top"{wrap}/></xf>'
        )
    return (
        f'<styleSheet xmlns="{_MAIN}"><numFmts count="{len(_FORMATS)}">{formats}</numFmts>'
        '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
        '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/>'
        '</fill><fill><patternFill patternType="solid"><fgColor rgb="FFDCE6F1"/></patternFill></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{len(cells)}">{"".join(cells)}</cellXfs><cellStyles count="1">'
        '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )


def _worksheet(sheet: Sheet) -> Iterator[str]:
    yield f'<worksheet xmlns="{_MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
    if sheet.filters:
        pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        yield f'<sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
    widths = (_width(sheet, str(name)) for name in sheet.table)
    each = (
        f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>' for n, width in enumerate(widths, start=1)
    )
    yield f"<cols>{''.join(each)}</cols><sheetData>"
    yield from _rows(sheet)
    yield "</sheetData>"
    if sheet.filters:
        yield f'<autoFilter ref="{_range_of(sheet)}"/>'
    yield _validations(sheet)
    yield '<pageSetup orientation="landscape" fitToWidth="1" fitToHeight="0"/></worksheet>'


def _rows(sheet: Sheet) -> Iterator[str]:
    names = [str(name) for name in sheet.table]
    header = (_text(name, f"{column_letters(i)}1", _HEADER) for i, name in enumerate(names))
    yield f'<row r="1">{"".join(header)}</row>'
    kinds = [sheet.kinds.get(name, "text") for name in names]
    for number, row in enumerate(sheet.table.itertuples(index=False), start=2):
        cells = (
            _cell(value, kind, f"{column_letters(i)}{number}")
            for i, (value, kind) in enumerate(zip(row, kinds, strict=True))
        )
        yield f'<row r="{number}">{"".join(cells)}</row>'


def _cell(value: Any, kind: CellKind, where: str) -> str:
    style = _STYLE[kind]
    if pd.isna(value) or (kind == "text" and value == ""):
        return f'<c r="{where}" s="{style}"/>'
    if kind == "text" or isinstance(value, str):
        return _text(str(value), where, _STYLE["text"])
    number = (pd.Timestamp(value).date() - _FIRST_DAY).days if kind == "date" else float(value)
    return f'<c r="{where}" s="{style}"><v>{number!r}</v></c>'


def _text(value: str, where: str, style: int) -> str:
    text = escape(_UNPRINTABLE.sub("\ufffd", value)[:_MOST_CHARACTERS])
    return f'<c r="{where}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _width(sheet: Sheet, name: str) -> int:
    kind = sheet.kinds.get(name, "text")
    if kind != "text":
        return max(12, len(name) + 3)
    longest = max((len(str(cell)) for cell in sheet.table[name].dropna()), default=0)
    return min(max(longest, len(name) + 3, 10), _MOST_WIDTH)


def _validations(sheet: Sheet) -> str:
    names = [str(name) for name in sheet.table]
    if not sheet.choices or sheet.table.empty:
        return ""
    each = "".join(
        f'<dataValidation type="list" allowBlank="1" showErrorMessage="1" sqref="{letter}2:{letter}'
        f'{len(sheet.table) + 1}"><formula1>"{_attribute(",".join(values))}"</formula1></dataValidation>'
        for name, values in sheet.choices.items()
        for letter in (column_letters(names.index(name)),)
    )
    return f'<dataValidations count="{len(sheet.choices)}">{each}</dataValidations>'


def _attribute(text: str) -> str:
    return escape(_UNPRINTABLE.sub("\ufffd", text), {'"': "&quot;"})
