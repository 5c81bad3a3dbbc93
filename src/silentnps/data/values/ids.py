"""SQL that tells which texts are ids as they are."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SHORT, _SHORT_ID, _LONG_ID = 15, "[A-Za-z_-]*[0-9][0-9A-Za-z_-]*", "[0-9]*[A-Za-z_-][0-9A-Za-z_-]*"


def is_tidy(text: str) -> str:
    """Return SQL that is true of most texts without blanks around them, where many differ faster than trimming."""
    last = f"({text})[-1]"  # unlike right(), once for each word of a dictionary
    return f"{text} >= '!' AND {text} < chr(127) AND {last} >= '!' AND {last} < chr(127)"


def is_tidy_id(raw: str) -> str:
    """Return SQL that is true of a text that is an id as it is, null where there is none."""
    text = f"CAST({raw} AS VARCHAR)"
    return f"{is_tidy(text)} AND NOT ends_with({text}, '.0')"


def is_plain_id(raw: str) -> str:
    """Return SQL that is true only of an id beyond doubt: tidy, no marker of emptiness, and with all its digits.

    Letters, digits and hyphens, a digit among them; more than fifteen digits are looked at more closely. `raw` is
    text. It takes one look, which nearly all ids of most tables pass.
    """
    short, long = (f"regexp_full_match({raw}, '{pattern}')" for pattern in (_SHORT_ID, _LONG_ID))
    return f"CASE WHEN strlen({raw}) > {_SHORT} THEN {long} ELSE {short} END"


def may_be_plain_ids(words: Iterable[str]) -> bool:
    """Return whether `is_plain_id` may be true of one of some markers of emptiness, such as 999."""
    texts = [word.strip() for word in words]
    return any(re.fullmatch(_LONG_ID if len(text) > _SHORT else _SHORT_ID, text) for text in texts)
