"""Exports of other programs, written from their public descriptions, with their traps in them."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from written_tables import project

from silentnps.config import TableConfig
from silentnps.data.reading.sources import ReadTables, read_tables

Row = dict[str, object]

N_CUSTOMERS = 60
SECONDS = 1735725600
"""2025-01-01 10:00 UTC."""
DAY = 86_400


def csv_text(rows: Sequence[Row], *, mark: bool = False, reverse: bool = False) -> str:
    """Return rows as CSV, on demand with a byte-order mark and with the columns in the other order."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, list(reversed(names)) if reverse else names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return ("\ufeff" if mark else "") + out.getvalue()


def read_export(
    folder: Path,
    table: str,
    rows: Sequence[Row],
    preset: str,
    *,
    zone: str | None = "UTC",
    further: Mapping[str, Sequence[Row]] | None = None,
    currencies: dict[str, Any] | None = None,
    **options: Any,
) -> ReadTables:
    """Write rows, and those of the further files of an export by name, and read them by a preset."""
    files = {"export": rows} | dict(further or {})
    for name, of_file in files.items():
        (folder / f"{name}.csv").write_text(csv_text(of_file), encoding="utf-8")
    joined = {name: {"path": folder / f"{name}.csv"} for name in further or {}}
    place = {"path": folder / "export.csv", "preset": preset, "joined": joined}
    section = TableConfig.model_validate(place | options)
    return read_tables(project(folder, timezone=zone, currencies=currencies, **{table: section}))


def set_aside(read: ReadTables) -> dict[str, int]:
    """Return how many rows each rule set aside."""
    return {finding.rule: finding.rows for finding in read.findings if finding.effect == "row"}


def said(read: ReadTables) -> str:
    return " ".join(str(finding) for finding in read.findings)


@dataclass(frozen=True)
class Export:
    """One export: the preset that reads it, its rows, and the tables, each with the number of rows that it gets.

    `lines` of the rows belong to an earlier one, `further` are the rows of the other files of the export by name,
    and `others` the presets by table that read these for themselves.
    """

    preset: str
    rows: list[Row]
    tables: dict[str, int]
    lines: int = 0
    further: dict[str, list[Row]] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)


def mail(n: int) -> str:
    return f"p{n % N_CUSTOMERS}@m.example"


def customers() -> list[Row]:
    """Return a list of customers with numbers of their own."""
    return [
        {"Customer Number": f"K{n:04d}", "E-Mail": mail(n), "Region": "north" if n % 3 else "south"}
        for n in range(N_CUSTOMERS)
    ]


def charge(n: int, **changed: object) -> Row:
    """Return one charge of Stripe's API."""
    return {
        "id": f"ch_{n}",
        "object": "charge",
        "amount": 1250 + n,
        "amount_refunded": 0,
        "captured": "true",
        "created": SECONDS + DAY * n,
        "currency": "eur",
        "customer": f"cus_{n % N_CUSTOMERS}",
        "livemode": "true",
        "paid": "true",
        "receipt_email": mail(n),
        "refunded": "false",
        "status": "succeeded",
        **changed,
    }


def stripe_charges() -> Export:
    refused = [
        charge(90, status="failed", paid="false"),
        charge(91, livemode="false"),
        charge(92, captured="false"),
        charge(93, currency=""),
    ]
    return Export("stripe_charges", [*(charge(n) for n in range(80)), *refused], {"orders": 80})


def payment(n: int, **changed: object) -> Row:
    """Return one payment of the dashboard of Stripe."""
    return {
        "id": f"ch_{n}",
        "Created date (UTC)": stamp(n).removesuffix("Z").replace("T", " "),
        "Amount": f"{12 + n}.50",
        "Amount Refunded": "0.00",
        "Currency": "eur",
        "Captured": "true",
        "Status": "Paid",
        "Mode": "Live",
        "Customer ID": f"cus_{n % N_CUSTOMERS}",
        "Customer Email": mail(n),
        **changed,
    }


def stripe_payments() -> Export:
    refused = [payment(90, Status="Failed"), payment(91, Mode="Test"), payment(92, Captured="false")]
    return Export("stripe_payments", [*(payment(n) for n in range(70)), *refused], {"orders": 70})


def stripe_refund(n: int, **changed: object) -> Row:
    """Return one refund of Stripe's API."""
    return {
        "id": f"re_{n}",
        "object": "refund",
        "amount": 500,
        "charge": f"ch_{n}",
        "created": SECONDS + DAY * (n + 5),
        "currency": "eur",
        "payment_intent": f"pi_{n}",
        "reason": "requested_by_customer",
        "status": "succeeded",
        **changed,
    }


def stripe_refunds() -> Export:
    rows = [*(stripe_refund(n) for n in range(0, 60, 3)), stripe_refund(70, status="failed")]
    charges = [charge(n) for n in range(80)]
    return Export(
        "stripe_refunds", rows, {"returns": 20}, further={"charges": charges}, others={"orders": "stripe_charges"}
    )


def transaction(n: int, **changed: object) -> Row:
    """Return one transaction of Shopify's API as Fivetran writes it."""
    return {
        "id": 800_000 + n,
        "order_id": 450_000 + n,
        "kind": "refund",
        "gateway": "shopify_payments",
        "status": "success",
        "amount": "10.25",
        "currency": "EUR",
        "created_at": stamp(n + 6, 12),
        "processed_at": stamp(n + 6),
        "parent_id": 700_000 + n,
        "test": "false",
        "_fivetran_synced": stamp(n + 9),
        **changed,
    }


def shopify_refunds() -> Export:
    refunds = [transaction(n) for n in range(0, 60, 3)]
    others = [transaction(100 + n, order_id=450_000 + n, kind="sale", amount="30.25") for n in range(60)]
    others += [transaction(90, order_id=450_001, status="failure"), transaction(91, order_id=450_002, test="true")]
    orders = [shopify_order(n) for n in range(60)]
    return Export(
        "shopify_refunds",
        [*refunds, *others],
        {"returns": 20},
        further={"orders": orders},
        others={"orders": "shopify_api_orders"},
    )


def order_refund(n: int, status: str = "success", **changed: object) -> Row:
    """Return one refund of Shopify's API as Airbyte writes it."""
    return {
        "id": 900_000 + n,
        "order_id": 450_000 + n,
        "created_at": stamp(n + 6, 12),
        "processed_at": stamp(n + 6),
        "restock": "true",
        "refund_line_items": "[]",
        "transactions": f'[{{"amount": "10.25", "status": "{status}"}}, {{"amount": "1.00", "status": "failure"}}]',
        "_airbyte_extracted_at": stamp(n + 9),
        **changed,
    }


def shopify_order_refunds() -> Export:
    rows = [
        *(order_refund(n) for n in range(0, 60, 3)),
        order_refund(1, "failure"),
        order_refund(2, transactions="[]"),
    ]
    return Export(
        "shopify_order_refunds",
        rows,
        {"returns": 20},
        further={"orders": [shopify_order(n) for n in range(60)]},
        others={"orders": "shopify_api_orders"},
    )


def shopify_line(n: int, **changed: object) -> Row:
    """Return the first row of an order in the CSV export of Shopify."""
    return {
        "Name": f"#{1000 + n}",
        "Email": mail(n),
        "Financial Status": "paid",
        "Paid at": stamp(n).replace("T", " ").replace("Z", " +0000"),
        "Currency": "EUR",
        "Total": f"{20 + n}.50",
        "Discount Amount": "1.00",
        "Created at": stamp(n).replace("T", " ").replace("Z", " +0000"),
        "Lineitem quantity": "2",
        "Lineitem name": "Tea",
        "Refunded Amount": "0.00",
        "Id": str(450_000 + n),
        "Source": "web",
        **changed,
    }


def further_line(n: int) -> Row:
    """Return a further row of an order in the CSV export of Shopify: the fields of the order are empty."""
    return {name: "" for name in shopify_line(n)} | {
        "Name": f"#{1000 + n}",
        "Lineitem quantity": "1",
        "Lineitem name": "Cup",
    }


def shopify_orders() -> Export:
    rows = [row for n in range(60) for row in (shopify_line(n), *([further_line(n)] if n % 4 == 0 else []))]
    return Export("shopify_orders", rows, {"orders": 60}, lines=15)


def history(n: int, **changed: object) -> Row:
    """Return one row of the transaction histories that Shopify exports as CSV."""
    return {
        "Order": str(450_000 + n),
        "Name": f"#{1000 + n}",
        "Kind": "refund",
        "Gateway": "shopify_payments",
        "Created At": stamp(n + 6).replace("T", " ").replace("Z", " +0000"),
        "Status": "success",
        "Amount": "10.25",
        "Currency": "EUR",
        "Card Type": "visa",
        **changed,
    }


def shopify_transactions() -> Export:
    rows = [history(n, Kind="refund" if n % 3 == 0 else "sale") for n in range(60)]
    return Export(
        "shopify_transactions",
        [*rows, history(1, Status="failure")],
        {"returns": 20},
        further={"orders_export": shopify_orders().rows},
        others={"orders": "shopify_orders"},
    )


def stamp(n: int, hour: int = 10) -> str:
    """Return the moment n days after 2025-01-01, in UTC."""
    return datetime.fromtimestamp(SECONDS + DAY * n, UTC).strftime(f"%Y-%m-%dT{hour:02d}:00:00Z")


def case(n: int, **changed: object) -> Row:
    """Return one case of Salesforce."""
    return {
        "Id": f"500{n:012d}",
        "CaseNumber": f"{n:08d}",
        "ContactId": f"003{n % N_CUSTOMERS:012d}",
        "ContactEmail": mail(n),
        "CreatedDate": stamp(n).replace("Z", ".000+0000"),
        "ClosedDate": stamp(n + 3).replace("Z", ".000+0000") if n % 2 else "",
        "Origin": "Web",
        "Priority": "High",
        "Reason": "Performance",
        "Status": "Closed" if n % 2 else "New",
        "Type": "Problem" if n % 3 else "Question",
        "IsEscalated": "true" if n % 5 == 1 else "false",
        "IsDeleted": "false",
        "SystemModstamp": stamp(n + 4),
        **changed,
    }


def salesforce_case() -> Export:
    further = [case(90, IsDeleted="true"), case(3, SystemModstamp=stamp(1), ClosedDate="")]
    return Export("salesforce_case", [*(case(n) for n in range(70)), *further], {"support": 70})


def woocommerce_order(n: int, **changed: object) -> Row:
    """Return one line item of an order, as the export plugins of WooCommerce write it."""
    return {
        "order_id": str(1000 + n),
        "order_number": str(1000 + n),
        "order_date": stamp(n).removesuffix("Z").replace("T", " "),
        "paid_date": stamp(n, 11).removesuffix("Z").replace("T", " "),
        "status": "completed",
        "order_total": f"{20 + n}.50",
        "discount_total": "1.00",
        "order_currency": "EUR",
        "customer_id": str(n % N_CUSTOMERS) if n % 4 else "0",
        "billing_email": mail(n),
        "item_name": "Tea",
        "item_quantity": "2",
        "refunded_total": "0.00",
        **changed,
    }


def woocommerce_orders() -> Export:
    refused = [
        woocommerce_order(90, status="pending", paid_date=""),
        woocommerce_order(91, status="wc-failed", paid_date=""),
        woocommerce_order(92, status="cancelled", paid_date=""),
    ]
    lines = [woocommerce_order(n, item_name="Cup", item_quantity="1") for n in range(0, 70, 7)]
    kept = [*(woocommerce_order(n) for n in range(70)), woocommerce_order(93, status="cancelled")]
    return Export("woocommerce_orders", [*kept, *lines, *refused], {"orders": 71}, lines=len(lines))


METRICS = ("Received Email", "Opened Email", "Clicked Email", "Active on Site", "Placed Order", "Received SMS")


def woocommerce_refund(n: int, **changed: object) -> Row:
    """Return one refund as the API of WooCommerce has it; the second time is that of a site in Berlin."""
    return {
        "id": 7000 + n,
        "parent_id": 1000 + n,
        "date_created_gmt": stamp(n + 3).removesuffix("Z"),
        "date_created": stamp(n + 3, 11).removesuffix("Z"),
        "amount": f"{5 + n}.25",
        "reason": "too small",
        "refunded_by": 1,
        "refunded_payment": "false",
        "line_items": "[]",
        **changed,
    }


def woocommerce_refunds() -> Export:
    refunds = [woocommerce_refund(n) for n in range(0, 60, 2)]
    orders = [woocommerce_order(n) for n in range(60)]
    further = {"orders": orders}
    return Export(
        "woocommerce_refunds", refunds, {"returns": 30}, further=further, others={"orders": "woocommerce_orders"}
    )


def klaviyo_event(n: int, metric: str, **changed: object) -> Row:
    """Return one event of Klaviyo."""
    return {
        "id": f"evt{n}",
        "metric_id": f"m{METRICS.index(metric) if metric in METRICS else 99}",
        "metric_name": metric,
        "timestamp": SECONDS + DAY * n,
        "profile_id": f"prof{n % N_CUSTOMERS}",
        "email": mail(n),
        "external_id": f"K{n % N_CUSTOMERS:04d}",
        "Apple Privacy Open": "False" if metric == "Opened Email" else "",
        **changed,
    }


def klaviyo() -> Export:
    events = [klaviyo_event(n, METRICS[n % len(METRICS)]) for n in range(120)]
    machine = klaviyo_event(120, "Opened Email", **{"Apple Privacy Open": "True"})
    return Export("klaviyo", [*events, machine], {"outreach": 40, "engagement": 60})


def segment_track(n: int, event: str = "product_viewed", **changed: object) -> Row:
    """Return one row of the table tracks of a Segment warehouse."""
    return {
        "id": f"ajs-{n}",
        "anonymous_id": f"anon-{n % N_CUSTOMERS}",
        "user_id": f"K{n % N_CUSTOMERS:04d}",
        "event": event,
        "event_text": event.replace("_", " ").title(),
        "received_at": stamp(n + 2),
        "sent_at": stamp(n + 1),
        "original_timestamp": stamp(n, 9),
        "timestamp": stamp(n),
        **changed,
    }


def segment_tracks() -> Export:
    events = ("product_viewed", "email_link_clicked", "application_opened", "signed_in")
    tracks = [segment_track(n, events[n % len(events)]) for n in range(80)]
    further = [segment_track(90, "order_completed"), segment_track(5, received_at=stamp(1))]
    return Export("segment_tracks", [*tracks, *further], {"engagement": 80})


def segment_orders() -> Export:
    orders = [
        {**segment_track(n, "order_completed"), "order_id": f"o{n}", "total": f"{n}.90", "currency": "EUR"}
        for n in range(70)
    ]
    return Export("segment_orders", [*orders, {**orders[4], "received_at": stamp(90)}], {"orders": 70})


def shopify_order(n: int, **changed: object) -> Row:
    """Return one order of Shopify's API as Fivetran writes it."""
    return {
        "id": 450_000 + n,
        "name": f"#{1000 + n}",
        "email": mail(n),
        "customer_id": 207_000 + n % N_CUSTOMERS,
        "created_at": stamp(n, 12),
        "processed_at": stamp(n),
        "currency": "EUR",
        "financial_status": "paid",
        "total_price": f"{30 + n}.25",
        "total_discounts": "2.00",
        "current_total_price": f"{20 + n}.25",
        "source_name": "web",
        "cancelled_at": "",
        "test": "false",
        "_fivetran_deleted": "false",
        "_fivetran_synced": stamp(n + 1),
        **changed,
    }


def shopify_api_orders() -> Export:
    further = [
        shopify_order(90, test="true"),
        shopify_order(91, _fivetran_deleted="true"),
        shopify_order(2, _fivetran_synced=stamp(80), total_price="99.00"),
    ]
    return Export("shopify_api_orders", [*(shopify_order(n) for n in range(70)), *further], {"orders": 70})


def ticket(n: int, **changed: object) -> Row:
    """Return one ticket of Zendesk as Airbyte writes it."""
    return {
        "id": 7000 + n,
        "requester_id": 300 + n % N_CUSTOMERS,
        "created_at": stamp(n),
        "updated_at": stamp(n + 2),
        "priority": "high",
        "status": "solved" if n % 2 else "open",
        "type": "problem" if n % 3 else "question",
        "_airbyte_extracted_at": stamp(n + 3),
        **changed,
    }


def zendesk() -> Export:
    tickets = [ticket(n) for n in range(60)]
    further = {
        "users": [
            {"id": 300 + n, "email": mail(n), "role": "end-user", "external_id": ""} for n in range(N_CUSTOMERS)
        ],
        "ticket_metrics": [
            {"ticket_id": 7000 + n, "solved_at": stamp(n + 2) if n % 2 else "", "reopens": 0, "replies": 1}
            for n in range(60)
        ],
    }
    rows = [*tickets, ticket(61, status="deleted"), ticket(4, _airbyte_extracted_at=stamp(1))]
    return Export("zendesk", rows, {"support": 60}, further=further)


EXPORTS = {
    make.__name__: make
    for make in (
        klaviyo,
        salesforce_case,
        segment_orders,
        segment_tracks,
        shopify_api_orders,
        shopify_order_refunds,
        shopify_orders,
        shopify_refunds,
        shopify_transactions,
        stripe_charges,
        stripe_payments,
        stripe_refunds,
        woocommerce_orders,
        woocommerce_refunds,
        zendesk,
    )
}
