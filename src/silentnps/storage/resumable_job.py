"""A job that writes many parts, survives a kill at any moment, and shows its result only when it is whole.

Parts are written into a staging folder beside the result: under a temporary name, flushed to the disk, renamed, and
then noted in a journal with their digest. A job of the same key goes on after the parts that are noted; another key
starts afresh. The staging folder takes the place of the result when all parts are there.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from silentnps.counts import counted
from silentnps.errors import DataError
from silentnps.storage.lock import write_lock

MANIFEST = "_manifest.json"
"""What is in a folder of parts; readers of Parquet pass over names that begin so."""

_JOURNAL = "_journal.jsonl"


@dataclass(frozen=True)
class Part:
    """A part that is done."""

    name: str
    rows: int
    sha256: str


@dataclass
class Job:
    """A job in its staging folder; made by `job`.

    `key` says what is made of what; `facts` were fixed when the job began, and are kept when it goes on.
    `resumed` is the number of parts that were done before, `discarded` whether parts of another key were dropped.
    """

    folder: Path
    key: Mapping[str, Any]
    facts: Mapping[str, Any]
    parts: list[Part] = field(default_factory=list)
    resumed: int = 0
    discarded: bool = False

    def done(self, place: int) -> Part | None:
        """Return a part that was done before, None if it is still to be made."""
        return self.parts[place] if place < len(self.parts) else None

    def write(self, name: str, rows: int, write: Callable[[Path], object]) -> None:
        """Let `write` fill a file, then note it as the next part.

        Raises
        ------
        DataError
            If it cannot be written; parts that are done stay.
        """
        temporary, path = self.folder / f".{name}", self.folder / name
        try:
            write(temporary)
            digest = _digest_on_disk(temporary)
            os.replace(temporary, path)
            _append(self.folder / _JOURNAL, {"name": name, "rows": rows, "sha256": digest})
        except OSError as error:
            raise DataError(
                f"{path} cannot be written ({error.strerror or error}). Free space or rights there and run again: "
                f"what is done stays ({counted(len(self.parts), 'part')}), and so does the older result."
            ) from None
        self.parts.append(Part(name, rows, digest))

    @property
    def rows(self) -> int:
        """Return the number of rows of the parts that are done."""
        return sum(part.rows for part in self.parts)


@contextmanager
def job(target: Path, key: Mapping[str, Any], facts: Mapping[str, Any], *, resume: bool = True) -> Iterator[Job]:
    """Begin the job of a key, or go on with it; at the end of the block its folder becomes `target`.

    Without `resume` a job that was left is always begun anew.

    An exception in the block leaves what is done for the next time, and the older result as it is.

    Raises
    ------
    DataError
        If another process works at the same target, or the folder cannot be written.
    """
    staging = target.with_name(f".{target.name}.partial")
    with write_lock(target):
        try:
            _settle(target)
            made = (_resumed(staging, key) if resume else None) or _begun(staging, key, facts)
        except OSError as error:
            raise DataError(f"{staging} cannot be written ({error.strerror or error}). Free it.") from None
        try:
            yield made
        except BaseException:
            if not made.parts:
                shutil.rmtree(staging, ignore_errors=True)
            raise
        _finish(made, target)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a result: key, facts, rows, parts with digests.

    Raises
    ------
    DataError
        If there is none.
    """
    try:
        found: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise DataError(f"{folder} must hold {MANIFEST}; got none that can be read. Score again.") from None
    return found


def _resumed(staging: Path, key: Mapping[str, Any]) -> Job | None:
    """Return the job that was left in the staging folder, if it is of the same key."""
    try:
        begun = json.loads((staging / MANIFEST).read_text(encoding="utf-8"))
        lines = (staging / _JOURNAL).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return None
    if begun.get("key") != json.loads(json.dumps(dict(key))):
        return None
    found = Job(staging, key, begun["facts"])
    for line in lines:
        part = _part(line)
        if part is None or not _is_whole(staging / part.name, part.sha256):
            break
        found.parts.append(part)
    _rewrite(staging / _JOURNAL, found.parts)
    kept = {MANIFEST, _JOURNAL, *(part.name for part in found.parts)}
    for path in staging.iterdir():
        if path.name not in kept:
            path.unlink()
    found.resumed = len(found.parts)
    return found


def _begun(staging: Path, key: Mapping[str, Any], facts: Mapping[str, Any]) -> Job:
    discarded = (staging / MANIFEST).exists()
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    (staging / _JOURNAL).write_text("", encoding="utf-8")
    _replace_text(staging / MANIFEST, json.dumps({"key": dict(key), "facts": dict(facts)}))
    return Job(staging, key, dict(facts), discarded=discarded)


def _finish(made: Job, target: Path) -> None:
    parts = [{"name": part.name, "rows": part.rows, "sha256": part.sha256} for part in made.parts]
    manifest = {"key": dict(made.key), "facts": dict(made.facts), "rows": made.rows, "parts": parts}
    old = target.with_name(f".{target.name}.old")
    try:
        _replace_text(made.folder / MANIFEST, json.dumps(manifest, indent=1))
        shutil.rmtree(old, ignore_errors=True)
        if target.exists():
            os.replace(target, old)
        os.replace(made.folder, target)
    except OSError as error:
        if old.exists() and not target.exists():
            os.replace(old, target)
        raise DataError(f"{target} cannot be replaced ({error.strerror or error}). Free it.") from None
    (target / _JOURNAL).unlink(missing_ok=True)
    shutil.rmtree(old, ignore_errors=True)


def _settle(target: Path) -> None:
    """Bring back the older result where a job was killed between taking it away and putting the new one there."""
    old = target.with_name(f".{target.name}.old")
    if old.exists() and not target.exists():
        os.replace(old, target)
    shutil.rmtree(old, ignore_errors=True)


def _part(line: str) -> Part | None:
    try:
        return Part(**json.loads(line))
    except (ValueError, TypeError):
        return None


def _is_whole(path: Path, sha256: str) -> bool:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == sha256
    except OSError:
        return False


def _digest_on_disk(path: Path) -> str:
    with path.open("r+b") as file:  # some systems flush only what may be written
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()


def _append(path: Path, values: Mapping[str, Any]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(dict(values)) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _rewrite(path: Path, parts: list[Part]) -> None:
    lines = [json.dumps({"name": part.name, "rows": part.rows, "sha256": part.sha256}) for part in parts]
    _replace_text(path, "".join(f"{line}\n" for line in lines))


def _replace_text(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)
