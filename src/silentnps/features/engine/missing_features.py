"""Which features a project will not have because tables or columns are missing, and which columns feed which."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from silentnps.features.catalog import CATALOG, SUMMARIES, Feature


def missing_features(columns: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    """Return the features that are missing by what is missing: `support`, or `orders.promised_at`.

    `columns` has the usable columns of each table. A feature that misses several things is listed under the first.
    """
    by_cause: dict[str, list[str]] = {}
    for feature in CATALOG.values():
        cause = _cause(feature, columns)
        if cause:
            by_cause.setdefault(cause, []).append(feature.name)
    return by_cause


def features_of_column(table: str, column: str) -> list[str]:
    """Return the features that need an optional column, those that are computed from them among them."""
    fed = {
        name for name, feature in CATALOG.items() if feature.tables[:1] == (table,) and column in feature.columns
    }
    size = -1
    while size != len(fed):
        size = len(fed)
        fed |= {name for name, feature in CATALOG.items() if fed & set(feature.inputs)}
    return [name for name in CATALOG if name in fed]


def _cause(feature: Feature, columns: Mapping[str, Collection[str]]) -> str | None:
    for table in feature.tables:
        if table not in columns:
            return table
    for column in feature.columns:
        if column not in columns[feature.tables[0]]:
            return f"{feature.tables[0]}.{column}"
    for name in feature.inputs:
        if name in CATALOG:
            cause = _cause(CATALOG[name], columns)
        else:
            cause = None if SUMMARIES[name].table in columns else SUMMARIES[name].table
        if cause:
            return cause
    return None
