"""The further files of an export that is several: their columns come beside those of the first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from silentnps.config import RowsConfig
from silentnps.data.exports.columns import Columns, Found
from silentnps.data.exports.pivots import ROW, pivot_rows
from silentnps.data.exports.preset import STILL_THERE, SYNCED, Join
from silentnps.data.exports.rows import conditions, ident, newest_first
from silentnps.data.files.duckdb_errors import GuardedBackend
from silentnps.data.files.names import as_yaml, listed
from silentnps.data.opening.scan import Source, open_source, query, quote
from silentnps.errors import ConfigError, DataError


def join_files(
    backend: GuardedBackend,
    table: str,
    source: Source,
    joins: Mapping[str, Join],
    places: Mapping[str, RowsConfig],
    *,
    opened: Mapping[str, Source] | None = None,
    most_seconds: float | None = None,
) -> Source:
    """Return a source with the columns of its further files, each called `file.column`.

    Rows without a partner have nothing there; the rows and their order stay the same. `table` is the canonical
    table, `places` are the files of the configuration by name, `opened` those that are open already.

    Raises
    ------
    ConfigError
        If a file that is needed is not named, or one is named that the export does not have.
    DataError
        If a column by which files are joined is not there, or a file cannot be read.
    """
    _refuse_unknown(table, joins, places)
    others = dict(opened or {})
    for name, join in joins.items():
        if name in places and name not in others:
            others[name] = _opened(backend, places[name], most_seconds)
        if name in others:
            source = _joined(backend, source, others[name], name, join)
        else:
            _refuse_missing(table, name, join)
    return source


def _opened(backend: GuardedBackend, place: RowsConfig, most_seconds: float | None) -> Source:
    """Open a further file; what queries may take grows with it."""
    allowed = backend.most_seconds or 0.0
    other = open_source(backend, place, most_seconds=most_seconds)
    if most_seconds is None:
        backend.most_seconds = allowed + (backend.most_seconds or 0.0)
    return other


def _joined(backend: GuardedBackend, source: Source, other: Source, name: str, join: Join) -> Source:
    rows = pivot_rows(other, join.pivot, backend).source if join.pivot is not None else other
    on = _column(source, Columns(source.types, source.types), join.ours)
    columns = Columns(rows.types, rows.types)
    theirs = _column(rows, columns, join.theirs)
    latest, n_older, n_gone = _latest(backend, rows, columns, theirs)
    new = {f"{name}.{column}": column for column in rows.types}
    beside = ", ".join(f"silentnps_theirs.{quote(column)} AS {quote(long)}" for long, column in new.items())
    same = f"{ident('silentnps_own.' + on.sql)} = {ident('silentnps_theirs.' + theirs.sql)}"
    scan = (
        f"(SELECT silentnps_own.*, {beside} FROM ({source.with_rows}) silentnps_own"
        f" LEFT JOIN {latest} silentnps_theirs ON {same})"
    )
    return replace(
        source,
        scan=scan,
        types=source.types | {long: rows.types[column] for long, column in new.items()},
        notes=(*source.notes, *other.notes, *_notes(other, theirs, n_older, n_gone)),
        stored=(*source.stored, *other.stored),
        numbered=True,
    )


def _latest(backend: GuardedBackend, rows: Source, columns: Columns, key: Found) -> tuple[str, int, int]:
    """Return SQL of the latest row of each key, how many rows are older ones, and how many are gone."""
    when = newest_first(columns, SYNCED)
    gone = " OR ".join(f"({rule.sql})" for rule in conditions(STILL_THERE, columns)) or "false"
    there = f"SELECT * FROM ({rows.with_rows}) WHERE {ident(key.sql)} IS NOT NULL"
    ranked = (
        f"SELECT *, row_number() OVER (PARTITION BY {ident(key.sql)} ORDER BY {when}{ROW} DESC) AS silentnps_rank"
    )
    ranked = f"(SELECT *, ({gone}) AS silentnps_gone FROM ({ranked} FROM ({there})))"
    ((n_older, n_gone),) = query(
        backend,
        rows.name,
        "SELECT count(*) FILTER (silentnps_rank > 1), count(*) FILTER (silentnps_rank = 1 AND silentnps_gone)"
        f" FROM {ranked}",
    )
    return f"(SELECT * FROM {ranked} WHERE silentnps_rank = 1 AND NOT silentnps_gone)", int(n_older), int(n_gone)


def _notes(other: Source, key: Found, n_older: int, n_gone: int) -> list[str]:
    notes = []
    if n_older:
        notes.append(
            f"{other.name}: {n_older:,} rows are earlier versions of one with the same {as_yaml(key.name)}."
        )
    if n_gone:
        notes.append(f"{other.name}: {n_gone:,} rows are no longer there at the source.")
    return notes


def _column(source: Source, columns: Columns, names: tuple[str, ...]) -> Found:
    found = columns.find(names)
    if found is None:
        raise DataError(
            f"{source.name} must have a column {' or '.join(map(as_yaml, names))}, which joins the files of the"
            f" export; got {listed(columns.names)}. Export it too."
        )
    return found


def _refuse_unknown(table: str, joins: Mapping[str, Join], places: Mapping[str, RowsConfig]) -> None:
    for name in places:
        if name not in joins:
            known = f"one of {listed(joins)}" if joins else "left out, as the preset reads one file"
            raise ConfigError(f"tables.{table}.joined must be {known}; got {as_yaml(name)}. Correct the name.")


def _refuse_missing(table: str, name: str, join: Join) -> None:
    if join.needed:
        has = listed(names[0] for names in join.recognise.must)
        raise ConfigError(
            f"tables.{table}.joined must name the file {name}, which has the columns {has}; got no such key. Add"
            f" it: joined: {{{name}: its path}}."
        )
