"""Groups of features: by family, by whether they can be acted on, and by correlation."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform

from silentnps.explanation.contributions.explain import NEVER_INVITED, Explanation
from silentnps.explanation.phrases import words_of
from silentnps.features.catalog import CATALOG
from silentnps.numerics.additive_design import is_category
from silentnps.numerics.arrays import Floats
from silentnps.numerics.levels import as_text

ACTIONABLE, CONTEXT, ATTRIBUTES = "actionable", "context", "attributes"
_MIN_CORRELATION = 0.5
"""Features of a cluster have at least this average rank correlation, in absolute value."""

COLUMNS = ("grouping", "group", "words", "n_features", "mean_absolute_points", "mean_points")


@dataclass(frozen=True)
class Dendrogram:
    """Features joined by rank correlation: scipy's linkage, shape (features - 1, 4), and their names.

    Distances are 1 - |rho|; constant features are left out.
    """

    linkage: Floats
    names: tuple[str, ...]

    def clusters(self) -> dict[str, int]:
        """Return the cluster of each feature."""
        if len(self.names) < 2:
            return dict.fromkeys(self.names, 1)
        clusters = hierarchy.fcluster(self.linkage, 1.0 - _MIN_CORRELATION, criterion="distance")
        return {name: int(cluster) for name, cluster in zip(self.names, clusters, strict=True)}


def correlation_dendrogram(explanation: Explanation, features: pd.DataFrame) -> Dendrogram:
    """Cluster features by Spearman's rank correlation, with average linkage.

    A category is ranked by the mean contribution of its levels; missing values rank below all others.
    """
    ranks = {}
    for name in (str(column) for column in explanation.contributions.columns if column != NEVER_INVITED):
        values = _ordered(features[name], explanation.contributions[name])
        if values.nunique() > 1:
            ranks[name] = values.rank().to_numpy()
    names = tuple(ranks)
    if len(names) < 2:
        return Dendrogram(np.zeros((0, 4)), names)
    rho = np.corrcoef(np.vstack(list(ranks.values())))
    distances = np.clip(1.0 - np.abs(rho), 0.0, 1.0)
    np.fill_diagonal(distances, 0.0)
    return Dendrogram(hierarchy.average(squareform(distances, checks=False)), names)


def family_of(name: str) -> str:
    """Return the family of a feature; all attributes of customers form one family."""
    return CATALOG[name].family if name in CATALOG else ATTRIBUTES


def is_actionable(name: str, declared: Collection[str] = ()) -> bool:
    """Return whether a feature can be acted on, by the catalogue or as declared."""
    return name in declared or (name in CATALOG and CATALOG[name].actionable)


def driver_groups(
    explanation: Explanation, clusters: Mapping[str, int], *, actionable: Collection[str] = ()
) -> pd.DataFrame:
    """Return one row per group of features, columns `COLUMNS`, the largest of each grouping first.

    Groupings are `family`, `actionable` (or context) and `correlated`. A group's contributions are summed within
    each row before averaging, so that what its features share does not count twice.
    """
    names = [str(name) for name in explanation.contributions.columns if name != NEVER_INVITED]
    groups: dict[tuple[str, str], list[str]] = {}
    for name in names:
        kind = ACTIONABLE if is_actionable(name, actionable) else CONTEXT
        groups.setdefault(("family", family_of(name)), []).append(name)
        groups.setdefault(("actionable", kind), []).append(name)
        if name in clusters:
            groups.setdefault(("correlated", f"cluster {clusters[name]}"), []).append(name)
    rows = [_row(explanation, grouping, group, members) for (grouping, group), members in groups.items()]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    order = {"family": 0, "actionable": 1, "correlated": 2}
    table = table.sort_values("mean_absolute_points", ascending=False, kind="stable")
    return table.sort_values("grouping", key=lambda column: column.map(order), kind="stable", ignore_index=True)


def _row(explanation: Explanation, grouping: str, group: str, members: list[str]) -> dict[str, object]:
    points = explanation.contributions[members]
    total = points.sum(axis=1)
    words = group
    if grouping == "correlated":
        by_size = points.abs().mean().sort_values(ascending=False, kind="stable").index
        others = len(members) - 1
        words = words_of(str(by_size[0])) + (f" and {others} correlated with it" if others else "")
    return {
        "grouping": grouping,
        "group": group,
        "words": words,
        "n_features": len(members),
        "mean_absolute_points": total.abs().mean(),
        "mean_points": total.mean(),
    }


def _ordered(values: pd.Series, points: pd.Series) -> pd.Series:
    """Return numbers that order a feature: its own values, or the mean contribution of each level."""
    if not is_category(values):
        numbers = pd.Series(values.to_numpy(dtype=np.float64, na_value=np.nan))
        return numbers.fillna(numbers.min() - 1.0 if numbers.notna().any() else 0.0)
    text = pd.Series(as_text(values).to_numpy())
    return pd.Series(points.to_numpy()).groupby(text).transform("mean")
