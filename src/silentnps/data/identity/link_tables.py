"""To which customer each value of each key belongs, from all tables that hold two keys of a customer.

Nearest evidence counts: the table of customers, else files of links, else other tables that have the customers'
own ids, else tables that hold two keys of which one belongs to a customer, over as many steps as it takes. A value
that the nearest evidence gives to several customers belongs to none: nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

from ibis.backends.duckdb import Backend

from silentnps.config import ProjectConfig
from silentnps.data.files.duckdb_errors import literal, quote
from silentnps.data.identity.holders import CUSTOMERS, EVENTS, IN_LINKS, Holder
from silentnps.data.reading.keys import keys_of

OTHER_KEYS = "other keys"
"""What says to whom a key belongs that stands beside another key only."""

_ONE = "CASE WHEN count(DISTINCT customer) = 1 THEN min(customer) END"


@dataclass(frozen=True)
class KeyCounts:
    """How many values of a key belong to one customer and how many to several, and how many of each evidence."""

    key: str
    n_values: int
    n_shared: int
    n_of: dict[str, int]


def link_name(key: str) -> str:
    """Return the quoted name of the table of a key's values: `value`, `customer` and `evidence`."""
    return quote(f"silentnps link {key}")


def make_link_tables(backend: Backend, holders: Sequence[Holder], config: ProjectConfig) -> list[KeyCounts]:
    """Make the link table of each key in the session; `customer` is null where a value belongs to several."""
    keys = keys_of(config)
    for key in keys:
        backend.raw_sql(f"CREATE TABLE {link_name(key)} (value VARCHAR, customer VARCHAR, evidence VARCHAR)")
        for rank in (CUSTOMERS, IN_LINKS, EVENTS):
            _add(backend, key, _beside_ids(holders, key, rank), rank)
    pairs = _pairs(backend, holders)
    while pairs and _add_by_other_keys(backend, keys, pairs):
        pass
    for name in pairs.values():
        backend.raw_sql(f"DROP TABLE {name}")
    return [_counts(backend, key) for key in keys]


def _beside_ids(holders: Sequence[Holder], key: str, rank: str) -> list[str]:
    """Return SQL of the values of a key beside the customers' own ids, of each table of a rank."""
    return [
        f"SELECT DISTINCT {holder.keys[key]} AS value, {holder.customer} AS customer FROM {holder.rows}"
        f" WHERE {holder.customer} IS NOT NULL"
        for holder in holders
        if holder.rank == rank and holder.customer is not None and key in holder.keys
    ]


def _add(backend: Backend, key: str, parts: Sequence[str], evidence: str) -> int:
    """Add the values that are not known yet; return how many."""
    if not parts:
        return 0
    added = backend.raw_sql(
        f"INSERT INTO {link_name(key)} SELECT value, {_ONE}, {literal(evidence)} FROM ({' UNION ALL '.join(parts)})"
        f" WHERE value IS NOT NULL AND value NOT IN (SELECT value FROM {link_name(key)}) GROUP BY value"
    )
    return int(added.fetchall()[0][0])


def _pairs(backend: Backend, holders: Sequence[Holder]) -> dict[tuple[str, str], str]:
    """Make a table of the values of each two keys that stand side by side; return their quoted names."""
    parts: dict[tuple[str, str], list[str]] = {}
    for holder in holders:
        for one, other in permutations(holder.keys, 2):
            parts.setdefault((one, other), []).append(
                f"SELECT {holder.keys[one]} AS one, {holder.keys[other]} AS other FROM {holder.rows}"
            )
    names = {pair: quote(f"silentnps pairs {pair[0]} {pair[1]}") for pair in parts}
    for pair, sides in parts.items():
        backend.raw_sql(
            f"CREATE TABLE {names[pair]} AS SELECT DISTINCT one, other FROM ({' UNION ALL '.join(sides)})"
            " WHERE one IS NOT NULL AND other IS NOT NULL"
        )
    return names


def _add_by_other_keys(backend: Backend, keys: Sequence[str], pairs: dict[tuple[str, str], str]) -> int:
    """Add the values that stand beside a value known before; return how many of all keys."""
    found = quote("silentnps found")
    parts = [
        f"SELECT {literal(other)} AS key, p.other AS value, l.customer FROM {name} p"
        f" JOIN {link_name(one)} l ON l.value = p.one"
        f" WHERE p.other NOT IN (SELECT value FROM {link_name(other)})"
        for (one, other), name in pairs.items()
    ]
    backend.raw_sql(f"CREATE TABLE {found} AS {' UNION ALL '.join(parts)}")
    n_added = sum(
        _add(backend, key, [f"SELECT value, customer FROM {found} WHERE key = {literal(key)}"], OTHER_KEYS)
        for key in keys
    )
    backend.raw_sql(f"DROP TABLE {found}")
    return n_added


def _counts(backend: Backend, key: str) -> KeyCounts:
    rows = backend.raw_sql(
        f"SELECT evidence, count(*), count(*) - count(customer) FROM {link_name(key)} GROUP BY evidence"
    ).fetchall()
    return KeyCounts(key, sum(n for _, n, _ in rows), sum(n for _, _, n in rows), {name: n for name, n, _ in rows})
