"""What the attributes of customers are for: segments, response drivers, shadows, or nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from silentnps.features.leaks.outcome_names import outcome_word
from silentnps.workflow.onboarding.meanings import in_words
from silentnps.workflow.onboarding.profiles import Column

_MOST_SEGMENTS = 4
_LEAST_FILLED = 0.5
_LEAST_SHARE = 0.01
_EXPERIENCE = re.compile(
    r"\b(late|delays?|delayed|complaints?|refunds?|returns?|returned|waits?|waiting|defects?|defective|broken|faults?"
    r"|outages?|incidents?|tickets?|escalat\w*|cancel\w*|missed|errors?|downtime|damaged?)\b"
)
_SEGMENT_NAMES = re.compile(
    r"\b(region|country|state|tier|plan|segment|channel|store|market|level|status|type|category|brand|gender|age)\b"
)


@dataclass(frozen=True)
class Roles:
    """Attributes by their use, each with the reason. What is neither shadow nor excluded is a response driver."""

    segments: dict[str, str]
    response_drivers: dict[str, str]
    shadow_features: dict[str, str]
    exclude: dict[str, str]


def propose_roles(columns: Mapping[str, Column], *, taken: Collection[str]) -> Roles:
    """Return the uses of the columns of customers that are not `taken` by canonical columns or keys."""
    attributes = {name: column for name, column in columns.items() if name not in taken and _is_attribute(column)}
    exclude = {
        name: f"its name speaks of an outcome of the survey ({word!r})"
        for name in attributes
        if (word := outcome_word(name)) is not None
    }
    rest = {name: column for name, column in attributes.items() if name not in exclude}
    shadows = {
        name: "its name speaks of what customers experienced" for name in rest if _EXPERIENCE.search(in_words(name))
    }
    ranked = sorted(
        (name for name, column in rest.items() if name not in shadows and _is_segment(column)),
        key=lambda name: not _SEGMENT_NAMES.search(in_words(name)),
    )
    segments = {
        name: f"{len(rest[name].levels)} groups, the smallest with {min(rest[name].levels.values()):,} of"
        f" {rest[name].filled:,} customers looked at"
        for name in ranked[:_MOST_SEGMENTS]
    }
    drivers = {name: "an attribute that is known before anybody is asked" for name in rest if name not in shadows}
    return Roles(segments, drivers, shadows, exclude)


def _is_attribute(column: Column) -> bool:
    if column.is_time or column.filled == 0 or column.emails > _LEAST_FILLED:
        return False
    return len(column.levels) > 0 or (column.is_number and not column.unique)


def _is_segment(column: Column) -> bool:
    levels = column.levels
    if not len(levels) >= 2 or column.filled < _LEAST_FILLED * column.n or column.is_number:
        return False
    return min(levels.values()) >= max(5, _LEAST_SHARE * column.filled)
