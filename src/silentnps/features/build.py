"""Build every feature for a population: one group-by per raw table, joined to the rows of (customer, as_of)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import reduce

import ibis.expr.types as ir
import pandas as pd
from ibis.util import gen_name

from silentnps.data.schema import TABLES
from silentnps.data.versions import known_before, with_versions
from silentnps.errors import ConfigError
from silentnps.features.catalog import CATALOG, Feature
from silentnps.features.customers import attribute, attribute_names, check_attributes
from silentnps.features.orders import with_gaps, with_gaps_as_known
from silentnps.features.responses import one_per_moment
from silentnps.features.windows import seconds_between

KEYS = ("customer_id", "wave", "as_of", "invited", "respondent", "rating", "reminders")
"""The columns of the population with which every table of features begins; none of them is a feature."""

_MOMENT = ["customer_id", "as_of"]
_PREPARED: dict[str, Callable[[Mapping[str, ir.Table]], ir.Table]] = {
    "orders": with_gaps,
    "responses": one_per_moment,
    "customers": lambda tables: tables["customers"].select("customer_id", "signed_up_at"),
}
_AT_MOMENT: dict[str, Callable[[ir.Table], ir.Table]] = {"orders": with_gaps_as_known}


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
    attributes = tuple(name for name in attribute_names(tables["customers"]) if name not in exclude)
    _check_exclude(exclude, attribute_names(tables["customers"]))
    check_attributes(attributes)
    features = available_features(tables)
    with _materialised(tables, population, features, progress) as parts:
        wide = _with_parts(_joined(population, parts, features), features)
        wide = _with_attributes(wide, tables["customers"], attributes)
        kept = [each.name for each in features if each.name not in exclude]
        rows = wide.order_by("wave", "customer_id").select(*KEYS, *kept, *attributes).to_pandas()
    return _with_dtypes(rows, kept, attributes)


def available_features(tables: Mapping[str, ir.Table]) -> list[Feature]:
    """Return the features that these tables and their columns allow, in the order of the catalogue."""
    found: dict[str, Feature] = {}
    for each in CATALOG.values():
        has_tables = all(name in tables for name in each.tables)
        if (
            has_tables
            and set(each.columns) <= set(tables[each.tables[0]].columns)
            and set(each.parts) <= set(found)
        ):
            found[each.name] = each
    return list(found.values())


def table_features(
    name: str, tables: Mapping[str, ir.Table], population: ir.Table, features: Collection[Feature]
) -> ir.Table:
    """Return the features of one raw table: an expression with one row per (customer_id, as_of) with an event.

    An event counts if its clock was before as_of. Where the table has `known_at`, its latest version that was known
    before as_of counts.
    """
    clock = TABLES[name].clock or "signed_up_at"
    tables = {**tables, name: with_versions(name, tables[name])}
    raw = _PREPARED[name](tables) if name in _PREPARED else tables[name]
    moments = population.select(*_MOMENT, "wave_starts_at").distinct()
    pairs = moments.join(raw, "customer_id")
    events = pairs.filter(pairs[clock] < pairs.as_of, *known_before(pairs, pairs.as_of))
    events = _AT_MOMENT[name](events) if name in _AT_MOMENT else events
    events = events.mutate(seconds_ago=seconds_between(events[clock], events.as_of))
    return events.group_by(_MOMENT).aggregate(**{each.name: each.function(events) for each in features})


@contextmanager
def _materialised(
    tables: Mapping[str, ir.Table],
    population: ir.Table,
    features: Collection[Feature],
    progress: Callable[[str], None] | None,
) -> Iterator[list[ir.Table]]:
    """Store the features of each raw table as a temporary table, for as long as the block lasts."""
    connection = population.get_backend()
    names: list[str] = []
    try:
        for name in tables:
            own = [each for each in features if each.tables == (name,)]
            if own:
                names.append(gen_name(f"features_{name}"))
                connection.create_table(names[-1], table_features(name, tables, population, own), temp=True)
                if progress:
                    progress(name)
        yield [connection.table(name) for name in names]
    finally:
        for name in names:
            # Not connection.drop_table: ibis 12 writes it without the name under sqlglot 30.
            connection.raw_sql(f'DROP TABLE IF EXISTS "{name}"')


def _joined(population: ir.Table, parts: Collection[ir.Table], features: Collection[Feature]) -> ir.Table:
    wide = reduce(_left_join, parts, population)
    values = {each.name: wide[each.name].cast("float64") for each in features if not each.parts}
    filled = {
        each.name: values[each.name].fill_null(each.empty)
        for each in features
        if each.name in values and each.empty is not None
    }
    return wide.mutate(**(values | filled))


def _left_join(left: ir.Table, right: ir.Table) -> ir.Table:
    names = [name for name in right.columns if name not in _MOMENT]
    return left.left_join(right, _MOMENT).select(*left.columns, *names)


def _with_parts(wide: ir.Table, features: Collection[Feature]) -> ir.Table:
    for each in features:
        if each.parts:
            wide = wide.mutate(**{each.name: each.function(wide)})
    return wide


def _with_attributes(wide: ir.Table, customers: ir.Table, attributes: Collection[str]) -> ir.Table:
    if not attributes:
        return wide
    own = customers.select("customer_id", **{name: attribute(customers[name]) for name in attributes})
    return wide.left_join(own, "customer_id").select(*wide.columns, *attributes)


def _with_dtypes(rows: pd.DataFrame, features: Collection[str], attributes: Collection[str]) -> pd.DataFrame:
    dtypes: dict[str, str | pd.CategoricalDtype] = dict.fromkeys(["rating", "reminders", *features], "float64")
    for name in attributes:
        if rows[name].dtype != "float64":
            dtypes[name] = pd.CategoricalDtype(sorted(rows[name].dropna().unique()))
    return rows.astype(dtypes)


def _check_exclude(exclude: Collection[str], attributes: Collection[str]) -> None:
    unknown = sorted(set(exclude) - set(CATALOG) - set(attributes))
    if unknown:
        raise ConfigError(
            f"features.exclude must name features or attributes of customers; got {unknown[0]!r}. Correct the name."
        )
