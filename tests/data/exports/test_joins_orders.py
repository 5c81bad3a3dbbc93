"""Orders, refunds and events that are several files: whose they are, and what else is only in the others."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from written_exports import (
    SECONDS,
    Row,
    charge,
    further_line,
    history,
    klaviyo_event,
    order_refund,
    payment,
    read_export,
    said,
    segment_track,
    set_aside,
    shopify_line,
    shopify_order,
    stamp,
    stripe_refund,
    ticket,
    transaction,
    woocommerce_order,
    woocommerce_refund,
)

from silentnps.errors import ConfigError


def without(row: Row, *names: str) -> Row:
    return {name: value for name, value in row.items() if name not in names}


def test_refunds_of_shopify_have_their_own_date_and_the_customer_of_the_order(tmp_path: Path) -> None:
    rows = [
        transaction(1),
        transaction(2, kind="sale"),
        transaction(3, status="failure"),
        transaction(4, test="true"),
        transaction(5, order_id=1),
    ]
    orders = [shopify_order(1), shopify_order(1, email="old@m.example", _fivetran_synced=stamp(0))]
    read = read_export(tmp_path, "returns", rows, "shopify_refunds", further={"orders": orders})
    returns = read.tables["returns"].execute()
    assert returns["customer_id"].fillna("nobody").tolist() == ["p1@m.example", "nobody"]
    assert returns["order_id"].tolist() == ["450001", "1"]
    assert returns["refund_amount"].tolist() == [1025, 1025]
    assert returns["returned_at"].iloc[0] == pd.Timestamp("2025-01-08 10:00")
    assert set_aside(read) == {
        "a refund (kind refund)": 1,
        "a refund that was paid back (status success)": 1,
        "no test": 1,
    }
    with pytest.raises(ConfigError, match="joined must name the file orders"):
        read_export(tmp_path, "returns", rows, "shopify_refunds")


def test_what_was_paid_back_is_the_sum_of_transactions_that_succeeded(tmp_path: Path) -> None:
    rows = [order_refund(1), order_refund(2, "pending"), order_refund(3, transactions="")]
    orders = [shopify_order(n) for n in (1, 2, 3)]
    read = read_export(tmp_path, "returns", rows, "shopify_order_refunds", further={"orders": orders})
    (only,) = read.tables["returns"].execute().to_dict("records")
    assert (only["customer_id"], only["refund_amount"], only["currency"]) == ("p1@m.example", 1025, "EUR")
    assert set_aside(read) == {"a refund that was paid back (a transaction with status success)": 2}


def test_the_customer_of_a_refund_is_in_the_first_line_of_the_order(tmp_path: Path) -> None:
    lines = [shopify_line(1), further_line(1), shopify_line(2)]
    rows = [history(1), history(2, Kind="sale"), history(2, Gateway="(for testing) Bogus Gateway")]
    read = read_export(tmp_path, "returns", rows, "shopify_transactions", further={"orders": lines})
    (only,) = read.tables["returns"].execute().to_dict("records")
    assert (only["customer_id"], only["order_id"], only["refund_amount"]) == ("p1@m.example", "#1001", 1025)


def test_refunds_of_stripe_are_in_the_unit_of_their_currency(tmp_path: Path) -> None:
    rows = [stripe_refund(1, currency="jpy"), stripe_refund(2, currency="jpy"), stripe_refund(3, status="failed")]
    charges = [charge(n, currency="jpy") for n in (1, 2, 3)]
    read = read_export(
        tmp_path, "returns", rows, "stripe_refunds", further={"charges": charges}, identified_by="email"
    )
    returns = read.tables["returns"].execute()
    assert returns["refund_amount"].tolist() == [50_000, 50_000]
    assert returns["customer_id"].tolist() == ["p1@m.example", "p2@m.example"]
    assert returns["returned_at"].iloc[0] == pd.Timestamp(SECONDS + 6 * 86_400, unit="s")


def test_payments_of_stripes_dashboard_are_in_utc_and_have_decimals(tmp_path: Path) -> None:
    rows = [payment(1), payment(2, Status="Refunded", **{"Amount Refunded": "14.50"}), payment(3, Status="Failed")]
    read = read_export(tmp_path, "orders", rows, "stripe_payments", zone="Europe/Berlin")
    orders = read.tables["orders"].execute()
    assert orders["amount"].tolist() == [1350, 1450]
    assert orders["ordered_at"].iloc[0] == pd.Timestamp("2025-01-02 10:00")
    assert "left out Amount Refunded" in said(read)


def test_items_are_added_up_from_the_lines_of_an_order(tmp_path: Path) -> None:
    lines = [
        {"id": n, "order_id": 450_001, "quantity": n, "price": "1.00", "_fivetran_deleted": str(n == 9).lower()}
        for n in (1, 2, 9)
    ]
    rows = [shopify_order(1), shopify_order(2)]
    read = read_export(tmp_path, "orders", rows, "shopify_api_orders", further={"order_line": lines})
    items = read.tables["orders"].execute()["items"]
    assert items.iloc[0] == 3
    assert pd.isna(items.iloc[1])


def test_items_are_added_up_from_a_list_in_the_order(tmp_path: Path) -> None:
    rows = [shopify_order(1, line_items='[{"quantity": 2}, {"quantity": 3}]'), shopify_order(2, line_items="")]
    items = read_export(tmp_path, "orders", rows, "shopify_api_orders").tables["orders"].execute()["items"]
    assert items.iloc[0] == 5
    assert pd.isna(items.iloc[1])


def test_times_of_woocommerce_that_are_gmt_are_not_those_of_the_site(tmp_path: Path) -> None:
    order = without(woocommerce_order(1), "order_date", "item_quantity")
    order |= {"date_created": "2025-01-02T11:00:00", "date_created_gmt": "2025-01-02T10:00:00"}
    read = read_export(tmp_path, "orders", [order], "woocommerce_orders", zone="Europe/Berlin")
    assert read.tables["orders"].execute()["ordered_at"].tolist() == [pd.Timestamp("2025-01-02 10:00")]


def test_refunds_of_woocommerce_have_the_customer_and_the_currency_of_the_order(tmp_path: Path) -> None:
    rows = [woocommerce_refund(1), woocommerce_refund(2), woocommerce_refund(9)]
    orders = [woocommerce_order(1), woocommerce_order(2)]
    read = read_export(
        tmp_path, "returns", rows, "woocommerce_refunds", zone="Europe/Berlin", further={"orders": orders}
    )
    returns = read.tables["returns"].execute()
    assert returns["customer_id"].fillna("nobody").tolist() == ["p1@m.example", "p2@m.example", "nobody"]
    assert returns["refund_amount"].tolist() == [625, 725, 1425]
    assert returns["currency"].fillna("").tolist() == ["EUR", "EUR", ""]
    assert returns["returned_at"].iloc[0] == pd.Timestamp("2025-01-05 10:00")
    assert returns["order_id"].iloc[0] == "1001"


def test_refunds_in_the_database_of_woocommerce_are_orders_with_amounts_below_zero(tmp_path: Path) -> None:
    def stored(n: int, **changed: object) -> Row:
        return {
            "id": n,
            "status": "wc-completed",
            "type": "shop_order",
            "currency": "EUR",
            "total_amount": "45.00",
            "customer_id": n,
            "billing_email": f"p{n}@m.example",
            "date_created_gmt": f"2025-04-0{n} 09:21:39",
            "parent_order_id": 0,
            **changed,
        }

    refund = {"type": "shop_order_refund", "billing_email": "", "customer_id": ""}
    rows = [stored(1), stored(2), stored(3, total_amount="-12.50", parent_order_id=2, **refund)]
    read = read_export(tmp_path, "returns", rows, "woocommerce_refunds", further={"orders": rows})
    (only,) = read.tables["returns"].execute().to_dict("records")
    assert (only["customer_id"], only["refund_amount"], only["order_id"]) == ("p2@m.example", 1250, "2")
    assert only["returned_at"] == pd.Timestamp("2025-04-03 09:21:39")
    assert set_aside(read) == {"a refund and no order": 2}


def fulfilment(n: int, order: int, day: int, **changed: object) -> Row:
    return {
        "id": n,
        "order_id": 450_000 + order,
        "created_at": stamp(day),
        "updated_at": stamp(day + 1),
        "status": "success",
        "shipment_status": "delivered",
        "tracking_company": "Post",
        **changed,
    }


def test_an_order_of_shopify_is_fulfilled_when_the_first_part_that_was_sent_left(tmp_path: Path) -> None:
    fulfilments = [
        fulfilment(1, 1, 5),
        fulfilment(2, 1, 3),
        fulfilment(3, 1, 2, status="cancelled"),
        fulfilment(4, 2, 4, status="cancelled"),
        fulfilment(5, 3, 4, _fivetran_deleted="true"),
        fulfilment(6, 3, 6, _fivetran_deleted="false"),
    ]
    rows = [shopify_order(n) for n in (1, 2, 3, 4)]
    read = read_export(tmp_path, "orders", rows, "shopify_api_orders", further={"fulfillment": fulfilments})
    orders = read.tables["orders"].execute().sort_values("order_id")
    times = [pd.Timestamp("2025-01-04 10:00"), None, pd.Timestamp("2025-01-07 10:00"), None]
    assert [None if pd.isna(time) else time for time in orders["fulfilled_at"]] == times
    assert "1 rows have the order_id of one with an earlier created_at, which counts" in said(read)


def test_fulfilments_may_be_a_list_in_the_order(tmp_path: Path) -> None:
    parts = [
        '{"status": "success", "created_at": "2025-01-06T10:00:00-05:00"}',
        '{"status": "success", "created_at": "2025-01-04T10:00:00+01:00"}',
        '{"status": "cancelled", "created_at": "2025-01-03T10:00:00Z"}',
    ]
    rows = [shopify_order(1, fulfillments=f"[{', '.join(parts)}]"), shopify_order(2, fulfillments="[]")]
    orders = read_export(tmp_path, "orders", rows, "shopify_api_orders").tables["orders"].execute()
    assert orders["fulfilled_at"].iloc[0] == pd.Timestamp("2025-01-04 09:00")
    assert pd.isna(orders["fulfilled_at"].iloc[1])


def identified(anonymous: int, user: str) -> Row:
    return {"id": f"i{anonymous}{user}", "anonymous_id": f"anon-{anonymous}", "user_id": user} | {
        "received_at": stamp(1),
        "email": f"{user}@m.example",
    }


def test_events_before_a_login_are_of_the_user_who_logged_in_where_it_is_one(tmp_path: Path) -> None:
    rows = [
        segment_track(1),
        segment_track(2, user_id=""),
        segment_track(3, user_id=""),
        segment_track(4, user_id=""),
    ]
    identifies = [identified(2, "K0002"), identified(2, ""), identified(3, "K0003"), identified(3, "K0009")]
    read = read_export(tmp_path, "engagement", rows, "segment_tracks", further={"identifies": identifies})
    customers = read.tables["engagement"].execute()["customer_id"]
    assert customers.fillna("nobody").tolist() == ["K0001", "K0002", "nobody", "nobody"]
    assert "values of anonymous_id have several of user_id" in said(read)


def test_airbytes_events_of_klaviyo_have_metrics_and_profiles_beside_them(tmp_path: Path) -> None:
    def event(n: int, metric: str) -> Row:
        profile = f'"profile": {{"data": {{"id": "prof{n}"}}}}'
        return {
            "id": f"e{n}",
            "type": "event",
            "datetime": stamp(n),
            "attributes": f'{{"timestamp": {SECONDS}, "uuid": "u{n}"}}',
            "relationships": f'{{{profile}, "metric": {{"data": {{"id": "{metric}"}}}}}}',
        }

    further = {
        "metrics": [
            {"id": "m1", "attributes": '{"name": "Received Email", "integration": {"name": "Klaviyo"}}'},
            {"id": "m2", "attributes": '{"name": "Clicked Email", "integration": {"name": "Klaviyo"}}'},
        ],
        "profiles": [
            {"id": f"prof{n}", "attributes": f'{{"email": "p{n}@m.example", "external_id": null}}'} for n in (1, 2)
        ],
    }
    rows = [event(1, "m1"), event(2, "m2")]
    options = {"further": further, "identified_by": "email"}
    sent = read_export(tmp_path, "outreach", rows, "klaviyo", **options).tables["outreach"].execute()
    did = read_export(tmp_path, "engagement", rows, "klaviyo", **options).tables["engagement"].execute()
    assert sent[["customer_id", "channel"]].to_numpy().tolist() == [["p1@m.example", "email"]]
    assert did[["customer_id", "kind"]].to_numpy().tolist() == [["p2@m.example", "click"]]


def test_the_table_event_of_fivetran_has_the_metric_as_its_type(tmp_path: Path) -> None:
    rows = [
        {**without(klaviyo_event(n, metric), "metric_name", "external_id"), "type": metric}
        for n, metric in enumerate(("Received Email", "Clicked Email"))
    ]
    read = read_export(tmp_path, "outreach", rows, "klaviyo", identified_by="email")
    assert read.tables["outreach"].execute()["channel"].tolist() == ["email"]


def test_tickets_of_zendesk_are_solved_when_their_metrics_say_so(tmp_path: Path) -> None:
    further = {
        "ticket_metrics": [{"ticket_id": 7001, "solved_at": stamp(9), "reopens": 0}],
        "users": [{"id": 301, "email": "a@m.example", "role": "end-user"}],
    }
    read = read_export(tmp_path, "support", [ticket(1)], "zendesk", further=further, identified_by="email")
    (only,) = read.tables["support"].execute().to_dict("records")
    assert (only["customer_id"], only["closed_at"]) == ("a@m.example", pd.Timestamp("2025-01-10 10:00"))


def test_seconds_and_milliseconds_since_1970_are_the_same_moment(tmp_path: Path) -> None:
    rows = [ticket(1, created_at=SECONDS), ticket(2, created_at=1000 * SECONDS)]
    opened = read_export(tmp_path, "support", rows, "zendesk").tables["support"].execute()["opened_at"]
    assert set(opened) == {pd.Timestamp("2025-01-01 10:00")}
