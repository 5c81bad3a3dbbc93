"""The shapes of a column are the same whether each of its values is looked at once or every row is."""

from __future__ import annotations

import pyarrow as pa
import pytest

from silentnps.data.files.duckdb_errors import GuardedBackend
from silentnps.data.opening.source import Source
from silentnps.data.reading import shape_counts

TEXTS = ["12", "1.234,5", "€ 7", "31.12.2024", "2024-12-31", "12/31/2024", "north", "", None, "1735689600"] * 3


def test_values_that_rows_share_have_the_shapes_of_their_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = GuardedBackend()
    backend.do_connect()
    backend.con.register("given", pa.table({"a b": [*TEXTS, "12"]}))
    source = Source("given", "given", {"a b": "VARCHAR"})
    columns = {"x": ('"read a b"', '"a b"')}
    once = shape_counts.counted_shapes(backend, source, columns)
    monkeypatch.setattr(shape_counts, "_FEW_VALUES", 0)
    assert shape_counts.counted_shapes(backend, source, columns) == once
    numbers, dates = once["x"]
    assert numbers["|i"] == 4
    assert numbers["€|i"] == 3
    assert dates == {"?my/M": 3, "dmy.": 3, "seconds": 3, "ymd-": 3}
