"""Which canonical table a file is, and which of its columns are which canonical columns."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from silentnps.schema import TABLES, Table
from silentnps.workflow.onboarding.meanings import COLUMN_WORDS, CUSTOMER_WORDS, TABLE_WORDS, in_words, resemblance
from silentnps.workflow.onboarding.profiles import Column

CUSTOMER = "customer_id"
_CUSTOMERS = "customers"
_LIKELY = 0.55
"""Resemblance from which a name alone tells what a column is."""

_SOLE_WORD = 2.0
_HIGHEST = 10


@dataclass(frozen=True)
class Fit:
    """How a file fits a table: the user's column of each canonical one, how well, and which are in doubt."""

    table: str
    columns: dict[str, str]
    score: float
    doubts: tuple[str, ...] = ()
    missing: tuple[str, ...] = field(default=())


def key_columns(columns: Mapping[str, Column]) -> dict[str, float]:
    """Return the columns that may hold a key of the customer, and how well their names say so."""
    return {
        name: resemblance(name, CUSTOMER, CUSTOMER_WORDS)
        for name, column in columns.items()
        if column.filled
        and column.may_be("id")
        and column.distinct > min(20, column.filled // 2)
        and (column.whole or column.family == "text")
    }


def fit_customers(columns: Mapping[str, Column], title: str) -> Fit | None:
    """Return how a file fits customers, by a key of which no value repeats; None if it has none."""
    keys = {name: said for name, said in key_columns(columns).items() if columns[name].unique and said > 0}
    if not keys:
        return None
    key = max(keys, key=lambda name: (columns[name].emails < _LIKELY, keys[name]))
    free = {name: column for name, column in columns.items() if name != key}
    chosen, scores = _assign(TABLES[_CUSTOMERS], free)
    several = sum(len(column.levels) >= 2 for column in free.values())
    score = keys[key] + scores + _said_by_title(_CUSTOMERS, title) + min(several, 3) * 0.2
    return Fit(_CUSTOMERS, {CUSTOMER: key, **chosen}, score, _doubts(_CUSTOMERS, chosen))


def fit_events(
    columns: Mapping[str, Column], title: str, *, key: str | None, tables: Collection[str]
) -> Fit | None:
    """Return which table a file fits best, `key` being its column of customers; None if it fits none."""
    fits = [fit for name in tables if (fit := _fit(TABLES[name], columns, title, key)) and not fit.missing]
    return max(fits, key=lambda fit: fit.score, default=None)


def nearly_fits(columns: Mapping[str, Column], title: str) -> Fit | None:
    """Return the table that a file would fit if it had the columns `missing`, by its name, else its columns."""
    fits = [fit for name in TABLES if name != _CUSTOMERS and (fit := _fit(TABLES[name], columns, title, None))]
    named = [fit for fit in fits if _said_by_title(fit.table, title)]
    return max(named or fits, key=lambda fit: (-len(fit.missing), fit.score), default=None)


def _fit(table: Table, columns: Mapping[str, Column], title: str, key: str | None) -> Fit | None:
    free = {name: column for name, column in columns.items() if name != key}
    chosen, score = _assign(table, free)
    missing = tuple(name for name in table.required if name not in chosen and name != CUSTOMER)
    if not chosen:
        return None
    whole = chosen if key is None else {CUSTOMER: key, **chosen}
    return Fit(table.name, whole, score + _said_by_title(table.name, title), _doubts(table.name, chosen), missing)


def _assign(table: Table, columns: Mapping[str, Column]) -> tuple[dict[str, str], float]:
    """Return the columns by name and kind, each once, the surest first; and how sure they are together."""
    pairs = []
    for place, canonical in enumerate(table.columns):
        if canonical.name == CUSTOMER:
            continue
        for name, column in columns.items():
            said = resemblance(name, canonical.name, COLUMN_WORDS.get(canonical.name, ()))
            if said and column.may_be(canonical.kind) and _in_range(canonical.name, column):
                pairs.append((said, -place, canonical.name, name))
    chosen: dict[str, str] = {}
    total = 0.0
    for said, _, canonical_name, name in sorted(pairs, reverse=True):
        if canonical_name not in chosen and name not in chosen.values():
            chosen[canonical_name] = name
            total += said * (1.0 if canonical_name in table.required else 0.3)
    return {column.name: chosen[column.name] for column in table.columns if column.name in chosen}, total


def _in_range(canonical: str, column: Column) -> bool:
    """Return whether there may be ratings in a column, or numbers of orders."""
    if canonical == "rating":
        return column.distinct <= 3 * _HIGHEST and (column.high is None or column.high <= 10 * _HIGHEST)
    return canonical != "order_id" or column.distinct > min(20, column.filled // 3)


def _said_by_title(table: str, title: str) -> float:
    words = title.split()
    return _SOLE_WORD if any(word in words for word in TABLE_WORDS[table]) else 0.0


def _doubts(table: str, chosen: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(
        canonical
        for canonical, name in chosen.items()
        if resemblance(name, canonical, COLUMN_WORDS.get(canonical, ())) < _LIKELY
    )


def spoken(name: str) -> str:
    """Return the name of a key as the configuration may have it.

    Examples
    --------
    >>> spoken("Requester ID"), spoken("E-Mail")
    ('requester_id', 'e_mail')
    """
    return in_words(name).replace(" ", "_")
