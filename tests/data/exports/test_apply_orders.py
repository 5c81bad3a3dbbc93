"""Orders of other programs: tests, cancelled and deleted ones, several versions, refunds without a date."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from written_exports import (
    SECONDS,
    charge,
    further_line,
    read_export,
    said,
    segment_track,
    set_aside,
    shopify_line,
    shopify_order,
    stamp,
    woocommerce_order,
)
from written_tables import parquet, project

from silentnps.data.reading.sources import read_tables
from silentnps.errors import ConfigError


def test_shopify_orders_count_in_their_latest_version_without_tests_and_deleted_ones(tmp_path: Path) -> None:
    rows = [
        shopify_order(1),
        shopify_order(1, _fivetran_synced=stamp(9), total_price="31.75", cancelled_at=stamp(5)),
        shopify_order(2, test="true"),
        shopify_order(3, _fivetran_deleted="true"),
        shopify_order(4, deleted_at=stamp(8)),
    ]
    read = read_export(tmp_path, "orders", rows, "shopify_api_orders")
    orders = read.tables["orders"].execute()
    assert orders["order_id"].tolist() == ["450001"]
    assert orders["amount"].tolist() == [3175]
    assert orders["ordered_at"].tolist() == [pd.Timestamp("2025-01-02 10:00")]
    assert set_aside(read) == {
        "the latest version of what it describes": 1,
        "one that the source still has": 1,
        "no test order": 1,
        "an order that was not deleted": 1,
    }


def test_airbyte_keeps_the_customer_in_an_object_and_marks_its_versions_otherwise(tmp_path: Path) -> None:
    new = {"customer": '{"id": 207001, "email": "a@m.example"}', "_airbyte_extracted_at": stamp(4)}
    old = new | {"_airbyte_extracted_at": stamp(3), "total_price": "1.00"}
    left_out = ("email", "customer_id", "_fivetran_synced", "_fivetran_deleted")
    rows = [
        {name: value for name, value in shopify_order(1, **changed).items() if name not in left_out}
        for changed in (new, old)
    ]
    orders = read_export(tmp_path, "orders", rows, "shopify_api_orders").tables["orders"].execute()
    assert orders["customer_id"].tolist() == ["a@m.example"]
    assert orders["amount"].tolist() == [3125]


def test_warehouses_have_types_of_their_own(tmp_path: Path) -> None:
    moment = datetime.fromtimestamp(SECONDS, UTC)
    typed = {
        "id": ["ch_1", "ch_2"],
        "amount": [1250, 500],
        "currency": ["eur", "jpy"],
        "created": [moment, moment],
        "captured": [True, True],
        "livemode": [True, False],
        "status": ["succeeded", "succeeded"],
        "receipt_email": ["a@m.example", "b@m.example"],
        "refunded": [False, False],
    }
    orders = parquet(tmp_path, "charge", **typed).model_copy(update={"preset": "stripe_charges"})
    read = read_tables(project(tmp_path, orders=orders))
    assert read.tables["orders"].execute()["amount"].tolist() == [1250]
    assert read.tables["orders"].execute()["ordered_at"].tolist() == [pd.Timestamp("2025-01-01 10:00")]
    assert set_aside(read) == {"one of live mode, not a test": 1}


def test_lines_of_a_woocommerce_order_are_one_order_that_was_paid(tmp_path: Path) -> None:
    rows = [
        woocommerce_order(1),
        woocommerce_order(1, item_name="Cup", item_quantity="3"),
        woocommerce_order(2, status="pending", paid_date=""),
        woocommerce_order(3, status="Failed"),
        woocommerce_order(4, status="cancelled", paid_date=""),
        woocommerce_order(5, status="cancelled"),
        woocommerce_order(6, status="refunded"),
    ]
    read = read_export(tmp_path, "orders", rows, "woocommerce_orders")
    orders = read.tables["orders"].execute()
    assert orders["order_id"].tolist() == ["1001", "1005", "1006"]
    assert orders["items"].tolist() == [5, 2, 2]
    assert orders["amount"].tolist() == [2150, 2550, 2650]
    assert set_aside(read) == {
        "an order that was placed, not pending, failed or a draft": 2,
        "an order that was paid before it was cancelled": 1,
    }
    assert "refunded_total" in said(read)


def test_an_order_of_shopify_waits_until_it_is_fulfilled_or_cancelled(tmp_path: Path) -> None:
    times: list[dict[str, object]] = [
        {"Fulfilled at": "2025-01-05 12:00:00 +0100", "Cancelled at": ""},
        {"Fulfilled at": "2025-01-05 12:00:00 +0100", "Cancelled at": "2025-01-09 12:00:00 +0100"},
        {"Fulfilled at": "", "Cancelled at": "2025-01-09 12:00:00 +0100"},
        {"Fulfilled at": "", "Cancelled at": ""},
    ]
    rows = [row for n, changed in enumerate(times) for row in (shopify_line(n, **changed), further_line(n))]
    orders = read_export(tmp_path, "orders", rows, "shopify_orders").tables["orders"].execute()
    left, cancelled = pd.Timestamp("2025-01-05 11:00"), pd.Timestamp("2025-01-09 11:00")
    assert orders["fulfilled_at"].tolist() == [left, left, cancelled, pd.NaT]


def test_an_order_of_woocommerce_is_fulfilled_when_it_is_completed(tmp_path: Path) -> None:
    rows = [
        woocommerce_order(1, date_completed="2025-01-05T13:00:00", date_completed_gmt="2025-01-05T12:00:00"),
        woocommerce_order(2, date_completed="", date_completed_gmt="", status="processing"),
    ]
    read = read_export(tmp_path, "orders", rows, "woocommerce_orders", zone="Europe/Berlin")
    orders = read.tables["orders"].execute()
    assert orders["fulfilled_at"].tolist() == [pd.Timestamp("2025-01-05 12:00"), pd.NaT]


def test_orders_of_segment_happened_at_their_timestamp(tmp_path: Path) -> None:
    order = {**segment_track(1, "order_completed"), "order_id": "o1", "total": "9.90", "revenue": "8.00"}
    rows = [order, order | {"received_at": stamp(50), "total": "9.95"}]
    read = read_export(tmp_path, "orders", rows, "segment_orders")
    orders = read.tables["orders"].execute()
    assert orders["amount"].tolist() == [995]
    assert orders["ordered_at"].tolist() == [pd.Timestamp("2025-01-02 10:00")]
    assert "currency" not in orders.columns


@pytest.mark.parametrize(
    ("preset", "row", "column"),
    [
        ("shopify_api_orders", shopify_order(1), "current_total_price"),
        ("woocommerce_orders", woocommerce_order(1), "refunded_total"),
        ("stripe_charges", charge(1), "amount_refunded"),
    ],
)
def test_sums_without_a_date_are_refused(tmp_path: Path, preset: str, row: dict[str, object], column: str) -> None:
    with pytest.raises(ConfigError, match=f"must not be '{column}'; it "):
        read_export(tmp_path, "orders", [row], preset, columns={"discount": column})
