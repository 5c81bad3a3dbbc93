"""Events of other programs: cases, messages and what customers did with them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from written_exports import case, klaviyo_event, read_export, said, segment_track, set_aside, stamp

from silentnps.errors import ConfigError


def test_cases_of_salesforce_count_once_with_the_date_of_closing(tmp_path: Path) -> None:
    rows = [
        case(1, ClosedDate="", IsEscalated="false", SystemModstamp=stamp(2)),
        case(1),
        case(2, IsDeleted="true"),
    ]
    read = read_export(tmp_path, "support", rows, "salesforce_case")
    (only,) = read.tables["support"].execute().to_dict("records")
    assert only["opened_at"] == pd.Timestamp("2025-01-02 10:00")
    assert only["closed_at"] == pd.Timestamp("2025-01-05 10:00")
    assert (only["category"], only["escalated"]) == ("complaint", True)
    assert set_aside(read) == {"the latest version of what it describes": 1, "a case that was not deleted": 1}
    with pytest.raises(ConfigError, match="must not be 'Priority'; it is that of the day of the export"):
        read_export(tmp_path, "support", rows, "salesforce_case", columns={"category": "Priority"})


def test_the_fields_of_fivetran_have_underscores(tmp_path: Path) -> None:
    row = {
        "id": "5001",
        "contact_id": "0031",
        "created_date": stamp(1),
        "closed_date": "",
        "origin": "Phone",
        "is_escalated": "true",
        "_fivetran_synced": stamp(3),
    }
    read = read_export(tmp_path, "support", [row], "salesforce_case")
    (only,) = read.tables["support"].execute().to_dict("records")
    assert (only["customer_id"], only["row_id"], only["escalated"]) == ("0031", "5001", True)


def test_messages_of_klaviyo_are_outreach_by_channel(tmp_path: Path) -> None:
    metrics = ("Received Email", "Received SMS", "Opened Email", "Placed Order")
    rows = [klaviyo_event(n, metric) for n, metric in enumerate(metrics)]
    read = read_export(tmp_path, "outreach", rows, "klaviyo")
    sent = read.tables["outreach"].execute()
    assert sent["channel"].tolist() == ["email", "sms"]
    assert sent["sent_at"].tolist() == [pd.Timestamp("2025-01-01 10:00"), pd.Timestamp("2025-01-02 10:00")]
    assert sent["customer_id"].tolist() == ["K0000", "K0001"]
    ((rule, n),) = set_aside(read).items()
    assert n == 2
    assert rule.startswith("a message that was received")


def test_what_customers_of_klaviyo_did_is_engagement_without_opens_of_mail_programs(tmp_path: Path) -> None:
    metrics = ("Opened Email", "Clicked Email", "Active on Site", "Clicked SMS", "Received Email", "Placed Order")
    rows = [klaviyo_event(n, metric) for n, metric in enumerate(metrics)]
    rows += [klaviyo_event(9, "Opened Email", **{"Apple Privacy Open": "True"}), klaviyo_event(1, "Clicked Email")]
    read = read_export(tmp_path, "engagement", rows, "klaviyo")
    did = read.tables["engagement"].execute()
    assert sorted(did["kind"]) == ["click", "click", "open", "visit"]
    aside = set_aside(read)
    assert aside["an event that a mail program did not make by itself (Apple Privacy Open)"] == 1
    assert aside["the latest version of what it describes"] == 1
    assert sum(aside.values()) == len(rows) - 4
    assert "they say less than clicks" in said(read)


def test_events_of_segment_happened_at_their_timestamp_and_orders_are_none_of_them(tmp_path: Path) -> None:
    rows = [
        segment_track(1),
        segment_track(2, "email_link_clicked"),
        segment_track(3, "wishlist_made"),
        segment_track(4, "order_completed"),
        segment_track(1, received_at=stamp(60)),
    ]
    read = read_export(tmp_path, "engagement", rows, "segment_tracks")
    did = read.tables["engagement"].execute().sort_values("occurred_at")
    assert did["kind"].tolist() == ["visit", "click", "wishlist_made"]
    assert did["occurred_at"].iloc[0] == pd.Timestamp("2025-01-02 10:00")
    assert set_aside(read) == {"the latest version of what it describes": 1, "no event of an order": 1}
