"""A file that was changed, removed or added to a folder is named; nothing else is."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from silentnps.storage.digests import DIGESTS, ChangedFileError, check_digests, digest_of_file, write_digests

NAMES = ("a.txt", "b.bin")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text("one", encoding="utf-8")
    (tmp_path / "b.bin").write_bytes(b"\x00\x01")
    write_digests(tmp_path, NAMES)
    return tmp_path


def test_files_as_they_were_written_pass_whatever_lies_beside_them(folder: Path) -> None:
    (folder / "more.txt").write_text("of somebody", encoding="utf-8")
    check_digests(folder, NAMES)
    # printf one | sha256sum
    assert digest_of_file(folder / "a.txt") == hashlib.sha256(b"one").hexdigest()
    assert digest_of_file(folder / "a.txt").startswith("7692c3ad3540bb80")


@pytest.mark.parametrize("name", NAMES)
def test_the_file_of_which_one_byte_changed_is_named(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[-1] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(ChangedFileError) as changed:
        check_digests(folder, NAMES)
    assert changed.value.path == folder / name


def test_a_file_without_a_digest_is_named(folder: Path) -> None:
    (folder / "c.txt").write_text("new", encoding="utf-8")
    with pytest.raises(ChangedFileError) as changed:
        check_digests(folder, (*NAMES, "c.txt"))
    assert changed.value.path == folder / "c.txt"


@pytest.mark.parametrize("text", ["", "[1]", "null", '"a"', None])
def test_digests_that_cannot_be_read_are_named(folder: Path, text: str | None) -> None:
    (folder / DIGESTS).unlink()
    if text is not None:
        (folder / DIGESTS).write_text(text, encoding="utf-8")
    with pytest.raises(ChangedFileError) as changed:
        check_digests(folder, NAMES)
    assert changed.value.path == folder / DIGESTS


def test_a_missing_file_and_a_missing_folder_are_missing(folder: Path) -> None:
    (folder / "a.txt").unlink()
    with pytest.raises(FileNotFoundError):
        check_digests(folder, NAMES)
    with pytest.raises(FileNotFoundError):
        check_digests(folder / "nowhere", NAMES)
    assert sorted(json.loads((folder / DIGESTS).read_text(encoding="utf-8"))) == sorted(NAMES)
