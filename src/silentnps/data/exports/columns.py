"""The columns of a file by the names that a preset gives them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from silentnps.data.opening.scan import literal, quote

_BLANKS = re.compile(r"[\s_]+")
_BEFORE = "<X>"


def plain(name: str) -> str:
    """Return a name in the form in which names are compared: no byte-order mark, no case, one kind of blank.

    Examples
    --------
    >>> plain("\\ufeffCreated_At ")
    'created at'
    """
    return _BLANKS.sub(" ", name.removeprefix("\ufeff")).strip().lower()


@dataclass(frozen=True)
class Found:
    """One column: what it is called, and the SQL of its values."""

    name: str
    sql: str


class Columns:
    """The columns of a file.

    Examples
    --------
    >>> columns = Columns(["Response ID", "Q7", "Q7_NPS_GROUP", "How likely are you to recommend us?"])
    >>> columns.find(["id", "response_id"]).name
    'Response ID'
    >>> columns.find(["<X>_NPS_GROUP"]).name
    'Q7'
    >>> columns.find(["/.*recommend.*/"]).sql
    '"How likely are you to recommend us?"'
    """

    def __init__(self, names: Iterable[str], types: Mapping[str, str] | None = None) -> None:
        self.names = list(names)
        self._types = types or {}
        self._exact = set(self.names)
        self._plain: dict[str, str] = {}
        for name in self.names:
            self._plain.setdefault(plain(name), name)

    def find(self, names: Sequence[str]) -> Found | None:
        """Return the first of several possible names that is there.

        `/.../` is a regular expression for the whole name, for which there must be one column. `<X>_end` is the
        column X where there is a column X_end too. `a.b` is also the field b of a column a of objects or of JSON.
        """
        for name in names:
            found = self._found(name)
            if found is not None:
                return found
        return None

    def like(self, name: str) -> list[str]:
        """Return every column that a name means: those that a pattern `/.../` matches, else one or none."""
        if len(name) > 2 and name.startswith("/") and name.endswith("/"):
            pattern = re.compile(name[1:-1], re.IGNORECASE | re.DOTALL)
            return [column for column in self.names if pattern.fullmatch(column.removeprefix("\ufeff").strip())]
        column = name if name in self._exact else self._plain.get(plain(name))
        return [] if column is None else [column]

    def _found(self, name: str) -> Found | None:
        if name.startswith(_BEFORE):
            return self._before(name.removeprefix(_BEFORE))
        matches = self.like(name)
        if len(matches) == 1:
            return Found(matches[0], quote(matches[0]))
        return self._field(name) if not matches and "." in name and not name.startswith("/") else None

    def _before(self, ending: str) -> Found | None:
        wanted = [name[: -len(ending)] for name in self.names if name.lower().endswith(ending.lower())]
        there = [self._plain[plain(name)] for name in wanted if plain(name) in self._plain]
        return Found(there[0], quote(there[0])) if len(there) == 1 else None

    def _field(self, name: str) -> Found | None:
        """Return a field of a column of objects: a STRUCT of DuckDB, or a text that is JSON."""
        outer, _, inner = name.partition(".")
        column = self._plain.get(plain(outer))
        if column is None:
            return None
        path = literal("$." + ".".join(f'"{part}"' for part in inner.split(".")))
        if self._types.get(column, "VARCHAR").upper().startswith("STRUCT"):
            return Found(name, f"json_extract_string(to_json({quote(column)}), {path})")
        return Found(name, f"json_extract_string(TRY_CAST({quote(column)} AS JSON), {path})")
