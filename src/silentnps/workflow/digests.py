"""Features known again: a digest of the rows of a wave, and the rows as scoring reads them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from silentnps.data.atomic import replace_file
from silentnps.errors import DataError
from silentnps.features.batches import feature_batches
from silentnps.features.expressions import KEYS
from silentnps.workflow.project import Project

_ROWS_AT_ONCE = 50_000


def wave_batches(project: Project, wave: str, *, rows: int) -> Iterator[pd.DataFrame]:
    """Yield the built features of a wave, `rows` at a time; DataError if they are missing or damaged."""
    try:
        for frame in feature_batches(project.features, wave, rows=rows):
            if not set(KEYS) <= set(frame.columns):
                raise DataError(
                    f"{project.features} was written by an earlier version. Run `silentnps train` again."
                )
            yield frame
    except FileNotFoundError:
        raise DataError(f"{project.features} is missing. Run `silentnps train` first.") from None
    except (OSError, ValueError):
        raise DataError(f"{project.features} is damaged. Run `silentnps train` again.") from None


def stamp_of_features(project: Project) -> list[int]:
    """Return size and time of the features' file; DataError if it is missing."""
    try:
        stamp = project.features.stat()
    except OSError:
        raise DataError(f"{project.features} is missing. Run `silentnps train` first.") from None
    return [stamp.st_size, stamp.st_mtime_ns]


def digest_of_features(project: Project, wave: str) -> str:
    """Return the digest of a wave in the features' file: as noted, or else of its rows, which is noted then."""
    known = _noted_of(project, wave)
    try:
        noted = json.loads(project.features_digest.read_text(encoding="utf-8"))
        if {name: noted[name] for name in known} == known:
            return str(noted["digest"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # a note that cannot be read is as good as none
    found = digest_of_total(sum(total_of_rows(rows) for rows in wave_batches(project, wave, rows=_ROWS_AT_ONCE)))
    _note(project, known, found)
    return found


def note_digest(project: Project, wave: str, digest: str) -> str:
    """Note the digest of a wave of the features' file as it is now, and return it: the file is not read for it."""
    _note(project, _noted_of(project, wave), digest)
    return digest


def _noted_of(project: Project, wave: str) -> dict[str, Any]:
    return {"wave": wave, "stamp": stamp_of_features(project)}


def _note(project: Project, known: dict[str, Any], digest: str) -> None:
    text = json.dumps({**known, "digest": digest})
    replace_file(project.features_digest, lambda path: path.write_text(text, encoding="utf-8"))


def digest_of_wave(frame: pd.DataFrame, wave: str) -> str:
    """Return a digest of the features of a wave, by which scores know whether they were built anew."""
    return digest_of_total(total_of_rows(frame[frame["wave"] == wave]))


def digest_of_total(total: int) -> str:
    """Return the digest of the rows whose totals were added up, in any order and any pieces."""
    return hashlib.sha256(str(total % 2**64).encode()).hexdigest()[:16]


def total_of_rows(frame: pd.DataFrame) -> int:
    """Return the sum of a hash of each row, by which rows are known again whatever their order."""
    numbers = frame.select_dtypes("float64")
    hashes = pd.util.hash_pandas_object(frame[frame.columns.difference(numbers.columns)], index=False).to_numpy()
    for name in sorted(numbers.columns):
        bits = (numbers[name].to_numpy() + 0.0).view(np.uint64)  # + 0.0: a zero has no sign
        hashes = hashes * np.uint64(1_099_511_628_211) ^ np.where(numbers[name].isna(), np.uint64(1), bits)
    return int(hashes.sum(dtype=np.uint64))
