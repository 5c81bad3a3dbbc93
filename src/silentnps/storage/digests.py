"""Digests of the files of a folder, which tell that a file was changed, and which: digests.json."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

DIGESTS = "digests.json"


class ChangedFileError(ValueError):
    """A file is not as it was written; `path` says which."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is not as it was written")
        self.path = path


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 of a file, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_digests(folder: Path, names: Iterable[str]) -> None:
    """Write the SHA-256 of these files of a folder into `DIGESTS`."""
    digests = {name: digest_of_file(folder / name) for name in sorted(names)}
    (folder / DIGESTS).write_text(json.dumps(digests, indent=1), encoding="utf-8")


def check_digests(folder: Path, names: Iterable[str]) -> None:
    """Compare these files of a folder with the digests that `write_digests` wrote.

    Raises
    ------
    ChangedFileError
        If a file has another digest or none, or the digests cannot be read.
    OSError
        If the folder or a file is missing.
    """
    if folder.is_dir() and not (folder / DIGESTS).exists():
        raise ChangedFileError(folder / DIGESTS)
    try:
        digests = dict(json.loads((folder / DIGESTS).read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        raise ChangedFileError(folder / DIGESTS) from None
    for name in names:
        if digest_of_file(folder / name) != digests.get(name):
            raise ChangedFileError(folder / name)
