"""The rows to score: those of the model's wave in features.parquet, or the base at a moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from silentnps.errors import DataError
from silentnps.features.engine.expressions import KEYS
from silentnps.features.large_base.feature_reader import feature_batches, first_and_last, n_rows_of
from silentnps.features.population.local_time import naive_utc
from silentnps.features.population.waves import wave_label
from silentnps.workflow.artifacts.made_file import MadeFile
from silentnps.workflow.artifacts.project import Project


@dataclass(frozen=True)
class RowsToScore:
    """The rows to score: those of the model's wave, or the whole base at a moment, `as_of` (UTC, naive)."""

    path: Path
    wave: str
    as_of: datetime | None = None

    @classmethod
    def of(cls, project: Project, wave: str, as_of: datetime | None = None) -> RowsToScore:
        """Return the rows of the model's wave or, if `as_of` is given, of that moment.

        Raises
        ------
        DataError
            If they are missing.
        """
        if as_of is None:
            rows = cls(project.features, wave)
        else:
            rows = cls(project.features_as_of, wave_label(naive_utc(as_of)), naive_utc(as_of))
        first, last = rows.moments
        if rows.as_of is not None and (first, last) != (rows.as_of, rows.as_of):
            raise DataError(
                f"{rows.path} must hold the base at {rows.as_of}; got it at {first}. "
                f"Run `silentnps {rows.command}`."
            )
        return rows

    @property
    def command(self) -> str:
        """Return the command that makes the rows, as typed after `silentnps`."""
        return "train" if self.as_of is None else f"features --as-of {self.as_of.isoformat()}"

    @property
    def cure(self) -> str:
        """Return what to do where a file has other rows; a wave that is gone needs no new model."""
        if self.as_of is not None:
            return f"Run `silentnps {self.command}`."
        return (
            "Score the base of today with `silentnps features --as-of DATE` and `silentnps score --as-of DATE`, or"
            " learn from a newer wave with `silentnps train`."
        )

    @property
    def file(self) -> MadeFile:
        """Return the file of the rows with the errors about it."""
        return MadeFile(self.path, self.command)

    @property
    def stamp(self) -> list[int]:
        """Return size and time of the file; DataError if it is missing."""
        with self.file.reading():
            stamp = self.path.stat()
        return [stamp.st_size, stamp.st_mtime_ns]

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """Return the first and the last `as_of`; DataError if there is no row."""
        with self.file.reading():
            moments = first_and_last(self.path, self.wave)
        if moments is None:
            raise DataError(f"{self.path} must hold the wave {self.wave}; got none of it. {self.cure}")
        return moments

    @property
    def n(self) -> int:
        """Return how many there are; DataError if they are missing or damaged."""
        with self.file.reading():
            return n_rows_of(self.path, self.wave)

    def batches(self, rows: int) -> Iterator[pd.DataFrame]:
        """Yield so many rows at a time; DataError if they are missing or damaged."""
        with self.file.reading():
            for frame in feature_batches(self.path, self.wave, rows=rows):
                if not set(KEYS) <= set(frame.columns):
                    raise self.file.of_an_earlier_version()
                yield frame
