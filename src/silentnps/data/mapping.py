"""Which of the user's columns is which canonical column."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import NoReturn

from silentnps.data.scan import Source
from silentnps.data.schema import Table
from silentnps.errors import ConfigError, DataError

_TYPO = 0.85
"""How like a known column an attribute's name may be before it is taken for a slip of the pen."""


def user_columns(table: Table, declared: Mapping[str, str], source: Source) -> dict[str, str]:
    """Return the user's name of each column to read, by canonical name, in the order of the schema.

    `declared` maps canonical names to the user's; a column that it does not name is found under its canonical
    name. Upper and lower case are the same. Attributes come last, in the order of the file; one may be renamed.
    """
    chosen = _declared(table, declared, source)
    taken = {user_name.lower() for user_name in chosen.values()}
    free = {name.lower(): name for name in source.types if name.lower() not in taken}
    known = [column.name for column in table.columns]
    found = {name: user for name in known if (user := chosen.get(name) or free.get(name)) is not None}
    for name in table.required:
        if name not in found:
            _refuse_missing(table, name, source)
    return found | (_attributes(found, chosen, free) if table.extra_columns else {})


def _declared(table: Table, declared: Mapping[str, str], source: Source) -> dict[str, str]:
    key = f"tables.{table.name}.columns"
    theirs = {name.lower(): name for name in source.types}
    for name, user_name in declared.items():
        _refuse_unknown(table, key, name)
        if user_name.lower() not in theirs:
            raise ConfigError(
                f"{key}.{name} must be a column of {source.name}; got {user_name!r}."
                f"{_did_you_mean(user_name, list(source.types))} Correct the name."
            )
    return {name: theirs[user_name.lower()] for name, user_name in declared.items()}


def _attributes(found: Mapping[str, str], chosen: Mapping[str, str], free: Mapping[str, str]) -> dict[str, str]:
    renamed = {name: user for name, user in chosen.items() if name not in found}
    names = {name.lower() for name in (*found, *renamed)}
    return renamed | {user: user for lower, user in free.items() if lower not in names}


def _refuse_unknown(table: Table, key: str, name: str) -> None:
    known = [column.name for column in table.columns]
    slip = difflib.get_close_matches(name.lower(), known, n=1, cutoff=_TYPO)
    if name in known or (table.extra_columns and not slip):
        return
    raise ConfigError(
        f"{key} must map columns that silentnps knows; got {name!r}.{_did_you_mean(name, known)}"
        f" Known columns: {', '.join(known)}."
    )


def _refuse_missing(table: Table, name: str, source: Source) -> NoReturn:
    names = list(source.types)
    near = _near(name, names)
    example = near[0] if near else "its name in the file"
    raise DataError(
        f"{source.name} must have the column {name!r}; got {', '.join(names[:20])}.{_did_you_mean(name, names)}"
        f" Map it in the configuration: tables.{table.name}.columns: {{{name}: {example}}}."
    )


def _near(name: str, names: Sequence[str]) -> list[str]:
    by_lower = {other.lower(): other for other in names}
    alike = difflib.get_close_matches(name.lower(), by_lower, n=3)
    contained = [lower for lower in by_lower if lower not in alike and (lower in name or name in lower)]
    return [by_lower[lower] for lower in (*alike, *contained)][:3]


def _did_you_mean(name: str, names: Sequence[str]) -> str:
    near = _near(name, names)
    return f" Did you mean {' or '.join(repr(other) for other in near)}?" if near else ""
