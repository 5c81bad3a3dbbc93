"""The features as one expression: the same values as those built in memory, and SQL for warehouses."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any

import ibis
import pandas as pd
import pytest
from event_tables import connect, ordered, retailer, with_unknowns
from versioned_tables import written_again

from silentnps.config import WavesConfig
from silentnps.features.engine.build import build_features
from silentnps.features.engine.expressions import ROW, numbered, wide_features
from silentnps.features.population.population import build_population

QUARTERS = WavesConfig(period="quarter")


def ways() -> Iterator[Any]:
    """Yield all combinations; every two options meet in those that are fast, the others are slow."""
    for by_number, versions, unknown in product([False, True], repeat=3):
        names = ("by number" if by_number else "by keys", "versions" if versions else "last values")
        marks = [] if by_number ^ versions ^ unknown else [pytest.mark.slow]
        values = ((ROW,) if by_number else ("customer_id", "wave"), versions, 0.8 if unknown else 0.0)
        yield pytest.param(*values, marks=marks, id="-".join([*names, "unknown" if unknown else "known"]))


@pytest.mark.slow
@pytest.mark.parametrize(("row", "versions", "unknown"), [*ways()])
def test_one_expression_gives_the_values_of_build_features(
    row: tuple[str, ...], versions: bool, unknown: float
) -> None:
    frames = with_unknowns(retailer(1), share=unknown) if unknown else retailer(1)
    tables = connect(written_again(frames) if versions else frames)
    population = build_population(tables, QUARTERS)
    exclude = ["orders_count_90d", "region"] if versions else []
    wide = wide_features(tables, numbered(population), exclude=exclude, row=row)
    assert wide.columns[0] == ("customer_id" if len(row) > 1 else ROW)
    features = wide.drop(ROW) if ROW in wide.columns else wide
    expected = build_features(tables, population, exclude=exclude)
    assert list(features.columns) == list(expected.columns)
    pd.testing.assert_frame_equal(
        ordered(features.to_pandas()), ordered(expected), check_dtype=False, rtol=0.0, atol=1e-12
    )


@cache
def unbound_features() -> Any:
    """Return the features of tables of which only the columns are known."""
    tables = connect(retailer(1))
    plain = {name: ibis.table(table.schema(), name=name) for name, table in tables.items()}
    population = ibis.table(build_population(tables, QUARTERS).schema(), name="population")
    return wide_features(plain, population)


@pytest.mark.parametrize("dialect", ["snowflake", "bigquery", "databricks", "postgres", "trino"])
def test_it_compiles_for_warehouses(dialect: str) -> None:
    sql = ibis.to_sql(unbound_features(), dialect=dialect)
    assert "orders_count_90d" in str(sql)
