"""A time that no row has is not recorded; one that some rows have says of the others that it has not happened."""

from __future__ import annotations

import ibis
import pandas as pd
import pytest

from silentnps.data.checking.checks import clean_tables
from silentnps.features.engine.missing_features import missing_features
from silentnps.schema import HAPPENED, TABLES

CLOCKS = [
    (table.name, str(table.clock), column.name)
    for table in TABLES.values()
    for column in table.columns
    if column.name in HAPPENED
]


def table_of(name: str, clock: str, n: int, **columns: object) -> ibis.Table:
    at = pd.Timestamp("2025-03-01") + pd.to_timedelta(range(n), unit="h")
    needed = {"order_id": [f"o{i}" for i in range(n)], "amount": 10.0} if name == "orders" else {}
    kinds = {"category": "question"} if name == "support" else {}
    frame = pd.DataFrame({"customer_id": [f"c{i}" for i in range(n)], clock: at, **needed, **kinds})
    rows = ibis.memtable(frame)
    return rows.mutate(**{key: ibis.literal(value).cast("timestamp") for key, value in columns.items()})


@pytest.mark.parametrize(("name", "clock", "column"), CLOCKS)
def test_a_time_that_no_row_has_is_left_out_and_told(name: str, clock: str, column: str):
    clean, findings = clean_tables({name: table_of(name, clock, 30, **{column: None})})
    assert column not in clean[name].columns
    (told,) = [finding for finding in findings if finding.column == column]
    assert (told.severity, told.rows, told.effect) == ("note", 30, "column")
    assert "not recorded" in str(told)
    assert f"{name}.{column}" in missing_features({"customers": [], name: clean[name].columns})


@pytest.mark.parametrize(("name", "clock", "column"), CLOCKS)
def test_one_time_is_enough_to_say_that_the_others_have_not_happened(name: str, clock: str, column: str):
    rows = table_of(name, clock, 30)
    once = ibis.cases((rows.customer_id == "c0", ibis.timestamp("2025-03-02")), else_=ibis.null("timestamp"))
    clean, findings = clean_tables({name: rows.mutate(**{column: once})})
    assert column in clean[name].columns
    assert not findings


def test_among_few_rows_it_may_be_chance():
    clean, findings = clean_tables({"support": table_of("support", "opened_at", 29, closed_at=None)})
    assert "closed_at" in clean["support"].columns
    assert not findings
