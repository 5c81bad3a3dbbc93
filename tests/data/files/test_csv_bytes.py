"""Packed files of text, alone and among files that others wrote."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest
from written_tables import project

from silentnps.config import TableConfig
from silentnps.data.reading.sources import read_tables
from silentnps.errors import DataError


def ids(folder: Path, path: Path) -> list[str]:
    read = read_tables(project(folder, customers=TableConfig(path=path)))
    return read.tables["customers"].to_pyarrow()["customer_id"].to_pylist()


def archive(file: Path, **members: str) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in members.items():
            made.writestr(name, text)
    return file


def test_files_of_one_folder_may_differ_in_packing_delimiter_encoding_and_quotes(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_text('customer_id,city\n01,"Köln\nam Rhein"\n', encoding="utf-8")
    (folder / "b.csv").write_bytes("city;customer_id\r\nÅrhus;02\r\n".encode("utf-16"))
    (folder / "c.csv.gz").write_bytes(gzip.compress(b"customer_id\tcity\n03\tN/A\n"))
    archive(folder / "d.csv.zip", **{"d.csv": "customer_id,city\n04,Bonn\n", "__MACOSX/._d.csv": "x"})
    assert ids(tmp_path, folder) == ["01", "02", "03", "04"]
    assert ids(tmp_path, folder / "*.zip") == ["04"]


@pytest.mark.parametrize("declared", ["utf-16-le", "utf-16", "utf-32-be"])
def test_text_without_bytes_of_zero_is_no_utf_16_and_is_not_quoted(tmp_path: Path, declared: str) -> None:
    (tmp_path / "a.csv").write_text("customer_id,name\n" + "1,Ann\n" * 8, encoding="utf-8")
    with pytest.raises(DataError, match=f"a.csv must be {declared} text; got another encoding"):
        read_tables(project(tmp_path, customers=TableConfig(path=tmp_path / "a.csv", encoding=declared)))


def test_of_a_very_long_name_of_a_column_a_message_has_the_start(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"Id,{'word ' * 2_000}\n1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"word \S*\.\.\. \(9,999 characters\)") as raised:
        ids(tmp_path, tmp_path / "a.csv")
    assert len(str(raised.value)) < 1_000


def test_an_archive_of_several_files_or_a_damaged_one_is_refused(tmp_path: Path) -> None:
    two = archive(tmp_path / "two.zip", **{"a.csv": "customer_id\n1\n", "b.csv": "customer_id\n2\n"})
    with pytest.raises(DataError, match="must be an archive of one CSV file; got 2 files in it"):
        ids(tmp_path, two)
    (tmp_path / "cut.zip").write_bytes(two.read_bytes()[:60])
    with pytest.raises(DataError, match="must be readable; got an error"):
        ids(tmp_path, tmp_path / "cut.zip")


@pytest.mark.parametrize("end", [b"\x1a", b"\0" * 512])
def test_the_marks_of_old_programs_at_the_end_are_no_row(tmp_path: Path, end: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(b"customer_id,tier\r\n1,gold\r\n2,silver\r\n" + end)
    assert ids(tmp_path, tmp_path / "a.csv") == ["1", "2"]


@pytest.mark.parametrize("packing", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damage_inside_an_archive_is_told_whatever_packed_it(tmp_path: Path, packing: int) -> None:
    rows = "".join(f"{k},{k * 7919 % 104729}\n" for k in range(3_000))
    with zipfile.ZipFile(tmp_path / "whole.zip", "w", packing) as made:
        made.writestr("a.csv", "customer_id,points\n" + rows)
    assert len(ids(tmp_path, tmp_path / "whole.zip")) == 3_000
    whole = bytearray((tmp_path / "whole.zip").read_bytes())
    for at in range(60, len(whole) - 300, len(whole) // 12):
        damaged = bytearray(whole)
        damaged[at : at + 40] = bytes(255 - byte for byte in damaged[at : at + 40])
        (tmp_path / "damaged.zip").write_bytes(damaged)
        with pytest.raises(DataError, match=r"damaged.zip must be readable; got an error"):
            ids(tmp_path, tmp_path / "damaged.zip")


def test_an_encrypted_archive_is_told(tmp_path: Path) -> None:
    archive(tmp_path / "a.zip", **{"a.csv": "customer_id\n1\n"})
    content = bytearray((tmp_path / "a.zip").read_bytes())
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + place] |= 1  # the mark of encryption
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(DataError, match=r"a.zip must be open to all; got a password on it"):
        ids(tmp_path, tmp_path / "a.zip")
