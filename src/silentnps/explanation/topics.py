"""Features that speak of one thing, told together: a thing is for a customer or against him, never both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from silentnps.explanation.contributions.explain import Explanation
from silentnps.explanation.contributions.refits import RefitContributions
from silentnps.explanation.phrases import words_of
from silentnps.features.catalog import CATALOG
from silentnps.numerics.arrays import Floats

_OF_FAMILIES = dict.fromkeys(("recency", "frequency", "rhythm", "lifetime"), "buying")
"""Families of the catalogue that all say how often and how lately somebody buys; any other is its own topic."""


@dataclass(frozen=True)
class TopicContributions:
    """Contributions of topics, shape (rows, topics), and the place of the feature that leads each.

    The leading feature is the one with the largest contribution in the direction of the sum.
    """

    names: tuple[str, ...]
    points: Floats
    leading: NDArray[np.intp]


def topic_of(name: str, declared: Mapping[str, str] | None = None) -> str:
    """Return what a feature speaks of: of the catalogue its family or families, else what was declared, or itself.

    Examples
    --------
    >>> topic_of("returns_days_since_last"), topic_of("orders_days_since_last"), topic_of("tier")
    ('returns', 'buying', 'tier')
    """
    if name in CATALOG:
        return _OF_FAMILIES.get(CATALOG[name].family, CATALOG[name].family)
    return (declared or {}).get(name, name)


def topics_from_clusters(clusters: Mapping[str, int]) -> dict[str, str]:
    """Return the topics of attributes that are correlated with other features, by the name of each.

    Attributes of a cluster are one topic, called after the first of them; where the catalogue's features of the
    cluster are of one topic, it is that.
    """
    members: dict[int, list[str]] = {}
    for name, cluster in clusters.items():
        members.setdefault(cluster, []).append(name)
    found = {}
    for names in members.values():
        attributes = sorted(name for name in names if name not in CATALOG)
        known = {topic_of(name) for name in names if name in CATALOG}
        if attributes and len(names) > 1:
            found.update(dict.fromkeys(attributes, known.pop() if len(known) == 1 else attributes[0]))
    return found


def group_by_topic(explanation: Explanation) -> TopicContributions:
    """Return the contributions of an explanation by topic, in the order of their first features."""
    points = explanation.contributions.to_numpy(dtype=np.float64)
    members = _members(explanation.contributions.columns, explanation.topics)
    sums = np.zeros((len(points), len(members)))
    leading = np.zeros((len(points), len(members)), dtype=np.intp)
    for place, own in enumerate(members.values()):
        part = points[:, own]
        sums[:, place] = part.sum(axis=1)
        leading[:, place] = np.array(own)[(part * np.where(sums[:, [place]] < 0, -1.0, 1.0)).argmax(axis=1)]
    return TopicContributions(tuple(members), sums, leading)


def merge_by_topic(explanation: Explanation) -> Explanation:
    """Return an explanation whose contributions are those of the topics; they add up as before."""
    found = group_by_topic(explanation)
    points = pd.DataFrame(found.points, index=explanation.contributions.index, columns=list(found.names))
    return replace(explanation, contributions=points, topics={})


def merge_refits_by_topic(models: RefitContributions, topics: Mapping[str, str]) -> RefitContributions:
    """Return refits whose contributions are those of the topics."""
    members = _members(models.columns, topics)
    if not members:
        return models
    points = np.stack([models.points[:, :, own].sum(axis=2) for own in members.values()], axis=2)
    return RefitContributions(points, models.rows, tuple(members))


def lead_features(means: pd.Series, topics: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return of each topic the feature that leads it, and in words that one and how many more there are."""
    found = {}
    for topic, own in _members(means.index, topics).items():
        part = means.iloc[own]
        first = str((part * (-1.0 if part.sum() < 0 else 1.0)).idxmax())
        more = f" and {len(own) - 1} more of {topic}" if len(own) > 1 else ""
        found[topic] = (first, words_of(first) + more)
    return found


def _members(names: Iterable[object], declared: Mapping[str, str]) -> dict[str, list[int]]:
    """Return the places of the features of each topic."""
    found: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        found.setdefault(topic_of(str(name), declared), []).append(place)
    return found
