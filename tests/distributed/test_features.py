"""Features on Spark: the values of DuckDB, every row once, and older features until the new ones are whole."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from event_tables import connect, retailer, table, with_unknowns
from spark_of_tests import LEFT_OPEN, SMALL_SPARK
from versioned_tables import written_again

from silentnps.config import WavesConfig, load_config
from silentnps.distributed import build_on_spark
from silentnps.distributed import features as module
from silentnps.errors import ConfigError, DataError
from silentnps.features.engine.build import build_features
from silentnps.features.large_base.exported import export_tables
from silentnps.features.population.population import build_population
from silentnps.workflow.artifacts.features_file import as_text, read_features
from silentnps.workflow.artifacts.project import Project
from silentnps.workflow.commands.features import write_features

pytestmark = [pytest.mark.slow, LEFT_OPEN]


def by_person(frame: pd.DataFrame) -> pd.DataFrame:
    return as_text(frame).sort_values(["wave", "customer_id"], ignore_index=True)


def types_of(path: Path) -> dict[str, str]:
    """Return the types of columns of a file of features; two kinds of text are one."""
    return {each.name: str(each.type).removeprefix("large_") for each in pq.read_schema(path)}


@pytest.mark.parametrize("versions", [False, True], ids=["last values", "versions and unknown kinds"])
def test_values_rows_and_types_are_those_of_duckdb(spark: Any, tmp_path: Path, versions: bool) -> None:
    tables = connect(written_again(with_unknowns(retailer(1), share=0.8)) if versions else retailer(1))
    population = build_population(tables, WavesConfig(period="quarter"))
    exclude = ["orders_count_90d", "region"] if versions else []
    for name in ("tables", "found"):
        (tmp_path / name).mkdir()
    export_tables(tables, population, tmp_path / "tables", exclude=exclude)
    n_rows = build_on_spark(spark, tmp_path / "tables", tmp_path / "found", exclude=exclude)
    expected = build_features(tables, population, exclude=exclude)
    found = pd.read_parquet(tmp_path / "found")
    assert n_rows == len(found) == len(expected)
    pd.testing.assert_frame_equal(by_person(found), by_person(expected), rtol=0.0, atol=1e-9)
    as_text(expected).to_parquet(tmp_path / "expected.parquet", index=False)
    assert types_of(tmp_path / "found" / "part-00000.parquet") == types_of(tmp_path / "expected.parquet")
    assert [path.name for path in (tmp_path / "found").iterdir()] == ["part-00000.parquet"]
    assert not spark.catalog.listTables()


CORNERS = {
    "responses": table(
        customer_id=["a", "a", "a", "b", "c"],
        responded_at=["2025-02-10", "2025-02-10", "2025-02-11", "2025-05-01", "2025-05-02T03:04:05.678901"],
        rating=[9, 2, 4, 7, 10],
        survey_type=["relational", "relational", "transactional", "Relational ", "relational"],
        known_at=[None, None, None, None, "2025-05-02T03:04:05.678902"],
    ),
    "orders": table(
        order_id=["1", "1", "2", "3", "3", "4"],
        customer_id=["a", "b", "a", "c", "c", "c"],
        ordered_at=["2025-01-01T10:00:00.900", *["2025-01-03"] * 2, "2025-01-04", "2025-01-04", "2025-01-09"],
        amount=[10.0, 12.5, 0.0, 99.99, 99.99, 1e6],
        category=["Éclair", "éclair", " ÉCLAIR\t", "straße", "STRASSE", None],
        promised_at=["2025-01-02T10:00:02.100", None, "2025-01-03T00:00:00.1", None, None, "2025-01-10"],
        delivered_at=[None, None, "2025-01-03T00:00:01.05", None, None, "2025-01-10T00:00:00.999"],
        fulfilled_at=[None, "2025-01-03T12:00:00", "2025-01-02", None, None, "2025-01-09T00:00:00.5"],
        known_at=["2025-01-02", "2025-03-01", None, None, None, None],
    ),
    "support": table(customer_id=["a"], opened_at=["2026-01-01"], category=["complaint"]),
}


def corner_project(folder: Path, **changes: object) -> Project:
    """Return a project of four customers with NaN and null, flags, versions, ties, blanks and moments long ago."""
    ids, nan = ["a", "b", "c", "d"], float("nan")
    signed_up = table(signed_up_at=["1899-12-31T23:59:59.7", "1969-12-31T23:59:59.5", None, "2025-01-01"])
    customers = pa.table(
        {
            "customer_id": ids,
            "signed_up_at": pa.array(signed_up["signed_up_at"]),
            "points": pa.array([1.5, nan, None, 2.0**53 + 2], from_pandas=False),
            "steps": pa.array([2**60 + 1, None, -3, 0]),
            "member": pa.array([True, None, False, True]),
            "tier": ["Gold", "gold", " Gold ", ""],
        }
    )
    pq.write_table(customers, folder / "customers.parquet")
    for name, frame in CORNERS.items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    tables = {name: {"path": f"{name}.parquet"} for name in ("customers", *CORNERS)}
    raw = {"name": "corners", "output": "out", "timezone": "UTC", "tables": tables, "waves": {"period": "quarter"}}
    raw["spark"] = SMALL_SPARK.model_dump()
    raw["survey"] = {"type": "relational"}
    path = folder / "corners.yaml"
    path.write_text(yaml.safe_dump(raw | changes), encoding="utf-8")
    return Project(load_config(path))


def test_corners_of_values_are_those_of_duckdb(spark: Any, tmp_path: Path) -> None:
    project = corner_project(tmp_path)
    write_features(project)
    expected = read_features(project)
    on_spark = corner_project(tmp_path, engine="spark")
    written = write_features(on_spark)  # a folder in the place of the file
    found = read_features(on_spark)
    assert (written.rows, written.columns, written.parts) == (*expected.shape, 1)
    pd.testing.assert_frame_equal(by_person(found), by_person(expected), check_exact=True)
    assert np.isnan(found["points"]).sum() == np.isnan(found["steps"]).sum() * 2 > 0
    assert found["responses_previous_count"].max() == 1.0  # of a: the transactional one does not count
    assert not list(on_spark.output.glob(".features*"))


def test_the_base_at_a_moment_is_that_of_duckdb(spark: Any, tmp_path: Path) -> None:
    found = []
    for engine in ("duckdb", "spark"):
        project = corner_project(tmp_path, engine=engine)
        write_features(project, as_of=datetime(2025, 4, 1, 12))
        found.append(pd.read_parquet(project.features_as_of))
        assert not project.features.exists()
    pd.testing.assert_frame_equal(*map(by_person, found), check_exact=True)


def test_older_features_stay_where_rows_are_missing(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = corner_project(tmp_path, engine="spark")
    project.prepare_output()
    project.features.write_bytes(b"older")
    monkeypatch.setattr(module, "_move_parts", lambda written, folder: 3)  # as if executors had their own disks
    with pytest.raises(DataError, match=r"must be on a disk that all machines of Spark share; got 3 of \d+ rows"):
        write_features(project)
    assert project.features.read_bytes() == b"older"
    assert not list(project.output.glob(".features*"))


def test_rows_of_an_earlier_run_are_duckdbs_own(tmp_path: Path) -> None:
    project = corner_project(tmp_path, engine="spark")
    with pytest.raises(ConfigError, match="must go with `engine: duckdb`"):
        write_features(project, since=datetime(2025, 1, 1))
