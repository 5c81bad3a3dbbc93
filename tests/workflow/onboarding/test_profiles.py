"""What one row of a file can decide is read off all rows, not off the sample."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from own_files import write_own_files

from silentnps.data.values import written_dates, written_numbers
from silentnps.data.values.written_dates import Dates
from silentnps.workflow.onboarding import looked as looked_module
from silentnps.workflow.onboarding import samples as samples_module
from silentnps.workflow.onboarding.looked import Looked, look
from silentnps.workflow.onboarding.money import currencies_of
from silentnps.workflow.onboarding.profiles import Column, _of_all_rows
from silentnps.workflow.onboarding.questions import Answers, ambiguous_amounts, ambiguous_days, open_questions

LATE = 100
"""A row of 150 that no sample of 50 in 300 has."""


@pytest.fixture(autouse=True)
def _small_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (samples_module, looked_module):
        monkeypatch.setattr(module, "SAMPLE_ROWS", 50)


def looked_at(folder: Path, file: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Looked:
    """Look at own files of which one, or several by a pattern, is changed."""
    files = write_own_files(folder)
    for path in folder.glob(file):
        change(pd.read_csv(path, dtype=str)).to_csv(path, index=False)
    return look(files, folder=folder)


def with_one(column: str, usual: str, other: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Return a change that gives a column one value in all rows but one, which has another."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        values = [usual] * len(frame)
        values[LATE % len(frame)] = other
        return frame.assign(**{column: values})

    return change


@pytest.mark.parametrize("other", ["USD", "usd ", "EUR"])
def test_a_currency_of_one_row_is_seen(other: str, tmp_path: Path) -> None:
    looked = looked_at(tmp_path, "orders-*.csv", with_one("Currency", "EUR", other))
    assert currencies_of(looked) == sorted({"EUR", other.strip().upper()})


def test_more_currencies_than_a_column_of_categories_has_levels_are_currencies(tmp_path: Path) -> None:
    codes = [f"{a}{b}X" for a in "ABCDEF" for b in "ABCDE"]

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(Currency=[codes[row % len(codes)] for row in range(len(frame))])

    assert currencies_of(looked_at(tmp_path, "orders-*.csv", change)) == sorted(codes)


@pytest.mark.slow
@pytest.mark.parametrize(("other", "asked"), [("2025-01-15 08:00:00", True), ("2025-01-15T08:00:00Z", False)])
def test_one_time_without_a_zone_needs_one(other: str, asked: bool, tmp_path: Path) -> None:
    def crm(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.drop(columns="Joined")

    looked = looked_at(tmp_path, "crm.csv", crm)
    assert not open_questions(looked, Answers())
    change = with_one("Order date", "2025-01-15T08:00:00+01:00", other)
    for path in tmp_path.glob("orders-*.csv"):
        change(pd.read_csv(path, dtype=str)).to_csv(path, index=False)
    looked = look([str(path) for path in sorted(tmp_path.glob("*.csv"))], folder=tmp_path)
    assert [question.field for question in open_questions(looked, Answers())] == ["timezone"] * asked


@pytest.mark.parametrize(
    ("other", "day_first"), [("13/04/2025 10:00", True), ("04/13/2025 10:00", False), ("05/04/2025 10:00", None)]
)
def test_one_day_above_twelve_tells_the_order(other: str, day_first: bool | None, tmp_path: Path) -> None:
    change = with_one("Order date", "03/04/2025 10:00", other)
    looked = looked_at(tmp_path, "orders-*.csv", change)
    dates = looked.tables["orders"].mapped["ordered_at"].dates
    assert dates is not None
    assert bool(ambiguous_days(looked)) == (day_first is None)
    assert day_first is None or dates.day_first == day_first


def test_one_amount_with_both_signs_tells_which_begins_the_decimals(tmp_path: Path) -> None:
    doubtful = looked_at(tmp_path, "orders-*.csv", with_one("Total", "1,234", "2,345"))
    assert ambiguous_amounts(doubtful)
    assert not ambiguous_amounts(looked_at(tmp_path, "orders-*.csv", with_one("Total", "1,234", "2,345.50")))


def test_times_that_all_differ_tell_the_order_although_few_are_looked_at_closely(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (samples_module, looked_module):
        monkeypatch.setattr(module, "SAMPLE_ROWS", 20_000)
    days = pd.date_range("2025-01-01", periods=3000, freq="3h")
    customers = [f"K{row % 200:04d}" for row in range(3000)]
    orders = {"Order number": range(3000), "Customer": customers, "Order date": days.strftime("%d/%m/%Y %H:%M")}
    write_own_files(tmp_path)
    pd.DataFrame(orders).assign(Total="1.50").to_csv(tmp_path / "orders.csv", index=False)
    looked = look([str(tmp_path / "crm.csv"), str(tmp_path / "orders.csv")], folder=tmp_path)
    dates = looked.tables["orders"].mapped["ordered_at"].dates
    assert dates is not None
    assert (dates.ambiguous, dates.day_first) == (False, True)


def test_a_list_with_a_row_per_month_is_no_list_of_customers_though_its_sample_is(tmp_path: Path) -> None:
    def monthly(frame: pd.DataFrame) -> pd.DataFrame:
        return pd.concat([frame.assign(Month=f"2025-{month:02d}") for month in range(1, 13)]).sort_values(
            "Kundennummer"
        )

    write_own_files(tmp_path)
    crm = pd.read_csv(tmp_path / "crm.csv", dtype=str)
    crm.to_csv(tmp_path / "people.csv", index=False)
    monthly(crm).drop(columns="Mail").to_csv(tmp_path / "crm.csv", index=False)
    files = [str(tmp_path / name) for name in ("crm.csv", "people.csv")]
    assert look(files, folder=tmp_path).customers.sample.path == "people.csv"


def test_what_is_told_fast_is_what_would_be_told_anyway() -> None:
    numbers = [
        "0.5",
        "12.50",
        "1.234",
        "1,234.50",
        "012.5",
        ".5",
        "12.",
        "7",
        "-3.20",
        "0.00",
        "1234567.89",
        "12,5",
    ]
    dates = [
        "2025-01-05",
        "2025-01-05 10:00",
        "2025-01-05T10:00:00.5Z",
        "13/04/2025",
        "04/05/2025 9:30 PM",
        "5. 6. 2025",
    ]
    dates += ["20250105", "3 Mar 2025", "12.5.25", "10:00", "1736938800", "no date"]
    column = Column("x", "text", 1, 1, 1, {}, 0.0, 0.0, 1, Dates("?my/", True, 1, False), None, None, None, False)
    con = duckdb.connect()

    def told(sql: str, values: list[str]) -> list[object]:
        texts = ", ".join(f"('{value}')" for value in values)
        return con.sql(f"SELECT {sql} FROM (VALUES {texts}) AS texts(v)").fetchall()

    assert told(_of_all_rows("v", "money", column), numbers) == told(written_numbers.shape("v"), numbers)
    fast = [str(shape).removesuffix("+zone") for (shape,) in told(_of_all_rows("v", "time", column), dates)]
    assert fast == [str(shape) for (shape,) in told(written_dates.shape("v"), dates)]
    for way in ("?my/", "dmy.", "bdy", "short", "ymd"):
        assert told(written_dates.shape("v", likely=way), dates) == told(written_dates.shape("v"), dates)
