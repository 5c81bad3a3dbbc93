"""Topics: features about the same thing, combined so that a topic raises a score or lowers it, never both."""

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
"""Families of the catalogue on how often and how recently customers buy; any other family is its own topic."""


@dataclass(frozen=True)
class TopicContributions:
    """Contributions of topics, shape (rows, topics), and the position of the leading feature of each.

    The leading feature is the one with the largest contribution in the direction of the sum.
    """

    names: tuple[str, ...]
    points: Floats
    leading: NDArray[np.intp]


def topic_of(name: str, declared: Mapping[str, str] | None = None) -> str:
    """Return the topic of a feature: from the catalogue its family, else what was declared, or the feature itself.

    Examples
    --------
    >>> topic_of("returns_days_since_last"), topic_of("orders_days_since_last"), topic_of("tier")
    ('returns', 'buying', 'tier')
    """
    if name in CATALOG:
        return _OF_FAMILIES.get(CATALOG[name].family, CATALOG[name].family)
    return (declared or {}).get(name, name)


def topics_from_clusters(clusters: Mapping[str, int]) -> dict[str, str]:
    """Return the topics of attributes that are correlated with other features, by attribute.

    The attributes of a cluster form one topic, named after the first of them; if the catalogue's features in the
    cluster all belong to one topic, the attributes join that topic.
    """
    members: dict[int, list[str]] = {}
    for name, cluster in clusters.items():
        members.setdefault(cluster, []).append(name)
    topics = {}
    for names in members.values():
        attributes = sorted(name for name in names if name not in CATALOG)
        known = {topic_of(name) for name in names if name in CATALOG}
        if attributes and len(names) > 1:
            topics.update(dict.fromkeys(attributes, known.pop() if len(known) == 1 else attributes[0]))
    return topics


def group_by_topic(explanation: Explanation) -> TopicContributions:
    """Return the contributions of an explanation by topic, in the order of their first features."""
    points = explanation.contributions.to_numpy(dtype=np.float64)
    members = _members(explanation.contributions.columns, explanation.topics)
    sums = np.zeros((len(points), len(members)))
    leading = np.zeros((len(points), len(members)), dtype=np.intp)
    for topic, columns in enumerate(members.values()):
        part = points[:, columns]
        sums[:, topic] = part.sum(axis=1)
        leading[:, topic] = np.array(columns)[(part * np.where(sums[:, [topic]] < 0, -1.0, 1.0)).argmax(axis=1)]
    return TopicContributions(tuple(members), sums, leading)


def merge_by_topic(explanation: Explanation) -> Explanation:
    """Return an explanation with the contributions of topics; they add up as before."""
    topics = group_by_topic(explanation)
    points = pd.DataFrame(topics.points, index=explanation.contributions.index, columns=list(topics.names))
    return replace(explanation, contributions=points, topics={})


def merge_refits_by_topic(models: RefitContributions, topics: Mapping[str, str]) -> RefitContributions:
    """Return refits with the contributions of topics."""
    members = _members(models.columns, topics)
    if not members:
        return models
    points = np.stack([models.points[:, :, columns].sum(axis=2) for columns in members.values()], axis=2)
    return RefitContributions(points, models.rows, tuple(members))


def lead_features(means: pd.Series, topics: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return the leading feature of each topic, and its words with the number of other features."""
    lead = {}
    for topic, columns in _members(means.index, topics).items():
        part = means.iloc[columns]
        first = str((part * (-1.0 if part.sum() < 0 else 1.0)).idxmax())
        more = f" and {len(columns) - 1} more of {topic}" if len(columns) > 1 else ""
        lead[topic] = (first, words_of(first) + more)
    return lead


def _members(names: Iterable[object], declared: Mapping[str, str]) -> dict[str, list[int]]:
    """Return the positions of the features of each topic."""
    members: dict[str, list[int]] = {}
    for position, name in enumerate(names):
        members.setdefault(topic_of(str(name), declared), []).append(position)
    return members
