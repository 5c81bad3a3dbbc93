"""Tables and population written as Parquet, for an engine that is not DuckDB."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import ibis.expr.types as ir

from silentnps.data.checking.ties import last_of_moment
from silentnps.data.checking.versions import version_columns, with_versions
from silentnps.features.definitions.customers import attribute_names
from silentnps.features.engine.used_columns import POPULATION, used_columns
from silentnps.features.population.answers import relational_answers
from silentnps.schema import TABLES
from silentnps.storage.duckdb_memory import bounded


def export_tables(
    tables: Mapping[str, ir.Table], population: ir.Table, folder: Path, *, exclude: Collection[str] = ()
) -> None:
    """Write each table that features use and the population, in the columns they use, into a folder of its name.

    `folder` must be there. Answers that do not count are left out, see `relational_answers`; all versions of rows
    are there.

    Raises
    ------
    DataError
        If there is no room for them.
    """
    if "responses" in tables:
        # versions first: a relational answer may have become another one
        answers = last_of_moment("responses", tables["responses"])
        answers = relational_answers(with_versions("responses", answers))
        tables = {**tables, "responses": answers}
    versions = {name: with_versions(name, table) for name, table in tables.items()}
    used = used_columns(versions, population, exclude=exclude)
    # attributes that are excluded too, so that their names are known
    used["customers"] = ["customer_id", *used.get("customers", ()), *attribute_names(tables["customers"])]
    everything = {**tables, POPULATION: population}
    for name, columns in used.items():
        table = everything[name]
        wanted = {*columns, *(version_columns(name, table.columns) if name in TABLES else ())}
        _write(table.select(*(column for column in table.columns if column in wanted)), folder / name)


def _write(rows: ir.Table, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    with bounded(rows.get_backend()):
        rows.to_parquet(folder / "rows.parquet")
