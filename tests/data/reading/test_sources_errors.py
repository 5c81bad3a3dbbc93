"""Opening tables: every way in which a table can be unusable has its own sentence."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from written_tables import CUSTOMERS, orders, parquet, project

from silentnps.config import ProjectConfig, TableConfig
from silentnps.data.files.duckdb_errors import guarded
from silentnps.data.identity.linked_tables import open_tables
from silentnps.errors import ConfigError, DataError

# Ibis 12 asks pandas 3 for a deprecated option and DuckDB 2 for a renamed method.


def error_of(config: ProjectConfig, kind: type[Exception]) -> str:
    with pytest.raises(kind) as caught:
        open_tables(config)
    text = str(caught.value)
    assert "\n" not in text
    return text.replace(str(config.output.parent) + "/", "")


@pytest.mark.parametrize(("said", "told"), [("Query interrupted", KeyboardInterrupt), ("another", RuntimeError)])
def test_ctrl_c_during_a_query_stays_ctrl_c(said: str, told: type[BaseException]) -> None:
    with pytest.raises(told), guarded("a table"):
        raise RuntimeError(said)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    config = project(tmp_path, orders=TableConfig(path=tmp_path / "nope.csv"))
    assert error_of(config, ConfigError) == (
        "the path of a table must be an existing file, folder or pattern; got nope.csv."
        " Correct `path:` in the configuration."
    )


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    config = project(tmp_path, orders=TableConfig(path=tmp_path / "parts"))
    assert "must be a folder with Parquet or CSV files; got parts." in error_of(config, ConfigError)


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "o.json").touch()
    config = project(tmp_path, orders=TableConfig(path=tmp_path / "o.json"))
    assert error_of(config, ConfigError) == (
        "the path of a table must end in .parquet, .csv, .xlsx, .duckdb or .sqlite; got o.json. Save the table as"
        " one of them."
    )


@pytest.mark.parametrize("name", ["o.parquet", "o.duckdb", "o.csv.gz"])
def test_a_damaged_file_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("this is not it, and long enough to be looked at " * 9)
    config = project(tmp_path, orders=TableConfig(path=tmp_path / name, table="t" if "duckdb" in name else None))
    text = error_of(config, DataError)
    assert text.startswith(f"{name} must be readable; got an error (")
    assert text.endswith("Write the file again.")


def test_a_csv_line_with_too_few_values_is_named_but_not_shown(tmp_path: Path) -> None:
    text = error_of(project(tmp_path, orders=orders("1,001,2025-01-01,5", "secret,001")), DataError)
    assert text == (
        "orders.csv must have as many values in each line as names in its header, 4; got 2 in line 3."
        " Quote values that hold the delimiter or a line break."
    )


@pytest.mark.parametrize("text", ["customer_id,region\n1,M\xfcnchen\n", "customer_id,stra\xdfe\n1,a\n"])
def test_a_csv_file_that_is_not_utf8_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.csv").write_bytes(text.encode("latin-1"))
    config = project(tmp_path, customers=TableConfig(path=tmp_path / "c.csv"))
    line = 1 if "\xdf" in text else 2
    assert error_of(config, DataError) == (
        f"c.csv must be UTF-8 text; got another encoding in line {line}. Save it as UTF-8, or declare the table's"
        " `encoding:`, such as windows-1252."
    )


def test_a_csv_file_without_header_is_named(tmp_path: Path) -> None:
    assert error_of(project(tmp_path, orders=""), DataError) == (
        "orders.csv must have a header line; got an empty one. Write the columns' names on top."
    )


def test_a_missing_column_is_named_with_its_near_matches(tmp_path: Path) -> None:
    config = project(tmp_path, responses="customer_id,responded_at,nps_rating,x\n1,2025-01-01,9,1\n")
    assert error_of(config, DataError) == (
        "responses.csv must have the column 'rating'; got customer_id, responded_at, nps_rating, x."
        " Did you mean 'nps_rating'?"
        " Map it in the configuration: tables.responses.columns: {rating: nps_rating}."
    )


def test_a_mapping_to_a_column_that_does_not_exist_is_named(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("customer_id,responded_at,score\n1,2025-01-01,9\n")
    table = TableConfig(path=tmp_path / "r.csv", columns={"rating": "scor"})
    assert error_of(project(tmp_path, responses=table), ConfigError) == (
        "tables.responses.columns.rating must be a column of r.csv; got 'scor'. Did you mean 'score'?"
        " Correct the name."
    )


@pytest.mark.parametrize(("table", "typo"), [("responses", "ratng"), ("customers", "signed_upat")])
def test_a_mapping_of_an_unknown_canonical_column_is_named(tmp_path: Path, table: str, typo: str) -> None:
    (tmp_path / "t.csv").write_text("customer_id,responded_at,rating\n1,2025-01-01,9\n")
    config = project(tmp_path, **{table: TableConfig(path=tmp_path / "t.csv", columns={typo: "rating"})})
    meant = {"ratng": "rating", "signed_upat": "signed_up_at"}[typo]
    text = error_of(config, ConfigError)
    assert text.startswith(
        f"tables.{table}.columns must map columns that silentnps knows; got {typo!r}. Did you mean {meant!r}"
    )
    assert "Known columns: customer_id, " in text


@pytest.mark.parametrize(("first", "second"), [("rating", "rating"), ("Rating", "rating"), ("a", "a"), ("x", "X ")])
def test_a_csv_column_named_twice_is_refused(tmp_path: Path, first: str, second: str) -> None:
    config = project(tmp_path, customers=f"customer_id,{first},{second}\n1,2,3\n")
    assert error_of(config, DataError) == (
        "customers.csv must name each column once, upper and lower case being the same;"
        f" got {first!r} and {second.strip()!r}. Rename or remove one of them."
    )


@pytest.mark.parametrize(("first", "second"), [("rating", "rating"), ("Rating", "rating")])
def test_a_parquet_column_named_twice_is_refused(tmp_path: Path, first: str, second: str) -> None:
    table = pa.table([pa.array([1]), pa.array([2]), pa.array([3])], names=["customer_id", first, second])
    pq.write_table(table, tmp_path / "c.parquet")
    config = project(tmp_path, customers=TableConfig(path=tmp_path / "c.parquet"))
    assert f"c.parquet must name each column once, upper and lower case being the same; got {first!r}" in error_of(
        config, DataError
    )


@pytest.mark.parametrize(
    ("name", "header"), [("customers", "customer_id"), ("responses", "customer_id,responded_at,rating")]
)
def test_customers_and_responses_must_not_be_empty(tmp_path: Path, name: str, header: str) -> None:
    assert error_of(project(tmp_path, **{name: header + "\n"}), DataError) == (
        f"{name}.csv must have rows; got none. Check that the export of {name} is complete."
    )


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("amount", "abc", "an amount such as 1234.50, written in one way"),
        ("amount", '"12,50,0"', "an amount such as 1234.50, written in one way"),
        ("amount", "1_000", "an amount such as 1234.50, written in one way"),
        ("amount", "12 50", "an amount such as 1234.50, written in one way"),
        ("amount", "1e30", "an amount such as 1234.50, written in one way"),
        ("items", "9.5", "a whole number"),
        ("items", "0x10", "a whole number"),
        ("delivered_at", "31.12.2024", "an ISO date or time such as 2025-03-31 14:05:00"),
        ("delivered_at", "2025-02-29", "an ISO date or time such as 2025-03-31 14:05:00"),
        ("delivered_at", "infinity", "an ISO date or time such as 2025-03-31 14:05:00"),
    ],
)
def test_a_value_of_another_kind_is_counted_but_not_shown(
    tmp_path: Path, column: str, value: str, rule: str
) -> None:
    names = ["order_id", "customer_id", "ordered_at", "amount", "items", "delivered_at"]
    good = ["1", "001", "2025-01-01", "5", "1", "2025-01-02"]
    bad = [value if name == column else cell for name, cell in zip(names, good, strict=True)]
    rows = [",".join(cells) for cells in (good, bad, good, bad)]
    text = error_of(project(tmp_path, orders=orders(*rows, header=",".join(names))), DataError)
    assert text == (
        f"orders.csv: column {column!r} must hold {rule}; got 2 bad rows (first rows 2, 4)."
        " Correct them in the file."
    )


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("amount", pa.array([True])),
        ("amount", pa.array([float("inf")])),
        ("ordered_at", pa.array([12345])),
        ("customer_id", pa.array([[1]])),
    ],
)
def test_a_typed_column_of_another_kind_is_refused(tmp_path: Path, column: str, values: pa.Array) -> None:
    columns = {"order_id": ["1"], "customer_id": ["1"], "ordered_at": [datetime(2025, 1, 1)], "amount": [5.0]}
    table = parquet(tmp_path, "o", **{**columns, column: values})
    text = error_of(project(tmp_path, orders=table), DataError)
    assert text.startswith(f"o.parquet: column {column!r} must hold ")
    assert "got 1 bad rows (first rows 1)" in text


@pytest.mark.parametrize(("table", "got"), [(None, "no `table:`"), ("nope", "'nope'")])
def test_a_table_of_a_duckdb_file_must_be_named(tmp_path: Path, table: str | None, got: str) -> None:
    with duckdb.connect(tmp_path / "base.duckdb") as base:
        base.execute("CREATE TABLE people AS SELECT 1 AS customer_id")
    config = project(tmp_path, customers=TableConfig(path=tmp_path / "base.duckdb", table=table))
    assert error_of(config, ConfigError) == (
        f"the key 'table' must name one table of base.duckdb; got {got}. The file has main.people."
    )


def test_the_key_table_goes_with_files_of_several_tables_only(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text(CUSTOMERS)
    config = project(tmp_path, customers=TableConfig(path=tmp_path / "c.csv", table="people"))
    assert error_of(config, ConfigError) == (
        "the key 'table' must go with a workbook, a .duckdb or a .sqlite file; got c.csv. Remove `table: people`."
    )


def test_opening_leaves_the_file_and_the_process_as_they_were(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "base.duckdb") as base:
        base.execute("CREATE TABLE people AS SELECT 1 AS customer_id")
    config = project(tmp_path, customers=TableConfig(path=tmp_path / "base.duckdb", table="people"))
    before = (tmp_path / "base.duckdb").read_bytes()
    first, second = open_tables(config), open_tables(config)
    assert first["customers"].execute().equals(second["customers"].execute())
    assert (tmp_path / "base.duckdb").read_bytes() == before
    assert not config.output.exists()


@pytest.mark.parametrize("written", ["2025-07-01", "2025-07-01 12:00"])
def test_times_without_zone_need_a_declared_one(tmp_path: Path, written: str) -> None:
    config = project(tmp_path, orders=orders(f"1,001,{written},5"), timezone=None)
    assert error_of(config, ConfigError) == (
        "orders.csv: column 'ordered_at' must have a time zone; got 1 values without one."
        " Add `timezone:` to the configuration, such as `timezone: Europe/Berlin` or `timezone: UTC`."
    )


def test_typed_times_without_zone_need_a_declared_one(tmp_path: Path) -> None:
    moment = pa.array([datetime(2025, 7, 1, 12)])
    table = parquet(tmp_path, "o", order_id=["1"], customer_id=["1"], ordered_at=moment, amount=[5.0])
    assert "Add `timezone:`" in error_of(project(tmp_path, orders=table, timezone=None), ConfigError)


def test_a_folder_of_csv_files_must_have_one_header(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "a.csv").write_text("customer_id,x\n1,2\n")
    (tmp_path / "parts" / "b.csv").write_text("customer_id,y\n1,2\n")
    config = project(tmp_path, customers=TableConfig(path=tmp_path / "parts"))
    assert error_of(config, DataError) == (
        "parts/b.csv must have the header of parts/a.csv; got another. Give all files the same"
        " columns, in any order."
    )
