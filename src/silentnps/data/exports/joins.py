"""The further files of an export that is several: their columns come beside those of the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from silentnps.config import RowsConfig
from silentnps.data.exports.columns import Columns, Found
from silentnps.data.exports.pivots import ROW, pivot_rows
from silentnps.data.exports.preset import STILL_THERE, SYNCED, Join
from silentnps.data.exports.rows import conditions, ident, moment, newest_first, text
from silentnps.data.files.duckdb_errors import GuardedBackend
from silentnps.data.files.names import as_yaml, listed
from silentnps.data.opening.scan import Source, open_source, query, quote
from silentnps.data.values.salesforce_ids import short_form
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
        If a file that is needed is not named.
    DataError
        If a column by which files are joined is not there, or a file cannot be read.
    """
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
    if join.sum:
        partners, types, notes = _summed(rows, columns, theirs, join)
    else:
        partners, types, notes = _latest(backend, rows, columns, theirs, join)
    taken = {column.lower() for column in source.types}
    new = {f"{name}.{column}": column for column in types if f"{name}.{column}".lower() not in taken}
    beside = ", ".join(f"silentnps_theirs.{quote(column)} AS {quote(long)}" for long, column in new.items())
    scan = (
        f"(SELECT silentnps_own.* EXCLUDE (silentnps_on), {beside}"
        f" FROM (SELECT *, {_key(on.sql)} AS silentnps_on FROM ({source.with_rows})) silentnps_own"
        f" LEFT JOIN {partners} silentnps_theirs ON silentnps_on = silentnps_key)"
    )
    return replace(
        source,
        scan=scan,
        types=source.types | {long: types[column] for long, column in new.items()},
        notes=(*source.notes, *other.notes, *notes),
        stored=(*source.stored, *other.stored),
        numbered=True,
    )


def _summed(rows: Source, columns: Columns, key: Found, join: Join) -> tuple[str, dict[str, str], list[str]]:
    """Return SQL of one row per key with the sums of columns, their types, and sentences on it."""
    found = [column for name in join.sum if (column := columns.find([name])) is not None]
    sums = "".join(
        f", sum(TRY_CAST({text(column.sql)} AS DECIMAL(24, 6))) AS {quote(column.name)}" for column in found
    )
    scan = (
        f"(SELECT {_key(key.sql)} AS silentnps_key{sums} FROM ({rows.with_rows})"
        f" WHERE {_key(key.sql)} IS NOT NULL AND NOT ({_gone(columns)}) AND {_counts(columns, join)} GROUP BY 1)"
    )
    added = listed(column.name for column in found)
    notes = [f"{rows.name}: {added} is added up by {as_yaml(key.name)}."] if found else []
    return scan, {column.name: "DECIMAL(38,6)" for column in found}, notes


def _latest(
    backend: GuardedBackend, rows: Source, columns: Columns, key: Found, join: Join
) -> tuple[str, dict[str, str], list[str]]:
    """Return SQL of the latest row of each key, the types of its columns, and sentences on the others."""
    first = columns.find(join.first) if join.first is not None else None
    when = newest_first(columns, SYNCED) if first is None else f"{moment(first.sql)} NULLS LAST, "
    filled = columns.find(join.filled) if join.filled is not None else None
    single = columns.find(join.single) if join.single is not None else None
    counts = f" AND {_counts(columns, join)}"
    counts += "" if filled is None else f" AND {text(filled.sql)} IS NOT NULL"
    counts += "" if first is None else f" AND NOT ({_gone(columns)})"
    of_key = "OVER (PARTITION BY silentnps_key)"
    one = "true" if single is None else f"min({ident(single.sql)}) {of_key} = max({ident(single.sql)}) {of_key}"
    ranked = (
        f"(SELECT *, row_number() OVER (PARTITION BY silentnps_key ORDER BY {when}{ROW} DESC) AS silentnps_rank,"
        f" ({_gone(columns)}) AS silentnps_gone, coalesce({one}, true) AS silentnps_one"
        f" FROM (SELECT *, {_key(key.sql)} AS silentnps_key FROM ({rows.with_rows}))"
        f" WHERE silentnps_key IS NOT NULL{counts})"
    )
    ((n_older, n_gone, n_several),) = query(
        backend,
        rows.name,
        "SELECT count(*) FILTER (silentnps_rank > 1), count(*) FILTER (silentnps_rank = 1 AND silentnps_gone),"
        f" count(*) FILTER (silentnps_rank = 1 AND NOT silentnps_one) FROM {ranked}",
    )
    notes = _notes(rows, key, int(n_older), int(n_gone), first=first)
    if single is not None and n_several:
        several = f"{rows.name}: {n_several:,} values of {as_yaml(key.name)} have several of {as_yaml(single.name)}"
        notes.append(f"{several}, and are taken for none.")
    scan = f"(SELECT * FROM {ranked} WHERE silentnps_rank = 1 AND silentnps_one AND NOT silentnps_gone)"
    return scan, dict(rows.types), notes


def _key(sql: str) -> str:
    """Return SQL of a key as the keys of two files are compared."""
    return short_form(ident(sql))


def _gone(columns: Columns) -> str:
    return " OR ".join(f"({rule.sql})" for rule in conditions(STILL_THERE, columns)) or "false"


def _counts(columns: Columns, join: Join) -> str:
    """Return SQL that is true of the rows that count by the rules of a further file."""
    return " AND ".join(f"NOT ({rule.sql})" for rule in conditions(join.rows, columns)) or "true"


def _notes(other: Source, key: Found, n_older: int, n_gone: int, *, first: Found | None) -> list[str]:
    notes = []
    if n_older and first is not None:
        notes.append(
            f"{other.name}: {n_older:,} rows have the {as_yaml(key.name)} of one with an earlier"
            f" {as_yaml(first.name)}, which counts."
        )
    elif n_older:
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


def refuse_unknown(table: str, joins: Mapping[str, Join], places: Mapping[str, RowsConfig]) -> None:
    """Refuse a file of the configuration that the export does not have.

    Raises
    ------
    ConfigError
        If there is one.
    """
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


def filled_from(source: Source, fill: Mapping[str, Sequence[str]]) -> Source:
    """Return a source in which columns that are empty in a row have there the value of another column."""
    columns = Columns(source.types, source.types)
    values = {}
    for name, others in fill.items():
        found, other = columns.find([name]), columns.find(others)
        if found is not None and other is not None:
            own = f"nullif(trim(CAST({found.sql} AS VARCHAR)), '')"
            values[found.name] = f"coalesce({own}, CAST({other.sql} AS VARCHAR))"
    if not values:
        return source
    replaced = ", ".join(f"{sql} AS {quote(name)}" for name, sql in values.items())
    scan = f"(SELECT * REPLACE ({replaced}) FROM {source.scan})"
    return replace(source, scan=scan, types=source.types | dict.fromkeys(values, "VARCHAR"))
