"""A feature and its value in words: "two late deliveries in the last 90 days"."""

from __future__ import annotations

import math
import re
from functools import cache
from typing import Any

import pandas as pd

from silentnps.features.catalog import CATALOG, Feature

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")

_SINGULAR = {
    "deliveries": "delivery",
    "orders": "order",
    "visits and clicks": "visit or click",
    "clicks": "click",
    "visits": "visit",
    "uses of the app": "use of the app",
    "shares with others": "share with others",
    "invitations": "invitation",
    "messages": "message",
    "text messages": "text message",
    "chats": "chat",
    "video calls": "video call",
    "e-mails": "e-mail",
    "phone calls": "phone call",
    "appointments": "appointment",
    "friends": "friend",
    "referred friends who became customers": "referred friend who became a customer",
    "answers": "answer",
    "returns": "return",
    "cases": "case",
    "complaints": "complaint",
    "categories": "category",
    "channels": "channel",
}
"""Plural and singular of the nouns that are counted; the longest match applies."""

_COUNTED = frozenset(
    {"orders", "events", "invitations", "messages", "replies", "referrals", "answers", "returns", "cases"}
    | {"channels", "categories"}
)
_TRAILING = {"that are": "that is", "were answered": "was answered"}


def phrase(name: str, value: Any) -> str:
    """Return a feature and its value in words; attributes and unknown features as "name: value".

    Examples
    --------
    >>> phrase("membership_tier", "gold"), phrase("store_distance", 12.5), phrase("store_distance", None)
    ('membership tier: gold', 'store distance: 12.5', 'store distance: unknown')
    """
    feature = CATALOG.get(name)
    if feature is None:
        return f"{name.replace('_', ' ')}: {_plain(value)}"
    if _is_missing(value):
        return _missing(feature)
    if isinstance(value, str):
        return f"{feature.words}: {value}"
    return _with_value(feature, float(value))


def words_of(name: str) -> str:
    """Return a feature in words, without a value."""
    return CATALOG[name].words if name in CATALOG else name.replace("_", " ")


def feature_in(text: str) -> str | None:
    """Return the name of the catalogue's feature that a phrase is about; None for attributes and other texts.

    Examples
    --------
    >>> feature_in("two late deliveries in the last 90 days"), feature_in("membership tier: gold")
    ('orders_late_count_90d', None)
    """
    known = _features_by_words()
    numbered = re.fullmatch(rf"(?:{'|'.join(_NUMBERS)}|-?[\d,]+) (.+)", text)
    for words in (text, numbered[1] if numbered else "", text.rpartition(": ")[0]):
        if words in known:
            return known[words]
    return None


@cache
def _features_by_words() -> dict[str, str]:
    """Return the features by every form that `phrase` gives their words, without numbers."""
    known: dict[str, str] = {}
    for name, feature in CATALOG.items():
        words = feature.words
        one_day = re.sub("^days ", "day ", words)
        for form in (words, singular(words), one_day, _denied(words), _missing(feature), _missing(feature)[:-9]):
            known.setdefault(form, name)
    return known


def _with_value(feature: Feature, value: float) -> str:
    words = feature.words
    if feature.unit in _COUNTED and value == int(value) and not words.startswith("average"):
        return _counted(words, int(value))
    if feature.unit == "days" and words.startswith("days "):
        return f"{value:,.0f} {'day' if round(value) == 1 else 'days'} {words.removeprefix('days ')}"
    if feature.unit == "flag":
        return words if value else _denied(words)
    if feature.unit in {"share", "probability"}:
        return f"{words}: {100 * value:.0f} %"
    return f"{words}: {_plain(value)}"


def _denied(words: str) -> str:
    """Return the words of a flag that is not set.

    Examples
    --------
    >>> _denied("no visit or click for 90 days"), _denied("has bought exactly once")
    ('a visit or click in the last 90 days', 'has not bought exactly once')
    """
    if words.startswith("no "):
        return "a " + words.removeprefix("no ").replace(" for ", " in the last ")
    return words.replace("has ", "has not ", 1) if words.startswith("has ") else f"not so: {words}"


def _counted(words: str, n: int) -> str:
    number = _NUMBERS[n] if 0 <= n < len(_NUMBERS) else f"{n:,}"
    return f"{number} {singular(words) if n == 1 else words}"


def singular(words: str) -> str:
    """Return the words of a count in the singular; unchanged if no noun is known.

    Examples
    --------
    >>> singular("late deliveries in the last 90 days"), singular("support cases that are open")
    ('late delivery in the last 90 days', 'support case that is open')
    """
    for plural in sorted(_SINGULAR, key=len, reverse=True):
        match = re.search(rf"\b{plural}\b", words)
        if match:
            text = words[: match.start()] + _SINGULAR[plural] + words[match.end() :]
            for plural_verb, singular_verb in _TRAILING.items():
                text = text.replace(plural_verb, singular_verb)
            return text
    return words


def _missing(feature: Feature) -> str:
    match = re.fullmatch(r"days since (?:the|their) (?:last|previous) (.+)", feature.words)
    return f"no {match[1]} so far" if match else f"{feature.words}: unknown"


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def _plain(value: Any) -> str:
    if _is_missing(value):
        return "unknown"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
