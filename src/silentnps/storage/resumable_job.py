"""A job that writes many parts, survives being killed at any moment, and publishes only a complete result.

Each part is written into a staging folder beside the result under a temporary name, flushed to disk, renamed, and
recorded in a journal with its digest. A job with the same key resumes after the recorded parts; a job with another
key starts over. When all parts are written, the staging folder replaces the result.
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
"""The file that describes a folder of parts; readers of Parquet skip names that begin with an underscore."""

_JOURNAL = "_journal.jsonl"


@dataclass(frozen=True)
class Part:
    """A completed part."""

    name: str
    rows: int
    sha256: str


@dataclass
class Job:
    """A job in its staging folder, opened by `open_job`.

    `key` identifies the inputs and options of the result; `facts` are fixed when the job starts and kept when it
    resumes. `resumed` is the number of parts completed before this run; `discarded` says whether parts of another
    key were deleted.
    """

    folder: Path
    key: Mapping[str, Any]
    facts: Mapping[str, Any]
    parts: list[Part] = field(default_factory=list)
    resumed: int = 0
    discarded: bool = False

    def write(self, name: str, rows: int, write: Callable[[Path], object]) -> None:
        """Let `write` fill a file, then record it as the next part.

        Raises
        ------
        DataError
            If the file cannot be written; completed parts are kept.
        """
        temporary, path = self.folder / f".{name}", self.folder / name
        try:
            write(temporary)
            digest = _digest_on_disk(temporary)
            os.replace(temporary, path)
            _append(self.folder / _JOURNAL, {"name": name, "rows": rows, "sha256": digest})
        except OSError as error:
            raise DataError(
                f"{path} cannot be written ({error.strerror or error}). Free space or grant rights there and run "
                f"again: completed parts are kept ({counted(len(self.parts), 'part')}), and so is the older result."
            ) from None
        self.parts.append(Part(name, rows, digest))

    @property
    def rows(self) -> int:
        """Return the number of rows of the completed parts."""
        return sum(part.rows for part in self.parts)


@contextmanager
def open_job(
    target: Path, key: Mapping[str, Any], facts: Mapping[str, Any], *, resume: bool = True
) -> Iterator[Job]:
    """Start the job of a key, or resume it; at the end of the block its folder becomes `target`.

    Without `resume` the job always starts over. An exception in the block keeps the completed parts for the next
    run and leaves the older result unchanged.

    Raises
    ------
    DataError
        If another process writes the same target, or the folder cannot be written.
    """
    staging = target.with_name(f".{target.name}.partial")
    with write_lock(target):
        try:
            _restore_older_result(target)
            job = (_resume(staging, key) if resume else None) or _start(staging, key, facts)
        except OSError as error:
            raise DataError(f"{staging} cannot be written ({error.strerror or error}). Free it.") from None
        try:
            yield job
        except BaseException:
            if not job.parts:
                shutil.rmtree(staging, ignore_errors=True)
            raise
        _finish(job, target)


def _resume(staging: Path, key: Mapping[str, Any]) -> Job | None:
    """Return the unfinished job in the staging folder if it has the same key."""
    try:
        manifest = json.loads((staging / MANIFEST).read_text(encoding="utf-8"))
        lines = (staging / _JOURNAL).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return None
    if manifest.get("key") != json.loads(json.dumps(dict(key))):
        return None
    job = Job(staging, key, manifest["facts"])
    for line in lines:
        part = _part(line)
        if part is None or not _is_whole(staging / part.name, part.sha256):
            break
        job.parts.append(part)
    _rewrite(staging / _JOURNAL, job.parts)
    kept = {MANIFEST, _JOURNAL, *(part.name for part in job.parts)}
    for path in staging.iterdir():
        if path.name not in kept:
            path.unlink()
    job.resumed = len(job.parts)
    return job


def _start(staging: Path, key: Mapping[str, Any], facts: Mapping[str, Any]) -> Job:
    discarded = (staging / MANIFEST).exists()
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    (staging / _JOURNAL).write_text("", encoding="utf-8")
    _replace_text(staging / MANIFEST, json.dumps({"key": dict(key), "facts": dict(facts)}))
    return Job(staging, key, dict(facts), discarded=discarded)


def _finish(job: Job, target: Path) -> None:
    parts = [{"name": part.name, "rows": part.rows, "sha256": part.sha256} for part in job.parts]
    manifest = {"key": dict(job.key), "facts": dict(job.facts), "rows": job.rows, "parts": parts}
    old = target.with_name(f".{target.name}.old")
    try:
        _replace_text(job.folder / MANIFEST, json.dumps(manifest, indent=1))
        shutil.rmtree(old, ignore_errors=True)
        if target.exists():
            os.replace(target, old)
        os.replace(job.folder, target)
    except OSError as error:
        if old.exists() and not target.exists():
            os.replace(old, target)
        raise DataError(f"{target} cannot be replaced ({error.strerror or error}). Free it.") from None
    (target / _JOURNAL).unlink(missing_ok=True)
    shutil.rmtree(old, ignore_errors=True)


def _restore_older_result(target: Path) -> None:
    """Restore the older result if a job was killed after moving it away and before publishing the new one."""
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
    with path.open("r+b") as file:  # some systems flush only files opened for writing
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
