"""Build all features of a population in memory: one group-by per raw table, one row per customer and `as_of`.

Each table is read once and grouped by the rows of the population, several tables at a time. The results fill the
columns in place, so memory holds the features of the base once. The events stay in DuckDB, in its buffers or on
disk.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa
from ibis.util import gen_name

from silentnps.data.checking.ties import last_of_moment
from silentnps.features.catalog import Feature
from silentnps.features.definitions.customers import attribute_values
from silentnps.features.engine.concurrent_queries import run_queries
from silentnps.features.engine.expressions import (
    KEYS,
    ROW,
    available_features,
    features_of_table,
    needed_features,
    numbered,
    selected_attributes,
    table_features,
    with_features_across_tables,
)

Columns = dict[str, np.ndarray]


def build_features(
    tables: Mapping[str, ir.Table],
    population: ir.Table,
    *,
    exclude: Collection[str] = (),
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Compute the features of every row of the population.

    Parameters
    ----------
    tables
        Canonical tables of one connection, in the order of their files. A missing table gives no columns.
    population
        The rows of `build_population` or `population_at`.
    exclude
        Features and attributes to leave out.
    progress
        Called with the name of each raw table when its features are done, the tables with most features first.

    Returns
    -------
    One row per row of the population, ordered by wave and customer: `KEYS`, then the features in the order of the
    catalogue (float64, NaN is unknown), then the attributes of customers (float64 or category). The same in every
    run.

    Raises
    ------
    ConfigError
        If `exclude` has an unknown name.
    DataError
        If an attribute is named like a column that silentnps makes.

    Examples
    --------
    >>> import ibis
    >>> from datetime import datetime
    >>> from silentnps.features.population.population import population_at
    >>> connection, customers = ibis.duckdb.connect(), ["ann", "bob"]
    >>> days = [datetime(2025, 5, 1), datetime(2025, 6, 1)]
    >>> orders = ibis.memtable({"customer_id": ["ann", "ann"], "ordered_at": days, "amount": [990, 1510]})
    >>> tables = {
    ...     "customers": connection.create_table("customers", ibis.memtable({"customer_id": customers})),
    ...     "orders": connection.create_table("orders", orders),
    ... }
    >>> features = build_features(tables, population_at(tables, datetime(2025, 6, 30)))
    >>> features[["customer_id", "orders_count_90d", "orders_amount_90d", "orders_days_since_last"]]
      customer_id  orders_count_90d  orders_amount_90d  orders_days_since_last
    0         ann               2.0               25.0                    29.0
    1         bob               0.0                0.0                     NaN
    """
    tables = {name: last_of_moment(name, table) for name, table in tables.items()}
    attributes = selected_attributes(tables["customers"], exclude)
    features = needed_features(available_features(tables), exclude)
    connection = population.get_backend()
    stored = connection.to_pyarrow(numbered(population).order_by(ROW))
    with _registered(connection, stored) as rows:
        columns = _of_tables(rows, stored, tables, features, progress or (lambda _: None))
        columns |= _across_tables(connection, columns, features)
        attribute_columns = _attribute_columns(rows, tables["customers"], attributes)
    wanted = {feature.name: columns[feature.name] for feature in features if feature.name not in exclude}
    return pd.concat([_keys(stored), pd.DataFrame(wanted), attribute_columns], axis=1)


def _of_tables(
    rows: ir.Table,
    stored: pa.Table,
    tables: Mapping[str, ir.Table],
    features: Collection[Feature],
    progress: Callable[[str], None],
) -> Columns:
    """Compute the features that have one table each."""
    of_table = features_of_table(features, tables)
    slowest_first = sorted(of_table, key=lambda name: -len(of_table[name]))
    queries = {name: table_features(name, tables, rows, of_table[name]) for name in slowest_first}
    columns: Columns = {}
    with closing(run_queries(rows.get_backend(), queries, {rows.get_name(): stored})) as results:
        for name, aggregates in results:
            columns |= _columns(aggregates, of_table[name], stored.num_rows)
            progress(name)
    return columns


def _keys(stored: pa.Table) -> pd.DataFrame:
    """Return the columns of the population that come first."""
    keys: pd.DataFrame = stored.select(KEYS).to_pandas()
    return keys.astype({"rating": "float64", "reminders": "float64"})


@contextmanager
def _registered(connection: Any, rows: pa.Table) -> Iterator[ir.Table]:
    """Give the connection access to a table in memory while the block runs."""
    # Not ibis.memtable: its views outlive the query, and ibis 12 cannot drop them with sqlglot 30.
    name = gen_name("inputs")
    connection.con.register(name, rows)
    try:
        yield connection.table(name)
    finally:
        connection.con.unregister(name)


def _columns(aggregates: pa.Table, features: Collection[Feature], n_rows: int) -> Columns:
    """Return the values of features by row of the population; rows without events get the `empty` value."""
    empty = {feature.name: np.nan if feature.empty is None else float(feature.empty) for feature in features}
    columns: Columns = {name: np.full(n_rows, value) for name, value in empty.items()}
    rows = aggregates.column(ROW).to_numpy()
    for name, values in columns.items():
        values[rows] = aggregates.column(name).to_numpy()
    return columns


def _across_tables(connection: Any, built: Columns, features: Collection[Feature]) -> Columns:
    """Compute the features that have several tables, from features of each."""
    across = [feature for feature in features if len(feature.tables) > 1]
    if not across:
        return {}
    names = {name: None for feature in across for name in feature.inputs if name in built}
    inputs = {name: pa.array(built[name], from_pandas=True) for name in names}
    n_rows = len(next(iter(built.values())))
    with _registered(connection, pa.table({ROW: np.arange(n_rows), **inputs})) as wide:
        wide = with_features_across_tables(wide, across)
        return _columns(wide.select(ROW, *(feature.name for feature in across)).to_pyarrow(), across, n_rows)


def _attribute_columns(rows: ir.Table, customers: ir.Table, attributes: Collection[str]) -> pd.DataFrame:
    """Return the attributes of customers in the order of the rows, as float64 or as categories."""
    values = attribute_values(customers, attributes)
    joined = rows.select(ROW, "customer_id").left_join(values, "customer_id").order_by(ROW)
    frame = joined.select(*attributes).to_pandas() if attributes else pd.DataFrame(index=range(0))
    dtypes = {
        name: pd.CategoricalDtype(sorted(column.dropna().unique()))
        for name, column in frame.items()
        if column.dtype != "float64"
    }
    return frame.astype(dtypes)
