"""Answers of one question per row made into one row per response."""

from __future__ import annotations

from dataclasses import dataclass, replace

from silentnps.data.exports.columns import Columns, Found
from silentnps.data.exports.preset import STILL_THERE, SYNCED, Pivot
from silentnps.data.exports.rows import Condition, conditions, ident, moment
from silentnps.data.files.duckdb_errors import GuardedBackend
from silentnps.data.files.names import listed, quoted
from silentnps.data.opening.scan import Source, literal, query, quote
from silentnps.errors import DataError

ROW = "silentnps_row"
_MOST_NAMES = 2_000


@dataclass(frozen=True)
class Pivoted:
    """One row per key, and the rules on the rows from which it was made, in the order in which they apply.

    `key` and `name` are the SQL of these columns in `rows`.
    """

    source: Source
    rows: Source
    rules: tuple[Condition, ...]
    key: str
    name: str

    def n_several(self, backend: GuardedBackend, asked: str) -> int:
        """Return how many keys have several values of one name."""
        aside = " OR ".join(f"({rule.sql})" for rule in self.rules)
        counted = (
            f"SELECT count(*) AS n FROM {self.rows.scan} WHERE lower({self.name}) = lower({literal(asked)})"
            f" AND NOT ({aside}) GROUP BY {self.key} HAVING count(*) > 1"
        )
        ((n,),) = query(backend, self.rows.name, f"SELECT count(*) FROM ({counted})")
        return int(n)


def pivot_rows(source: Source, pivot: Pivot, backend: GuardedBackend) -> Pivoted:
    """Return the rows of a source with a column for each name that a pivot finds there.

    Names are compared without regard to case. Other columns have the value of the first row of a key.
    `silentnps_row` is the position of that row.

    Raises
    ------
    DataError
        If a column of the pivot is not there, or there are more than 2,000 names.
    """
    columns = Columns(source.types, source.types)
    key, name, value = (_column(source, columns, names) for names in (pivot.key, pivot.name, pivot.value))
    keyless = Condition(f"{ident(key.sql)} IS NULL", key.name, "filled, as it tells responses apart")
    rules = (*conditions(STILL_THERE, columns), keyless)
    named = f"trim(CAST({name.sql} AS VARCHAR))"
    asked = f"SELECT min({named}) FROM {source.scan} GROUP BY lower({named}) LIMIT {_MOST_NAMES + 1}"
    taken = (key.name.lower(), ROW)
    names = sorted(str(found) for (found,) in query(backend, source.name, asked) if found)
    names = [found for found in names if found.lower() not in taken]
    if len(names) > _MOST_NAMES:
        raise DataError(
            f"{source.name}: column {quoted(name.name)} must name at most {_MOST_NAMES:,} questions; got more."
            " Check that it is the file of answers."
        )
    pivoted = {key.name, name.name, value.name}
    asked_lower = {asked_one.lower() for asked_one in names}
    others = [column for column in source.types if column not in pivoted and column.lower() not in asked_lower]
    scan = _scan(source, columns, (key, name, value), names, others, rules)
    types = {key.name: "VARCHAR"} | {other: source.types[other] for other in others}
    types |= dict.fromkeys(names, "VARCHAR")
    pivoted_source = replace(source, scan=scan, types=types, numbered=True, twice={})
    return Pivoted(pivoted_source, source, rules, ident(key.sql), named)


def _column(source: Source, columns: Columns, names: tuple[str, ...]) -> Found:
    found = columns.find(names)
    if found is None:
        raise DataError(
            f"{source.name} must have a column {listed(names)}; got {listed(columns.names)}. Check that it is the"
            " file of answers."
        )
    return found


def _scan(
    source: Source,
    columns: Columns,
    pivoted: tuple[Found, Found, Found],
    names: list[str],
    others: list[str],
    rules: tuple[Condition, ...],
) -> str:
    key, name, value = pivoted
    synced = columns.find(SYNCED)
    when = f"coalesce({moment(synced.sql)}, 0)" if synced is not None else "0"
    order = f"struct_pack(at := {when}, place := {ROW})"
    named = f"trim(CAST({name.sql} AS VARCHAR))"
    values = [f"min({ROW}) AS {ROW}", f"{ident(key.sql)} AS {quote(key.name)}"]
    values += [f"arg_min({quote(other)}, {ROW}) AS {quote(other)}" for other in others]
    values += [
        f"arg_max(CAST({value.sql} AS VARCHAR), {order}) FILTER (lower({named}) = {literal(asked.lower())})"
        f" AS {quote(asked)}"
        for asked in names
    ]
    aside = " OR ".join(f"({rule.sql})" for rule in rules)
    kept = f"(SELECT * FROM ({source.with_rows}) WHERE NOT ({aside}))"
    return f"(SELECT {', '.join(values)} FROM {kept} GROUP BY {ident(key.sql)})"
