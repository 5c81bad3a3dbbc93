"""Profiles of the text columns of a table: what occurs in them, counted by one query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from ibis.backends.duckdb import Backend

from silentnps.config import ProjectConfig
from silentnps.data.exports.columns import plain
from silentnps.data.opening.scan import Source, query, quote
from silentnps.data.reading.id_precision import is_id
from silentnps.data.reading.reading_notes import RowNote, emptied_note
from silentnps.data.values.casts import AnyKind, cast, clean_text, misfits
from silentnps.data.values.ids import is_plain_id, is_tidy_id, may_be_plain_ids
from silentnps.data.values.markers import ALWAYS, AMONG_NUMBERS, marked, unmarked
from silentnps.data.values.written_numbers import Decimal
from silentnps.schema import Table

NUMBERS = ("money", "number", "integer")
"""The kinds of canonical columns that hold numbers."""

_COLUMNS_TOGETHER = 12
"""DuckDB's time to plan a query grows with the square of the conditions in it."""

_FEW_COLUMNS = 60
_TEXT, _BARE = "silentnps_text", "silentnps_bare"
_STRICT: tuple[AnyKind, ...] = ("boolean", "integer", "number", "date", "time")
_FLAGS = "('true', 'false', 't', 'f', 'yes', 'no', 'y', 'n', 'ja', 'nein', 'j', 'oui', 'non', 'si', 'sí')"


@dataclass(frozen=True)
class DeclaredFormat:
    """What the configuration declares about how the values of a table are written; names in the form of `plain`."""

    always: tuple[str, ...]
    among_numbers: tuple[str, ...]
    decimal: Decimal | None
    day_first: bool | None
    text: tuple[str, ...]
    exclude: tuple[str, ...]

    @staticmethod
    def of(config: ProjectConfig, table: str) -> DeclaredFormat:
        """Return the declarations for a table, or else the defaults."""
        table_config, words = config.tables[table], config.empty_values
        return DeclaredFormat(
            always=ALWAYS if words is None else words,
            among_numbers=AMONG_NUMBERS if words is None else (),
            decimal=table_config.decimal,
            day_first=table_config.day_first,
            text=tuple(map(plain, table_config.text)),
            exclude=tuple(map(plain, config.features.exclude)),
        )


@dataclass(frozen=True)
class TextProfile:
    """A text column with the numbers of its rows that meet each condition, in `counts`."""

    table: str
    name: str
    user: str
    text: str
    kind: AnyKind | None
    typed: bool
    declared: DeclaredFormat
    counts: Mapping[str, int]

    @property
    def words(self) -> tuple[str, ...]:
        """Return the markers of emptiness that apply to values other than free text."""
        return (*self.declared.always, *self.declared.among_numbers)

    def without(self, words: Sequence[str]) -> str:
        """Return SQL of the values without the markers, if any occur."""
        return unmarked(self.text, marked(self.text, "text", words)) if self._occur(words) else self.text

    def empties(self, words: Sequence[str]) -> tuple[RowNote, ...]:
        """Return the note on markers, if any occur."""
        return (emptied_note(marked(self.text, "text", words)),) if self._occur(words) else ()

    def _occur(self, words: Sequence[str]) -> bool:
        free = words == self.declared.always and "always" in self.counts
        return self.counts["always" if free else "words"] > 0

    @property
    def prepared(self) -> str:
        """Return the name of the column in which the converted values are computed once."""
        return quote(f"silentnps read {self.user}")

    @property
    def is_plain_ids(self) -> bool:
        """Return whether all values are ids beyond doubt."""
        return self.counts.get("odd") == 0

    @property
    def is_names(self) -> bool:
        """Return whether it is text by its kind or its declaration, whatever the texts profile like."""
        return self.kind in ("id", "text") or (self.kind is None and plain(self.name) in self.declared.text)

    @property
    def is_plain(self) -> bool:
        """Return whether the counts decide how the column is read, without the shapes of its values."""
        counts = self.counts
        if self.is_names:
            return True
        if self.kind in (None, *NUMBERS) and 0 < counts["point"] == counts["thousand"]:
            return False
        if self.kind is not None:
            return counts[f"no {self.kind}"] == 0 or self.kind in ("boolean", "currency")
        return 2 * counts["digit"] < counts["filled"] or self.strict_kind is not None or counts["no flag"] == 0

    @property
    def strict_kind(self) -> AnyKind | None:
        """Return the strictest kind that all values fit; whole numbers that a file keeps as texts are names."""
        if self.is_names or self.kind is not None or not self.counts["filled"]:
            return None
        fits = [kind for kind in _STRICT if self.counts[f"no {kind}"] == 0]
        return "text" if self.typed and fits[:1] == ["integer"] else next(iter(fits), None)

    @property
    def plain_words(self) -> tuple[str, ...]:
        """Return the markers of emptiness of a plain column: for free text only those that are never values."""
        free = self.kind is None and self.strict_kind in (None, "text") and self.counts.get("filled") != 0
        if self.kind == "text" or (free and self.counts.get("no flag") != 0):
            return self.declared.always
        return self.words


def profile_texts(
    backend: Backend, table: Table, source: Source, names: Mapping[str, str], declared: DeclaredFormat
) -> list[TextProfile]:
    """Profile text columns, given as the user's names by canonical name; those with markers twice."""
    texts = {name: _text_of(source, user) for name, user in names.items()}
    ids = _maybe_plain(table, texts, declared)
    asked = {name: _questions(text, text, table.kind_of(name), declared) for name, text in texts.items()}
    many = _many_alike(table, {name: (text, text) for name, text in texts.items() if name not in ids})
    counts = _counted_as_rows(backend, source, source.scan, many, _questions(_TEXT, _BARE, None, declared))
    counts |= _counted(backend, source, source.scan, _without(many, asked | ids))
    odd = {name: asked[name] for name in ids if counts[name]["odd"]}
    counts |= {name: dict.fromkeys((*asked[name], "odd"), 0) for name in ids if name not in odd}
    counts |= _counted(backend, source, source.scan, odd)
    marked_ones = [name for name, n in counts.items() if "filled" in n and n["words"]]
    if marked_ones:
        counts |= _counted_again(backend, table, source, {name: texts[name] for name in marked_ones}, declared)
    return [
        TextProfile(
            table.name, name, user, texts[name], table.kind_of(name), not source.untyped, declared, counts[name]
        )
        for name, user in names.items()
    ]


def _maybe_plain(table: Table, texts: Mapping[str, str], declared: DeclaredFormat) -> dict[str, dict[str, str]]:
    """Return the one condition that is asked of ids: the others are true of none where all of them are plain."""
    if may_be_plain_ids((*declared.always, *declared.among_numbers)):
        return {}
    return {name: {"odd": f"NOT ({is_plain_id(text)})"} for name, text in texts.items() if is_id(table, name)}


def _counted_again(
    backend: Backend, table: Table, source: Source, texts: Mapping[str, str], declared: DeclaredFormat
) -> dict[str, dict[str, int]]:
    """Count the conditions again with markers of emptiness treated as empty."""
    bare = {name: f"{_BARE}_{place}" for place, name in enumerate(texts)}
    words = (*declared.always, *declared.among_numbers)
    prepared = ", ".join(
        f"{unmarked(text, marked(text, 'text', words))} AS {bare[name]}" for name, text in texts.items()
    )
    asked = {
        name: _questions(text, bare[name], table.kind_of(name), declared)
        | {"always": marked(text, "text", declared.always)}
        for name, text in texts.items()
    }
    scan = f"(SELECT *, {prepared} FROM {source.scan})"
    many = _many_alike(table, {name: (text, bare[name]) for name, text in texts.items()})
    of_many = _questions(_TEXT, _BARE, None, declared) | {"always": marked(_TEXT, "text", declared.always)}
    counts = _counted_as_rows(backend, source, scan, many, of_many)
    return counts | _counted(backend, source, scan, _without(many, asked))


def _many_alike(table: Table, columns: Mapping[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Return the attributes, of which the same is asked, if there are many of them."""
    alike = {name: texts for name, texts in columns.items() if table.kind_of(name) is None}
    return alike if len(alike) > _FEW_COLUMNS else {}


def _without(
    many: Mapping[str, tuple[str, str]], asked: Mapping[str, Mapping[str, str]]
) -> dict[str, Mapping[str, str]]:
    return {name: conditions for name, conditions in asked.items() if name not in many}


def _text_of(source: Source, user: str) -> str:
    return quote(user) if source.types[user] == "VARCHAR" else f"CAST({quote(user)} AS VARCHAR)"


def _questions(text: str, bare: str, kind: AnyKind | None, declared: DeclaredFormat) -> dict[str, str]:
    """Return the SQL conditions whose rows are counted; `bare` is the text less markers, once these are known."""
    if kind == "text":
        return {"always": marked(text, "text", declared.always)}
    asked = {"words": marked(text, "text", (*declared.always, *declared.among_numbers))}
    if kind == "id":
        return asked | {"untidy": f"NOT ({is_tidy_id(text)})"}
    plain = clean_text(bare)
    asked |= {"filled": f"{plain} IS NOT NULL", "point": f"contains({plain}, '.')"}
    asked["thousand"] = f"contains({plain}, '.') AND substr({plain}, length({plain}) - 3, 1) = '.'"
    if kind is not None:
        return asked | {f"no {kind}": str(cast(bare, family="text", kind=kind, zone="UTC").bad)}
    strict = {f"no {other}": test for other, test in misfits(bare).items()}
    loose = {"no flag": f"lower({plain}) NOT IN {_FLAGS}", "digit": f"regexp_matches({plain}, '[0-9]')"}
    return asked | strict | loose


def _counted(
    backend: Backend, source: Source, scan: str, asked: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, int]]:
    """Count the rows that meet each condition of each column, by as few queries as can be planned quickly."""
    counted: dict[str, dict[str, int]] = {name: {} for name in asked}
    for together in batched(asked, _COLUMNS_TOGETHER):
        tests = [(name, key, test) for name in together for key, test in asked[name].items()]
        counts = ", ".join(f"count(*) FILTER (WHERE {test})" for _, _, test in tests)
        row = query(backend, source.name, f"SELECT {counts} FROM {scan}")[0]
        for (name, key, _), n in zip(tests, row, strict=True):
            counted[name][key] = int(n)
    return counted


def _counted_as_rows(
    backend: Backend, source: Source, scan: str, columns: Mapping[str, tuple[str, str]], asked: Mapping[str, str]
) -> dict[str, dict[str, int]]:
    """Count conditions that are the same for many columns; each value becomes a row, so they are planned once.

    `columns` has SQL of a text and of the text less markers, by name.
    """
    if not columns:
        return {}
    lists = (f"unnest([{', '.join(parts)}])" for parts in zip(*columns.values(), strict=True))
    values = ", ".join(f"{sql} AS {name}" for sql, name in zip(lists, (_TEXT, _BARE), strict=True))
    counts = ", ".join(f"count(*) FILTER (WHERE {test})" for test in asked.values())
    rows = query(
        backend,
        source.name,
        f"SELECT silentnps_at, {counts} FROM (SELECT unnest(range({len(columns)})) AS silentnps_at, {values}"
        f" FROM {scan}) GROUP BY silentnps_at",
    )
    found = {at: numbers for at, *numbers in rows}
    nothing = [0] * len(asked)
    return {
        name: dict(zip(asked, map(int, found.get(at, nothing)), strict=True)) for at, name in enumerate(columns)
    }


def batched(names: Iterable[str], size: int) -> Iterator[list[str]]:
    """Yield the names in lists of at most `size`."""
    iterator = iter(names)
    while group := list(islice(iterator, size)):
        yield group
