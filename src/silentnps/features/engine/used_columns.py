"""The columns of tables that features use, according to DuckDB's planner."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import ibis
import ibis.expr.types as ir

from silentnps.features.engine.expressions import (
    available_features,
    features_of_table,
    needed_features,
    numbered,
    selected_attributes,
    table_features,
)
from silentnps.schema import RATED_BY_CLASS, TABLES

POPULATION = "population"
"""The name of the population among the tables."""


def used_columns(
    tables: Mapping[str, ir.Table], population: ir.Table, *, exclude: Collection[str] = ()
) -> dict[str, list[str]]:
    """Return the columns of each table that features use, the attributes of customers, and all of the population.

    DuckDB's planner is asked, since it drops the columns that no feature needs. Tables without customer_id and
    tables that no feature uses are left out.
    """
    connection = ibis.duckdb.connect()
    connection.raw_sql("SET disabled_optimizers = 'filter_pushdown'")  # otherwise columns of filters are not listed
    empty = {name: connection.create_table(name, schema=table.schema()) for name, table in tables.items()}
    rows = connection.create_table(POPULATION, schema=population.schema())
    features = needed_features(available_features(empty), exclude)
    used: dict[str, set[str]] = {name: set() for name in tables}
    for name, of_table in features_of_table(features, tables).items():
        used[name] |= {column for feature in of_table for column in feature.columns}
        query = connection.compile(table_features(name, empty, numbered(rows), of_table))
        plan = connection.con.execute(f"EXPLAIN (FORMAT json) {query}").fetchall()[0][1]
        for table, column in _scanned(json.loads(plan)):
            used.setdefault(table, set()).add(column)
    connection.disconnect()
    used["customers"] |= set(selected_attributes(tables["customers"], exclude))
    used[POPULATION] = set(population.columns)
    return {
        name: [column for column in table.columns if column in _with_keys(name, used[name])]
        for name, table in {**tables, POPULATION: population}.items()
        if "customer_id" in table.columns and used[name]
    }


def _with_keys(name: str, used: set[str]) -> set[str | None]:
    return {*used, "customer_id", RATED_BY_CLASS, *([TABLES[name].clock] if name in TABLES else [])}


def _scanned(nodes: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield the table and the column of every scan in a query plan."""
    for node in nodes:
        facts = node.get("extra_info", {})
        columns = facts.get("Projections", [])
        for column in [columns] if isinstance(columns, str) else columns:
            yield str(facts.get("Table", "")).rpartition(".")[2].strip('"'), column.strip('"')
        yield from _scanned(node.get("children", []))
