"""Segments by events: what counts, what comes too late, ties, versions, local hours."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from event_tables import connect

from silentnps.features.event_segments.build import event_segments
from silentnps.features.event_segments.definitions import EVENT_SEGMENTS, available_event_segments

AS_OF = pd.Timestamp("2025-06-30 10:00:00")


def days_before(*days: float) -> list[pd.Timestamp]:
    return [AS_OF - pd.Timedelta(days=day) for day in days]


def orders(customer: str, days: list[float], channels: list[str | None], **columns: Any) -> pd.DataFrame:
    return pd.DataFrame(
        {"customer_id": customer, "ordered_at": days_before(*days), "channel": channels, **columns}
    ).astype({"channel": "object"})


def of(tables: dict[str, Any], *names: str, customers: tuple[str, ...] = ("ann",), **options: Any) -> pd.DataFrame:
    rows = pd.DataFrame({"customer_id": list(customers), "as_of": AS_OF})
    return event_segments(tables, rows, list(names), **options)


def one(frame: pd.DataFrame, name: str = "orders_main_channel", table: str = "orders", **options: Any) -> str:
    return str(of(connect({table: frame}), name, **options)[name].iloc[0])


def test_the_most_frequent_value_counts_whatever_its_case_and_blanks() -> None:
    frame = orders("ann", [10, 20, 5], ["Web", " web ", "store"])
    assert one(frame) == "web"
    assert one(frame, "orders_last_channel") == "store"


def test_of_equally_frequent_values_the_latest_counts() -> None:
    assert one(orders("ann", [1, 9, 3, 4], ["store", "store", "web", "web"])) == "store"


def test_nothing_from_as_of_on_matters() -> None:
    frame = orders("ann", [0, -1, -2, 5], ["store", "store", "store", "web"])
    assert one(frame) == one(frame, "orders_last_channel") == "web"


def test_orders_before_the_last_365_days_count_as_the_last_one_only() -> None:
    frame = orders("ann", [366, 370, 365], ["store", "store", "web"])
    assert one(frame) == "web"
    assert one(frame.iloc[:2]) == "(no orders)"
    assert one(frame.iloc[:2], "orders_last_channel") == "store"


def test_customers_keep_their_order_and_those_without_events_are_a_segment() -> None:
    frame = pd.concat([orders("bob", [1], ["app"]), orders("ann", [1], ["web"])])
    found = of(connect({"orders": frame}), "orders_main_channel", customers=("eve", "ann", "bob"))
    assert found["orders_main_channel"].tolist() == ["(no orders)", "web", "app"]


def test_an_unknown_value_is_missing_only_where_there_is_no_other() -> None:
    assert one(orders("ann", [1, 2, 3], [None, None, "web"])) == "web"
    others = orders("bob", [1], ["web"])
    assert one(pd.concat([orders("ann", [1, 2], [None, None]), others])) == "(missing)"


def test_ids_of_stores_stay_as_they_are_written() -> None:
    frame = orders("ann", [1, 2], ["store", "store"], store_id=["A-1", "A-1"])
    assert one(frame, "orders_main_store") == "A-1"


def test_the_version_that_was_known_then_counts() -> None:
    versions = orders("ann", [30, 30], ["web", "store"], order_id=["o1", "o1"], known_at=days_before(20, -5))
    assert one(versions) == "web"
    assert one(versions.assign(known_at=days_before(20, 5))) == "store"


def test_the_last_contact_and_the_associate_of_most_contacts_are_told() -> None:
    sent = pd.DataFrame(
        {
            "customer_id": "ann",
            "sent_at": days_before(3, 2, 1),
            "channel": ["call", "call", "Chat"],
            "associate_id": ["As-1", "As-2", "As-1"],
        }
    )
    assert one(sent, "outreach_last_channel", "outreach") == "chat"
    assert one(sent, "outreach_main_associate", "outreach") == "As-1"


def invitations(*moments: pd.Timestamp, channel: str = "SMS") -> pd.DataFrame:
    return pd.DataFrame({"customer_id": "ann", "invited_at": list(moments), "channel": channel})


def test_the_invitation_is_that_of_the_wave_itself() -> None:
    frame = invitations(AS_OF, AS_OF - pd.Timedelta(days=90))
    tables = connect({"invitations": frame})
    found = of(tables, "invitations_channel", "invitations_hour", "invitations_weekday", customers=("ann", "bob"))
    assert found.iloc[0].tolist() == ["sms", "09:00 to 11:59", "1 Monday"]
    assert set(found.iloc[1]) == {"(not invited)"}
    earlier = invitations(AS_OF - pd.Timedelta(days=90))
    assert one(earlier, "invitations_channel", "invitations") == "(not invited)"


@pytest.mark.parametrize(
    ("zone", "hour", "weekday"),
    [
        (None, "09:00 to 11:59", "1 Monday"),
        ("Asia/Tokyo", "18:00 to 20:59", "1 Monday"),
        ("Pacific/Kiritimati", "00:00 to 02:59", "2 Tuesday"),
    ],
)
def test_hours_and_weekdays_are_local(zone: str | None, hour: str, weekday: str) -> None:
    frame = invitations(AS_OF)
    assert one(frame, "invitations_hour", "invitations", zone=zone) == hour
    assert one(frame, "invitations_weekday", "invitations", zone=zone) == weekday


def test_only_tables_and_columns_that_are_there_give_segments() -> None:
    tables = connect({"orders": orders("ann", [1], ["web"])})
    assert available_event_segments(tables) == ["orders_main_channel", "orders_last_channel"]
    assert available_event_segments({"invitations": ["customer_id", "invited_at"]}) == [
        "invitations_hour",
        "invitations_weekday",
    ]


def test_names_say_the_table() -> None:
    for name, segment in EVENT_SEGMENTS.items():
        assert name == segment.name
        assert name.startswith(f"{segment.table}_")
