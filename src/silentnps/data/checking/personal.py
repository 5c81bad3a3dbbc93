"""Attributes that identify customers: names, addresses, numbers, free text, and whatever is near-unique.

They teach a model nothing that holds for other customers, and must not be kept in it. The form of the values
decides; the name of a column is only supporting evidence.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis.expr.types as ir

from silentnps.data.opening.scan import quote

FEW_SHARE = ((0.5, 10), (0.2, 100))
"""Text is near-unique with more than this share of distinct values and at least this many of them."""

_IDS_ARE, _NAMED_IDS_ARE = 0.95, 0.5
"""The share of distinct values from which whole numbers are near-unique, and where the name too speaks of an id."""

_DIGITS, _LONG_DIGITS = 6, 9
_SAMPLE = 100_000
_TOGETHER = 200
_VALUE = "silentnps_value"
_EXACT_BELOW = 1_000_000
_NEAR = 0.2
_MOST = 0.95

_PATTERNS = {
    "e-mail addresses": r"^\S*[^@\s]@[^@\s]+\.[a-z]{2,}\S*$",
    "web addresses": r"^(https?://|www\.)",
    "IP addresses": r"^\d{1,3}(\.\d{1,3}){3}$",
}
"""Forms that are personal however many customers share a value, in lower case."""

_PATTERN_SHARE = 0.05

_NUMBERS = {
    "dates": r"^\d{1,4}[./-]\d{1,2}[./-]\d{2,4}$",
    "bank accounts": r"^[a-z]{2}\d{2}( ?[a-z0-9]{2,4}){3,8}$",
    "card numbers": r"^(\d{4}[ -]?){3}\d{1,7}$",
    "phone numbers": r"^(\+|00?|\()?[\d(][\d ()./-]{5,20}\d$",
}
"""Forms that are personal where values differ; codes and bands shared by many customers may look alike."""

_NUMBER_SHARE, _DIFFERENT_SHARE, _DIFFERENT = 0.5, 0.02, 10

_NAMED = {
    "names of people": (
        r"((first|last|full|given|family|middle|maiden|birth|customer|contact|user|nick) ?name|^name|surname"
        r"|forename|vorname|nachname|prenom|apellido|cognome)s?$",
        r"[^\d]{2,}",
    ),
    "addresses": (r"\b(address|adresse|addr|anschrift|street|strasse|straße|rue|calle)\b", r"\pL{3,}"),
    "phone numbers": (r"\b(phone|telephone|telefon|tel|mobile|handy|cell|fax|whatsapp)", r"\d(\D?\d){5,}"),
    "dates of birth": (r"\b(birth|born|dob|geb|geburt)", r"\d(\D{0,4}\d){3,}"),
    "free text": (
        r"\b(comment|remark|note|notes|feedback|message|bemerkung|kommentar|text)s?\b",
        r"\S+\s+\S+\s+\S+",
    ),
}
"""Patterns of the names of columns, and those that most of the values must then match."""

_WORDS_OF_TEXT, _TEXT_SHARE, _TEXTS = 4.0, 0.05, 20

_ID_NAME = re.compile(
    r"\b(id|ids|nr|number|nummer|account|konto|phone|telephone|telefon|tel|mobile|handy|fax|card|iban|ssn|passport|vat"
    r"|member|membership|loyalty|contract|policy|crm|ref|reference|key)\b|nummer\b|\b(no|num|code)$"
)
_MEASURE_NAME = re.compile(
    r"\b(amount|revenue|spend|spent|sales|total|value|price|cost|costs|income|salary|balance|points|cents|sum|turnover"
    r"|umsatz|betrag|budget|miles|visits|count|average|avg|mean|clv|ltv|seconds|size|distance|steps|days|hours|area)\b"
)


@dataclass(frozen=True)
class LeftOut:
    """An attribute that is left out: why, and how many customers have a value."""

    column: str
    reason: str
    rows: int


def personal_columns(customers: ir.Table, names: Collection[str]) -> tuple[LeftOut, ...]:
    """Return which of these attributes are personal or near-unique, in their order.

    Two passes: the share of distinct values among those that are there, of all customers, and what values look
    like, of a sample of customers. Booleans and numbers with decimals are none.
    """
    judged = [name for name in names if customers[name].type().is_string() or customers[name].type().is_numeric()]
    if not judged:
        return ()
    n_rows = int(customers.count().execute())
    counts = _counts(customers, judged, exact=n_rows < _EXACT_BELOW)
    value_shares = _value_shares(customers, judged, one_of=max(n_rows // _SAMPLE, 1))
    left_out = []
    for name in judged:
        n, distinct = counts[name]
        judge = _reason_of_text if customers[name].type().is_string() else _reason_of_number
        reason = judge(_in_words(name), value_shares[name], distinct, distinct / n) if n else None
        if reason:
            left_out.append(LeftOut(name, reason, n))
    return tuple(left_out)


def _counts(customers: ir.Table, names: Collection[str], *, exact: bool) -> dict[str, tuple[int, int]]:
    """Return how many values each attribute has, and how many distinct ones: exactly where it may matter."""
    count = "count(DISTINCT {0})" if exact else "approx_count_distinct({0})"
    values = {name: _plain(customers, name) for name in names}
    aggregates = [part for value in values.values() for part in (f"count({value})", count.format(value))]
    row = _aggregated(customers, aggregates)
    counted = {name: (int(row[2 * i]), int(row[2 * i + 1])) for i, name in enumerate(values)}
    near = [] if exact else [name for name, (n, d) in counted.items() if n and _near_a_border(d / n)]
    return counted if not near else counted | _counts(customers, near, exact=True)


def _near_a_border(share: float) -> bool:
    borders = (*(least for least, _ in FEW_SHARE), _IDS_ARE, _NAMED_IDS_ARE, _TEXT_SHARE, _DIFFERENT_SHARE)
    return any(abs(share - border) < _NEAR * border for border in borders)


def _plain(customers: ir.Table, name: str) -> str:
    return f"lower(trim({quote(name)}))" if customers[name].type().is_string() else quote(name)


def _aggregated(customers: ir.Table, aggregates: Sequence[str], *, where: str = "true") -> tuple[Any, ...]:
    """Return the values of some aggregates over customers, by as few queries as can be planned quickly."""
    connection: Any = customers.get_backend()
    source = connection.compile(customers)
    values: tuple[Any, ...] = ()
    for first in range(0, len(aggregates), _TOGETHER):
        selected = ", ".join(aggregates[first : first + _TOGETHER])
        values += connection.con.execute(f"SELECT {selected} FROM ({source}) WHERE {where}").fetchall()[0]
    return values


def _value_shares(customers: ir.Table, names: Collection[str], *, one_of: int) -> dict[str, dict[str, float]]:
    """Return of each attribute which share of its values is like what, of one of so many customers."""
    where = f"hash(customer_id) % {one_of} = 0"
    texts = {name: _plain(customers, name) for name in names if customers[name].type().is_string()}
    numbers = {name: f"CAST({quote(name)} AS DOUBLE)" for name in names if name not in texts}
    shares = _shares_of(customers, texts, _tests_of_text(_VALUE), where=where)
    shares |= _shares_of(customers, numbers, _tests_of_number(_VALUE), where=where)
    named = [(name, kind, test) for name in texts for kind, test in _tests_of_name(customers, name).items()]
    row = _aggregated(customers, [f"avg(CAST({test} AS DOUBLE))" for *_, test in named], where=where)
    for (name, kind, _), share in zip(named, row, strict=True):
        shares[name][kind] = float(share or 0.0)
    return shares


def _shares_of(
    customers: ir.Table, values: Mapping[str, str], tests: Mapping[str, str], *, where: str
) -> dict[str, dict[str, float]]:
    """Return the shares of the same tests of several attributes; each value becomes a row, to plan them once.

    `values` has SQL of the values by name.
    """
    if not values:
        return {}
    connection: Any = customers.get_backend()
    rows_of_values = f"unnest(range({len(values)})) AS place, unnest([{', '.join(values.values())}]) AS {_VALUE}"
    averages = ", ".join(f"avg(CAST({test} AS DOUBLE))" for test in tests.values())
    source = connection.compile(customers)
    rows = connection.con.execute(
        f"SELECT place, {averages} FROM (SELECT {rows_of_values} FROM ({source}) WHERE {where})"
        f" WHERE {_VALUE} IS NOT NULL GROUP BY place"
    ).fetchall()
    found = {place: averages for place, *averages in rows}
    return {
        name: {
            kind: float(share or 0.0)
            for kind, share in zip(tests, found.get(place, [0.0] * len(tests)), strict=True)
        }
        for place, name in enumerate(values)
    }


def _tests_of_text(text: str) -> dict[str, str]:
    patterns = {**_PATTERNS, **_NUMBERS}
    tests = {kind: f"regexp_matches({text}, '{pattern}')" for kind, pattern in patterns.items()}
    return tests | {"words": f"length({text}) - length(replace({text}, ' ', '')) + 1"}


def _tests_of_name(customers: ir.Table, name: str) -> dict[str, str]:
    """Return what values of a column of such a name are like."""
    words, text = _in_words(name), _plain(customers, name)
    return {
        f"named {kind}": f"regexp_matches({text}, '{like}')"
        for kind, (called, like) in _NAMED.items()
        if re.search(called, words)
    }


def _tests_of_number(number: str) -> dict[str, str]:
    digits = f"floor(log10(greatest(abs({number}), 1))) + 1"
    month, day = f"floor({number} / 100) % 100 BETWEEN 1 AND 12", f"{number} % 100 BETWEEN 1 AND 31"
    return {
        "whole": f"{number} = floor({number})",
        "digits": f"{digits} >= {_DIGITS}",
        "long": f"{digits} >= {_LONG_DIGITS}",
        "dates": f"{number} BETWEEN 19000101 AND 21001231 AND {month} AND {day}",
        **{f"width {width}": f"{digits} = {width}" for width in range(_DIGITS, 20)},
    }


def _reason_of_text(name: str, value_shares: Mapping[str, float], distinct: int, share: float) -> str | None:
    shared = [kind for kind in _PATTERNS if value_shares[kind] >= _PATTERN_SHARE]
    different = distinct >= _DIFFERENT and share > _DIFFERENT_SHARE
    numbers = [kind for kind in _NUMBERS if different and value_shares[kind] >= _NUMBER_SHARE]
    named = [
        kind
        for kind in _NAMED
        if distinct >= _DIFFERENT and value_shares.get(f"named {kind}", 0.0) >= _NUMBER_SHARE
    ]
    free = (
        ["free text"]
        if value_shares["words"] >= _WORDS_OF_TEXT and share > _TEXT_SHARE and distinct >= _TEXTS
        else []
    )
    near = [f"{100 * share:.0f} % of the values differ"] if _differs(distinct, share) else []
    return next(iter([*shared, *named, *numbers, *free, *near]), None)


def _differs(distinct: int, share: float) -> bool:
    return any(share > least and distinct >= most for least, most in FEW_SHARE)


def _reason_of_number(name: str, value_shares: Mapping[str, float], distinct: int, share: float) -> str | None:
    """Return why whole numbers identify customers; numbers that are few, short or named as amounts do not."""
    if distinct < _TEXTS or value_shares["whole"] < 1.0:
        return None
    if value_shares["dates"] >= _MOST:
        return "dates written as numbers"
    called = _ID_NAME.search(name) is not None
    if called and share > _NAMED_IDS_ARE and (value_shares["digits"] >= _MOST or share > _IDS_ARE):
        return "numbers of people or accounts"
    if _MEASURE_NAME.search(name) or share <= _IDS_ARE:
        return None
    one_width = max(value for key, value in value_shares.items() if key.startswith("width")) >= _MOST
    return "numbers like those of accounts" if one_width or value_shares["long"] >= _MOST else None


def _in_words(name: str) -> str:
    """Return the name of a column as words in lower case: `lastName` and `last_name` are `last name`."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return " ".join(re.split(r"[\W_]+", parted)).strip().casefold()
