"""Texts that people's tools write where nothing is known, such as N/A: they are read as empty."""

from __future__ import annotations

from collections.abc import Sequence

from silentnps.data.values.casts import Family, clean_text
from silentnps.data.values.ids import is_tidy

ALWAYS = (
    *("n/a", "#n/a", "#n/a n/a", "#na", "n.a.", "<na>", "nan", "-nan", "nat", "-1.#ind"),
    *("null", "(null)", "<null>", "[null]", "#null!", "#div/0!", "#ref!", "#value!", "#num!", "#name?", "\\n"),
    *("-", "--", "---", "\u2013", "\u2014", ".", "..", "?", "??", "(blank)", "(empty)", "(missing)"),
)
"""Empty in every column, whatever the case of their letters."""

AMONG_NUMBERS = (
    *("na", "none", "nil", "unknown", "missing", "blank", "empty", "undefined", "not available", "not applicable"),
    *("no data", "tbd", "n.v.", "k.a.", "k. a.", "keine angabe"),
)
"""Empty among numbers, times, ids, yes and no; among other texts they may be values, such as the region NA."""


def is_marker(raw: str, words: Sequence[str]) -> str:
    """Return SQL that is true of a text that stands for an empty one, and never null.

    Most texts are decided by a look at their ends and their length, without trimming and lower case.
    """
    if not words:
        return "false"
    listed = ", ".join("'" + word.strip().lower().replace("'", "''") + "'" for word in words)
    ends_otherwise = not any(word.strip()[-1:].isdigit() for word in words)
    never = [f"({raw})[-1] BETWEEN '0' AND '9'"] if ends_otherwise else []
    longest = max(len(word.strip().lower().encode()) for word in words)
    never.append(f"strlen({raw}) > {longest} AND {is_tidy(raw)}")
    among = f"coalesce(lower({clean_text(raw)}) IN ({listed}), false)"
    return f"CASE WHEN {' OR '.join(never)} THEN false ELSE {among} END"


def is_sentinel(raw: str, words: Sequence[str]) -> str:
    """Return SQL that is true of a number that was declared to stand for an empty value."""
    numbers = [word for word in words if _is_number(word)]
    return f"coalesce({raw} IN ({', '.join(numbers)}), false)" if numbers else "false"


def marked(raw: str, family: Family, words: Sequence[str]) -> str:
    """Return SQL that is true of a value that stands for an empty one, by the family of its column."""
    if family == "text":
        return is_marker(raw, words)
    return is_sentinel(raw, words) if family in ("whole", "real") else "false"


def unmarked(raw: str, test: str) -> str:
    """Return SQL of the values without those of which `test` is true."""
    return raw if test == "false" else f"(CASE WHEN {test} THEN NULL ELSE {raw} END)"


def let(name: str, value: str, body: str) -> str:
    """Return SQL of `body` where `name` stands for `value`, which is written, and computed, once."""
    return f"list_transform([{value}], lambda {name}: {body})[1]"


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return word.strip().lstrip("+-")[:1].isdigit() and "_" not in word
