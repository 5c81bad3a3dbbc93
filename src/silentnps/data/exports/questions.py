"""Which question of an export the ratings answer: the ones whose answers look like ratings from 0 to 10."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from silentnps.data.exports.columns import QUESTION, Columns
from silentnps.data.files.duckdb_errors import GuardedBackend
from silentnps.data.files.names import as_yaml
from silentnps.data.opening.scan import Source, query, quote

_RATING = (
    r"(?i)(10|\d)([.,]0)?|(10|\d)\s*[-–—:=).]+\s*\D+|\D+[-–—:=(]+\s*(10|\d)\)?"
    r"|extremely likely|not at all likely"
)
_ASKS = r"(?i).*(recommend|empfehl|recommand|recomend|\bnps\b|net.?promoter).*"
_OF_NPS = re.compile(r"recommend|empfehl|recommand|recomend|(^|[^a-z])nps([^a-z]|$)|net.?promoter", re.IGNORECASE)
_LEAST_HIGHEST = 7
"""Where no answer is higher, a scale up to 5 or 7 is likelier than one up to 10."""

_ODD_SHARE, _ODD_ROWS = 0.1, 2
"""Answers that are no rating: so many in a column, and in further header rows."""

_MOST = 5


@dataclass(frozen=True)
class Candidate:
    """One question whose answers look like ratings: their number, the highest, and whether it asks for NPS."""

    name: str
    n: int
    highest: int
    asks: bool

    @property
    def rank(self) -> tuple[bool, bool, int]:
        """Return how likely it is the question, for comparison."""
        return self.asks, self.highest == 10, self.n


def candidates(backend: GuardedBackend, source: Source, names: Sequence[str], columns: Columns) -> list[Candidate]:
    """Return the questions of an export that may be the one, the likeliest first.

    `names` are the names that the preset gives the column of ratings.
    """
    lists = [found for name in names if QUESTION in name and (found := columns.elements(name)) is not None]
    parts = [
        f"SELECT coalesce({', '.join(found.keys_of('snps_e'))}, NULL) AS name,"
        f" coalesce({', '.join(found.values_of('snps_e'))}, NULL) AS answer"
        f" FROM (SELECT unnest({found.sql}) AS snps_e FROM {source.scan})"
        for found in lists
    ]
    if not parts:
        return _sorted(_of_columns(backend, source))
    long = f"({' UNION ALL '.join(parts)})"
    rows = query(backend, source.name, f"SELECT name, {_measures('answer')} FROM {long} GROUP BY 1 ORDER BY 1")
    return _sorted(_of_row(str(name), measured) for name, *measured in rows if name)


def _of_columns(backend: GuardedBackend, source: Source) -> Iterable[Candidate | None]:
    names = [name for name in source.types if not name.startswith("silentnps_")]
    if not names:
        return []
    measures = ", ".join(_measures(quote(name)) for name in names)
    row = query(backend, source.name, f"SELECT {measures} FROM {source.scan}")[0]
    return [_of_row(name, row[4 * at : 4 * at + 4]) for at, name in enumerate(names)]


def _measures(sql: str) -> str:
    """Return SQL of how many answers there are, how many are ratings, the highest, and how many ask for NPS."""
    value = f"trim(CAST({sql} AS VARCHAR))"
    rated = f"regexp_full_match({value}, '{_RATING}')"
    number = f"TRY_CAST(regexp_extract({value}, '(10|\\d)', 1) AS INTEGER)"
    return (
        f"count(*) FILTER ({value} <> ''), count(*) FILTER ({rated}), max({number}) FILTER ({rated}),"
        f" count(*) FILTER (regexp_full_match({value}, '{_ASKS}'))"
    )


def _of_row(name: str, measured: Sequence[int | None]) -> Candidate | None:
    filled, rated, highest, asking = (int(value or 0) for value in measured)
    if not rated or highest < _LEAST_HIGHEST or filled - rated > _ODD_ROWS + _ODD_SHARE * filled:
        return None
    return Candidate(name, rated, highest, bool(_OF_NPS.search(name)) or asking > 0)


def _sorted(found: Iterable[Candidate | None]) -> list[Candidate]:
    known = [candidate for candidate in found if candidate is not None]
    return sorted(known, key=lambda candidate: candidate.rank, reverse=True)


def described(found: Sequence[Candidate]) -> str:
    """Return the candidates as messages write them."""
    if not found:
        return "No question has answers from 0 to 10"
    listed = ", ".join(f"{as_yaml(one.name)} ({one.n:,} up to {one.highest})" for one in found[:_MOST])
    return f"Questions with answers from 0 to 10: {listed}"
