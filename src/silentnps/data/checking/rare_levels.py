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
    pooled = {name: _pooled(customers[name], known.get(name, ())) for name in names if _has_rare(customers, name)}
    return customers.mutate(**pooled) if pooled else customers


def _has_rare(customers: ir.Table, name: str) -> bool:
    sizes = _sizes(customers[name])
    return bool(sizes.filter(sizes.n < RARE_BELOW).limit(1).count().execute())


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
