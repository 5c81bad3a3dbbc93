"""The reasons of a score, as its file has them in words, and what the key driver among them is about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from silentnps.explanation.phrases import feature_in
from silentnps.explanation.topics import topic_of
from silentnps.features.catalog import CATALOG
from silentnps.outcome.scorecard import SIGNALS

ATTRIBUTE, ANSWERED, NO_REASON = "attribute", "answered", "no reason"
"""Drivers beside the topics: an attribute of customers; an answer that is known; a score without reasons."""

_WITH_POINTS = re.compile(r"(.+?) \(([+-]\d+\.\d) points\)(?:; |$)", re.DOTALL)
_OF_SIGNALS = {signal.words: signal.column for signal in SIGNALS}


@dataclass(frozen=True)
class Reason:
    """A reason in words; `points` of the expected NPS, None where no model gave any."""

    words: str
    points: float | None


def reasons_in(text: object) -> list[Reason]:
    """Return the reasons of a text as scores have it, largest first; none if there is no text.

    Examples
    --------
    >>> [reason.points for reason in reasons_in("two returns (-14.2 points); tier: a; b (-3.1 points)")]
    [-14.2, -3.1]
    >>> [reason.words for reason in reasons_in("complained in the last 180 days; got a refund in the last year")]
    ['complained in the last 180 days', 'got a refund in the last year']
    """
    if not isinstance(text, str) or not text:
        return []
    with_points = _WITH_POINTS.findall(text)
    if with_points:
        return [Reason(words, float(points)) for words, points in with_points]
    return [Reason(words, None) for words in text.split("; ")]


@lru_cache(maxsize=100_000)
def driver_of(words: str) -> str:
    """Return the topic of a reason, or `ATTRIBUTE`.

    Examples
    --------
    >>> driver_of("two late deliveries in the last 90 days"), driver_of("tier: gold")
    ('delivery', 'attribute')
    """
    name = feature_in(words) or _OF_SIGNALS.get(words)
    return topic_of(name) if name in CATALOG else ATTRIBUTE


@cache
def known_drivers() -> tuple[str, ...]:
    """Return every driver that a rule of a playbook may name."""
    return (*sorted({topic_of(name) for name in CATALOG}), ATTRIBUTE, ANSWERED, NO_REASON)
