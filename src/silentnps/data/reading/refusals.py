"""The errors of reading a table, gathered so that one run names them all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from silentnps.data.findings import Refusal
from silentnps.data.reading.reading_notes import Reading
from silentnps.errors import ConfigError, DataError


@dataclass
class Refusals:
    """What could not be read of one table so far."""

    table: str
    found: list[Refusal] = field(default_factory=list)

    @property
    def columns(self) -> set[str]:
        """Return the canonical names of the columns that could not be read."""
        return {refusal.column for refusal in self.found}

    def add(
        self, error: ConfigError | DataError, column: str = "", *, rows: int = 0, first_rows: tuple[int, ...] = ()
    ) -> None:
        """Add an error of a column, or of the whole table, unless it is there already."""
        if str(error) not in map(str, self.found):
            refusal = Refusal.of(self.table, error, column=column, rows=rows, first_rows=first_rows)
            self.found.append(refusal)

    def add_readings(self, readings: Mapping[str, Reading]) -> None:
        """Add the errors of columns that could be read in two ways."""
        for name, reading in readings.items():
            if reading.refused is not None:
                self.add(reading.refused, name)

    @contextmanager
    def gathered(self, column: str = "") -> Iterator[None]:
        """Add the error that ends the block, if one does."""
        try:
            yield
        except (ConfigError, DataError) as error:
            self.add(error, column)
