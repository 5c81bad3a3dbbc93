"""Build every feature for a population: one group-by per raw table, put into the rows of (customer, as_of).

Each table is read once and grouped by row of the population; what comes back fills the columns in place, so that
memory holds the features of the base once and, of the events, what DuckDB keeps in its buffers or on disk.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa
from ibis.util import gen_name

from silentnps.data.checking.ties import last_of_moment
from silentnps.features.catalog import Feature
from silentnps.features.definitions.customers import attribute
from silentnps.features.engine.expressions import (
    KEYS,
    ROW,
    attributes_but,
    available_features,
    needed_features,
    numbered,
    table_features,
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
        Canonical tables of one connection, in the order of their files. A table that is missing gives no columns.
    population
        The rows of `build_population` or `population_at`.
    exclude
        Features and attributes to leave out.
    progress
        Called with the name of each raw table when its features are done.

    Returns
    -------
    One row per row of the population, ordered by wave and customer: `KEYS`, then the features in the order of the
    catalogue (float64, NaN is unknown), then the attributes of customers (float64 or category). Equal in every run.

    Raises
    ------
    ConfigError
        If `exclude` has an unknown name.
    DataError
        If an attribute is called like a column that silentnps makes.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import silentnps
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "shop.yaml"
    ...     _ = file.write_text("{name: shop, output: out, tables: {customers: {path: customers.parquet}, "
    ...                         "responses: {path: responses.parquet}, orders: {path: orders.parquet}}, "
    ...                         "waves: {period: quarter}}")
    ...     silentnps.simulate(Path(folder), customers=100)
    ...     config = silentnps.load_config(file)
    ...     tables = silentnps.open_tables(config)
    ...     population = silentnps.build_population(tables, config.waves)
    ...     features = build_features(tables, population)
    >>> features[["wave", "respondent", "orders_count_total"]].dtypes.astype(str).tolist()
    ['str', 'bool', 'float64']
    """
    tables = {name: last_of_moment(name, table) for name, table in tables.items()}
    attributes = attributes_but(tables["customers"], exclude)
    features = needed_features(available_features(tables), exclude)
    with _stored(numbered(population)) as rows:
        frame = rows.order_by(ROW).drop(ROW).select(*KEYS).to_pandas().astype({"rating": "float64"})
        built: Columns = {}
        for name in tables:
            own = [each for each in features if each.tables == (name,)]
            if own:
                built |= _collected(table_features(name, tables, rows, own).to_pyarrow(), own, len(frame))
                if progress:
                    progress(name)
        built |= _across_tables(rows.get_backend(), built, features)
        kept = {each.name: built[each.name] for each in features if each.name not in exclude}
        own_words = _attribute_columns(rows, tables["customers"], attributes)
    parts: list[pd.DataFrame] = [frame.astype({"reminders": "float64"}), pd.DataFrame(kept), own_words]
    return pd.concat(parts, axis=1)


@contextmanager
def _registered(connection: Any, rows: pa.Table) -> Iterator[ir.Table]:
    """Show the connection a table in memory, for as long as the block lasts."""
    # Not ibis.memtable: its views outlive the query, and ibis 12 cannot drop them under sqlglot 30.
    name = gen_name("parts")
    connection.con.register(name, rows)
    try:
        yield connection.table(name)
    finally:
        connection.con.unregister(name)


@contextmanager
def _stored(rows: ir.Table) -> Iterator[ir.Table]:
    """Store rows as a temporary table, for as long as the block lasts."""
    connection, name = rows.get_backend(), gen_name("rows")
    try:
        yield connection.create_table(name, rows, temp=True)
    finally:
        # Not connection.drop_table: ibis 12 writes it without the name under sqlglot 30.
        connection.raw_sql(f'DROP TABLE IF EXISTS "{name}"')


def _collected(found: pa.Table, features: Collection[Feature], n_rows: int) -> Columns:
    """Return the values of features by row of the population; rows that are not found keep what is empty."""
    nobody = {each.name: np.nan if each.empty is None else float(each.empty) for each in features}
    columns: Columns = {name: np.full(n_rows, value) for name, value in nobody.items()}
    rows = found.column(ROW).to_numpy()
    for name, values in columns.items():
        values[rows] = found.column(name).to_numpy()
    return columns


def _across_tables(connection: Any, built: Columns, features: Collection[Feature]) -> Columns:
    """Compute the features that are made of those of several tables."""
    own = [each for each in features if len(each.tables) > 1]
    if not own:
        return {}
    parts = {part: pa.array(built[part], from_pandas=True) for each in own for part in each.parts if part in built}
    n_rows = len(next(iter(built.values())))
    with _registered(connection, pa.table({ROW: np.arange(n_rows), **parts})) as wide:
        for each in own:
            wide = wide.mutate(**{each.name: each.function(wide).cast("float64")})
        return _collected(wide.select(ROW, *(each.name for each in own)).to_pyarrow(), own, n_rows)


def _attribute_columns(rows: ir.Table, customers: ir.Table, attributes: Collection[str]) -> pd.DataFrame:
    """Return the attributes of customers in the order of the rows, as float64 or as categories of what occurs."""
    own = customers.select("customer_id", **{name: attribute(customers[name]) for name in attributes})
    joined = rows.select(ROW, "customer_id").left_join(own, "customer_id").order_by(ROW)
    frame = joined.select(*attributes).to_pandas() if attributes else pd.DataFrame(index=range(0))
    dtypes = {
        name: pd.CategoricalDtype(sorted(column.dropna().unique()))
        for name, column in frame.items()
        if column.dtype != "float64"
    }
    return frame.astype(dtypes)
