"""Amounts in several currencies: refused, or converted by declared rates to the cent."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written_tables import orders, parquet, project

from silentnps.config import TableConfig
from silentnps.data.checking.checks import clean_tables
from silentnps.data.identity.linked_tables import open_tables
from silentnps.errors import ConfigError, DataError

HEADER = "order_id,customer_id,ordered_at,amount,discount,currency"
RETURNS = "customer_id,returned_at,order_id,refund_amount,currency\n"
EURO = {"to": "EUR", "rates": {"USD": 0.92, "GBP": 1.17}}
MIXED = orders(
    "1,001,2025-01-01,10.00,1.00,EUR",
    "2,001,2025-01-02,10.25,,usd",  # 9.43 EUR
    '3,002,2025-01-03,0.50,0.50," GBP "',  # 58.5 cents: half to even
    "4,002,2025-01-04,7.00,,",
    header=HEADER,
)


def error_of(folder: Path, kind: type[Exception] = ConfigError, **options: Any) -> str:
    with pytest.raises(kind) as caught:
        open_tables(project(folder, **options))
    return str(caught.value).replace(f"{folder}/", "")


def as_parquet(folder: Path, text: str) -> TableConfig:
    """The same orders as a typed file."""
    (folder / "typed.csv").write_text(text, encoding="utf-8")
    frame = pd.read_csv(folder / "typed.csv", dtype={"order_id": str, "customer_id": str})
    frame["ordered_at"] = pd.to_datetime(frame["ordered_at"])
    frame.to_parquet(folder / "typed.parquet")
    return TableConfig(path=folder / "typed.parquet")


@pytest.mark.parametrize("typed", [False, True])
def test_amounts_are_converted_to_cents_of_one_currency(tmp_path: Path, typed: bool) -> None:
    # 1025 * 0.92 = 943; 50 * 1.17 = 58.5, to even: 58; what has no currency is taken to be in EUR.
    table = as_parquet(tmp_path, MIXED) if typed else MIXED
    rows = open_tables(project(tmp_path, orders=table, currencies=EURO))["orders"].execute()
    assert rows["amount"].tolist() == [1000, 943, 58, 700]
    assert rows["amount"].dtype == "int64"
    assert rows["discount"].fillna(-1).tolist() == [100, -1, 58, -1]
    assert rows["currency"].fillna("?").tolist() == ["EUR", "EUR", "EUR", "?"]


def test_several_currencies_without_rates_are_refused_by_name(tmp_path: Path) -> None:
    assert error_of(tmp_path, orders=MIXED) == (
        "the amounts of orders must be in one currency, or `currencies` be declared; got EUR, GBP, USD."
        " Add the rates, such as `currencies: {to: EUR, rates: {GBP: 1.25}}`."
    )


def test_one_currency_in_each_of_two_tables_is_two_currencies(tmp_path: Path) -> None:
    sold = orders("1,001,2025-01-01,10.00,,EUR", header=HEADER)
    text = error_of(tmp_path, orders=sold, returns=RETURNS + "001,2025-01-02,1,5.00,USD\n")
    assert text.startswith("the amounts of orders and returns must be in one currency")
    assert "got EUR, USD." in text


def test_a_currency_without_a_rate_is_refused_by_name(tmp_path: Path) -> None:
    assert error_of(tmp_path, orders=MIXED, currencies={"to": "EUR", "rates": {"USD": 0.92}}) == (
        "currencies.rates must have every currency of the tables; got none for GBP. Add what 1 GBP is worth in EUR."
    )


@pytest.mark.parametrize(("currencies", "cents"), [(None, 1000), (EURO, 920), ({"to": "USD"}, 1000)])
def test_one_currency_is_converted_only_where_that_is_declared(
    tmp_path: Path, currencies: dict[str, Any] | None, cents: int
) -> None:
    sold = orders("1,001,2025-01-01,10.00,,USD", header=HEADER)
    table = open_tables(project(tmp_path, orders=sold, currencies=currencies))["orders"]
    assert table.execute()["amount"].tolist() == [cents]


def test_a_table_that_names_no_currency_is_refused_where_rates_are_declared(tmp_path: Path) -> None:
    returns = "customer_id,returned_at,refund_amount\n001,2025-01-01,5\n"
    assert error_of(tmp_path, orders=MIXED, returns=returns, currencies=EURO) == (
        "returns.csv must have the column 'currency' where `currencies` is declared; got none."
        " Map it in the configuration: tables.returns.columns: {currency: its name in the file}."
    )
    without_amounts = "customer_id,returned_at\n001,2025-01-01\n"
    assert "returns" in open_tables(project(tmp_path, orders=MIXED, returns=without_amounts, currencies=EURO))


def test_a_word_that_is_no_code_is_refused_and_not_shown(tmp_path: Path) -> None:
    sold = orders("1,001,2025-01-01,10.00,,EUR", "2,001,2025-01-01,10.00,,euro", header=HEADER)
    assert error_of(tmp_path, DataError, orders=sold) == (
        "orders.csv: column 'currency' must hold a currency code of three letters such as EUR; got 1 bad rows"
        " (first rows 2). Correct them in the file."
    )


def test_an_unreadable_amount_is_refused_in_any_currency(tmp_path: Path) -> None:
    sold = orders("1,001,2025-01-01,ten,,USD", header=HEADER)
    assert "column 'amount' must hold an amount" in error_of(tmp_path, DataError, orders=sold, currencies=EURO)


@pytest.mark.parametrize("currencies", [None, {"to": "EUR"}])
def test_a_row_without_currency_beside_others_is_counted_and_set_aside(
    tmp_path: Path, currencies: dict[str, Any] | None
) -> None:
    sold = orders("1,001,2025-01-01,10.00,,EUR", "2,001,2025-01-02,7.00,,", header=HEADER)
    tables, findings = clean_tables(open_tables(project(tmp_path, orders=sold, currencies=currencies)))
    assert [(f.table, f.column, f.rule, f.severity, f.rows, f.first_rows, f.effect) for f in findings] == [
        ("orders", "currency", "present where others are", "warning", 1, (2,), "row")
    ]
    assert tables["orders"].execute()["amount"].tolist() == [1000]


def test_a_column_of_no_currency_at_all_is_no_finding(tmp_path: Path) -> None:
    sold = orders("1,001,2025-01-01,10.00,,", header=HEADER)
    assert clean_tables(open_tables(project(tmp_path, orders=sold)))[1] == []


FIVE = ("USD", "GBP", "CHF", "SEK", "DKK")


@settings(max_examples=6, deadline=None, derandomize=True)
@given(
    amounts=st.lists(st.decimals(0, 10**9, places=4), min_size=5, max_size=100),
    rates=st.lists(st.decimals("0.000001", 90_000, places=6), min_size=5, max_size=5),
)
def test_conversion_equals_that_of_exact_decimals(
    tmp_path_factory: pytest.TempPathFactory, amounts: list[Decimal], rates: list[Decimal]
) -> None:
    folder = tmp_path_factory.mktemp("money")
    n = len(amounts)
    places = [i % len(FIVE) for i in range(n)]
    table = parquet(
        folder,
        "o",
        order_id=[str(i) for i in range(n)],
        customer_id=["001"] * n,
        ordered_at=pa.array([pd.Timestamp("2025-01-01")] * n),
        amount=pa.array(amounts, pa.decimal128(20, 4)),
        currency=[FIVE[place] for place in places],
    )
    currencies = {"to": "EUR", "rates": dict(zip(FIVE, rates, strict=True))}
    config = project(folder, orders=table, currencies=currencies)
    converted = [100 * amount * rates[place] for amount, place in zip(amounts, places, strict=True)]
    wanted = [int(cents.quantize(Decimal(1), ROUND_HALF_EVEN)) for cents in converted]
    assert open_tables(config)["orders"].execute()["amount"].tolist() == wanted
