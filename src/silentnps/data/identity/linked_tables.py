"""The tables of a project with the customers' own ids, whatever key of a customer their files hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from silentnps.config import ProjectConfig
from silentnps.data.files.duckdb_errors import quote
from silentnps.data.files.names import listed
from silentnps.data.findings import Finding, refuse_errors
from silentnps.data.identity.holders import Holder, holders_of
from silentnps.data.identity.key_values import compared, near_form
from silentnps.data.identity.link_tables import KeyCounts, link_name, make_link_tables
from silentnps.data.identity.salesforce_forms import in_form_of_customers
from silentnps.data.reading.column_facts import TableFacts
from silentnps.data.reading.keys import CUSTOMER_ID, LINKS, identified_tables, keys_of
from silentnps.data.reading.refusals import Refusals
from silentnps.data.reading.sources import gather_tables
from silentnps.errors import DataError
from silentnps.schema import FILE_ROW, KEY_MATCH, TABLES
from silentnps.storage.duckdb_memory import limited_memory

_LINKED, _KEY = "silentnps_linked", "silentnps_key"
"""The database of the session that holds the rows of linked tables, and their column of unmatched keys."""


@dataclass(frozen=True)
class LinkedTables:
    """Tables in which every customer_id is the customers' own, the findings of reading them, and the keys.

    `config` is the configuration with the key by which each table turned out to be identified.
    `identified_by` has the key of each table that another key identifies. Such a table has the further columns
    `schema.FILE_ROW` and `schema.KEY_MATCH`; its customer_id is null unless the key belongs to one customer.
    `hints` say of such a table how more of its keys would match.
    """

    tables: dict[str, ir.Table]
    findings: tuple[Finding, ...]
    config: ProjectConfig
    identified_by: Mapping[str, str]
    keys: tuple[KeyCounts, ...] = ()
    hints: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, TableFacts] = field(default_factory=dict)


def open_tables(config: ProjectConfig) -> dict[str, ir.Table]:
    """Open every configured table on one DuckDB connection, as Ibis tables by their canonical names.

    Ids are text, times are UTC without a zone, and money is in whole minor units; see `read_tables` and
    `read_linked_tables`, which also returns what was noted while reading.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from silentnps.config import load_config
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "shop.yaml"
    ...     _ = file.write_text("{name: shop, output: out, tables: {customers: {path: customers.csv}}}")
    ...     _ = (Path(folder) / "customers.csv").write_text("customer_id,tier\\na,gold\\nb,silver\\n")
    ...     tables = open_tables(load_config(file))
    ...     print(tables["customers"].select("customer_id", "tier").to_pandas())
      customer_id    tier
    0           a    gold
    1           b  silver
    """
    return read_linked_tables(config).tables


def read_linked_tables(config: ProjectConfig, names: Collection[str] | None = None) -> LinkedTables:
    """Open the configured tables, or only those of `names`, with the customers' own ids in each.

    Keys are looked up once, here: the rows of such a table are stored with their customers, compressed, and DuckDB
    moves what memory cannot hold to its folder. No key stays in any table.

    Raises
    ------
    ConfigError, DataError
        As `read_tables`; DataError also if nothing links a key to customers.
    """
    linked = gather_linked_tables(config, names)
    refuse_errors(linked.findings)
    return linked


def gather_linked_tables(
    config: ProjectConfig, names: Collection[str] | None = None, *, facts: bool = False
) -> LinkedTables:
    """Open tables as `read_linked_tables` does, but make findings of all errors, see `gather_tables`.

    Where keys cannot be looked up, the tables that they identify are left out.
    """
    wanted = names or tuple(config.tables)
    read = gather_tables(config, names, facts=facts)
    identified_by = {name: key for name, key in identified_tables(read.config).items() if name in wanted}
    if identified_by and names is not None:
        read = gather_tables(config, facts=facts)  # any of them may hold the links
    config = read.config
    if not read.tables:
        return LinkedTables({}, read.findings, config, {})
    refusals = Refusals("customers")
    identified_by = {name: key for name, key in identified_by.items() if name in read.tables}
    backend = read.tables[next(iter(read.tables))].get_backend()
    opened, notes = in_form_of_customers(backend, read.tables, identified_by)
    linked: dict[str, ir.Table] = {}
    keys: tuple[KeyCounts, ...] = ()
    hints: Mapping[str, str] = {}
    with limited_memory(backend), refusals.gathered():
        linked, keys, hints = _link(backend, opened, identified_by, config)
    unlinked = set(identified_by) if refusals.found else set()
    tables = {
        name: _without_keys(name, linked.get(name, table), config)
        for name, table in opened.items()
        if not name.startswith(LINKS) and (names is None or name in names) and name not in unlinked
    }
    findings = (*read.findings, *notes, *refusals.found)
    return LinkedTables(tables, findings, config, identified_by, keys, hints, read.facts)


def unmatched_keys(table: str) -> str:
    """Return SQL of the different keys of a linked table that belong to no customer, or to several."""
    return f"(SELECT DISTINCT {_KEY} FROM {_stored(table)} WHERE {_KEY} IS NOT NULL)"


def _stored(table: str) -> str:
    return f"{_LINKED}.{quote(table)}"


def _link(
    backend: Backend, tables: Mapping[str, ir.Table], identified_by: Mapping[str, str], config: ProjectConfig
) -> tuple[dict[str, ir.Table], tuple[KeyCounts, ...], dict[str, str]]:
    """Store the tables that are to be looked up; return them, counts and hints."""
    if not identified_by:
        return {}, (), {}
    holders = holders_of(backend, tables, config)
    for name, key in identified_by.items():
        _refuse_unlinked(name, key, tables["customers"], holders)
    counts = make_link_tables(backend, holders, config)
    backend.raw_sql(f"ATTACH ':memory:' AS {_LINKED} (COMPRESS)")
    linked = {name: _looked_up(backend, name, tables[name], key, config) for name, key in identified_by.items()}
    hints = {name: _hint(backend, name, key, config) for name, key in identified_by.items()}
    for key in keys_of(config):
        backend.raw_sql(f"DROP TABLE {link_name(key)}")
    return linked, tuple(counts), {name: hint for name, hint in hints.items() if hint}


def _looked_up(backend: Backend, name: str, table: ir.Table, key: str, config: ProjectConfig) -> ir.Table:
    """Store the rows of a table, numbered in file order, with their customers in place of keys.

    Keys stay only where they do not belong to one customer, and only in what is stored.
    """
    spelled = f"r.{CUSTOMER_ID}"
    match = (
        f"CASE WHEN {spelled} IS NULL THEN NULL WHEN l.value IS NULL THEN 'none'"
        " WHEN l.customer IS NULL THEN 'several' ELSE 'one' END"
    )
    columns = [
        f"l.customer AS {CUSTOMER_ID}" if column == CUSTOMER_ID else f"r.{quote(column)}"
        for column in table.columns
        if column != FILE_ROW
    ]
    if TABLES[name].kind_of(key) is not None:  # such as order_id, which returns have beside their customer
        columns.append(f"{spelled} AS {quote(key)}")
    rows = backend.compile(table)
    numbered = rows if FILE_ROW in table.columns else f"SELECT *, row_number() OVER () AS {FILE_ROW} FROM ({rows})"
    unmatched = f"CASE WHEN l.customer IS NULL THEN {spelled} END AS {_KEY}"
    backend.raw_sql(
        f"CREATE TABLE {_stored(name)} AS"
        f" SELECT {', '.join(columns)}, r.{FILE_ROW}, {match} AS {KEY_MATCH}, {unmatched} FROM ({numbered}) r"
        f" LEFT JOIN {link_name(key)} l ON l.value = {compared(spelled, key, config)}"
    )
    return backend.table(name, database=(_LINKED, "main")).drop(_KEY)


def _hint(backend: Backend, name: str, key: str, config: ProjectConfig) -> str:
    """Return how more of a table's keys would match; empty if in no way."""
    near = near_form(key, config)
    if near is None:
        return ""
    others = f"SELECT {near.of('value')} FROM {link_name(key)} WHERE customer IS NOT NULL"
    of_nobody = f"SELECT DISTINCT {_KEY} FROM {_stored(name)} WHERE {KEY_MATCH} = 'none'"
    same = f"{near.of(compared(_KEY, key, config))} IN ({others})"
    ((n,),) = backend.raw_sql(f"SELECT count(*) FROM ({of_nobody}) WHERE {same}").fetchall()
    return f" {n} different values would match {near.how}." if n else ""


def _without_keys(name: str, table: ir.Table, config: ProjectConfig) -> ir.Table:
    """Return a table without the columns that only link; the number of an order is a column of its own."""
    held = [key for key in keys_of(config) if key in table.columns and TABLES[name].kind_of(key) is None]
    return table.drop(*held) if held else table


def _refuse_unlinked(name: str, key: str, customers: ir.Table, holders: Collection[Holder]) -> None:
    if any(key in holder.keys and holder.name != name for holder in holders):
        return
    if TABLES["orders"].kind_of(key) is not None:
        raise DataError(
            f"the tables must have one with {key!r} beside the customer, such as orders, since {key!r} identifies"
            f" {name}; got none. Add it, or identify {name} by another key."
        )
    columns = listed(column for column in customers.columns if column != FILE_ROW)
    raise DataError(
        f"customers must have a column of the key {key!r}, which identifies {name}; got {columns}. Say which one it"
        f" is: tables.customers.columns: {{{key}: its name in the file}}, or add a file that has customer_id and"
        f" {key} to identity.links."
    )
