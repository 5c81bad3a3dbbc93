"""Checking: versions of rows, refunds above their orders, and ids that are written in several ways."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
import pytest
from written_tables import all_findings, orders, parquet, project

from silentnps.config import TableConfig
from silentnps.data.checking.checks import check_tables, clean_tables, used_table
from silentnps.data.findings import findings_table
from silentnps.data.identity.linked_tables import open_tables

NOW = datetime(2025, 6, 1)
VERSIONS = "order_id,customer_id,ordered_at,amount,known_at"


def found(folder: Path, **tables: TableConfig | str) -> list[tuple[Any, ...]]:
    findings = all_findings(open_tables(project(folder, **tables)), now=NOW)
    return [(f.table, f.column, f.rule, f.rows, f.first_rows, f.effect) for f in findings]


# --- versions ---------------------------------------------------------------------------------------------------


def test_versions_of_an_order_are_no_duplicates(tmp_path: Path) -> None:
    sold = orders(
        "a,001,2025-01-01,5,2025-01-02",
        "a,001,2025-01-01,6,2025-01-03",
        "a,001,2025-01-01,7,2025-01-03",  # contradicts the one before
        header=VERSIONS,
    )
    assert found(tmp_path, orders=sold) == [("orders", "order_id, known_at", "unique", 1, (3,), "row")]
    tables, _ = clean_tables(open_tables(project(tmp_path, orders=sold)), now=NOW)
    assert sorted(tables["orders"].execute()["amount"]) == [500, 600]


def test_a_missing_known_at_is_counted_and_filled_with_the_clock(tmp_path: Path) -> None:
    sold = orders("a,001,2025-01-01 10:00,5,", "b,001,2025-01-01 10:00,6,2025-01-03 10:00", header=VERSIONS)
    assert found(tmp_path, orders=sold) == [("orders", "known_at", "present", 1, (1,), "note")]
    tables, (finding,) = clean_tables(open_tables(project(tmp_path, orders=sold)), now=NOW)
    assert finding.cure == "The rows count as known since ordered_at. Fill in the missing times."
    days = tables["orders"].order_by("order_id").execute()["known_at"]
    assert days.tolist() == [pd.Timestamp("2025-01-01 10:00"), pd.Timestamp("2025-01-03 10:00")]


def test_a_row_that_will_be_known_one_day_is_set_aside(tmp_path: Path) -> None:
    sold = orders("a,001,2025-01-01,5,2205-01-02", header=VERSIONS)
    assert found(tmp_path, orders=sold) == [("orders", "known_at", "no later than now", 1, (1,), "row")]


def test_a_row_id_makes_rows_unique_and_must_be_there(tmp_path: Path) -> None:
    cases = "customer_id,opened_at,row_id\n001,2025-01-01,x\n001,2025-01-01,y\n001,2025-02-01,x\n001,2025-03-01,\n"
    assert found(tmp_path, support=cases) == [
        ("support", "row_id", "present", 1, (4,), "row"),
        ("support", "row_id", "unique", 1, (3,), "row"),
    ]


# --- refunds ----------------------------------------------------------------------------------------------------

SOLD = orders("a,001,2025-01-01,10", "b,001,2025-01-01,10", "c,002,2025-01-01,10")
RETURNS = "customer_id,returned_at,order_id,refund_amount"


def returned(*rows: str, header: str = RETURNS) -> str:
    return "\n".join((header, *rows)) + "\n"


def test_refunds_above_their_order_are_counted_and_kept(tmp_path: Path) -> None:
    back = returned(
        "001,2025-02-01,a,6.00",
        "001,2025-02-02,b,10.00",  # all of it, not more
        "001,2025-02-03,a,4.01",  # a cent too much together with the first
        "002,2025-02-03,,99.00",  # of no order
        "002,2025-02-03,z,99.00",  # of an order that is not in the table
    )
    rule = "at most the order's amount, added up over the order's refunds"
    assert found(tmp_path, orders=SOLD, returns=back) == [("returns", "refund_amount", rule, 2, (1, 3), "note")]
    tables, (finding,) = clean_tables(open_tables(project(tmp_path, orders=SOLD, returns=back)), now=NOW)
    assert finding.severity == "warning"
    assert tables["returns"].count().execute() == 5


def test_a_refund_that_is_there_twice_is_added_up_once(tmp_path: Path) -> None:
    back = returned("001,2025-02-01,a,6.00", "001,2025-02-01,a,6.00")
    assert [rule for _, _, rule, *_ in found(tmp_path, orders=SOLD, returns=back)] == ["unique"]


def test_of_versions_of_a_refund_and_an_order_the_last_are_compared(tmp_path: Path) -> None:
    sold = orders("a,001,2025-01-01,5,2025-01-01", "a,001,2025-01-01,10,2025-01-05", header=VERSIONS)
    times = ("2025-02-01", "2025-02-05")
    back = returned(
        *(f"001,2025-02-01,a,{10 - i},{time}" for i, time in enumerate(times)), header=f"{RETURNS},known_at"
    )
    assert found(tmp_path, orders=sold, returns=back) == []


def test_returns_without_orders_or_amounts_are_not_compared(tmp_path: Path) -> None:
    assert found(tmp_path, returns=returned("001,2025-02-01,a,6.00")) == []
    assert found(tmp_path, orders=SOLD, returns="customer_id,returned_at,order_id\n001,2025-02-01,a\n") == []


# --- ids --------------------------------------------------------------------------------------------------------

MOMENT = pa.array([datetime(2025, 1, 1)] * 2)


@pytest.mark.parametrize(
    "ids", [pa.array([12, 7]), pa.array([12.0, 7.0]), pa.array(["12", " 7 "]), pa.array(["12.0", "7.0"])]
)
@pytest.mark.parametrize("customers", ["customer_id\n12\n7\n", "customer_id\n12.0\n7.0\n"])
def test_a_whole_number_is_one_id_however_it_is_typed(tmp_path: Path, customers: str, ids: pa.Array) -> None:
    events = parquet(tmp_path, "e", customer_id=ids, occurred_at=MOMENT)
    assert found(tmp_path, customers=customers, engagement=events) == []
    typed = parquet(tmp_path, "c", customer_id=ids)
    clicks = "customer_id,occurred_at\n12,2025-01-01\n7.0,2025-01-01\n"
    assert found(tmp_path, customers=typed, engagement=clicks) == []


def test_ids_with_and_without_leading_zeros_stay_apart(tmp_path: Path) -> None:
    customers = "customer_id\n00123\n123\n1.50\n1.5\n00.0\n0\n"
    table = open_tables(project(tmp_path, customers=customers))["customers"]
    assert table.execute()["customer_id"].tolist() == ["00123", "123", "1.50", "1.5", "00.0", "0"]


@pytest.mark.parametrize(
    ("customers", "ids", "hint"),
    [
        (["00123", "7"], ["123", "8"], " 1 of them would match without leading zeros"),
        (["123", "7"], ["00123", "007"], " 2 of them would match without leading zeros"),
        (["ab", "cd"], ["AB", "x"], " 1 of them would match in one case of letters"),
        (
            ["ab", "7"],
            ["Ab", "07"],
            " 1 of them would match without leading zeros, 1 of them would match in one case",
        ),
        (["0ab", "cd"], ["AB", "x"], " 1 of them would match without zeros, case of letters and blanks"),
    ],
)
@pytest.mark.parametrize("typed", [False, True])
def test_orphans_of_spelling_are_named_as_such(
    tmp_path: Path, customers: list[str], ids: list[str], hint: str, typed: bool
) -> None:
    events = parquet(tmp_path, "e", customer_id=ids, occurred_at=MOMENT)
    text = "customer_id,occurred_at\n" + "".join(f"{each},2025-01-01\n" for each in ids)
    config = project(
        tmp_path, customers="\n".join(("customer_id", *customers)) + "\n", engagement=events if typed else text
    )
    (finding,) = all_findings(open_tables(config))
    assert (finding.rule, finding.rows) == ("in the table customers", 2)
    assert finding.cure.startswith("The rows are set aside. Add the customers, or remove the rows." + hint)
    assert finding.cure.endswith(": write the ids of both tables alike.")


def test_an_orphan_of_blanks_is_named_where_tables_need_not_come_from_files() -> None:
    tables = {
        "customers": ibis.memtable({"customer_id": ["1"]}),
        "engagement": ibis.memtable({"customer_id": [" 1"], "occurred_at": [datetime(2025, 1, 1)]}),
    }
    (finding,) = all_findings(tables)
    assert "1 of them would match without blanks around" in finding.cure


def test_other_orphans_get_no_hint(tmp_path: Path) -> None:
    config = project(tmp_path, engagement="customer_id,occurred_at\n9,2025-01-01\n")
    (finding,) = all_findings(open_tables(config))
    assert finding.cure == "The rows are set aside. Add the customers, or remove the rows."


# --- rows used --------------------------------------------------------------------------------------------------


def test_rows_and_used_rows_are_counted_per_table(tmp_path: Path) -> None:
    sold = orders("a,001,2025-01-01,5", "a,001,2025-01-01,5", "b,009,2025-01-01,5", "c,002,2025-01-01,5")
    checked = check_tables(open_tables(project(tmp_path, orders=sold)), now=NOW)
    assert {name: (one.n_rows, one.n_used) for name, one in checked.items()} == {
        "customers": (2, 2),
        "orders": (4, 2),
    }
    for one in checked.values():
        assert one.clean.count().execute() == one.n_used
    table = used_table(checked)
    assert list(table.columns) == list(findings_table([]).columns)
    assert table[["table", "severity", "rows", "cure"]].values.tolist() == [
        ["customers", "used", 2, "Of 2."],
        ["orders", "used", 2, "Of 4."],
    ]
