"""Office files: the moments inside are those of the report, not of the clock."""

from __future__ import annotations

import zipfile
from datetime import datetime
from io import BytesIO

import pytest

from silentnps.report.office.same_bytes import moment_of, with_moment

MOMENT = datetime(2024, 5, 1, 8, 0)


def package(moment: str, inner: bytes = b"") -> bytes:
    written = BytesIO()
    core = f'<a><dcterms:created xsi:type="x">{moment}</dcterms:created><title>kept</title></a>'
    with zipfile.ZipFile(written, "w") as new:
        date = (2000 + len(moment), 1, 1, 0, 0, 0)
        new.writestr(zipfile.ZipInfo("docProps/core.xml", date), core)
        new.writestr(zipfile.ZipInfo("ppt/embeddings/one.xlsx", date), inner or package(moment, b"end"))
    return written.getvalue()


def test_files_that_differ_in_their_moments_alone_become_equal() -> None:
    one, other = package("2024-05-01T08:00:00Z"), package("now")
    assert one != other
    assert with_moment(one, MOMENT) == with_moment(other, MOMENT)


def test_the_moment_is_that_of_the_report_in_the_file_and_in_workbooks_inside() -> None:
    with zipfile.ZipFile(BytesIO(with_moment(package("now"), MOMENT))) as whole:
        assert b">2024-05-01T08:00:00Z<" in whole.read("docProps/core.xml")
        assert b"<title>kept</title>" in whole.read("docProps/core.xml")
        assert {entry.date_time for entry in whole.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        inner = whole.read("ppt/embeddings/one.xlsx")
    with zipfile.ZipFile(BytesIO(inner)) as workbook:
        assert b">2024-05-01T08:00:00Z<" in workbook.read("docProps/core.xml")
        assert workbook.read("ppt/embeddings/one.xlsx") == b"end"


@pytest.mark.parametrize("text", ["2024-05-01 08:00 UTC", "2024-05-01T10:00:00+02:00", "2024-05-01 08:00"])
def test_moments_are_in_utc(text: str) -> None:
    assert moment_of(text) == MOMENT
