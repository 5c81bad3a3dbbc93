"""A digest that identifies the features of a wave, and the note of it: features.digest.json."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pandas as pd

from silentnps.storage.atomic import replace_file
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.artifacts.scored_rows import RowsToScore

_ROWS_AT_ONCE = 50_000


def digest_of_features(project: Project, wave: str) -> str:
    """Return the digest of a wave in the features' file: as noted, or else of its rows, which is then noted."""
    identity = _identity(project, wave)
    try:
        note = json.loads(project.features_digest.read_text(encoding="utf-8"))
        if {name: note[name] for name in identity} == identity:
            return str(note["digest"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # a note that cannot be read counts as none
    batches = RowsToScore(project.features, wave).batches(_ROWS_AT_ONCE)
    digest = digest_of_total(sum(total_of_rows(rows) for rows in batches))
    _write_note(project, identity, digest)
    return digest


def note_digest(project: Project, wave: str, digest: str) -> str:
    """Note the digest of a wave of the features' file as it is now, without reading the file; return the digest."""
    _write_note(project, _identity(project, wave), digest)
    return digest


def _identity(project: Project, wave: str) -> dict[str, Any]:
    return {"wave": wave, "stamp": RowsToScore(project.features, wave).stamp}


def _write_note(project: Project, identity: dict[str, Any], digest: str) -> None:
    text = json.dumps({**identity, "digest": digest})
    replace_file(project.features_digest, lambda path: path.write_text(text, encoding="utf-8"))


def digest_of_wave(frame: pd.DataFrame, wave: str) -> str:
    """Return a digest of the features of a wave, which changes if they are rebuilt with other values."""
    return digest_of_total(total_of_rows(frame[frame["wave"] == wave]))


def digest_of_total(total: int) -> str:
    """Return the digest of rows from the sum of their totals, in any order and any batches."""
    return hashlib.sha256(str(total % 2**64).encode()).hexdigest()[:16]


def total_of_rows(frame: pd.DataFrame) -> int:
    """Return the sum of a hash of each row, which identifies the rows whatever their order."""
    numbers = frame.select_dtypes("float64")
    hashes = pd.util.hash_pandas_object(frame[frame.columns.difference(numbers.columns)], index=False).to_numpy()
    for name in sorted(numbers.columns):
        bits = (numbers[name].to_numpy() + 0.0).view(np.uint64)  # + 0.0: a zero has no sign
        hashes = hashes * np.uint64(1_099_511_628_211) ^ np.where(numbers[name].isna(), np.uint64(1), bits)
    return int(hashes.sum(dtype=np.uint64))
