"""Notes on columns whose values were read in another form than they have, and the findings on their rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ibis.backends.duckdb import Backend

from silentnps.data.findings import FIRST_ROWS, Effect, Finding, Severity
from silentnps.data.opening.scan import Source, query
from silentnps.data.values.casts import AnyKind, Family, cast
from silentnps.errors import ConfigError
from silentnps.schema import Table


@dataclass(frozen=True)
class RowNote:
    """A note on the rows of a column for which the SQL condition `test` is true, if there are any."""

    rule: str
    effect: Effect
    cure: str
    test: str
    severity: Severity = "warning"


@dataclass(frozen=True)
class Reading:
    """How a column is read: SQL of its values in the file without markers of emptiness, and their canonical kind.

    `prepared` is SQL that is computed once, under the name `raw`. A column without a kind is left out. In a
    `lenient` column values of another kind are treated as unknown instead of being refused. `family` is that of
    `raw` where it is not that of the column. `plain_ids` means that no id can have lost digits. `refused` is the
    error of a column that could be read in two ways; its values are empty.
    """

    raw: str
    kind: AnyKind | None
    notes: tuple[RowNote, ...] = ()
    lenient: bool = False
    prepared: str | None = None
    family: Family | None = None
    plain_ids: bool = False
    refused: ConfigError | None = None


def with_prepared(source: Source, readings: Mapping[str, Reading]) -> Source:
    """Return the source with the columns that readings prepare."""
    added = ", ".join(f"{reading.prepared} AS {reading.raw}" for reading in readings.values() if reading.prepared)
    return replace(source, scan=f"(SELECT *, {added} FROM {source.scan})") if added else source


def findings_of(
    backend: Backend, table: Table, source: Source, readings: Mapping[str, Reading]
) -> tuple[Finding, ...]:
    """Return the findings of all notes that apply to some rows: one query counts them, one finds the first rows."""
    notes = [(name, note) for name, reading in readings.items() for note in reading.notes]
    if not notes:
        return ()
    counts = ", ".join(f"count(*) FILTER (WHERE {note.test})" for _, note in notes)
    row = query(backend, source.name, f"SELECT {counts} FROM {source.scan}")[0]
    applying = [(name, note, int(n)) for (name, note), n in zip(notes, row, strict=True) if n]
    if not applying:
        return ()
    smallest = ", ".join(f"min(silentnps_row, {FIRST_ROWS}) FILTER (WHERE {note.test})" for _, note, _ in applying)
    first = query(backend, source.name, f"SELECT {smallest} FROM ({source.with_rows})")[0]
    return tuple(
        Finding(table.name, name, note.rule, note.severity, n, tuple(map(int, rows)), note.cure, note.effect)
        for (name, note, n), rows in zip(applying, first, strict=True)
    )


def emptied_note(test: str) -> RowNote:
    cure = "Texts such as N/A, NULL and - are read as empty. Leave the cells empty, or set `empty_values`."
    return RowNote("empty where nothing is known", "value", cure, test)


def unknown_note(raw: str, family: Family, kind: AnyKind) -> RowNote:
    bad = cast(raw, family=family, kind=kind, zone="UTC").bad or "false"
    return RowNote("a finite number, a time or true or false", "value", "The values are treated as unknown.", bad)


def dates_note(kind: AnyKind, raw: str) -> tuple[RowNote, ...]:
    if kind not in ("date", "time"):
        return ()
    return (left_out_note("Dates", f"{raw} IS NOT NULL"),)


def left_out_note(what: str, test: str) -> RowNote:
    return RowNote(
        "a number, a text, or true or false", "column", f"{what} are no features: the column is left out.", test
    )
