"""Opening tables: names, kinds, zones and formats."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from written_tables import orders, parquet, project

from silentnps.config import TableConfig
from silentnps.data.identity.linked_tables import open_tables

# Ibis 12 asks pandas 3 for a deprecated option and DuckDB 2 for a renamed method.


def opened(folder: Path, name: str, table: TableConfig | str, **options: Any) -> pd.DataFrame:
    return open_tables(project(folder, **{name: table}, **options))[name].execute()


def test_duckdb_draws_no_bar_of_its_own_between_results(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("customer_id\n1\n")
    table = open_tables(project(tmp_path, customers=TableConfig(path=tmp_path / "c.csv")))["customers"]
    shown = table.get_backend().con.execute("SELECT current_setting('enable_progress_bar')").fetchall()
    assert shown == [(False,)]


# --- names ------------------------------------------------------------------------------------------------------


def test_columns_are_renamed_and_unknown_ones_left_out(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("kunde;am;Note;intern\n001;2025-01-01 10:00;9;x\n")
    columns = {"customer_id": "kunde", "responded_at": "am", "rating": "note"}
    table = opened(tmp_path, "responses", TableConfig(path=tmp_path / "r.csv", columns=columns))
    assert table.to_dict("records") == [
        {"customer_id": "001", "responded_at": pd.Timestamp("2025-01-01 10:00"), "rating": 9}
    ]


def test_attributes_of_customers_pass_and_can_be_renamed(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("customer_id,Zip,plan\n1,01067,a\n")
    config = TableConfig(path=tmp_path / "c.csv", columns={"tariff": "plan"})
    assert opened(tmp_path, "customers", config).to_dict("records") == [
        {"customer_id": "1", "tariff": "a", "Zip": "01067"}
    ]


def test_two_columns_can_swap_names(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("customer_id,responded_at,invited_at,rating\n1,2025-01-01,2025-01-05,9\n")
    swap = {"responded_at": "invited_at", "invited_at": "responded_at"}
    row = opened(tmp_path, "responses", TableConfig(path=tmp_path / "r.csv", columns=swap)).iloc[0]
    assert (row.responded_at.day, row.invited_at.day) == (5, 1)


def test_tables_come_in_the_order_of_the_schema(tmp_path: Path) -> None:
    config = project(
        tmp_path,
        orders=orders("1,001,2025-01-01,5"),
        responses="customer_id,responded_at,rating\n001,2025-01-01,9\n",
    )
    assert list(open_tables(config)) == ["customers", "responses", "orders"]


# --- kinds ------------------------------------------------------------------------------------------------------


def test_leading_zeros_survive_and_blank_ids_become_null(tmp_path: Path) -> None:
    rows = opened(tmp_path, "orders", orders("0007, 001 ,2025-01-01,5", '"  ",002,2025-01-01,5'))
    assert rows["order_id"].iloc[0] == "0007"
    assert rows["customer_id"].tolist() == ["001", "002"]
    assert pd.isna(rows["order_id"].iloc[1])


def test_ids_that_became_floats_are_whole_again(tmp_path: Path) -> None:
    table = parquet(tmp_path, "customers", customer_id=pa.array([12.0, None, float("nan")]))
    ids = opened(tmp_path, "customers", table)["customer_id"]
    assert ids.iloc[0] == "12"
    assert ids.isna().tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("amount", "minor_units"),
    [("12.5", 1250), ("0.575", 58), ("0.285", 28), ("0.295", 30), ("-0.005", 0), ("1e3", 100000), ("7", 700)],
)
def test_money_is_minor_units_rounded_half_to_even(tmp_path: Path, amount: str, minor_units: int) -> None:
    # 57.5 -> 58, 28.5 -> 28, 29.5 -> 30: by hand.
    text = opened(tmp_path, "orders", orders(f"1,001,2025-01-01,{amount}"))["amount"]
    moment = pa.array([datetime(2025, 1, 1)])
    typed = [
        opened(
            tmp_path,
            "orders",
            parquet(tmp_path, "o", order_id=["1"], customer_id=["1"], ordered_at=moment, amount=a),
        )
        for a in (pa.array([float(amount)]), pa.array([Decimal(amount)], pa.decimal128(20, 4)))
    ]
    assert text.dtype == "int64"
    assert [text[0], *(table["amount"][0] for table in typed)] == [minor_units] * 3


def test_booleans_are_read_from_words_and_digits(tmp_path: Path) -> None:
    rows = opened(tmp_path, "customers", "customer_id,opted_out\n1,yes\n2,N\n3,TRUE\n4,0\n5,\n")
    assert rows["opted_out"].tolist()[:4] == [True, False, True, False]
    assert pd.isna(rows["opted_out"].iloc[4])


def test_a_whole_rating_may_be_written_as_a_decimal(tmp_path: Path) -> None:
    rows = opened(tmp_path, "responses", "customer_id,responded_at,rating\n1,2025-01-01,9.0\n")
    assert rows["rating"].tolist() == [9]


def test_attributes_of_csv_get_the_strictest_type_that_fits(tmp_path: Path) -> None:
    table = (
        "customer_id,n,x,b,d,t,zip,mixed,none\n"
        "1,5,1.5,true,2024-02-29,2024-01-01 10:00:00,01067,1,\n"
        "2,-7,2,,,,8,a,\n"
    )
    dtypes = open_tables(project(tmp_path, customers=table))["customers"].schema()
    assert {name: str(dtype) for name, dtype in dtypes.items()} == {
        "customer_id": "string",
        "n": "int64",
        "x": "float64",
        "b": "boolean",
        "d": "date",
        "t": "timestamp(6)",
        "zip": "string",
        "mixed": "string",
        "none": "string",
    }


def test_decimal_attributes_become_floats(tmp_path: Path) -> None:
    table = parquet(tmp_path, "customers", customer_id=["1"], fee=pa.array([Decimal("1.50")], pa.decimal128(9, 2)))
    assert opened(tmp_path, "customers", table)["fee"].dtype == "float64"


# --- times ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2025-03-30 01:59:59", "2025-03-30 00:59:59"),  # winter, UTC+1
        ("2025-03-30 02:30:00", "2025-03-30 01:30:00"),  # skipped: becomes 03:30 summer time
        ("2025-03-30 03:00:00", "2025-03-30 01:00:00"),  # summer, UTC+2
        ("2025-10-26 02:30:00", "2025-10-26 01:30:00"),  # occurs twice: the second, winter time
        ("2025-07-01T12:00", "2025-07-01 10:00:00"),
        ("2025-07-01T12:00:00Z", "2025-07-01 12:00:00"),
        ("2025-07-01 12:00 UTC", "2025-07-01 12:00:00"),
        ("2025-07-01 12:00:00+02", "2025-07-01 10:00:00"),
        ("2025-07-01 12:00:00.5+05:30", "2025-07-01 06:30:00.5"),
        ("2025-07-01 12:00:00 -0400", "2025-07-01 16:00:00"),
        ("2025-03-30", "2025-03-30 21:59:59.999999"),  # a day of 23 hours
        ("2025-10-26", "2025-10-26 22:59:59.999999"),  # a day of 25 hours
        ("2024-02-29", "2024-02-29 22:59:59.999999"),
        ("2024-12-31", "2024-12-31 22:59:59.999999"),
    ],
)
def test_times_of_berlin_are_utc_after_reading(tmp_path: Path, written: str, utc: str) -> None:
    rows = opened(tmp_path, "orders", orders(f"1,001,{written},5"), timezone="Europe/Berlin")
    assert rows["ordered_at"].iloc[0] == pd.Timestamp(utc)
    assert rows["ordered_at"].dt.tz is None


@pytest.mark.parametrize(
    ("values", "utc"),
    [
        (pa.array([datetime(2025, 7, 1, 12)]), "2025-07-01 10:00:00"),
        (pa.array([datetime(2025, 7, 1, 12)], pa.timestamp("ns")), "2025-07-01 10:00:00"),
        (pa.array([datetime(2025, 7, 1, 12, tzinfo=UTC)], pa.timestamp("us", "Asia/Tokyo")), "2025-07-01 12:00:00"),
        (pa.array([date(2025, 7, 1)]), "2025-07-01 21:59:59.999999"),
    ],
)
def test_typed_times_of_berlin_are_utc_after_reading(tmp_path: Path, values: pa.Array, utc: str) -> None:
    table = parquet(tmp_path, "o", order_id=["1"], customer_id=["1"], ordered_at=values, amount=[5.0])
    rows = opened(tmp_path, "orders", table, timezone="Europe/Berlin")
    assert rows["ordered_at"].iloc[0] == pd.Timestamp(utc)


def test_times_with_zone_need_no_declared_one(tmp_path: Path) -> None:
    rows = opened(tmp_path, "orders", orders("1,001,2025-07-01 12:00:00+02,5"), timezone=None)
    assert rows["ordered_at"].iloc[0] == pd.Timestamp("2025-07-01 10:00")


def test_a_column_without_any_time_needs_no_zone(tmp_path: Path) -> None:
    table = parquet(tmp_path, "c", customer_id=["1"], signed_up_at=pa.nulls(1))
    rows = opened(tmp_path, "customers", table, timezone=None)
    assert rows["signed_up_at"].isna().all()


# --- formats ----------------------------------------------------------------------------------------------------


def test_csv_parquet_and_duckdb_give_identical_tables(tmp_path: Path) -> None:
    text = (
        "customer_id,signed_up_at,opted_out,zip,score,visits,since\n"
        "001,2024-02-29 12:00:00,true,01067,1.5,3,2024-02-29\n"
        '002,,false,10115,-2.25,4,2023-01-01\n"003",2025-01-01 00:00:00,,,,5,\n'
    )
    moments = pd.to_datetime(["2024-02-29 12:00", None, "2025-01-01 00:00"])
    typed = pd.DataFrame(
        {
            "customer_id": ["001", "002", "003"],
            "signed_up_at": moments,
            "opted_out": [True, False, None],
            "zip": ["01067", "10115", ""],
            "score": [1.5, -2.25, None],
            "visits": pd.array([3, 4, 5], dtype="int16"),
            "since": [date(2024, 2, 29), date(2023, 1, 1), None],
        }
    )
    typed.to_parquet(tmp_path / "c.parquet")
    with duckdb.connect(tmp_path / "base.duckdb") as base:
        base.execute(f"CREATE TABLE people AS FROM '{tmp_path}/c.parquet'")
    reference = opened(tmp_path, "customers", text, timezone="Europe/Berlin")
    for config in (
        TableConfig(path=tmp_path / "c.parquet"),
        TableConfig(path=tmp_path / "base.duckdb", table="people"),
        TableConfig(path=tmp_path / "base.duckdb", table="main.people"),
    ):
        other = opened(tmp_path, "customers", config, timezone="Europe/Berlin")
        pd.testing.assert_frame_equal(other, reference, check_exact=True)


def test_two_tables_of_one_duckdb_file_open_together(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "base.duckdb") as base:
        base.execute("CREATE TABLE c AS SELECT 1 AS customer_id")
        base.execute("CREATE VIEW e AS SELECT 1 AS customer_id, TIMESTAMP '2025-01-01' AS occurred_at")
    tables = {
        n: TableConfig(path=tmp_path / "base.duckdb", table=t) for n, t in (("customers", "c"), ("engagement", "e"))
    }
    opened_tables = open_tables(project(tmp_path, **tables))
    assert opened_tables["engagement"].semi_join(opened_tables["customers"], "customer_id").count().execute() == 1


@pytest.mark.parametrize("pattern", ["parts", "parts/*.parquet", "parts/**/*.parquet"])
def test_folders_and_patterns_are_one_table(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "parts").mkdir()
    for i in range(3):
        parquet(tmp_path / "parts", f"part-{i}", customer_id=[f"{i}"])
    (tmp_path / "parts" / "_SUCCESS").touch()
    rows = opened(tmp_path, "customers", TableConfig(path=tmp_path / pattern))
    assert rows["customer_id"].tolist() == ["0", "1", "2"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_usual_delimiter_and_a_byte_order_mark_are_understood(tmp_path: Path, delimiter: str) -> None:
    rows = opened(tmp_path, "customers", "\ufeff" + 'customer_id,region\n01,"a ""b"""\n'.replace(",", delimiter))
    assert rows.to_dict("records") == [{"customer_id": "01", "region": 'a "b"'}]


def test_an_empty_table_of_events_is_no_error(tmp_path: Path) -> None:
    rows = opened(tmp_path, "returns", "customer_id,returned_at,refund_amount\n")
    assert len(rows) == 0
    assert str(rows["refund_amount"].dtype) == "int64"
