"""What every reader of tables returns: the SQL that scans the rows, and the types of their columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ibis.backends.duckdb import Backend

from silentnps.data.files.duckdb_errors import query
from silentnps.data.files.names import quoted
from silentnps.data.values.casts import Family, family_of
from silentnps.errors import DataError


@dataclass(frozen=True)
class Source:
    """The rows of one table as the user has them.

    `name` is what errors call it, `scan` the SQL after FROM, `types` the DuckDB type of each column, in order;
    `untyped` means that all are text because the file has no types. `twice` holds, by name in lower case, the first
    two of several columns that share it, which `types` leaves out. `notes` say what of the files is no row or
    no column. `stored` are tables of the session that hold rows until they are read. `serial_days` says that whole
    numbers may be days as spreadsheets count them. `numbered` means that `scan` has a column `silentnps_row`: the
    1-based positions of its rows in the file, which had more of them. `zones` has the time zone of columns of times
    of which the file itself says it, in place of the project's.
    """

    name: str
    scan: str
    types: dict[str, str]
    untyped: bool = False
    twice: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    stored: tuple[str, ...] = ()
    serial_days: bool = False
    numbered: bool = False
    zones: Mapping[str, str] = field(default_factory=dict)

    @property
    def with_rows(self) -> str:
        """Return SQL of all columns and of the 1-based position of each row in the file, `silentnps_row`."""
        number = "" if self.numbered else ", row_number() OVER () AS silentnps_row"
        return f"SELECT *{number} FROM {self.scan}"

    def family(self, column: str) -> Family:
        """Return the family of a column's type."""
        return family_of(self.types[column])


def types_of(backend: Backend, source: str, scan: str) -> dict[str, str]:
    """Return the DuckDB type of each column of a scan."""
    return {row[0]: row[1] for row in query(backend, source, f"DESCRIBE SELECT * FROM {scan}")}


def refuse_clashes(source: str, names: Iterable[str]) -> None:
    """Refuse columns whose names differ in nothing but the case of letters.

    Raises
    ------
    DataError
        If there are any.
    """
    seen: dict[str, str] = {}
    for name in names:
        first = seen.get(name.lower())
        if first is not None:
            raise clash(source, first, name)
        seen[name.lower()] = name


def named(table: str | None) -> str:
    """Return what a configuration calls a table inside a file, as messages write it."""
    return "no `table:`" if table is None else quoted(table)


def clash(source: str, first: str, second: str) -> DataError:
    """Return the error about two columns with the same name."""
    return DataError(
        f"{source} must name each column once, upper and lower case being the same; got {quoted(first)} and"
        f" {quoted(second)}. Rename or remove one of them."
    )


def refuse_other_columns(parts: Sequence[tuple[str, Sequence[str]]]) -> None:
    """Refuse files of one table, given by name with their columns, that have other columns than the first.

    Raises
    ------
    DataError
        If there are any.
    """
    (first_name, first_columns), *others = parts
    first = {name.lower() for name in first_columns}
    for part, columns in others:
        if {name.lower() for name in columns} != first:
            raise DataError(
                f"{part} must have the header of {first_name}; got another. Give all files the same columns, in any"
                " order."
            )
