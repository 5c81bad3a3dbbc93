"""Which files a path means: one that exists is itself, and a pattern says how many it matched."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from written_tables import project

from silentnps.config import TableConfig
from silentnps.data.reading.sources import read_tables
from silentnps.errors import ConfigError, DataError

NAMES = [("a[1]", "a1"), ("w?", "wx"), ("s*", "sx"), ("[x", "xx"), ("[a-c]?*", "abc")]


def save(path: Path, ids: list[str]) -> None:
    table = pd.DataFrame({"customer_id": ids})
    if path.suffix == ".parquet":
        table.to_parquet(path)
    elif path.suffix == ".csv":
        table.to_csv(path, index=False)
    else:  # DuckDB finds no place for its log beside a file with a question mark in its path
        made = path.parent.parent / "made.duckdb"
        with duckdb.connect(made) as base:
            base.register("given", table)
            base.execute("CREATE TABLE people AS SELECT * FROM given")
        shutil.move(made, path)


@pytest.mark.parametrize("in_folder", [False, True])
@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".duckdb"])
@pytest.mark.parametrize(("name", "sibling"), NAMES)
def test_a_file_that_exists_is_no_pattern(
    tmp_path: Path, name: str, sibling: str, suffix: str, in_folder: bool
) -> None:
    for each, ids in ((name, ["own"]), (sibling, ["other"])):
        path = tmp_path / each / f"t{suffix}" if in_folder else tmp_path / "in" / f"{each}{suffix}"
        path.parent.mkdir(exist_ok=True)
        save(path, ids)
    own = tmp_path / name / f"t{suffix}" if in_folder else tmp_path / "in" / f"{name}{suffix}"
    table = TableConfig(path=own, table="people" if suffix == ".duckdb" else None)
    read = read_tables(project(tmp_path, customers=table))
    assert read.tables["customers"].execute()["customer_id"].tolist() == ["own"]
    assert not read.findings


def test_a_pattern_below_a_folder_whose_name_is_one_says_what_it_matched(tmp_path: Path) -> None:
    for folder in ("a[1]", "a1"):
        (tmp_path / folder).mkdir()
        for part in ("p1", "p2"):
            save(tmp_path / folder / f"{part}.csv", [f"{folder}-{part}"])
    read = read_tables(project(tmp_path, customers=TableConfig(path=tmp_path / "a[1]" / "p?.csv")))
    assert read.tables["customers"].execute()["customer_id"].tolist() == ["a[1]-p1", "a[1]-p2"]
    assert [str(note).rpartition(": ")[2] for note in read.findings] == ["the pattern matched 2 files."]


def test_files_of_several_formats_are_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    save(tmp_path / "in" / "a.csv", ["1"])
    save(tmp_path / "in" / "b.parquet", ["2"])
    for path in (tmp_path / "in", tmp_path / "in" / "*"):
        with pytest.raises(ConfigError, match="must be of one format; got csv and parquet"):
            read_tables(project(tmp_path, customers=TableConfig(path=path)))


def test_a_pattern_of_duckdb_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a", "b"):
        save(tmp_path / "in" / f"{name}.duckdb", [name])
    table = TableConfig(path=tmp_path / "in" / "*.duckdb", table="people")
    with pytest.raises(ConfigError, match="must be one DuckDB file; got 2 that match"):
        read_tables(project(tmp_path, customers=table))


def test_reading_longer_than_allowed_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "c.duckdb"
    with duckdb.connect(path) as base:
        base.execute("CREATE VIEW people AS SELECT CAST(i AS VARCHAR) AS customer_id FROM range(100000000000) t(i)")
    config = project(tmp_path, customers=TableConfig(path=path, table="people"))
    with pytest.raises(DataError, match=r"must be read in 1 seconds of .*; got no end of it.*`reading_seconds`"):
        read_tables(config.model_copy(update={"reading_seconds": 0.6}))


def test_a_damaged_column_that_is_not_checked_is_found_at_once(tmp_path: Path) -> None:
    path = tmp_path / "c.parquet"
    pd.DataFrame({"customer_id": [f"qzmark{i}" for i in range(5000)]}).to_parquet(path, compression="zstd")
    content = bytearray(path.read_bytes())
    content[300:400] = bytes(100)
    path.write_bytes(content)
    with pytest.raises(DataError, match="must be readable; got an error") as caught:
        read_tables(project(tmp_path, customers=TableConfig(path=path)))
    assert "qzmark" not in str(caught.value)
