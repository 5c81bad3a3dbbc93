"""Features as Ibis expressions, which run on DuckDB and Spark and compile for data warehouses."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeAlias

import ibis
import ibis.expr.types as ir

from silentnps.data.checking.versions import known_before, with_versions
from silentnps.errors import ConfigError
from silentnps.features.catalog import CATALOG, EVENT_COLUMNS, SUMMARIES, Feature, Summary
from silentnps.features.definitions.customers import attribute_names, attribute_values, check_attributes
from silentnps.features.definitions.responses import with_asked_at
from silentnps.features.population.wave_assignment import PERSON_WAVE
from silentnps.features.windows import seconds_between
from silentnps.schema import HAPPENED, PLANNED, RATED_BY_CLASS, TABLES

KEYS = ("customer_id", "wave", "as_of", "invited", "respondent", "rating", "reminders")
"""The columns of the population that come first in a table of features; none of them is a feature."""

ROW = "silentnps_row"
"""The column with the number of a row of the population."""

Tables: TypeAlias = dict[str, ir.Table]
"""Canonical tables of one connection, by name."""

Population: TypeAlias = ir.Table
"""The rows of `build_population` or `population_at`."""

_WORDS = ("category", "channel", "kind")
"""Columns whose values features compare, ignoring case and surrounding blanks."""


def available_features(tables: Mapping[str, ir.Table]) -> list[Feature]:
    """Return the unlearned features that these tables and columns allow, in the order of the catalogue."""
    available = {name for name, summary in SUMMARIES.items() if summary.table in tables}
    # features of several tables come last: their inputs may be registered after them
    built = [feature for feature in CATALOG.values() if not feature.learned]
    for feature in sorted(built, key=lambda feature: len(feature.tables) > 1):
        if (
            set(feature.tables) <= set(tables)
            and set(feature.columns) <= _computable(tables[feature.tables[0]])
            and set(feature.inputs) <= available
        ):
            available.add(feature.name)
    return [feature for feature in CATALOG.values() if feature.name in available]


def _computable(table: ir.Table) -> set[str]:
    """Return the columns that features may compute with; ratings that stand for a class are not numbers."""
    return set(table.columns) - ({"rating"} if RATED_BY_CLASS in table.columns else set())


def needed_features(features: Collection[Feature], exclude: Collection[str]) -> list[Feature]:
    """Return the features that are not excluded, and the ones they are computed from."""
    by_name = {feature.name: feature for feature in features}
    needed, open_names = set(), [name for name in by_name if name not in exclude]
    while open_names:
        name = open_names.pop()
        if name in by_name and name not in needed:
            needed.add(name)
            open_names.extend(by_name[name].inputs)
    return [feature for feature in features if feature.name in needed]


def features_of_table(features: Collection[Feature], tables: Collection[str]) -> dict[str, list[Feature]]:
    """Return the features of each raw table, without tables that have none and features of several tables."""
    by_table = {name: [feature for feature in features if feature.tables == (name,)] for name in tables}
    return {name: of_table for name, of_table in by_table.items() if of_table}


def selected_attributes(customers: ir.Table, exclude: Collection[str]) -> list[str]:
    """Return the attributes of customers that are not excluded.

    Raises
    ------
    ConfigError
        If `exclude` has an unknown name.
    DataError
        If an attribute is named like a column that silentnps makes.
    """
    names = attribute_names(customers)
    unknown = sorted(set(exclude) - set(CATALOG) - set(names))
    if unknown:
        raise ConfigError(
            f"features.exclude must name features or attributes of customers; got {unknown[0]!r}. Correct the name."
        )
    attributes = [name for name in names if name not in exclude]
    check_attributes(tuple(attributes))
    return attributes


def wide_features(
    tables: Mapping[str, ir.Table],
    population: ir.Table,
    *,
    exclude: Collection[str] = (),
    row: tuple[str, ...] = PERSON_WAVE,
) -> ir.Table:
    """Return what `build_features` computes as one expression: `KEYS`, features, attributes as text or numbers.

    On DuckDB it takes longer than `build_features`, which runs one query per table and joins the results in memory.
    `row` are the columns that identify a row of the population; those that are not in `KEYS` come first.

    Raises
    ------
    ConfigError, DataError
        As `build_features`.

    Examples
    --------
    >>> from datetime import datetime
    >>> from silentnps.features.population.population import population_at
    >>> connection, customers = ibis.duckdb.connect(), ["ann", "bob"]
    >>> days = [datetime(2025, 5, 1), datetime(2025, 6, 1)]
    >>> orders = ibis.memtable({"customer_id": ["ann", "ann"], "ordered_at": days, "amount": [990, 1510]})
    >>> tables = {
    ...     "customers": connection.create_table("customers", ibis.memtable({"customer_id": customers})),
    ...     "orders": connection.create_table("orders", orders),
    ... }
    >>> wide = wide_features(tables, population_at(tables, datetime(2025, 6, 30)))
    >>> wide.order_by("customer_id").select("customer_id", "orders_count_90d", "orders_amount_90d").to_pandas()
      customer_id  orders_count_90d  orders_amount_90d
    0         ann               2.0               25.0
    1         bob               0.0                0.0
    """
    attributes = selected_attributes(tables["customers"], exclude)
    features = needed_features(available_features(tables), exclude)
    wide = population
    for name, of_table in features_of_table(features, tables).items():
        empty = {feature.name: feature.empty for feature in of_table if feature.empty is not None}
        wide = _joined(wide, table_features(name, tables, population, of_table, row=row), row, empty)
    wide = with_features_across_tables(wide, features)
    if attributes:
        wide = _joined(wide, attribute_values(tables["customers"], attributes), ("customer_id",))
    names = [*(feature.name for feature in features if feature.name not in exclude), *attributes]
    first = [name for name in row if name not in KEYS]
    keys = {name: wide[name].cast("float64") if name in ("rating", "reminders") else wide[name] for name in KEYS}
    return wide.select(*first, **keys, **{name: wide[name] for name in names})


def with_features_across_tables(wide: ir.Table, features: Collection[Feature]) -> ir.Table:
    """Add the features of several tables to the built features of each table."""
    for feature in features:
        if len(feature.tables) > 1:
            wide = wide.mutate(**{feature.name: feature.function(wide).cast("float64")})
    return wide


def _joined(
    left: ir.Table, right: ir.Table, keys: tuple[str, ...], empty: Mapping[str, float] | None = None
) -> ir.Table:
    """Add the columns of `right`; rows that it lacks get the `empty` values, while nulls in `right` stay null."""
    added = [name for name in right.columns if name not in keys]
    right = right.rename({f"{name}_of_right": name for name in keys})
    joined = left.left_join(right, [left[name] == right[f"{name}_of_right"] for name in keys])
    missing = joined[f"{keys[0]}_of_right"].isnull()
    filled = {name: missing.ifelse(value, joined[name]) for name, value in (empty or {}).items()}
    return joined.select(*left.columns, **{name: filled.get(name, joined[name]) for name in added})


def table_features(
    name: str,
    tables: Mapping[str, ir.Table],
    population: ir.Table,
    features: Collection[Feature],
    *,
    row: tuple[str, ...] = (ROW,),
) -> ir.Table:
    """Return the features of one raw table as an expression: a row for each row of the population that has events.

    `row` are the columns that identify a row of the population; events are grouped by them. An event counts if its
    clock was before as_of. If the table has `known_at`, the latest version known before as_of is the one that
    counts.
    """
    clock = TABLES[name].clock or "signed_up_at"
    moments = population.select(*dict.fromkeys((*row, "customer_id", "as_of", "wave_starts_at")))
    pairs = moments.join(_prepared(name, {**tables, name: with_versions(name, tables[name])}), "customer_id")
    events = _as_known(name, pairs.filter(pairs[clock] < pairs.as_of, *known_before(pairs, pairs.as_of)), clock)
    wanted = {name for feature in features for name in feature.inputs}
    wanted |= {name for key in wanted & set(SUMMARIES) for name in SUMMARIES[key].inputs}
    steps: dict[str, Feature | Summary] = {key: summary for key, summary in SUMMARIES.items() if key in wanted}
    steps |= {feature.name: feature for feature in features}
    aggregates = {key: step.function(events) for key, step in steps.items() if not step.inputs}
    built = events.group_by(row).aggregate(**aggregates)
    for key, step in steps.items():
        if step.inputs:
            built = built.mutate(**{key: step.function(built)})
    return built.select(*row, **{feature.name: built[feature.name].cast("float64") for feature in features})


def _as_known(name: str, events: ir.Table, clock: str) -> ir.Table:
    """Hide what was not yet known at `as_of`, and add which times have happened and the event columns.

    For each time of `HAPPENED`, `<time>_happened` says whether it was before as_of; null where this is unknown.
    """
    later = [
        column.name
        for column in TABLES[name].columns
        if column.kind == "time" and column.name in events.columns and column.name not in {clock, *PLANNED}
    ]
    before = {key: _happened(events[key], events[clock], events.as_of) for key in HAPPENED if key in events.columns}
    known = {key: before.get(key, events[key] < events.as_of) for key in later}
    hidden = {key: condition.ifelse(events[key], ibis.null("timestamp")) for key, condition in known.items()}
    happened = {f"{key}_happened": condition for key, condition in before.items()}
    events = events.mutate(**hidden, **happened, seconds_ago=seconds_between(events[clock], events.as_of))
    computable = {
        key: column.function(events)
        for key, column in EVENT_COLUMNS.items()
        if column.table == name and set(column.columns) <= set(events.columns)
    }
    return events.mutate(**computable)


def _happened(time: ir.TimestampValue, clock: ir.TimestampValue, as_of: ir.TimestampValue) -> ir.BooleanValue:
    impossible = (time < clock).fill_null(False)
    return impossible.ifelse(ibis.null("boolean"), (time < as_of).fill_null(False))


def _prepared(name: str, tables: Mapping[str, ir.Table]) -> ir.Table:
    if name == "responses":
        return with_asked_at(tables)
    if name == "customers":
        return tables[name].select("customer_id", "signed_up_at")
    words = [word for word in _WORDS if word in tables[name].columns]
    return tables[name].mutate(**{word: tables[name][word].strip().lower() for word in words})


def numbered(population: ir.Table) -> ir.Table:
    """Return the population with its rows numbered by wave and customer, as `table_features` needs them."""
    order = ibis.window(order_by=["wave", "customer_id"])
    return population.mutate(**{ROW: ibis.row_number().over(order).cast("int64")})
