"""What is unknown in a file is unknown among the features, whatever the kind of the column and of the file."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st
from written_tables import project

from silentnps.config import TableConfig
from silentnps.data.reading.sources import open_tables
from silentnps.features.engine.build import build_features
from silentnps.features.engine.expressions import wide_features
from silentnps.features.population.population import population_at
from silentnps.outcome.survey_data import tidy_features

NOW = datetime(2025, 6, 1)
KINDS: dict[str, tuple[st.SearchStrategy[Any], pa.DataType]] = {
    "boolean": (st.booleans(), pa.bool_()),
    "integer": (st.integers(-(10**6), 10**6), pa.int32()),
    "float": (st.integers(-(10**6), 10**6).map(lambda n: n / 64), pa.float64()),
    "decimal": (st.integers(-(10**6), 10**6).map(lambda n: Decimal(n) / 100), pa.decimal128(12, 2)),
    "text": (st.sampled_from(["north", "south", "x y", "Straße"]), pa.string()),
    "category": (st.sampled_from(["a", "b"]), pa.dictionary(pa.int8(), pa.string())),
}
"""Values of each kind, and what an Arrow file calls it."""

Write = Callable[[Path, pa.Table], TableConfig]


def as_csv(folder: Path, table: pa.Table) -> TableConfig:
    written = [["" if value is None else plain(value) for value in column.to_pylist()] for column in table.columns]
    rows = [",".join(row) for row in zip(*written, strict=True)]
    (folder / "c.csv").write_text("\n".join([",".join(table.column_names), *rows]) + "\n", encoding="utf-8")
    return TableConfig(path=folder / "c.csv")


def plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def as_parquet(folder: Path, table: pa.Table) -> TableConfig:
    pq.write_table(table, folder / "c.parquet")
    return TableConfig(path=folder / "c.parquet")


def features_of(table: pa.Table, write: Write) -> pd.DataFrame:
    """Return the features that come of the columns of customers, by two ways that must agree."""
    with tempfile.TemporaryDirectory() as folder:
        tables = open_tables(project(Path(folder), customers=write(Path(folder), table)))
        population = population_at(tables, NOW)
        built = build_features(tables, population).sort_values("customer_id", ignore_index=True)
        wide = wide_features(tables, population).order_by("customer_id").execute()
    for name in KINDS:
        assert listed(wide[name]) == listed(built[name])
    return built[list(KINDS)]


def listed(column: pd.Series) -> list[object]:
    return [None if pd.isna(value) else value for value in column]


def expected(value: object) -> object:
    if isinstance(value, bool) or value is None:
        return value if value is None else plain(value)
    return float(value) if isinstance(value, int | float | Decimal) else value


@settings(max_examples=3, deadline=None)
@given(data=st.data())
def test_null_is_null_from_the_file_to_the_model_in_columns_of_every_kind(data: st.DataObject) -> None:
    n = data.draw(st.integers(2, 9))
    columns: dict[str, list[Any]] = {}
    for kind, (known, _) in KINDS.items():
        drawn = data.draw(st.lists(st.none() | known, min_size=n, max_size=n))
        columns[kind] = [*drawn, None, data.draw(known)]
    arrays = {kind: pa.array(values, KINDS[kind][1]) for kind, values in columns.items()}
    table = pa.table({"customer_id": [f"k{i:02d}" for i in range(n + 2)], **arrays})
    for write in (as_csv, as_parquet):
        features = features_of(table, write)
        tidy = tidy_features(features)
        for kind, values in columns.items():
            assert listed(features[kind]) == listed(tidy[kind]) == [expected(value) for value in values]
