"""The mapping from the user's columns to canonical columns."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence

from silentnps.config import ProjectConfig, TableConfig
from silentnps.data.exports.columns import plain
from silentnps.data.files.names import as_yaml, listed, quoted, squeezed
from silentnps.data.opening.scan import Source, clash
from silentnps.data.reading.keys import CUSTOMER_ID, declared_columns, key_columns, section_of
from silentnps.data.reading.refusals import Refusals
from silentnps.errors import ConfigError, DataError
from silentnps.schema import Table

_TYPO = 0.85
"""Similarity to a known column from which the name of an attribute is taken for a typing error."""

_FREE_TEXTS = ("comment",)
"""Columns from which nothing is computed: where two share the name, both may be left out."""

_SAID_AS = {
    "rating": ("recommend", "empfehl", "nps", "score"),
    "responded_at": ("recorded", "submitted", "completed", "date", "datum", "time"),
    "ordered_at": ("date", "datum", "time"),
    "customer_id": ("client", "kunde", "member", "user", "mail"),
}
"""Words in the headers of exports that suggest a column."""


def user_columns(
    table: Table, table_config: TableConfig, source: Source, config: ProjectConfig, refusals: Refusals
) -> dict[str, str]:
    """Return the user's name of each column to read, by canonical name, in the order of the schema.

    The declared columns map canonical names to the user's; a column that they do not name is matched by its
    canonical name, or as `key_columns` finds it. Case is ignored; `Ordered At` is ordered_at where nothing else is.
    Attributes come last, in the order of the file; one may be renamed. What is wrong with names is added to
    `refusals`, and their columns are left out.
    """
    chosen = _declared(table, declared_columns(table_config), source, refusals)
    with refusals.gathered(CUSTOMER_ID):
        chosen |= key_columns(table, chosen, source, config)
    taken = {user_name.lower() for user_name in chosen.values()}
    free = {name.lower(): name for name in source.types if name.lower() not in taken}
    known = [column.name for column in table.columns]
    _refuse_twice(table, [name for name in known if name not in {*chosen, *_FREE_TEXTS}], source, refusals)
    forms = _forms(free.values())
    found = {name: chosen.get(name) or free.get(name) or forms.get(plain(name)) for name in known}
    mapped = {name: user for name, user in found.items() if user is not None}
    for name in table.required:
        if name not in mapped and name not in refusals.columns:
            refusals.add(_missing(table, name, source), name)
    return mapped | (_attributes(mapped, chosen, free) if table.extra_columns else {})


def left_out(table: Table, source: Source) -> str:
    """Return a sentence on unused names that several columns share; empty if there are none."""
    if not source.twice or table.extra_columns:
        return ""
    names = listed(first for first, _ in source.twice.values())
    return f"{source.name}: left out columns that share a name: {names}. Rename them to use them."


def _declared(table: Table, declared: Mapping[str, str], source: Source, refusals: Refusals) -> dict[str, str]:
    chosen: dict[str, str] = {}
    for name, user_name in declared.items():
        with refusals.gathered(name):
            chosen[name] = _declared_column(table, name, user_name, source)
    return chosen


def _declared_column(table: Table, name: str, user_name: str, source: Source) -> str:
    key = f"{section_of(table)}.columns"
    _refuse_unknown(table, key, name)
    if user_name.lower() in source.twice:
        raise clash(source.name, *source.twice[user_name.lower()])
    column = _named(user_name, source)
    if column is None:
        raise ConfigError(
            f"{key}.{name} must be a column of {source.name}; got {quoted(user_name)}."
            f"{_did_you_mean(user_name, list(source.types))} Correct the name."
        )
    return column


def _named(user_name: str, source: Source) -> str | None:
    """Return the column that is meant; an exact match comes first, then one that ignores case, then blanks."""
    for form in (str, str.lower, squeezed):
        matches = [name for name in source.types if form(name) == form(user_name)]
        if matches:
            return matches[0] if len(matches) == 1 else None
    return None


def _refuse_twice(table: Table, wanted: Sequence[str], source: Source, refusals: Refusals) -> None:
    """Refuse columns that share a wanted name; for customers every name is wanted."""
    for lower, names in source.twice.items():
        if table.extra_columns or lower in wanted:
            refusals.add(clash(source.name, *names), lower)


def _attributes(mapped: Mapping[str, str], chosen: Mapping[str, str], free: Mapping[str, str]) -> dict[str, str]:
    renamed = {name: user for name, user in chosen.items() if name not in mapped}
    names = {name.lower() for name in (*mapped, *mapped.values(), *renamed)}
    return renamed | {user: user for lower, user in free.items() if lower not in names}


def _forms(names: Iterable[str]) -> dict[str, str]:
    """Return columns by the form in which names are compared, those that share one left out."""
    forms: dict[str, list[str]] = {}
    for name in names:
        forms.setdefault(plain(name), []).append(name)
    return {form: alike[0] for form, alike in forms.items() if len(alike) == 1}


def _refuse_unknown(table: Table, key: str, name: str) -> None:
    known = [column.name for column in table.columns]
    similar = difflib.get_close_matches(name.lower(), known, n=1, cutoff=_TYPO)
    if name in known or (table.extra_columns and not similar):
        return
    raise ConfigError(
        f"{key} must map columns that silentnps knows; got {quoted(name)}.{_did_you_mean(name, known)}"
        f" Known columns: {', '.join(known)}."
    )


def _missing(table: Table, name: str, source: Source) -> DataError:
    names = list(source.types)
    near = _near(name, names)
    example = as_yaml(near[0]) if near else "its name in the file"
    return DataError(
        f"{source.name} must have the column {name!r}; got {listed(names)}.{_did_you_mean(name, names)}"
        f" Map it in the configuration: tables.{table.name}.columns: {{{name}: {example}}}."
    )


def _near(name: str, names: Sequence[str]) -> list[str]:
    by_lower = {other.lower(): other for other in names}
    alike = difflib.get_close_matches(name.lower(), by_lower, n=3)
    contained = [lower for lower in by_lower if lower in name or name in lower]
    meant = [lower for word in _SAID_AS.get(name, ()) for lower in by_lower if word in lower]
    return [by_lower[lower] for lower in dict.fromkeys((*alike, *contained, *meant))][:3]


def _did_you_mean(name: str, names: Sequence[str]) -> str:
    near = _near(name, names)
    return f" Did you mean {' or '.join(quoted(other) for other in near)}?" if near else ""
