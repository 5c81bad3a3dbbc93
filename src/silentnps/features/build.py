"""Build every feature for a population: one group-by per raw table, put into the rows of (customer, as_of).

Each table is read once and grouped by row of the population; what comes back fills the columns in place, so that
memory holds the features of the base once and, of the events, what DuckDB keeps in its buffers or on disk.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa
from ibis.util import gen_name

from silentnps.data.schema import PLANNED, TABLES
from silentnps.data.versions import known_before, with_versions
from silentnps.errors import ConfigError
from silentnps.features.catalog import CATALOG, EVENT_COLUMNS, SUMMARIES, Feature, Summary
from silentnps.features.customers import attribute, attribute_names, check_attributes
from silentnps.features.responses import one_per_moment
from silentnps.features.windows import seconds_between

KEYS = ("customer_id", "wave", "as_of", "invited", "respondent", "rating", "reminders")
"""The columns of the population with which every table of features begins; none of them is a feature."""

ROW = "silentnps_row"
"""The column with the number of a row of the population."""
_WORDS = ("category", "channel", "kind")
"""Columns whose values features compare: blanks around them and upper case mean nothing."""

Columns = dict[str, np.ndarray]

Tables: TypeAlias = dict[str, ir.Table]
"""Canonical tables of one connection, by their names."""

Population: TypeAlias = ir.Table
"""The rows of `build_population` or `population_at`."""


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
        Canonical tables of one connection. A table that is missing gives no columns.
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
    """
    names = attribute_names(tables["customers"])
    _check_exclude(exclude, names)
    attributes = [name for name in names if name not in exclude]
    check_attributes(tuple(attributes))
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


def available_features(tables: Mapping[str, ir.Table]) -> list[Feature]:
    """Return the unlearned features that these tables and their columns allow, in the order of the catalogue."""
    there = {name for name, each in SUMMARIES.items() if each.table in tables}
    # features of several tables come last: their parts may be registered after them
    own = [each for each in CATALOG.values() if not each.learned]
    for each in sorted(own, key=lambda each: len(each.tables) > 1):
        has_tables = all(name in tables for name in each.tables)
        if has_tables and set(each.columns) <= set(tables[each.tables[0]].columns) and set(each.parts) <= there:
            there.add(each.name)
    return [each for each in CATALOG.values() if each.name in there]


def needed_features(features: Collection[Feature], exclude: Collection[str]) -> list[Feature]:
    """Return the features that are not excluded, and those that they are made of."""
    by_name = {each.name: each for each in features}
    needed, open_names = set(), [each.name for each in features if each.name not in exclude]
    while open_names:
        name = open_names.pop()
        if name in by_name and name not in needed:
            needed.add(name)
            open_names.extend(by_name[name].parts)
    return [each for each in features if each.name in needed]


def table_features(
    name: str, tables: Mapping[str, ir.Table], population: ir.Table, features: Collection[Feature]
) -> ir.Table:
    """Return the features of one raw table: an expression with one row per numbered row with an event.

    An event counts if its clock was before as_of. Where the table has `known_at`, its latest version that was known
    before as_of counts.
    """
    clock = TABLES[name].clock or "signed_up_at"
    moments = population.select(ROW, "customer_id", "as_of", "wave_starts_at")
    pairs = moments.join(_prepared(name, {**tables, name: with_versions(name, tables[name])}), "customer_id")
    events = _as_known(name, pairs.filter(pairs[clock] < pairs.as_of, *known_before(pairs, pairs.as_of)), clock)
    wanted = {part for each in features for part in each.parts}
    wanted |= {part for key in wanted & set(SUMMARIES) for part in SUMMARIES[key].parts}
    steps: dict[str, Feature | Summary] = {key: each for key, each in SUMMARIES.items() if key in wanted}
    steps |= {each.name: each for each in features}
    grouped = {key: each.function(events) for key, each in steps.items() if not each.parts}
    found = events.group_by(ROW).aggregate(**grouped)
    for key, each in steps.items():
        if each.parts:
            found = found.mutate(**{key: each.function(found)})
    return found.select(ROW, **{each.name: found[each.name].cast("float64") for each in features})


def _as_known(name: str, events: ir.Table, clock: str) -> ir.Table:
    """Hide what was not known yet at `as_of`, then add the event columns."""
    later = [
        column.name
        for column in TABLES[name].columns
        if column.kind == "time" and column.name in events.columns and column.name not in {clock, *PLANNED}
    ]
    hidden = {key: (events[key] < events.as_of).ifelse(events[key], ibis.null("timestamp")) for key in later}
    events = events.mutate(**hidden, seconds_ago=seconds_between(events[clock], events.as_of))
    own = {key: each for key, each in EVENT_COLUMNS.items() if each.table == name}
    there = {key: each for key, each in own.items() if set(each.columns) <= set(events.columns)}
    return events.mutate(**{key: each.function(events) for key, each in there.items()})


def _prepared(name: str, tables: Mapping[str, ir.Table]) -> ir.Table:
    if name == "responses":
        return one_per_moment(tables)
    if name == "customers":
        return tables[name].select("customer_id", "signed_up_at")
    words = [word for word in _WORDS if word in tables[name].columns]
    return tables[name].mutate(**{word: tables[name][word].strip().lower() for word in words})


def numbered(population: ir.Table) -> ir.Table:
    """Number the rows by wave and customer, as `table_features` needs them."""
    order = ibis.window(order_by=["wave", "customer_id"])
    return population.mutate(**{ROW: ibis.row_number().over(order).cast("int64")})


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
    columns: Columns = {each.name: np.full(n_rows, np.nan) for each in features}
    rows = found.column(ROW).to_numpy()
    for name, values in columns.items():
        values[rows] = found.column(name).to_numpy()
    return _filled(columns, features)


def _filled(columns: Columns, features: Collection[Feature]) -> Columns:
    for each in features:
        if each.empty is not None:
            values = columns[each.name]
            values[np.isnan(values)] = each.empty
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


def _check_exclude(exclude: Collection[str], attributes: Collection[str]) -> None:
    unknown = sorted(set(exclude) - set(CATALOG) - set(attributes))
    if unknown:
        raise ConfigError(
            f"features.exclude must name features or attributes of customers; got {unknown[0]!r}. Correct the name."
        )
