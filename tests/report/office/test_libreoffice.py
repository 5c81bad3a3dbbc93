"""Slides and workbook as LibreOffice opens them: it converts each, with one page a slide."""

from __future__ import annotations

import re
import shutil
import subprocess
import zlib
from pathlib import Path

import pandas as pd
import pytest
from written_report import content, told

from silentnps.actions.list_files import write_list
from silentnps.report.office.slides.write import report_slides, write_slides
from silentnps.report.office.workbook.sheets import report_sheets
from silentnps.report.office.workbook.write import write_workbook

pytestmark = pytest.mark.slow


def converted(path: Path, kind: str) -> Path:
    """Return a file as LibreOffice converts it, in a profile of its own; skip where it is not installed."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("there is no LibreOffice")
    folder = path.parent
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [office, profile, "--headless", "--convert-to", kind, "--outdir", str(folder), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    made = path.with_suffix(f".{kind.partition(':')[0]}")
    if not made.exists():
        pytest.skip("LibreOffice is there without the part for this format")
    return made


def texts_inside(data: bytes) -> list[bytes]:
    """Return a PDF and the parts of it that can be inflated."""
    found = [data]
    for part in re.findall(rb"stream\r?\n(.*?)endstream", data, flags=re.DOTALL):
        try:
            found.append(zlib.decompressobj().decompress(part))
        except zlib.error:
            continue
    return found


def test_each_slide_is_a_page(tmp_path: Path) -> None:
    found = content(**told())
    write_slides(tmp_path / "report.pptx", found)
    data = converted(tmp_path / "report.pptx", "pdf").read_bytes()
    n_pages = sum(len(re.findall(rb"/Type\s*/Page\b", text)) for text in texts_inside(data))
    assert n_pages == len(report_slides(found))


def test_a_workbook_opens_and_its_first_sheet_has_the_numbers(tmp_path: Path) -> None:
    found = content(**told(), project="=1+1")
    write_workbook(tmp_path / "report.xlsx", found)
    text = converted(tmp_path / "report.xlsx", "csv:Text - txt - csv (StarCalc):44,34,76,1").read_text(
        encoding="utf-8"
    )
    rows = [line for line in text.splitlines() if line]
    assert rows[0].startswith('"The NPS of the whole base is +10.8 (+5.0 to +16.6)')
    assert any(row.startswith('"Silent customers",+8.1,+1.2,+14.9,95.0%') for row in rows)
    assert all(any(row.startswith(f'"{sheet.name}"') for row in rows) for sheet in report_sheets(found))


def test_a_list_opens_with_its_numbers_dates_and_texts(tmp_path: Path) -> None:
    day = pd.Timestamp("2025-07-01").date()
    table = pd.DataFrame(
        {"rank": [1], "customer_id": ["0012"], "probability": [0.98], "reasons": ["=1+1"], "contact_on": [day]}
    )
    write_list(table, tmp_path / "list.xlsx", kind="xlsx", about={"goal": "recover"})
    text = converted(tmp_path / "list.xlsx", "csv:Text - txt - csv (StarCalc):44,34,76,1").read_text(
        encoding="utf-8"
    )
    assert text.splitlines() == [
        '"rank","customer id","probability","reasons","contact on"',
        '1,"0012",98%,"=1+1",2025-07-01',
    ]
