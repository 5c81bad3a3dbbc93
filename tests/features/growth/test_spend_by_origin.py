"""Spend by origin: a case by hand, a second engine, and times that cannot be compared."""

from __future__ import annotations

from datetime import datetime, timedelta

import ibis
import numpy as np
import pandas as pd
import pytest

from silentnps.errors import ConfigError
from silentnps.features.growth import spend_by_origin as module
from silentnps.features.growth.spend_by_origin import SpendByOrigin, spend_by_origin

MOMENT = datetime(2025, 7, 1)
CUSTOMERS = pd.DataFrame(
    {"customer_id": ["old", "back", "friend", "new", "later"], "source": ["x", "x", " Friend ", None, "friend"]}
)


def tables(orders: pd.DataFrame, returns: pd.DataFrame | None = None, customers: pd.DataFrame = CUSTOMERS):
    connection = ibis.duckdb.connect()
    frames = {"customers": customers, "orders": orders} | ({} if returns is None else {"returns": returns})
    return {name: connection.create_table(name, ibis.memtable(frame)) for name, frame in frames.items()}


def orders(*rows: tuple[str, float, int], clock: str = "ordered_at", amount: str = "amount") -> pd.DataFrame:
    """Return events of a customer, so many days before the moment, of an amount in minor units."""
    at = [MOMENT - timedelta(days=days) for _, days, _ in rows]
    return pd.DataFrame({"customer_id": [row[0] for row in rows], clock: at, amount: [row[2] for row in rows]})


def test_spend_is_that_of_the_same_days_of_two_years_by_who_was_a_customer_then():
    # Orders reach back 465 days, so 100 days are held against the 100 days a year before.
    given = orders(
        ("old", 465, 10_000),  # the first of the 100 days a year before
        ("old", 366, 2_000),  # a year before
        ("back", 365.5, 3_000),  # a customer for more than a year
        ("old", 364, 70_000),  # between the two times
        ("old", 100, 4_000),
        ("back", 1, 500),
        ("friend", 99, 600),
        ("new", 364.9, 70_000),  # new, and before the 100 days
        ("new", 2, 900),
        ("later", 0, 70_000),  # not before the moment
        ("stranger", 5, 70_000),  # no customer
    )
    back = orders(
        ("old", 400, 1_000), ("friend", 3, 100), ("later", 3, 50), clock="returned_at", amount="refund_amount"
    )
    got = spend_by_origin(tables(given, back), MOMENT, column="source", values=["FRIEND"])
    assert got == SpendByOrigin(MOMENT, 100, before=140.0, retained=45.0, earned=5.0, bought=9.0)
    undeclared = spend_by_origin(tables(given, back), MOMENT)
    assert undeclared == SpendByOrigin(MOMENT, 100, before=140.0, retained=45.0, earned=0.0, bought=14.0)


@pytest.mark.parametrize("at_once", [40, 299, 300])
def test_a_second_engine_gives_the_same(monkeypatch: pytest.MonkeyPatch, at_once: int):
    monkeypatch.setattr(module, "_CUSTOMERS_AT_ONCE", at_once)
    rng = np.random.default_rng(0)
    n = 3_000
    customers = pd.DataFrame(
        {"customer_id": np.arange(300).astype(str), "source": rng.choice(["a", "b", "c"], 300)}
    )
    given = orders(
        *zip(rng.integers(0, 300, n).astype(str), rng.uniform(0, 900, n), rng.integers(0, 9_999, n), strict=True)
    )
    given["ordered_at"] = given["ordered_at"].astype("datetime64[us]")
    got = spend_by_origin(tables(given, customers=customers), MOMENT, column="source", values=["b", "c"])
    days = (MOMENT - given["ordered_at"]) / pd.Timedelta(days=1)
    is_new = days.groupby(given["customer_id"]).transform("max") <= 365
    invited = given["customer_id"].map(customers.set_index("customer_id")["source"]).isin(["b", "c"])
    amount = given["amount"] / 100
    now, then = days <= 365, (days > 365) & (days <= 730)
    wanted = [amount[then], amount[now & ~is_new], amount[now & is_new & invited], amount[now & is_new & ~invited]]
    assert got.days == 365
    assert [got.before, got.retained, got.earned, got.bought] == pytest.approx([part.sum() for part in wanted])


def test_only_what_was_known_then_counts():
    given = orders(("old", 450, 10_000), ("old", 10, 5_000), ("old", 9, 7_000)).assign(order_id=["1", "2", "3"])
    known = given.assign(known_at=[MOMENT - timedelta(days=d) for d in (450, 10, -1)])
    assert spend_by_origin(tables(known), MOMENT).retained == 50.0


@pytest.mark.parametrize(
    "given",
    [
        orders(("old", 392, 10_000), ("old", 10, 5_000)),  # 27 days
        orders(("old", 500, 0), ("old", 10, 5_000)),  # nothing to compare with
        orders(("old", -1, 5_000)),
        orders(("old", 500, 1)).drop(columns="amount"),
    ],
    ids=["short", "nothing", "later", "no amounts"],
)
def test_without_two_times_that_can_be_compared_there_is_no_growth(given: pd.DataFrame):
    assert spend_by_origin(tables(given), MOMENT) is None


def test_without_orders_there_is_no_growth():
    only = tables(orders(("old", 500, 1)))
    assert spend_by_origin({"customers": only["customers"]}, MOMENT) is None


def test_an_attribute_that_is_none_is_named():
    with pytest.raises(ConfigError, match=r"value.earned.column must be an attribute of customers; got 'sauce'"):
        spend_by_origin(tables(orders(("old", 500, 1))), MOMENT, column="sauce", values=["friend"])
