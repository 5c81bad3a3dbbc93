"""Amounts in the smallest unit of their currency: Stripe's charges."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from written_exports import SECONDS, charge, read_export, said, set_aside

from silentnps.errors import ConfigError, DataError


@pytest.mark.parametrize(
    ("currency", "amount", "in_hundredths"),
    [("eur", 1250, 1250), ("JPY", 500, 50_000), ("kwd", 5120, 512), ("ugx", 500, 500), ("usd", "1250.0", 1250)],
)
def test_the_currency_says_how_large_the_unit_is(
    tmp_path: Path, currency: str, amount: object, in_hundredths: int
) -> None:
    read = read_export(tmp_path, "orders", [charge(1, currency=currency, amount=amount)], "stripe_charges")
    rows = read.tables["orders"].execute()
    assert rows["amount"].tolist() == [in_hundredths]
    assert rows["currency"].tolist() == [currency.upper()]


def test_amounts_are_converted_from_whole_units(tmp_path: Path) -> None:
    rows = [charge(1, currency="jpy", amount=500), charge(2, currency="eur", amount=1250)]
    rates = {"to": "EUR", "rates": {"JPY": "0.0062"}}
    read = read_export(tmp_path, "orders", rows, "stripe_charges", currencies=rates)
    assert read.tables["orders"].execute()["amount"].tolist() == [310, 1250]


def test_without_a_currency_nothing_is_guessed(tmp_path: Path) -> None:
    rows = [charge(1), charge(2, currency=" ")]
    read = read_export(tmp_path, "orders", rows, "stripe_charges")
    assert read.tables["orders"].execute()["order_id"].tolist() == ["ch_1"]
    assert set_aside(read) == {"that of the amount, whose unit it tells": 1}
    nameless = [{name: value for name, value in row.items() if name != "currency"} for row in rows]
    with pytest.raises(DataError, match="must have a column of currencies, as 'amount' is in the smallest unit"):
        read_export(tmp_path, "orders", nameless, "stripe_charges")


def test_amounts_that_are_not_whole_are_set_aside(tmp_path: Path) -> None:
    rows = [charge(1, amount="12.50"), charge(2, amount="many"), charge(3)]
    read = read_export(tmp_path, "orders", rows, "stripe_charges")
    assert read.tables["orders"].execute()["order_id"].tolist() == ["ch_3"]
    assert set_aside(read) == {"a whole number in the smallest unit of its currency": 2}


def test_charges_that_took_no_money_are_set_aside(tmp_path: Path) -> None:
    rows = [
        charge(1),
        charge(2, status="failed", paid="false"),
        charge(3, livemode="false"),
        charge(4, captured="false"),
        charge(5, refunded="true", amount_refunded=1255),
        charge(1, _airbyte_extracted_at="2025-02-01T00:00:00Z", amount=999),
    ]
    read = read_export(tmp_path, "orders", rows, "stripe_charges")
    orders = read.tables["orders"].execute()
    assert orders["order_id"].tolist() == ["ch_5", "ch_1"]
    assert orders["amount"].tolist() == [1255, 999]
    assert orders["ordered_at"].iloc[1] == pd.Timestamp(SECONDS + 86_400, unit="s")
    assert set_aside(read) == {
        "the latest version of what it describes": 1,
        "a charge that did not fail": 1,
        "one of live mode, not a test": 1,
        "a charge that was captured": 1,
    }
    assert "amount_refunded" in said(read)


def test_what_was_refunded_is_refused_as_it_has_no_date(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="must not be 'amount_refunded'; it has no date"):
        read_export(tmp_path, "orders", [charge(1)], "stripe_charges", columns={"discount": "amount_refunded"})
