"""The rows that are scored, and a digest by which features are known again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from silentnps.errors import DataError
from silentnps.features.engine.expressions import KEYS
from silentnps.features.large_base.feature_reader import feature_batches, first_and_last
from silentnps.features.population.local_time import naive_utc
from silentnps.features.population.waves import wave_label
from silentnps.storage.atomic import replace_file
from silentnps.workflow.artifacts.project import Project

_ROWS_AT_ONCE = 50_000


@dataclass(frozen=True)
class ToScore:
    """The rows that are scored: those of the model's wave, or the whole base at a moment, `as_of` (UTC, naive)."""

    path: Path
    wave: str
    as_of: datetime | None = None

    @classmethod
    def of(cls, project: Project, wave: str, as_of: datetime | None = None) -> ToScore:
        """Return the rows of the model's wave, or where `as_of` is given of that moment.

        Raises
        ------
        DataError
            If they are not there.
        """
        if as_of is None:
            found = cls(project.features, wave)
        else:
            found = cls(project.features_as_of, wave_label(naive_utc(as_of)), naive_utc(as_of))
        first, last = found.moments
        if found.as_of is not None and (first, last) != (found.as_of, found.as_of):
            raise DataError(f"{found.path} must hold the base at {found.as_of}; got it at {first}. {found.cure}")
        return found

    @property
    def cure(self) -> str:
        """Return what to do where the rows are missing or damaged."""
        if self.as_of is None:
            return "Run `silentnps train` again."
        return f"Run `silentnps features --as-of {self.as_of.isoformat()}` first."

    @property
    def stamp(self) -> list[int]:
        """Return size and time of the file; DataError if it is missing."""
        with self._readable():
            stamp = self.path.stat()
        return [stamp.st_size, stamp.st_mtime_ns]

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """Return the first and the last `as_of`; DataError if there is no row."""
        with self._readable():
            found = first_and_last(self.path, self.wave)
        if found is None:
            raise DataError(f"{self.path} must hold the wave {self.wave}; got none of it. {self.cure}")
        return found

    def batches(self, rows: int) -> Iterator[pd.DataFrame]:
        """Yield the rows, so many at a time; DataError if they are missing or damaged."""
        with self._readable():
            for frame in feature_batches(self.path, self.wave, rows=rows):
                if not set(KEYS) <= set(frame.columns):
                    raise DataError(f"{self.path} was written by an earlier version. {self.cure}")
                yield frame

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise DataError(f"{self.path} is missing. {self.cure}") from None
        except (OSError, ValueError):
            raise DataError(f"{self.path} is damaged. {self.cure}") from None


def digest_of_features(project: Project, wave: str) -> str:
    """Return the digest of a wave in the features' file: as noted, or else of its rows, which is noted then."""
    known = _noted_of(project, wave)
    try:
        noted = json.loads(project.features_digest.read_text(encoding="utf-8"))
        if {name: noted[name] for name in known} == known:
            return str(noted["digest"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # a note that cannot be read is as good as none
    found = digest_of_total(
        sum(total_of_rows(rows) for rows in ToScore(project.features, wave).batches(_ROWS_AT_ONCE))
    )
    _note(project, known, found)
    return found


def note_digest(project: Project, wave: str, digest: str) -> str:
    """Note the digest of a wave of the features' file as it is now, and return it: the file is not read for it."""
    _note(project, _noted_of(project, wave), digest)
    return digest


def _noted_of(project: Project, wave: str) -> dict[str, Any]:
    return {"wave": wave, "stamp": ToScore(project.features, wave).stamp}


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
