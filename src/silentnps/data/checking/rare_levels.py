"""Levels of categories that so few customers share that they nearly tell who somebody is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import ibis
import ibis.expr.types as ir

RARE_BELOW = 5
"""A level of fewer customers is rare."""

OTHER = "(other)"
"""The level into which rare ones are put together."""

_MOST_NAMED = 1_000
"""More levels than these are not named in a query."""


def pool_rare_levels(
    customers: ir.Table, names: Collection[str], *, known: Mapping[str, Collection[str]]
) -> ir.Table:
    """Return customers with the rare levels of these attributes of text as `OTHER`; what is missing stays so.

    Levels in `known`, by attribute, are none: what a model was trained on keeps its name when customers leave. A
    table without rare levels is returned as it came.
    """
    pooled = {name: _pooled(customers[name], known.get(name, ())) for name in _with_rare(customers, names)}
    return customers.mutate(**pooled) if pooled else customers


def _with_rare(customers: ir.Table, names: Collection[str]) -> list[str]:
    """Return the attributes with a rare level, by one query."""
    smallest = []
    for place, name in enumerate(names):
        sizes = _sizes(customers[name])
        smallest.append(sizes.aggregate(n=sizes.n.min()).select(place=ibis.literal(place, "int64"), n="n"))
    if not smallest:
        return []
    found = ibis.union(*smallest).to_pyarrow().to_pydict()
    rare = {place for place, n in zip(found["place"], found["n"], strict=True) if n is not None and n < RARE_BELOW}
    return [name for place, name in enumerate(names) if place in rare]


def _sizes(column: ir.Value) -> ir.Table:
    levels = column.name("level").as_table()
    there = levels.filter(levels.level.notnull())
    return there.group_by("level").aggregate(n=there.count())


def _pooled(column: Any, known: Collection[str]) -> ir.Value:
    sizes = _sizes(column)
    common = sizes.filter(sizes.n >= RARE_BELOW).limit(_MOST_NAMED + 1).level.execute()
    if len(common) > _MOST_NAMED:
        kept = column.count().over(ibis.window(group_by=column)) >= RARE_BELOW
        kept = kept | column.isin(sorted(known)) if known else kept
    else:
        named = sorted({*common, *known})
        kept = column.isin(named) if named else ibis.literal(False)
    return ibis.cases((column.isnull(), ibis.null("string")), (kept, column), else_=OTHER)
