"""How often each shape of numbers and of dates occurs in columns of text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from ibis.backends.duckdb import Backend

from silentnps.data.opening.scan import Source, query
from silentnps.data.values import written_dates, written_numbers

_FEW_VALUES = 50_000
"""Up to about so many different values of a column, each is looked at once."""

Shapes = tuple[dict[str, int], dict[str, int]]
"""The numbers of rows by shape as a number, and by shape as a date."""


def counted_shapes(backend: Backend, source: Source, columns: Mapping[str, tuple[str, str]]) -> dict[str, Shapes]:
    """Count the shapes of columns, given as the name and the SQL of their values.

    A shape takes a hundred times as long as a comparison: of values that many rows share it is found once.
    """
    return {name: _of_column(backend, source, *column) for name, column in columns.items()}


def _of_column(backend: Backend, source: Source, name: str, values: str) -> Shapes:
    n_distinct = query(backend, source.name, f"SELECT approx_count_distinct({values}) FROM {source.scan}")[0][0]
    rows = f"SELECT {values} AS {name}, count(*) AS n FROM {source.scan} GROUP BY 1"
    if n_distinct > _FEW_VALUES:
        rows = f"SELECT {values} AS {name}, 1 AS n FROM {source.scan}"
    shapes = f"{written_numbers.shape(name)}, {written_dates.shape(name)}, sum(n)"
    numbers, dates = Counter[str](), Counter[str]()
    for number, date, n in query(backend, source.name, f"SELECT {shapes} FROM ({rows}) GROUP BY 1, 2"):
        numbers.update({number: int(n)} if number is not None else {})
        dates.update({date: int(n)} if date is not None else {})
    return dict(sorted(numbers.items())), dict(sorted(dates.items()))  # ties must not depend on threads
