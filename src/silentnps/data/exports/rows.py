"""The rules on rows as SQL conditions, and what a finding says of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from silentnps.data.exports.columns import Columns, Found
from silentnps.data.exports.preset import RowRule
from silentnps.data.opening.scan import literal

NUMBER_1970 = r"\d{9,17}(\.\d+)?"


@dataclass(frozen=True)
class Condition:
    """SQL that is true of the rows that a rule sets aside, the column that it reads, and what rows should be.

    Rows that are `expected` are in every such export, and nothing is wrong with them.
    """

    sql: str
    column: str
    rule: str
    expected: bool = False


def conditions(rules: Iterable[RowRule], columns: Columns) -> Iterator[Condition]:
    """Yield the condition of each rule whose column is there."""
    for rule in rules:
        found = columns.find(rule.column)
        if found is not None:
            spared = columns.find(rule.unless) if rule.unless is not None else None
            sql = _sql(rule, found.sql)
            unless = "" if spared is None else f" AND {text(spared.sql)} IS NULL"
            yield Condition(f"({sql}){unless}", found.name, rule.rule, expected=True)


def text(sql: str) -> str:
    """Return SQL of a value as rules compare it: lower case, no blanks around it, 1.0 as 1, empty as null."""
    return f"nullif(regexp_replace(lower(trim(CAST({sql} AS VARCHAR))), '^(\\d+)\\.0$', '\\1'), '')"


def ident(sql: str) -> str:
    """Return SQL of an id as ids are compared: no blanks around it, 1.0 as 1, empty as null; case counts."""
    return f"nullif(regexp_replace(trim(CAST({sql} AS VARCHAR)), '^(\\d+)\\.0$', '\\1'), '')"


def since_1970(sql: str) -> str:
    """Return SQL of a time that may be written as seconds, milliseconds or microseconds since 1970.

    The size of the number tells which: each unit has numbers of its own for the years 1973 to 5138.
    """
    number = f"TRY_CAST({sql} AS DOUBLE)"
    seconds = (
        f"CASE WHEN {number} < 1e11 THEN {number} WHEN {number} < 1e14 THEN {number} / 1e3 ELSE {number} / 1e6 END"
    )
    return f"to_timestamp({seconds})"


def is_since_1970(sql: str) -> str:
    """Return SQL that is true of a number since 1970."""
    return f"regexp_full_match(trim(CAST({sql} AS VARCHAR)), {literal(NUMBER_1970)})"


def newest_first(columns: Columns, of: tuple[str, ...]) -> str:
    """Return SQL that orders versions of a row: those in force before replaced ones, the latest of `of` first."""
    active, synced = columns.find(["_fivetran_active"]), columns.find(of)
    replaced = [] if active is None else [f"coalesce({text(active.sql)} IN ('false', '0'), false)"]
    return "".join(f"{order}, " for order in [*replaced, *(_latest(synced) if synced is not None else [])])


def _latest(found: Found) -> list[str]:
    return [f"{moment(found.sql)} DESC NULLS LAST"]


def moment(sql: str) -> str:
    """Return SQL of a time as a number that orders it, whether it is a number, a time or text."""
    number = f"TRY_CAST(CAST({sql} AS VARCHAR) AS DOUBLE)"
    return f"coalesce({number}, epoch(TRY_CAST(CAST({sql} AS VARCHAR) AS TIMESTAMPTZ)))"


def _sql(rule: RowRule, sql: str) -> str:
    value = text(sql)
    if rule.filled:
        return f"{value} IS NULL"
    if rule.drop_like is not None:
        return f"coalesce({_like(sql, rule.drop_like)}, false)"
    if rule.keep_like is not None:
        return f"coalesce(NOT {_like(sql, rule.keep_like)}, {_boolean(not rule.empty)})"
    wanted = rule.keep or rule.drop or ()
    among = f"{value} IN ({', '.join(literal(word.strip().lower()) for word in wanted)})"
    if rule.drop is not None:
        return f"coalesce({among}, {_boolean(rule.empty is False)})"
    return f"coalesce(NOT {among}, {_boolean(not rule.empty)})"


def _like(sql: str, pattern: str) -> str:
    return f"regexp_full_match(trim(CAST({sql} AS VARCHAR)), {literal(pattern)}, 's')"


def _boolean(value: bool) -> str:
    return str(value).lower()
