"""The rows of each table and period that match, do not match or cannot be told, and what tables do not share."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from linked_project import linked

from silentnps.data.identity.linked_tables import LinkedTables, read_linked_tables
from silentnps.data.identity.match_report import SurveyCustomers, match_by_period, survey_customers

ANSWERS = """email,responded_at,rating
ann@x.com,2025-01-31 23:00:00,9
eve@x.com,2025-03-01 10:00:00,9
eve@x.com,2025-03-02 10:00:00,9
both@x.com,2025-04-01 00:00:00,2
bob@x.com,2025-04-02 10:00:00,7
,2025-04-02 10:00:00,7
ann@x.com,,7
"""
ORDERS = "order_id,customer_id,ordered_at,amount\n1,1,2025-01-01 10:00:00,5\n2,9,2025-01-01 10:00:00,5\n"


def tables(folder: Path) -> LinkedTables:
    return read_linked_tables(linked(folder, keys={"responses": "email"}, responses=ANSWERS, orders=ORDERS))


def test_every_row_is_counted_once_in_its_quarter(tmp_path: Path) -> None:
    got = match_by_period(tables(tmp_path), "quarter")
    rows = [tuple(row) for row in got.drop(columns="match_share").itertuples(index=False)]
    assert rows == [
        ("responses", "email", "all", 7, 3, 2, 1, 1),
        ("responses", "email", "", 1, 1, 0, 0, 0),
        ("responses", "email", "2025-Q1", 3, 1, 2, 0, 0),
        ("responses", "email", "2025-Q2", 3, 1, 0, 1, 1),
        ("orders", "customer_id", "all", 2, 1, 1, 0, 0),
        ("orders", "customer_id", "2025-Q1", 2, 1, 1, 0, 0),
    ]
    assert got["match_share"].tolist() == [3 / 7, 1.0, 1 / 3, 1 / 3, 0.5, 0.5]


def test_months_add_up_to_the_same_numbers(tmp_path: Path) -> None:
    linked_tables = tables(tmp_path)
    months, quarters = (match_by_period(linked_tables, period) for period in ("month", "quarter"))  # type: ignore[arg-type]
    assert {"2025-01", "2025-03", "2025-04"} < set(months["period"])
    pd.testing.assert_frame_equal(
        months[months["period"] == "all"].reset_index(drop=True),
        quarters[quarters["period"] == "all"].reset_index(drop=True),
    )


def test_periods_are_those_of_the_declared_time_zone(tmp_path: Path) -> None:
    late = "order_id,customer_id,ordered_at,amount\n1,1,2025-03-31 23:30:00Z,5\n"
    config = linked(tmp_path, keys={}, orders=late)
    for zone, quarter in (("UTC", "2025-Q1"), ("Europe/Berlin", "2025-Q2")):
        read = read_linked_tables(config.model_copy(update={"timezone": zone}))
        assert match_by_period(read, "quarter")["period"].tolist() == ["all", quarter]
        assert match_by_period(read, "month")["period"].tolist() == ["all", f"2025-0{3 + (zone != 'UTC')}"]


def test_customers_of_a_survey_without_an_order_and_keys_of_nobody(tmp_path: Path) -> None:
    assert survey_customers(tables(tmp_path)) == [SurveyCustomers("responses", 2, 1, 2)]


def test_without_orders_nothing_is_said_of_them(tmp_path: Path) -> None:
    config = linked(tmp_path, keys={"responses": "email"}, responses=ANSWERS)
    assert survey_customers(read_linked_tables(config)) == [SurveyCustomers("responses", 2, None, 2)]
