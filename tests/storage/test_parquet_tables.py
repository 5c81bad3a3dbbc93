"""Frames become files without a warning filter, whatever columns they have."""

from __future__ import annotations

import ast
import warnings
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silentnps.storage.parquet_tables import write_parquet

SOURCE = Path(__file__).resolve().parents[2] / "src" / "silentnps"
ZONES = ("UTC", "Europe/Rome", "Asia/Kolkata", "America/St_Johns", "+02:00", None)
MOMENTS = st.integers(0, 2_000_000_000)


@pytest.fixture(autouse=True)
def no_filter_of_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write as if another thread had just taken pandas' own filter away."""
    monkeypatch.setattr("pandas.io.parquet.suppress_pyarrow_values_warning", nullcontext, raising=False)


@settings(max_examples=60)
@given(
    zone=st.sampled_from(ZONES),
    unit=st.sampled_from(["s", "ms", "us", "ns"]),
    moments=st.lists(st.none() | MOMENTS, max_size=5),
)
def test_times_keep_their_moment_zone_and_emptiness(
    tmp_path_factory: pytest.TempPathFactory, zone: str | None, unit: str, moments: list[int | None]
) -> None:
    times = pd.Series(pd.to_datetime(pd.Series(moments, dtype="Int64"), unit="s", utc=True))
    own = times.dt.tz_convert(zone).astype(f"datetime64[{unit}, {zone}]" if zone else f"datetime64[{unit}]")
    frame = pd.DataFrame({"x": np.arange(len(own)), "at": own, "label": ["a"] * len(own)})
    path = tmp_path_factory.mktemp("times") / "times.parquet"
    write_parquet(frame, path)
    found = pd.read_parquet(path)
    assert list(found.columns) == ["x", "at", "label"]
    assert str(getattr(found["at"].dtype, "tz", None)) == str(getattr(own.dtype, "tz", None))
    assert found["at"].dropna().tolist() == own.dropna().tolist()
    assert found["at"].isna().tolist() == own.isna().tolist()


def test_every_other_kind_of_column_comes_back_as_pandas_writes_it(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "number": [1.5, np.nan],
            "whole": pd.array([2**60 + 1, None], "Int64"),
            "yes": pd.array([True, None], "boolean"),
            "kind": pd.Categorical(["b", None], categories=["b", "a"]),
            "text": ["x", None],
            "nothing": pd.Series([None, None], dtype="object"),
        },
        index=[7, 3],
    )
    frame.to_parquet(tmp_path / "theirs.parquet", index=False)
    write_parquet(frame, tmp_path / "ours.parquet", compression="zstd", row_group_size=1)
    pd.testing.assert_frame_equal(*(pd.read_parquet(tmp_path / f"{name}.parquet") for name in ("ours", "theirs")))


def test_a_table_of_more_rows_than_arrow_converts_alone_needs_no_filter_either(tmp_path: Path) -> None:
    at = pd.Series(pd.date_range("2025-01-01", periods=5000, tz="UTC", freq="h"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_parquet(pd.DataFrame({"at": at, "also": at, "n": 1}), tmp_path / "long.parquet")
    assert pd.read_parquet(tmp_path / "long.parquet")["also"].equals(at)


def test_every_frame_is_written_by_the_one_writer() -> None:
    ibis = {"features/large_base/exported.py"}  # a table of DuckDB, which DuckDB writes
    for path in SOURCE.rglob("*.py"):
        name = path.relative_to(SOURCE).as_posix()
        calls = {
            node.attr for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Attribute)
        }
        assert "to_parquet" not in calls or name in ibis, name
        assert "catch_warnings" not in calls, f"{name}: filters of warnings belong to all threads"
