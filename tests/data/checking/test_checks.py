"""Checking and cleaning: every kind of bad row is counted, nothing is dropped without a finding."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
import pytest
from written_tables import all_findings, project

from silentnps.config import TableConfig
from silentnps.data.checking.checks import check_tables, clean_tables
from silentnps.data.checking.rules import IN_ORDER
from silentnps.data.findings import Finding, findings_table
from silentnps.data.identity.linked_tables import open_tables
from silentnps.errors import DataError
from silentnps.schema import HAPPENED, TABLES

# Ibis 12 asks pandas 3 for a deprecated option and DuckDB 2 for a renamed method.

NOW = datetime(2025, 6, 1)

CUSTOMERS = "customer_id,region\n1,north\n2,south\n3,\n"
RESPONSES = "customer_id,responded_at,rating,invited_at\n1,2025-01-05,9,2025-01-01\n2,2025-01-05,3,\n"


def base(folder: Path, **tables: str) -> dict[str, ir.Table]:
    """Open tables given as CSV text, times in UTC."""
    return open_tables(project(folder, **{"customers": CUSTOMERS, **tables}))


def summary(findings: list[Finding]) -> list[tuple[Any, ...]]:
    return [(f.table, f.column, f.rule, f.severity, f.rows, f.first_rows) for f in findings]


def lines(header: str, *rows: str) -> str:
    return "\n".join((header, *rows)) + "\n"


DIRTY = {
    "customers": lines("customer_id,region", "1,north", "2,south", "2,south", ",east", "3,"),
    "responses": lines(
        "customer_id,responded_at,rating,invited_at,comment",
        "1,2025-01-05 10:00,9,2025-01-01 10:00,good",
        "2,2025-01-05 10:00,3,2025-01-06 10:00,",  # invited after the answer
        "1,2025-01-05 10:00,9,2025-01-01 10:00,good",  # a copy of the first
        "9,2025-01-05 10:00,10,,",  # an orphan
        ",2025-01-05 10:00,10,,",  # nobody's
        "3,2205-01-05 10:00,10,,",  # of the year 2205
        "3,,10,,",  # of no time
    ),
    "orders": lines(
        "order_id,customer_id,ordered_at,amount,discount,delivered_at,promised_at",
        "a,1,2025-01-01 10:00,5,1,2025-01-02 10:00,2025-01-03 10:00",
        "a,1,2025-02-01 10:00,7,,,",  # a second order a
        "b,1,2025-01-01 10:00,-5,,,",  # a negative amount
        "b,2,2025-01-01 10:00,5,-1,2024-12-31 10:00,",  # a negative discount; delivered before it was ordered
        "c,2,2025-01-01 10:00,,,,",  # without amount
        "d,2,2025-01-01 10:00,5,,2205-01-01 10:00,2205-01-01 10:00",  # delivered in 2205; a promise may be far
        "e,8,2025-01-01 10:00,5,,,",  # an orphan
    ),
}


def test_a_dirty_base_is_counted_in_full(tmp_path: Path) -> None:
    # Counted by hand from the comments of DIRTY.
    assert summary(all_findings(base(tmp_path, **DIRTY), now=NOW)) == [
        ("customers", "customer_id", "present", "warning", 1, (4,)),
        ("customers", "", "unique", "warning", 1, (3,)),
        ("responses", "customer_id", "present", "warning", 1, (5,)),
        ("responses", "responded_at", "present", "warning", 1, (7,)),
        ("responses", "responded_at", "no later than now", "warning", 1, (6,)),
        ("responses", "invited_at", "no later than responded_at", "warning", 1, (2,)),
        ("responses", "customer_id", "in the table customers", "warning", 1, (4,)),
        ("responses", "", "unique", "warning", 1, (3,)),
        ("orders", "amount", "present", "warning", 1, (5,)),
        ("orders", "amount", "at least 0", "warning", 1, (3,)),
        ("orders", "discount", "at least 0", "warning", 1, (4,)),
        ("orders", "delivered_at", "no later than now", "warning", 1, (6,)),
        ("orders", "delivered_at", "no earlier than ordered_at", "warning", 1, (4,)),
        ("orders", "customer_id", "in the table customers", "warning", 1, (7,)),
        ("orders", "order_id", "unique", "warning", 1, (2,)),
    ]


@pytest.mark.slow
def test_a_dirty_base_is_cleaned_in_full(tmp_path: Path) -> None:
    tables, findings = clean_tables(base(tmp_path, **DIRTY), now=NOW)
    rows = {name: table.execute().sort_values(list(table.columns)[:2]) for name, table in tables.items()}
    assert rows["customers"]["customer_id"].tolist() == ["1", "2", "3"]
    assert rows["responses"]["customer_id"].tolist() == ["1", "2"]
    assert rows["responses"]["invited_at"].isna().tolist() == [False, True]
    assert rows["orders"][["order_id", "customer_id", "amount"]].values.tolist() == [
        ["a", "1", 500],
        ["b", "2", 500],
        ["d", "2", 500],
    ]
    assert rows["orders"]["discount"].fillna(-1).tolist() == [100, -1, -1]
    impossible = pd.Timestamp("2024-12-31 10:00")  # stays: null would say that it has not been delivered
    assert rows["orders"]["delivered_at"].notna().tolist() == [True, True, False]
    assert rows["orders"]["delivered_at"].tolist()[1] == impossible
    assert rows["orders"]["promised_at"].notna().tolist() == [True, False, True]
    assert findings == all_findings(base(tmp_path, **DIRTY), now=NOW)


@pytest.mark.slow
def test_clean_tables_have_nothing_left_to_find(tmp_path: Path) -> None:
    tables, _ = clean_tables(base(tmp_path, **DIRTY), now=NOW)
    # but for the time that stays: it says that nobody knows
    stays = ("orders", "delivered_at", "no earlier than ordered_at", "warning", 1)
    assert [finding[:5] for finding in summary(all_findings(tables, now=NOW))] == [stays]


def test_cleaning_changes_no_column_and_no_type(tmp_path: Path) -> None:
    dirty = base(tmp_path, **DIRTY)
    tables, _ = clean_tables(dirty, now=NOW)
    assert {name: table.schema() for name, table in tables.items()} == {n: t.schema() for n, t in dirty.items()}


def test_a_clean_base_is_returned_as_it_came(tmp_path: Path) -> None:
    tables = base(tmp_path, responses=RESPONSES)
    cleaned, findings = clean_tables(tables, now=NOW)
    assert findings == []
    assert all(cleaned[name] is table for name, table in tables.items())


def test_rows_are_numbered_in_file_order_in_a_large_table(tmp_path: Path) -> None:
    n = 300_000
    days = pd.date_range("2020-01-01", periods=n, freq="min").to_numpy()
    orders = pd.DataFrame({"order_id": range(n), "customer_id": 1, "ordered_at": days, "amount": 5.0})
    orders.loc[[250_001, 280_000], "amount"] = -1.0
    orders.loc[299_999, "order_id"] = 7
    orders.to_parquet(tmp_path / "o.parquet")
    config = project(tmp_path, customers=CUSTOMERS, orders=TableConfig(path=tmp_path / "o.parquet"))
    found = {f.rule: f.first_rows for f in all_findings(open_tables(config))}
    assert found == {"at least 0": (250_002, 280_001), "unique": (300_000,)}


def test_at_most_five_rows_are_named(tmp_path: Path) -> None:
    orders = lines("order_id,customer_id,ordered_at,amount", *(f"{i},1,2025-01-01,-1" for i in range(9)))
    (finding,) = all_findings(base(tmp_path, orders=orders))
    assert (finding.rows, finding.first_rows) == (9, (1, 2, 3, 4, 5))


# --- ratings and customers: errors ------------------------------------------------------------------------------


@pytest.mark.parametrize("rating", ["11", "-1", ""])
def test_a_rating_that_is_none_stops_the_work(tmp_path: Path, rating: str) -> None:
    tables = base(tmp_path, responses=RESPONSES + f"3,2025-01-05,{rating},\n")
    with pytest.raises(DataError) as caught:
        clean_tables(tables)
    assert str(caught.value) == (
        "responses: column 'rating' must be a whole number from 0 to 10; got 1 bad rows (first rows 3)."
        " Correct these ratings, or remove the rows: an unanswered invitation belongs into the table invitations."
    )


@pytest.mark.parametrize("rating", ["0", "10"])
def test_the_ends_of_the_scale_are_ratings(tmp_path: Path, rating: str) -> None:
    assert all_findings(base(tmp_path, responses=RESPONSES + f"3,2025-01-05,{rating},\n")) == []


def test_a_customer_described_in_two_ways_stops_the_work(tmp_path: Path) -> None:
    tables = base(tmp_path, customers=CUSTOMERS + "2,west\n1,north\n2,south\n", responses=RESPONSES)
    assert summary(all_findings(tables)) == [
        ("customers", "customer_id", "unique", "error", 1, (4,)),
        ("customers", "", "unique", "warning", 2, (5, 6)),
    ]
    with pytest.raises(DataError) as caught:
        clean_tables(tables)
    assert str(caught.value) == (
        "customers: column 'customer_id' must be unique; got 1 bad rows (first rows 4)."
        " Keep one row per customer: these rows contradict an earlier one."
    )


def test_of_identical_customers_one_is_kept(tmp_path: Path) -> None:
    tables, findings = clean_tables(base(tmp_path, customers=CUSTOMERS + "3,\n3,\n", responses=RESPONSES))
    assert tables["customers"].execute()["customer_id"].sort_values().tolist() == ["1", "2", "3"]
    assert [(f.severity, f.rows) for f in findings] == [("warning", 2)]


def test_responses_of_nobody_stop_the_work(tmp_path: Path) -> None:
    tables = base(tmp_path, responses=lines("customer_id,responded_at,rating", "8,2025-01-01,9"))
    with pytest.raises(DataError) as caught:
        clean_tables(tables)
    assert str(caught.value) == (
        "responses: each row must be usable at least once; got no row that can be used."
        " Correct what the other findings name: no row of the table can be used."
    )


# --- single rules -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("table", "earlier", "later"), IN_ORDER)
def test_an_impossible_order_of_times_makes_the_optional_one_unknown(
    tmp_path: Path, table: str, earlier: str, later: str
) -> None:
    required = TABLES[table].required
    times = {earlier: "2025-01-02 10:00", later: "2025-01-01 10:00"}
    cells = {name: times.get(name, "1") for name in (*required, earlier, later)}
    tables, findings = clean_tables(base(tmp_path, **{table: lines(",".join(cells), ",".join(cells.values()))}))
    optional = next(name for name in (earlier, later) if name not in required)
    row = tables[table].execute().iloc[0]
    assert [(f.column, f.severity, f.rows) for f in findings] == [(optional, "warning", 1)]
    if optional in HAPPENED:  # stays where it is impossible: null would say that it has not happened
        assert row[optional] == pd.Timestamp("2025-01-01 10:00") < row[earlier]
    else:
        assert pd.isna(row[optional])
    assert all(pd.notna(row[name]) for name in required)


def test_equal_times_are_in_order(tmp_path: Path) -> None:
    support = lines("customer_id,opened_at,closed_at", "1,2025-01-01,2025-01-01")
    assert all_findings(base(tmp_path, support=support)) == []


@pytest.mark.parametrize(
    "now",
    [
        datetime(2025, 1, 1, 6),
        datetime(2025, 1, 1, 6, tzinfo=UTC),
        datetime(2025, 1, 1, 1, tzinfo=timezone(timedelta(hours=-5))),
    ],
)
def test_a_date_of_today_is_not_in_the_future(tmp_path: Path, now: datetime) -> None:
    header = "customer_id,occurred_at"
    rows = ("1,2025-01-01", "1,2025-01-02 06:00:00", "1,2025-01-02 06:00:01", "1,2025-01-03")
    findings = all_findings(base(tmp_path, engagement=lines(header, *rows)), now=now)
    assert summary(findings) == [("engagement", "occurred_at", "no later than now", "warning", 2, (3, 4))]


def test_without_now_the_future_is_not_judged(tmp_path: Path) -> None:
    assert all_findings(base(tmp_path, engagement=lines("customer_id,occurred_at", "1,2205-01-01"))) == []


def test_planned_campaigns_and_campaigns_for_everybody_are_no_finding(tmp_path: Path) -> None:
    campaigns = lines("campaign_id,starts_at,ends_at,customer_id", "a,2205-01-01,2205-02-01,", "a,2025-01-01,,1")
    assert all_findings(base(tmp_path, campaigns=campaigns), now=NOW) == []


def test_events_without_a_key_repeat_only_as_whole_rows(tmp_path: Path) -> None:
    engagement = lines(
        "customer_id,occurred_at,kind", "1,2025-01-01,open", "1,2025-01-01,click", "1,2025-01-01,open"
    )
    tables, findings = clean_tables(base(tmp_path, engagement=engagement))
    assert summary(findings) == [("engagement", "", "unique", "warning", 1, (3,))]
    assert tables["engagement"].count().execute() == 2


def test_a_repeated_key_counts_among_the_rows_that_are_left(tmp_path: Path) -> None:
    orders = lines("order_id,customer_id,ordered_at,amount", "a,8,2025-01-01,5", "a,1,2025-01-01,6")
    tables, findings = clean_tables(base(tmp_path, orders=orders))
    assert [f.rule for f in findings] == ["in the table customers"]
    assert tables["orders"].execute()["amount"].tolist() == [600]


def test_only_the_optional_values_out_of_bounds_leave_the_row(tmp_path: Path) -> None:
    invitations = lines("customer_id,invited_at,reminders", "1,2025-01-01,-1", "2,2025-01-01,0")
    tables, findings = clean_tables(base(tmp_path, invitations=invitations))
    assert summary(findings) == [("invitations", "reminders", "at least 0", "warning", 1, (1,))]
    assert tables["invitations"].execute()["reminders"].isna().tolist() == [True, False]


def test_an_empty_table_of_events_is_clean(tmp_path: Path) -> None:
    assert all_findings(base(tmp_path, returns="customer_id,returned_at,refund_amount\n"), now=NOW) == []


def test_tables_need_not_come_from_files() -> None:
    customers = ibis.memtable(pd.DataFrame({"customer_id": ["1", "1"]}))
    assert summary(all_findings({"customers": customers})) == [
        ("customers", "", "unique", "warning", 1, (2,)),
    ]


# --- the report -------------------------------------------------------------------------------------------------


def test_the_report_has_one_row_per_finding_and_no_personal_value(tmp_path: Path) -> None:
    findings = all_findings(base(tmp_path, **DIRTY), now=NOW)
    report = findings_table(findings)
    assert list(report.columns) == ["table", "column", "rule", "severity", "rows", "first_rows", "cure"]
    assert len(report) == len(findings)
    assert report["rows"].sum() == 15
    assert report["first_rows"].iloc[0] == "4"
    assert "good" not in report.to_csv()


def test_the_report_of_a_clean_base_has_columns_but_no_rows() -> None:
    assert findings_table([]).shape == (0, 7)


def test_a_finding_reads_as_one_line() -> None:
    finding = Finding("orders", "amount", "at least 0", "warning", 7, (1, 2), "Correct the values.")
    assert str(finding) == (
        "orders: column 'amount' must be at least 0; got 7 bad rows (first rows 1, 2). Correct the values."
    )


def test_a_table_of_which_no_column_can_be_judged_keeps_its_rows(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("customer_id\na\nb\n", encoding="utf-8")
    tables = open_tables(project(tmp_path, customers=TableConfig(path=tmp_path / "c.csv")))
    checked = check_tables(tables, unread=[("customers", column) for column in ("", "customer_id", "signed_up_at")])
    assert (checked["customers"].n_rows, checked["customers"].n_used) == (2, 2)
