"""Exports of other programs through their presets: what comes out, and what is said of the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from written_tables import project

from silentnps.config import ProjectConfig, TableConfig
from silentnps.data.reading.sources import ReadTables, read_tables
from silentnps.errors import ConfigError, DataError

DELIGHTED = """\
\ufeffid,person_id,Email,survey_type,score,comment,permalink,created_at,person_properties.customer_id
1,p1,a@x.example,nps,9,fine,http,1700000000,c1
2,p2,b@x.example,csat,5,,http,1700000001,c2
3,p3,c@x.example,nps,,,http,1700000002,c3
4,p4,d@x.example,nps,0,bad,http,1700000003000,c4
"""

SHOPIFY = """\
Name,Email,Financial Status,Paid at,Created at,Currency,Total,Discount Amount,Lineitem quantity,\
Refunded Amount,Source
#1001,a@x.example,paid,2024-01-01 10:00:00 +0100,2024-01-01 10:00:00 +0100,EUR,20.50,1.00,2,5.00,web
#1001,,,,,,,,3,,
#1002,b@x.example,paid,2024-01-02 10:00:00 +0100,2024-01-02 10:00:00 +0100,EUR,7.00,0.00,1,0.00,pos
"""

ZENDESK = """\
id,requester_id,created_at,solved_at,priority,type,reopens,status,updated_at
7,11,2024-03-01T10:00:00Z,,high,problem,0,open,2024-03-01T10:00:00Z
7,11,2024-03-01T10:00:00Z,2024-03-02T10:00:00Z,high,problem,2,solved,2024-03-02T10:00:00Z
8,12,2024-03-03T10:00:00Z,,low,question,0,deleted,2024-03-04T10:00:00Z
9,13,2024-03-05T10:00:00Z,,low,question,0,open,2024-03-05T10:00:00Z
"""


def read(folder: Path, table: str, text: str, preset: str, **options: Any) -> ReadTables:
    path = folder / f"{table}.csv"
    path.write_text(text, encoding="utf-8")
    return read_tables(project(folder, **{table: TableConfig(path=path, preset=preset, **options)}))


def said(read: ReadTables) -> list[tuple[Any, ...]]:
    return [(f.column, f.rule, f.rows, f.first_rows) for f in read.findings if f.effect == "row"]


def test_delighted_answers_are_nps_only_with_times_since_1970(tmp_path: Path) -> None:
    found = read(tmp_path, "responses", DELIGHTED, "delighted")
    rows = found.tables["responses"].execute()
    assert rows["customer_id"].tolist() == ["c1", "c4"]
    assert rows["rating"].tolist() == [9, 0]
    assert rows["responded_at"].tolist() == [
        pd.Timestamp("2023-11-14 22:13:20"),
        pd.Timestamp("2023-11-14 22:13:23"),
    ]
    assert said(found) == [
        ("survey_type", "an NPS answer (survey_type nps)", 1, (2,)),
        ("score", "an answer with a score", 1, (3,)),
    ]


def test_lines_of_a_shopify_order_are_one_order(tmp_path: Path) -> None:
    found = read(tmp_path, "orders", SHOPIFY, "shopify_orders")
    rows = found.tables["orders"].execute()
    assert rows["order_id"].tolist() == ["#1001", "#1002"]
    assert rows["amount"].tolist() == [2050, 700]
    assert rows["items"].tolist() == [5, 1]
    assert rows["customer_id"].tolist() == ["a@x.example", "b@x.example"]
    assert rows["ordered_at"].tolist() == [pd.Timestamp("2024-01-01 09:00"), pd.Timestamp("2024-01-02 09:00")]
    words = [str(finding) for finding in found.findings]
    assert any("left out Refunded Amount" in sentence and "no date" in sentence for sentence in words)
    assert any("1 further rows" in sentence for sentence in words)
    assert any("of 3 rows" in sentence and "gives 2" in sentence for sentence in words)


def test_a_refused_column_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="must not be 'Refunded Amount'; it has no date"):
        read(tmp_path, "orders", SHOPIFY, "shopify_orders", columns={"discount": "Refunded Amount"})


def test_zendesk_tickets_count_once_in_their_latest_version(tmp_path: Path) -> None:
    found = read(tmp_path, "support", ZENDESK, "zendesk")
    rows = found.tables["support"].execute()
    assert rows["row_id"].tolist() == ["7", "9"]
    assert rows["closed_at"].iloc[0] == pd.Timestamp("2024-03-02 10:00")
    assert rows["category"].tolist() == ["complaint", "question"]
    assert [(rule, n, first) for _, rule, n, first in said(found)] == [
        ("the latest version of what it describes", 1, (1,)),
        ("a ticket that was not deleted", 1, (3,)),
    ]


def test_row_numbers_of_bad_values_are_those_of_the_file(tmp_path: Path) -> None:
    bad = ZENDESK.replace("9,13,2024-03-05T10:00:00Z,", "9,13,soon,")
    with pytest.raises(DataError, match=r"first rows 4"):
        read(tmp_path, "support", bad, "zendesk")


def test_own_columns_come_before_those_of_the_preset(tmp_path: Path) -> None:
    found = read(tmp_path, "responses", DELIGHTED, "delighted", columns={"customer_id": "Email", "csat": "id"})
    assert found.tables["responses"].execute()["customer_id"].tolist() == ["a@x.example", "d@x.example"]
    assert found.tables["responses"].execute()["csat"].tolist() == [1.0, 4.0]


def test_a_preset_for_another_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="must be a preset for this table; got 'zendesk'"):
        read(tmp_path, "orders", SHOPIFY, "zendesk")
    with pytest.raises(ConfigError, match="Did you mean 'zendesk'"):
        read(tmp_path, "support", ZENDESK, "zendsk")


def test_without_a_preset_nothing_changes(tmp_path: Path) -> None:
    config: ProjectConfig = project(tmp_path)
    assert read_tables(config).findings == ()
