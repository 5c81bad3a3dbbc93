"""Ids of Salesforce: 15 characters whose case counts, or 18, where three more tell the case of the others.

Reports and old exports have the short form, the API and data loaders the long one.
"""

from __future__ import annotations

_SYMBOLS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
"""What five characters become, by the sum of 1, 2, 4, 8 and 16 for those that are upper case letters.

See Salesforce Help, "How are Salesforce IDs expressed?".
"""


def _upper(value: str, at: int) -> str:
    return f"CAST(substr({value}, {at}, 1) BETWEEN 'A' AND 'Z' AS INTEGER)"


def _ending(value: str) -> str:
    """Return SQL of the three characters that follow the first fifteen in the long form."""
    sums = (" + ".join(f"{1 << at} * {_upper(value, first + at)}" for at in range(5)) for first in (1, 6, 11))
    return " || ".join(f"substr('{_SYMBOLS}', 1 + {total}, 1)" for total in sums)


def is_long(value: str) -> str:
    """Return SQL that is true of an id of 18 characters whose last three follow from the others; else false."""
    letters = f"regexp_full_match({value}, '[A-Za-z0-9]{{18}}')"
    ends = f"substr({value}, 16) = {_ending(value)}"
    return f"CASE WHEN length({value}) <> 18 OR NOT {letters} THEN false ELSE {ends} END"


def is_short(value: str) -> str:
    """Return SQL that is true of a text that may be an id of 15 characters."""
    return f"regexp_full_match({value}, '[A-Za-z0-9]{{15}}')"


def short_form(value: str) -> str:
    """Return SQL of a value with ids of 18 characters cut to the 15 of which they are made; others stay.

    Of ids of other programs one in 32,768 of 18 letters and digits is taken for such an id. No two ids become one.
    """
    return f"CASE WHEN {is_long(value)} THEN left({value}, 15) ELSE {value} END"


def long_form(value: str) -> str:
    """Return SQL of a value with ids of 15 characters made those of 18; others stay."""
    return f"CASE WHEN {is_short(value)} THEN {value} || {_ending(value)} ELSE {value} END"
