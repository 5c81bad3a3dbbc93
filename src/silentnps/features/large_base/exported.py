"""Tables and population written as Parquet, for an engine other than DuckDB."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import ibis.expr.types as ir

from silentnps.data.checking.ties import last_of_moment
from silentnps.data.checking.versions import version_columns, with_versions
from silentnps.features.definitions.customers import attribute_names
from silentnps.features.engine.used_columns import POPULATION, used_columns
from silentnps.features.population.survey_answers import relational_answers
from silentnps.schema import TABLES
from silentnps.storage.duckdb_memory import limited_memory


def export_tables(
    tables: Mapping[str, ir.Table], population: ir.Table, folder: Path, *, exclude: Collection[str] = ()
) -> None:
    """Write the population and each table that features use, each into a folder of its name.

    Only the columns that features use are written. `folder` must exist. Answers that do not count are left out, see
    `relational_answers`; rows are written in all their versions.

    Raises
    ------
    DataError
        If there is not enough memory or room on the disk.
    """
    if "responses" in tables:
        # versions first: a relational answer may have become another kind of answer
        answers = last_of_moment("responses", tables["responses"])
        answers = relational_answers(with_versions("responses", answers))
        tables = {**tables, "responses": answers}
    versions = {name: with_versions(name, table) for name, table in tables.items()}
    used = used_columns(versions, population, exclude=exclude)
    # excluded attributes too, so that their names are known
    used["customers"] = ["customer_id", *used.get("customers", ()), *attribute_names(tables["customers"])]
    all_tables = {**tables, POPULATION: population}
    for name, columns in used.items():
        table = all_tables[name]
        wanted = {*columns, *(version_columns(name, table.columns) if name in TABLES else ())}
        _write(table.select(*(column for column in table.columns if column in wanted)), folder / name)


def _write(rows: ir.Table, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    with limited_memory(rows.get_backend()):
        rows.to_parquet(folder / "rows.parquet")
