"""The columns of a file by the names that a preset gives them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from silentnps.data.opening.scan import literal, quote

QUESTION = "<question>"
"""Stands in a name for the question that the configuration names."""

_LIST = re.compile(
    r"(?P<column>[^{}\[\]]+)(?P<elements>\[\*\][^{}]*)\{(?P<keys>[^{}]+)=<question>\}\.(?P<values>.+)"
)
_SUM = re.compile(r"sum\((?P<column>[^{}\[\]]+)\[\*\](\{(?P<key>[^{}=]+)=(?P<word>[^{}]+)\})?\.(?P<value>[^()]+)\)")
_FIRST = re.compile(
    r"first\((?P<column>[^{}\[\]]+)\[\*\](\{(?P<key>[^{}=]+)=(?P<word>[^{}]+)\})?\.(?P<value>[^()]+)\)"
)
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


@dataclass(frozen=True)
class ListOf:
    """A column of lists of answers: the SQL of its list, the fields of the question and of the value."""

    column: str
    sql: str
    keys: tuple[str, ...]
    values: tuple[str, ...]

    def keys_of(self, element: str) -> list[str]:
        """Return SQL of the names of an element's question."""
        return [_inside(element, key) for key in self.keys]

    def values_of(self, element: str) -> list[str]:
        """Return SQL of the possible values of an element."""
        return [_inside(element, value) for value in self.values]


def _inside(element: str, path: str) -> str:
    return f"json_extract_string({element}, {literal('$.' + path)})"


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
    >>> Columns(["Q3", "Q7"], question="q7").find(["<question>"]).name
    'Q7'
    """

    def __init__(
        self, names: Iterable[str], types: Mapping[str, str] | None = None, *, question: str | None = None
    ) -> None:
        self.names = list(names)
        self.question = question
        self._types = types or {}
        self._exact = set(self.names)
        self._plain: dict[str, str] = {}
        for name in self.names:
            self._plain.setdefault(plain(name), name)

    def find(self, names: Sequence[str]) -> Found | None:
        """Return the first of several possible names that is there.

        `/.../` is a regular expression for the whole name, for which there must be one column. `<X>_end` is the
        column X where there is a column X_end too. `<question>` is the column of the question that the
        configuration names. `a.b` is also the field b of a column a of objects or of JSON, and
        `a[*]{b=<question>}.c` the field c of that object in a list a whose field b is the question; `b|c` are
        several fields, of which one may be missing. `sum(a[*].c)` adds up a field of a list, `sum(a[*]{b=x}.c)` of
        those objects whose field b is x; `first(a[*].c)` is the earliest of times there. `-a` is a number with the
        other sign.
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
        if name == QUESTION:
            name = self.question or ""
        elif QUESTION in name:
            return self._of_list(name)
        summed = _SUM.fullmatch(name)
        if summed is not None:
            return self._of_sum(name, summed)
        first = _FIRST.fullmatch(name)
        if first is not None:
            return self._of_first(name, first)
        if name.startswith(_BEFORE):
            return self._before(name.removeprefix(_BEFORE))
        matches = self.like(name)
        if len(matches) == 1:
            return Found(matches[0], quote(matches[0]))
        if not matches and name.startswith("-"):
            return self._negative(name)
        return self._field(name) if not matches and "." in name and not name.startswith("/") else None

    def _negative(self, name: str) -> Found | None:
        found = self._found(name.removeprefix("-"))
        return None if found is None else Found(name, f"-TRY_CAST({found.sql} AS DECIMAL(24, 6))")

    def _before(self, ending: str) -> Found | None:
        wanted = [name[: -len(ending)] for name in self.names if name.lower().endswith(ending.lower())]
        there = [self._plain[plain(name)] for name in wanted if plain(name) in self._plain]
        return Found(there[0], quote(there[0])) if len(there) == 1 else None

    def _field(self, name: str) -> Found | None:
        """Return a field of a column of objects: a STRUCT of DuckDB, or a text that is JSON."""
        parts = name.split(".")
        for n_outer in range(len(parts) - 1, 0, -1):
            column = self._plain.get(plain(".".join(parts[:n_outer])))
            if column is not None:
                path = ".".join(f'"{part}"' for part in parts[n_outer:])
                return Found(name, f"json_extract_string({self._json(column)}, {literal('$.' + path)})")
        return None

    def elements(self, name: str) -> ListOf | None:
        """Return the list that a name with `{...=<question>}` means; None if its column is not there."""
        parts = _LIST.fullmatch(name)
        column = self._plain.get(plain(parts["column"])) if parts else None
        if parts is None or column is None:
            return None
        return ListOf(
            column,
            f"json_extract({self._json(column)}, {literal('$' + parts['elements'])})",
            tuple(parts["keys"].split("|")),
            tuple(parts["values"].split("|")),
        )

    def _of_list(self, name: str) -> Found | None:
        found = self.elements(name)
        if found is None or self.question is None:
            return None
        asked = " OR ".join(f"{key} = {literal(self.question)}" for key in found.keys_of("snps_e"))
        element = f"[snps_e FOR snps_e IN {found.sql} IF {asked}][1]"
        return Found(found.column, f"coalesce({', '.join(found.values_of(element))}, NULL)")

    def _of_sum(self, name: str, parts: re.Match[str]) -> Found | None:
        numbers = self._in_list(parts, "DECIMAL(18, 6)")
        return None if numbers is None else Found(name, f"list_sum({numbers})")

    def _of_first(self, name: str, parts: re.Match[str]) -> Found | None:
        times = self._in_list(parts, "TIMESTAMPTZ")
        return None if times is None else Found(name, f"list_min({times})")

    def _in_list(self, parts: re.Match[str], sql_type: str) -> str | None:
        """Return SQL of a field of those elements of a list that are meant; None if its column is not there."""
        column = self._plain.get(plain(parts["column"]))
        if column is None:
            return None
        value = f"TRY_CAST({_inside('snps_e', parts['value'])} AS {sql_type})"
        meant = f" IF {_inside('snps_e', parts['key'])} = {literal(parts['word'])}" if parts["key"] else ""
        return f"[{value} FOR snps_e IN json_extract({self._json(column)}, '$[*]'){meant}]"

    def _json(self, column: str) -> str:
        if self._types.get(column, "VARCHAR").upper() in ("VARCHAR", "JSON"):
            return f"TRY_CAST({quote(column)} AS JSON)"
        return f"to_json({quote(column)})"
