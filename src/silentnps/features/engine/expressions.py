"""Features as expressions of Ibis: what runs on DuckDB, on Spark, and compiles for warehouses."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeAlias

import ibis
import ibis.expr.types as ir

from silentnps.data.checking.versions import known_before, with_versions
from silentnps.errors import ConfigError
from silentnps.features.catalog import CATALOG, EVENT_COLUMNS, SUMMARIES, Feature, Summary
from silentnps.features.definitions.customers import attribute, attribute_names, check_attributes
from silentnps.features.definitions.responses import with_asked_at
from silentnps.features.windows import seconds_between
from silentnps.schema import HAPPENED, PLANNED, RATED_BY_CLASS, TABLES

KEYS = ("customer_id", "wave", "as_of", "invited", "respondent", "rating", "reminders")
"""The columns of the population with which every table of features begins; none of them is a feature."""

ROW = "silentnps_row"
"""The column with the number of a row of the population."""

PERSON_WAVE = ("customer_id", "wave")
"""The columns that tell rows of a population apart."""

Tables: TypeAlias = dict[str, ir.Table]
"""Canonical tables of one connection, by their names."""

Population: TypeAlias = ir.Table
"""The rows of `build_population` or `population_at`."""

_WORDS = ("category", "channel", "kind")
"""Columns whose values features compare: blanks around them and upper case mean nothing."""


def available_features(tables: Mapping[str, ir.Table]) -> list[Feature]:
    """Return the unlearned features that these tables and their columns allow, in the order of the catalogue."""
    there = {name for name, each in SUMMARIES.items() if each.table in tables}
    # features of several tables come last: their parts may be registered after them
    own = [each for each in CATALOG.values() if not each.learned]
    for each in sorted(own, key=lambda each: len(each.tables) > 1):
        has_tables = all(name in tables for name in each.tables)
        if has_tables and set(each.columns) <= _computable(tables[each.tables[0]]) and set(each.parts) <= there:
            there.add(each.name)
    return [each for each in CATALOG.values() if each.name in there]


def _computable(table: ir.Table) -> set[str]:
    """Return the columns that features may compute with: ratings that stand for a class are no numbers."""
    return set(table.columns) - ({"rating"} if RATED_BY_CLASS in table.columns else set())


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


def attributes_but(customers: ir.Table, exclude: Collection[str]) -> list[str]:
    """Return the attributes of customers that are not excluded.

    Raises
    ------
    ConfigError
        If `exclude` has an unknown name.
    DataError
        If an attribute is called like a column that silentnps makes.
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
    """Return what `build_features` computes, as one expression: `KEYS`, features, attributes as text or number.

    `row` are the columns that tell rows of the population apart; those that are no keys come first.

    Raises
    ------
    ConfigError, DataError
        As `build_features`.
    """
    attributes = attributes_but(tables["customers"], exclude)
    features = needed_features(available_features(tables), exclude)
    wide = population
    for name in tables:
        own = [each for each in features if each.tables == (name,)]
        if own:
            empty = {each.name: each.empty for each in own if each.empty is not None}
            wide = _joined(wide, table_features(name, tables, population, own, row=row), row, empty)
    for each in features:
        if len(each.tables) > 1:
            wide = wide.mutate(**{each.name: each.function(wide).cast("float64")})
    customers = tables["customers"]
    own_words = customers.select("customer_id", **{name: attribute(customers[name]) for name in attributes})
    wide = _joined(wide, own_words, ("customer_id",)) if attributes else wide
    kept = [each.name for each in features if each.name not in exclude]
    first = [name for name in row if name not in KEYS]
    keys = {name: wide[name].cast("float64") if name in ("rating", "reminders") else wide[name] for name in KEYS}
    return wide.select(*first, **keys, **{name: wide[name] for name in [*kept, *attributes]})


def _joined(
    left: ir.Table, right: ir.Table, keys: tuple[str, ...], empty: Mapping[str, float] | None = None
) -> ir.Table:
    """Add the columns of the right; rows that it does not have get what is `empty`, unlike nulls that it has."""
    added = [name for name in right.columns if name not in keys]
    right = right.rename({f"{name}_of_right": name for name in keys})
    joined = left.left_join(right, [left[name] == right[f"{name}_of_right"] for name in keys])
    nobody = joined[f"{keys[0]}_of_right"].isnull()
    filled = {name: nobody.ifelse(value, joined[name]) for name, value in (empty or {}).items()}
    return joined.select(*left.columns, **{name: filled.get(name, joined[name]) for name in added})


def table_features(
    name: str,
    tables: Mapping[str, ir.Table],
    population: ir.Table,
    features: Collection[Feature],
    *,
    row: tuple[str, ...] = (ROW,),
) -> ir.Table:
    """Return the features of one raw table: an expression with one row per row of the population with an event.

    `row` are the columns that tell rows of the population apart, by which events are grouped. An event counts if
    its clock was before as_of; where the table has `known_at`, its latest version that was known before as_of does.
    """
    clock = TABLES[name].clock or "signed_up_at"
    moments = population.select(*dict.fromkeys((*row, "customer_id", "as_of", "wave_starts_at")))
    pairs = moments.join(_prepared(name, {**tables, name: with_versions(name, tables[name])}), "customer_id")
    events = _as_known(name, pairs.filter(pairs[clock] < pairs.as_of, *known_before(pairs, pairs.as_of)), clock)
    wanted = {part for each in features for part in each.parts}
    wanted |= {part for key in wanted & set(SUMMARIES) for part in SUMMARIES[key].parts}
    steps: dict[str, Feature | Summary] = {key: each for key, each in SUMMARIES.items() if key in wanted}
    steps |= {each.name: each for each in features}
    grouped = {key: each.function(events) for key, each in steps.items() if not each.parts}
    found = events.group_by(row).aggregate(**grouped)
    for key, each in steps.items():
        if each.parts:
            found = found.mutate(**{key: each.function(found)})
    return found.select(*row, **{each.name: found[each.name].cast("float64") for each in features})


def _as_known(name: str, events: ir.Table, clock: str) -> ir.Table:
    """Hide what was not known yet at `as_of`, say what has happened, then add the event columns.

    Of a time of `HAPPENED`, `<time>_happened` says whether it was before as_of: null where nobody knows.
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
    own = {key: each for key, each in EVENT_COLUMNS.items() if each.table == name}
    there = {key: each for key, each in own.items() if set(each.columns) <= set(events.columns)}
    return events.mutate(**{key: each.function(events) for key, each in there.items()})


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
    """Number the rows by wave and customer, as `table_features` needs them."""
    order = ibis.window(order_by=["wave", "customer_id"])
    return population.mutate(**{ROW: ibis.row_number().over(order).cast("int64")})
