"""Tables and population written as Parquet, for an engine that is not DuckDB."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import ibis.expr.types as ir

from silentnps.data.schema import TABLES
from silentnps.data.versions import version_columns, with_versions
from silentnps.features.answers import relational_answers
from silentnps.features.buckets import used_columns

POPULATION = "population"
"""The name of the population among the tables."""


def export_tables(
    tables: Mapping[str, ir.Table], population: ir.Table, folder: Path, *, exclude: Collection[str] = ()
) -> None:
    """Write each table and the population, in the columns that features use, into a folder of its name.

    `folder` must be there and empty. Answers that do not count are left out, see `relational_answers`.
    """
    if "responses" in tables:
        tables = {**tables, "responses": relational_answers(tables["responses"])}
    versions = {name: with_versions(name, table) for name, table in tables.items()}
    used = used_columns(versions, population, exclude=exclude)
    for name, table in {**tables, POPULATION: population}.items():
        (folder / name).mkdir()
        wanted = {*used[name], *(version_columns(name, table.columns) if name in TABLES else ())}
        kept = [column for column in table.columns if column in wanted]
        table.select(*kept).to_parquet(folder / name / "rows.parquet")
