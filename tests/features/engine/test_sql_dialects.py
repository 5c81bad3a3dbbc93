"""Portable expressions change nothing on DuckDB and make other engines compute what DuckDB does."""

from __future__ import annotations

import ibis
import pandas as pd
import pytest
from event_tables import connect, ordered, retailer
from versioned_tables import written_again

from silentnps.config import WavesConfig
from silentnps.features.engine.expressions import wide_features
from silentnps.features.engine.sql_dialects import portable
from silentnps.features.population.population import build_population
from silentnps.features.windows import seconds_between

MOMENTS = {"earlier": "timestamp", "later": "timestamp", "n": "int64"}


def test_on_duckdb_it_changes_no_value() -> None:
    tables = connect(written_again(retailer(2)))
    wide = wide_features(tables, build_population(tables, WavesConfig(period="quarter")))
    pd.testing.assert_frame_equal(ordered(portable(wide).to_pandas()), ordered(wide.to_pandas()), check_exact=True)


@pytest.mark.parametrize("dialect", ["snowflake", "bigquery", "databricks", "pyspark"])
def test_seconds_are_counted_between_whole_seconds_and_quotients_are_floats(dialect: str) -> None:
    moments = ibis.table(MOMENTS, name="moments")
    expression = moments.select(days=seconds_between(moments.earlier, moments.later) / 86_400, half=moments.n / 2)
    sql = str(ibis.to_sql(portable(expression), dialect=dialect)).upper()
    assert sql.count("TRUNC(") == 2
    assert sql.count("CAST(") >= 2
