"""How each column of a table is read: its kind, the texts that mean empty, and the format of its values.

The profiles of all text columns tell which are plain; the shapes of values are counted only for the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ibis.backends.duckdb import Backend

from silentnps.config import ProjectConfig
from silentnps.data.exports.columns import plain
from silentnps.data.opening.scan import Source, query, quote
from silentnps.data.reading.reading_notes import (
    Reading,
    RowNote,
    dates_note,
    emptied_note,
    left_out_note,
    unknown_note,
)
from silentnps.data.reading.shape_counts import counted_shapes
from silentnps.data.reading.text_profiles import DeclaredFormat, TextProfile, profile_texts
from silentnps.data.values import epochs, written_dates, written_numbers
from silentnps.data.values.ambiguity import ambiguous_dates, ambiguous_numbers
from silentnps.data.values.casts import RULES, AnyKind, attribute_kind, cast, clean_text
from silentnps.data.values.markers import marked, unmarked
from silentnps.errors import ConfigError
from silentnps.schema import Table

NEARLY, MOSTLY = 0.9, 0.5
"""Share of numbers from which a column is numeric with a few bad values, and from which it gets a note."""


def read_columns(
    backend: Backend, table: Table, source: Source, names: Mapping[str, str], config: ProjectConfig
) -> dict[str, Reading]:
    """Return how each column is read, by canonical name; one that could be read in two ways is `refused`."""
    declared = DeclaredFormat.of(config, table.name)
    readings: dict[str, Reading] = {}
    texts = {}
    for name, user in names.items():
        kind = table.kind_of(name)
        if kind is None and plain(name) in declared.exclude:
            readings[name] = Reading("NULL::VARCHAR", "text")  # its name stays known
        elif source.family(user) == "text":
            texts[name] = user
        else:
            readings[name] = _typed(quote(user), kind, source, user, declared)
            if kind == "time" and source.family(user) in ("whole", "real"):
                readings[name] = _numbered_time(backend, source, user, readings[name])
    profiles = profile_texts(backend, table, source, texts, declared)
    to_be_shaped = {profile.name: profile for profile in profiles if not profile.is_plain}
    readings |= {profile.name: _plain(profile) for profile in profiles if profile.is_plain}
    readings |= _shaped(backend, source, to_be_shaped)
    return {name: readings[name] for name in names}


def _typed(raw: str, kind: AnyKind | None, source: Source, user: str, declared: DeclaredFormat) -> Reading:
    """Return how a column is read whose type is not text."""
    family = source.family(user)
    if kind is None and family == "other":
        return Reading(raw, None, (left_out_note("Lists, maps, bytes and times of day", f"{raw} IS NOT NULL"),))
    empty = marked(raw, family, declared.always)
    notes = () if empty == "false" else (emptied_note(empty),)
    values = unmarked(raw, empty)
    if kind is not None:
        return Reading(values, kind, notes)
    guess = attribute_kind(family)
    if guess == "integer" and source.types[user] in ("HUGEINT", "UHUGEINT", "UBIGINT"):
        guess = "number"
    return Reading(
        values, guess, (*notes, *dates_note(guess, raw), unknown_note(values, family, guess)), lenient=True
    )


def _numbered_time(backend: Backend, source: Source, user: str, reading: Reading) -> Reading:
    """Return how a column of times is read that holds numbers, by their magnitude."""
    number = f"nullif(CAST({reading.raw} AS DOUBLE), 'nan')"
    counts = epochs.counts_of(number, serial_days=source.serial_days)
    row = query(backend, source.name, f"SELECT {', '.join(counts.values())} FROM {source.scan}")[0]
    unit = epochs.unit_of(dict(zip(counts, map(int, row), strict=True)))
    if unit is None:
        return reading
    prepared = quote(f"silentnps read {user}")
    cure = f"Read as {epochs.said(unit)}. If that is wrong, correct the file."
    note = RowNote(RULES["time"], "note", cure, f"{prepared} IS NOT NULL")
    sql = epochs.as_text(number, unit, written_dates.NO_DATE)
    return Reading(prepared, "time", (*reading.notes, note), prepared=sql, family="text")


def _plain(profile: TextProfile) -> Reading:
    words, kind = profile.plain_words, profile.kind or profile.strict_kind or "text"
    notes = profile.empties(words)
    if profile.kind is None:
        notes = (*notes, *dates_note(kind, profile.text))
    if kind == "id" and not notes and not profile.counts["untidy"]:
        # large bases read ids several times
        return Reading(profile.text, kind, family="tidy", plain_ids=profile.is_plain_ids)
    reading = _reading(profile, profile.without(words), kind, notes)
    return replace(reading, plain_ids=profile.is_plain_ids)


def _shaped(backend: Backend, source: Source, profiles: Mapping[str, TextProfile]) -> dict[str, Reading]:
    """Return how columns that are not plain are read, from the shapes of their values."""
    if not profiles:
        return {}
    counts = counted_shapes(backend, source, {name: _prepared(profile) for name, profile in profiles.items()})
    return {name: _decided(profile, *counts[name]) for name, profile in profiles.items()}


def _prepared(profile: TextProfile) -> tuple[str, str]:
    return profile.prepared, profile.without(profile.words)


def _decided(profile: TextProfile, number_shapes: dict[str, int], date_shapes: dict[str, int]) -> Reading:
    try:
        return _by_shapes(profile, number_shapes, date_shapes)
    except ConfigError as error:
        return Reading("NULL::VARCHAR", profile.kind or "text", lenient=True, refused=error)


def _by_shapes(profile: TextProfile, number_shapes: dict[str, int], date_shapes: dict[str, int]) -> Reading:
    if profile.kind == "time":
        return _canonical_time(profile, date_shapes)
    if profile.kind is not None:
        return _canonical_number(profile, number_shapes)
    numbers = written_numbers.numbers_of(number_shapes, declared=profile.declared.decimal)
    n_filled = profile.counts["filled"]
    share = 0.0 if numbers is None or numbers.codes else numbers.n_fit / n_filled
    if numbers is not None and share >= NEARLY and not (numbers.bare and profile.typed):
        return _attribute_number(profile, numbers)
    n_dates = sum(n for shape, n in date_shapes.items() if shape not in epochs.SINCE_1970)  # others are numbers
    if n_dates >= NEARLY * n_filled:
        return _attribute_date(profile)
    notes = profile.empties(profile.declared.always)
    if numbers is not None and MOSTLY <= share < 1:
        notes = (*notes, _mixed(profile, numbers))
    return _reading(profile, profile.without(profile.declared.always), "text", notes)


def _canonical_number(profile: TextProfile, shapes: dict[str, int]) -> Reading:
    money, empties = profile.kind == "money", profile.empties(profile.words)
    known = {shape: n for shape, n in shapes.items() if not (money and shape.startswith("%"))}
    numbers = written_numbers.numbers_of(known, declared=profile.declared.decimal, money=money)
    bare = profile.without(profile.words)
    if numbers is None:
        return _reading(profile, bare, profile.kind, empties)
    if numbers.ambiguous:
        raise ambiguous_numbers(profile.table, profile.user, numbers.n_fit)
    notes = (*empties, _written(profile, bare, numbers))
    return _reading(profile, written_numbers.rewritten(bare, numbers.way), profile.kind, notes)


def _canonical_time(profile: TextProfile, shapes: dict[str, int]) -> Reading:
    bare, empties = profile.without(profile.words), profile.empties(profile.words)
    dates = written_dates.dates_of(shapes, day_first=profile.declared.day_first)
    if dates is None or dates.way == written_dates.ISO:
        return _reading(profile, bare, profile.kind, empties)
    if dates.ambiguous:
        raise ambiguous_dates(profile.table, profile.user, dates.n_fit)
    declare = "" if dates.way in epochs.SINCE_1970 else f" add `day_first` to tables.{profile.table}, or"
    cure = f"Read as {dates}. If that is wrong,{declare} correct the file."
    note = RowNote(RULES["time"], "note", cure, f"{profile.prepared} IS NOT NULL", "note")
    return _reading(profile, written_dates.rewritten(bare, dates), profile.kind, (*empties, note))


def _attribute_number(profile: TextProfile, numbers: written_numbers.Numbers) -> Reading:
    if numbers.ambiguous:
        raise ambiguous_numbers(profile.table, profile.user, numbers.n_fit)
    bare = profile.without(profile.words)
    cure = (
        "The values are treated as unknown. Correct them, name markers of emptiness in `empty_values`, or keep the"
        f" column as text: tables.{profile.table}.text: [{profile.name}]."
    )
    near = RowNote("a number, as most of its values are", "value", cure, _no_number(profile.prepared))
    notes = (*profile.empties(profile.words), near, _written(profile, bare, numbers))
    return _reading(profile, written_numbers.rewritten(bare, numbers.way), "number", notes)


def _attribute_date(profile: TextProfile) -> Reading:
    empties, filled = profile.empties(profile.words), f"{profile.prepared} IS NOT NULL"
    other = f"{filled} AND ({written_dates.shape(profile.prepared)}) IS NULL"
    near = RowNote("a date, as most of its values are", "column", "Dates are no features.", other)
    notes = (*empties, near, left_out_note("Dates and times of day", filled))
    return _reading(profile, clean_text(profile.without(profile.words)), None, notes)


def _reading(profile: TextProfile, sql: str, kind: AnyKind | None, notes: tuple[RowNote, ...]) -> Reading:
    """Return a reading whose SQL is computed once, unless it is just the column."""
    lenient = profile.kind is None
    if sql == profile.text:
        return Reading(sql, kind, notes, lenient)
    return Reading(profile.prepared, kind, notes, lenient, prepared=sql)


def _written(profile: TextProfile, bare: str, numbers: written_numbers.Numbers) -> RowNote:
    """Return the note on numbers that are not plain, or others than they profile like."""
    plain = cast(bare, family="text", kind="number", zone=None).value
    fits = cast(profile.prepared, family="text", kind="number", zone=None).value
    cure = f"Read {numbers.way}. If that is wrong, add `decimal` to tables.{profile.table}, or correct the file."
    test = f"({fits}) IS NOT NULL AND ({plain}) IS DISTINCT FROM ({fits})"
    return RowNote("a number such as 1234.50", "note", cure, test, "note")


def _mixed(profile: TextProfile, numbers: written_numbers.Numbers) -> RowNote:
    cure = (
        "Most of its values are numbers, and it is read as text for these. Correct them, or name markers of"
        " emptiness in `empty_values`."
    )
    rewritten = written_numbers.rewritten(profile.without(profile.words), numbers.way)
    return RowNote("a number in every row, or a name", "note", cure, _no_number(rewritten))


def _no_number(raw: str) -> str:
    return str(cast(raw, family="text", kind="number", zone=None).bad)
