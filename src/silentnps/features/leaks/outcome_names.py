"""Names of columns that refer to an outcome of the survey."""

from __future__ import annotations

import re
from itertools import pairwise

_OUTCOMES = (
    "nps",
    "rating ratings csat ces satisfaction satisfied dissatisfied unsatisfied",
    "recommend recommends promoter promoters detractor detractors",
    "survey surveys responded respondent churn churned churns",
    "predicted prediction",
)
_WORDS = frozenset(word for line in _OUTCOMES for word in line.split())
_PHRASES = (("predictive", "analytics"), ("lifetime", "value"), ("next", "order"))

_BORDERS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=\D)(?=\d)|(?<=\d)(?=\D)")


def outcome_word(name: str) -> str | None:
    """Return the word in a name that refers to an outcome of the survey, None if there is none.

    What another program predicted or summed up over a lifetime counts too: it is of the day of the export. Only
    whole words count; names are split at punctuation, digits and capital letters.

    Examples
    --------
    >>> outcome_word("lastNpsScore"), outcome_word("predictive_analytics.gender"), outcome_word("operating_region")
    ('nps', 'predictive analytics', None)
    """
    words = [word.casefold() for word in re.split(r"[\W_]+", _BORDERS.sub(" ", name)) if word]
    pairs = set(pairwise(words))
    phrases = (" ".join(pair) for pair in _PHRASES if pair in pairs)
    return next((word for word in words if word in _WORDS), None) or next(phrases, None)
