"""How each column of a table is read: as what kind, with which texts as empty, and in which way of writing.

One look at all values tells which columns are plain; only of the others the shapes of the values are counted.
"""

from __future__ import annotations

from collections.abc import Mapping

from ibis.backends.duckdb import Backend

from silentnps.config import ProjectConfig
from silentnps.data.reading.looks import Declared, Look, first_looks
from silentnps.data.reading.reading_notes import Note, Reading, dates_left_out, emptied, left_out, unknown
from silentnps.data.reading.scan import Source, query, quote
from silentnps.data.values import written_dates, written_numbers
from silentnps.data.values.casts import RULES, AnyKind, attribute_kind, cast, clean_text
from silentnps.data.values.markers import marked, unmarked
from silentnps.data.values.undecided import ambiguous_dates, ambiguous_numbers
from silentnps.schema import Table

NEARLY, MOSTLY = 0.9, 0.5
"""From which share of numbers on a column is one of numbers with a few bad values, or is worth a word."""


def read_columns(
    backend: Backend, table: Table, source: Source, names: Mapping[str, str], config: ProjectConfig
) -> dict[str, Reading]:
    """Return how each column is read, by canonical name.

    Raises
    ------
    ConfigError
        If a column could be read in two ways and nothing is declared.
    """
    declared = Declared.of(config, table.name)
    readings: dict[str, Reading] = {}
    texts = {}
    for name, user in names.items():
        kind = table.kind_of(name)
        if kind is None and name in declared.exclude:
            readings[name] = Reading("NULL::VARCHAR", "text")  # its name stays known
        elif source.family(user) == "text":
            texts[name] = user
        else:
            readings[name] = _typed(quote(user), kind, source, user, declared)
    looks = first_looks(backend, table, source, texts, declared)
    open_ones = {look.name: look for look in looks if not look.is_plain}
    readings |= {look.name: _plain(look) for look in looks if look.is_plain}
    readings |= _shaped(backend, source, open_ones)
    return {name: readings[name] for name in names}


def _typed(raw: str, kind: AnyKind | None, source: Source, user: str, declared: Declared) -> Reading:
    """Return how a column is read whose type is known to be no text."""
    family = source.family(user)
    if kind is None and family == "other":
        return Reading(raw, None, (left_out("Lists, maps, bytes and times of day", f"{raw} IS NOT NULL"),))
    empty = marked(raw, family, declared.always)
    notes = () if empty == "false" else (emptied(empty),)
    own = unmarked(raw, empty)
    if kind is not None:
        return Reading(own, kind, notes)
    guess = attribute_kind(family)
    if guess == "integer" and source.types[user] in ("HUGEINT", "UHUGEINT", "UBIGINT"):
        guess = "number"
    return Reading(own, guess, (*notes, *dates_left_out(guess, raw), unknown(own, family, guess)), lenient=True)


def _plain(look: Look) -> Reading:
    words, kind = look.plain_words, look.kind or look.strict_kind or "text"
    notes = look.empties(words)
    if look.kind is None:
        notes = (*notes, *dates_left_out(kind, look.text))
    return _reading(look, look.without(words), kind, notes)


def _shaped(backend: Backend, source: Source, looks: Mapping[str, Look]) -> dict[str, Reading]:
    """Return how columns are read that are not plain, by the shapes of their values."""
    if not looks:
        return {}
    bare = ", ".join(f"{look.without(look.words)} AS {look.prepared}" for look in looks.values())
    shapes = ", ".join(
        f"histogram({shape(look.prepared)})"
        for look in looks.values()
        for shape in (written_numbers.shape, written_dates.shape)
    )
    found = iter(query(backend, source.name, f"SELECT {shapes} FROM (SELECT {bare} FROM {source.scan})")[0])
    return {name: _by_shapes(look, next(found) or {}, next(found) or {}) for name, look in looks.items()}


def _by_shapes(look: Look, numbers: dict[str, int], dates: dict[str, int]) -> Reading:
    if look.kind == "time":
        return _canonical_time(look, dates)
    if look.kind is not None:
        return _canonical_number(look, numbers)
    found = written_numbers.numbers_of(numbers, declared=look.declared.decimal)
    n_filled = look.counts["filled"]
    share = 0.0 if found is None or found.codes else found.n_fit / n_filled
    if found is not None and share >= NEARLY and not (found.bare and look.typed):
        return _attribute_number(look, found)
    if sum(dates.values()) >= NEARLY * n_filled:
        return _attribute_date(look)
    notes = look.empties(look.declared.always)
    if found is not None and MOSTLY <= share < 1:
        notes = (*notes, _mixed(look, found))
    return _reading(look, look.without(look.declared.always), "text", notes)


def _canonical_number(look: Look, shapes: dict[str, int]) -> Reading:
    money, empties = look.kind == "money", look.empties(look.words)
    known = {shape: n for shape, n in shapes.items() if not (money and shape.startswith("%"))}
    found = written_numbers.numbers_of(known, declared=look.declared.decimal, money=money)
    bare = look.without(look.words)
    if found is None:
        return _reading(look, bare, look.kind, empties)
    if found.ambiguous:
        raise ambiguous_numbers(look.table, look.user, found.n_fit)
    notes = (*empties, _written(look, bare, found))
    return _reading(look, written_numbers.rewritten(bare, found.way), look.kind, notes)


def _canonical_time(look: Look, shapes: dict[str, int]) -> Reading:
    bare, empties = look.without(look.words), look.empties(look.words)
    found = written_dates.dates_of(shapes, day_first=look.declared.day_first)
    if found is None or found.way == written_dates.ISO:
        return _reading(look, bare, look.kind, empties)
    if found.ambiguous:
        raise ambiguous_dates(look.table, look.user, found.n_fit)
    cure = f"Read as {found}. If that is wrong, add `day_first` to tables.{look.table}, or correct the file."
    note = Note(RULES["time"], "note", cure, f"{look.prepared} IS NOT NULL")
    return _reading(look, written_dates.rewritten(bare, found), look.kind, (*empties, note))


def _attribute_number(look: Look, found: written_numbers.Numbers) -> Reading:
    if found.ambiguous:
        raise ambiguous_numbers(look.table, look.user, found.n_fit)
    bare = look.without(look.words)
    cure = (
        "The values are treated as unknown. Correct them, name markers of emptiness in `empty_values`, or keep the"
        f" column as text: tables.{look.table}.text: [{look.name}]."
    )
    near = Note("a number, as most of its values are", "value", cure, _no_number(look.prepared))
    notes = (*look.empties(look.words), near, _written(look, bare, found))
    return _reading(look, written_numbers.rewritten(bare, found.way), "number", notes)


def _attribute_date(look: Look) -> Reading:
    empties, filled = look.empties(look.words), f"{look.prepared} IS NOT NULL"
    other = f"{filled} AND ({written_dates.shape(look.prepared)}) IS NULL"
    near = Note("a date, as most of its values are", "column", "Dates are no features.", other)
    notes = (*empties, near, left_out("Dates and times of day", filled))
    return _reading(look, clean_text(look.without(look.words)), None, notes)


def _reading(look: Look, sql: str, kind: AnyKind | None, notes: tuple[Note, ...]) -> Reading:
    """Return a reading whose SQL is computed once unless it is the bare column."""
    lenient = look.kind is None
    if sql == look.text:
        return Reading(sql, kind, notes, lenient)
    return Reading(look.prepared, kind, notes, lenient, prepared=sql)


def _written(look: Look, bare: str, found: written_numbers.Numbers) -> Note:
    """Return the note on numbers that are no plain ones, or others than they look like."""
    plain = cast(bare, family="text", kind="number", zone=None).value
    fits = cast(look.prepared, family="text", kind="number", zone=None).value
    cure = f"Read {found.way}. If that is wrong, add `decimal` to tables.{look.table}, or correct the file."
    test = f"({fits}) IS NOT NULL AND ({plain}) IS DISTINCT FROM ({fits})"
    return Note("a number such as 1234.50", "note", cure, test)


def _mixed(look: Look, found: written_numbers.Numbers) -> Note:
    cure = (
        "Most of its values are numbers, and it is read as text for these. Correct them, or name markers of"
        " emptiness in `empty_values`."
    )
    rewritten = written_numbers.rewritten(look.without(look.words), found.way)
    return Note("a number in every row, or a name", "note", cure, _no_number(rewritten))


def _no_number(raw: str) -> str:
    return str(cast(raw, family="text", kind="number", zone=None).bad)
