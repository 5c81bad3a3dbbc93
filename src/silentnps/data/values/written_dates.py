"""Dates as people's tools write them, such as 31.12.2024 or 12/31/2024 2:05 PM: one way in a column, or none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from silentnps.data.values import epochs
from silentnps.data.values.casts import clean_text
from silentnps.data.values.markers import let

_ZONE = r"UTC|GMT|Z|(GMT|UTC)[+-][0-9]{1,2}(:?[0-9]{2})?|[+-][0-9]{2}(:?[0-9]{2})?"
_CLOCK = rf"([0-9]{{1,2}}:[0-9]{{2}}(:[0-9]{{2}}(\.[0-9]+)?)?)( ?[AaPp]\.?[Mm]\.?)?( ?({_ZONE}))?"
_TIME = rf"((,? ?| at |T){_CLOCK})?"
_NAMES = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_MONTH = rf"({_NAMES})[a-z]*\.?"
_WEEKDAY = r"((mon|tue|wed|thu|fri|sat|sun)[a-z]*,? )?"
_DATES = {
    "ymd-": r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}",
    "ymd/": r"[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}",
    "ymd.": r"[0-9]{4}\.[0-9]{1,2}\.[0-9]{1,2}",
    "ymd": r"(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])",
    "dmy.": r"[0-9]{1,2}\. ?[0-9]{1,2}\. ?[0-9]{4}",
    "?my/": r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}",
    "?my-": r"[0-9]{1,2}-[0-9]{1,2}-[0-9]{4}",
    "dby": rf"(?i){_WEEKDAY}[0-9]{{1,2}}[ .-]{{0,2}}{_MONTH}[ ,.-]{{0,2}}[0-9]{{4}}",
    "bdy": rf"(?i){_WEEKDAY}{_MONTH} ?[0-9]{{1,2}}(st|nd|rd|th)?,? [0-9]{{4}}",
    "short": r"[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2}",
}
"""The ways of writing a date; a question mark leaves open which of day and month comes first."""

ISO = "ymd-"
"""The way that needs no other reading."""

CLOCK = "clock"
"""The shape of a time of day."""

UNREADABLE = ("short", CLOCK)
"""Shapes of texts that are about time, but no date: a century, or a day, would have to be guessed."""

NO_DATE = "?"

_EPOCH = r"[0-9]{9,16}([.][0-9]{1,9})?"
_EPOCH_NUMBER = "CAST(snps_t AS DECIMAL(28, 9))"

_NUMBER = "CAST(regexp_extract_all(snps_t, '[0-9]+')[{}] AS INTEGER)"
_ORDER = f" || CASE WHEN {_NUMBER.format(1)} > 12 THEN 'D' WHEN {_NUMBER.format(2)} > 12 THEN 'M' ELSE '' END"


@dataclass(frozen=True)
class Dates:
    """What the texts of a column are as dates: how many are, in the best way, and whether it is beyond doubt."""

    way: str
    day_first: bool
    n_fit: int
    ambiguous: bool

    def __str__(self) -> str:
        if self.way in epochs.SINCE_1970:
            return epochs.said(self.way)
        order = {"y": "year, month, day", "b": "month, day, year", "d": "day, month, year"}
        if self.way.startswith("?"):
            return order["d" if self.day_first else "b"]
        return order[self.way[0]]


def shape(raw: str, *, likely: str = "") -> str:
    """Return SQL of the shape of a text as a date: a key of `_DATES`, a unit since 1970 or `clock`, null of none.

    Where the way leaves the order of day and month open, D or M follows when only the day, or month, can be first.
    No text is of two ways; the `likely` one is tried first, which takes less time where most texts are of it.
    """
    ways = sorted(_DATES, key=lambda way: way != likely)
    cases = [f"WHEN {_matches(way)} THEN '{way}'{_ORDER if way[0] == '?' else ''}" for way in ways]
    looks = "regexp_matches(snps_t, '[0-9]') AND length(snps_t) BETWEEN 4 AND 40"
    units = " ".join(f"WHEN {epochs.is_unit(_EPOCH_NUMBER, unit)} THEN '{unit}'" for unit in epochs.SINCE_1970)
    epoch = f"WHEN regexp_full_match(snps_t, '{_EPOCH}') THEN CASE {units} END"
    clock = f"WHEN regexp_full_match(snps_t, '{_CLOCK}') THEN '{CLOCK}'"
    return let("snps_t", _text(raw), f"CASE WHEN NOT ({looks}) THEN NULL {' '.join(cases)} {epoch} {clock} END")


def dates_of(shapes: Mapping[str, int], *, day_first: bool | None) -> Dates | None:
    """Judge the shapes of a column; None where no text is a date that can be read."""
    by_way: dict[str, int] = {}
    for shape_of_text, n in shapes.items():
        way = shape_of_text.rstrip("DM")
        by_way[way] = by_way.get(way, 0) + n
    readable = {way: n for way, n in by_way.items() if way not in UNREADABLE}
    if not readable:
        return None
    way = max(readable, key=lambda way: (readable[way], way == ISO))
    if not way.startswith("?"):
        return Dates(way, True, readable[way], ambiguous=False)
    by_day, by_month = shapes.get(way + "D", 0), shapes.get(way + "M", 0)
    first = by_day > by_month if day_first is None else day_first
    fit = readable[way] - (by_month if first else by_day)
    return Dates(way, first, fit, ambiguous=day_first is None and by_day == by_month)


def rewritten(raw: str, dates: Dates) -> str:
    """Return SQL of the dates as ISO texts, with their time if they have one; of other texts NO_DATE."""
    if dates.way in epochs.SINCE_1970:
        number = (
            f"CASE WHEN regexp_full_match(snps_t, '{_EPOCH}') THEN {_EPOCH_NUMBER} WHEN snps_t <> '' THEN 0 END"
        )
        return let("snps_t", _text(raw), let("snps_n", number, epochs.as_text("snps_n", dates.way, NO_DATE)))
    day, month, year = _places(dates)
    time, half, zone = (f"regexp_extract(snps_t, '{_CLOCK}$', {place})" for place in (1, 4, 5))
    hour = f"CAST(split_part({time}, ':', 1) AS INTEGER)"
    noon = f"CASE lower(left(trim({half}), 1)) WHEN 'p' THEN {hour} % 12 + 12 WHEN 'a' THEN {hour} % 12"
    hours = f"{noon} ELSE {hour} END"
    zone = f"regexp_replace(regexp_replace({zone}, '^ ?(GMT|UTC)?', ''), '^([+-])([0-9])(:|$)', '\\10\\2\\3')"
    zone = f"CASE WHEN regexp_matches(snps_t, '(GMT|UTC|Z)$') THEN '+00' ELSE {zone} END"
    clock = f"' ' || lpad(CAST({hours} AS VARCHAR), 2, '0') || substr({time}, strpos({time}, ':')) || {zone}"
    return let(
        "snps_t",
        _text(raw),
        f"CASE WHEN snps_t IS NULL THEN NULL WHEN {_matches(dates.way)} THEN {year} || '-' || lpad({month}, 2, '0')"
        f" || '-' || lpad({day}, 2, '0') || CASE WHEN {time} = '' THEN '' ELSE {clock} END ELSE '{NO_DATE}' END",
    )


def _places(dates: Dates) -> tuple[str, str, str]:
    """Return SQL of day, month and year as texts."""
    one, two, three = (f"regexp_extract_all(snps_t, '[0-9]+')[{place}]" for place in (1, 2, 3))
    if dates.way == "ymd":
        return "substr(snps_t, 7, 2)", "substr(snps_t, 5, 2)", "left(snps_t, 4)"
    if dates.way in ("dby", "bdy"):
        name = f"lower(regexp_extract(snps_t, '(?i)(^|[^a-z])({_NAMES})', 2))"
        return one, f"CAST((strpos('{_NAMES}', {name}) + 3) // 4 AS VARCHAR)", two
    if dates.way.startswith("ymd"):
        return three, two, one
    return (one, two, three) if dates.day_first else (two, one, three)


def _matches(way: str) -> str:
    return f"regexp_full_match(snps_t, '{_DATES[way]}{_TIME}')"


def _text(raw: str) -> str:
    return f"translate({clean_text(raw)}, '\u00a0\u202f', '  ')"
