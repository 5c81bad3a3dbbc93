"""How long orders waited until they left the shop, as it was known at `as_of`."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest
from event_tables import connect, table

import silentnps.features  # noqa: F401  fills the catalogue
from silentnps.features.engine.build import build_features
from silentnps.features.population.population import population_at
from silentnps.workflow.onboarding.proposal import families_of

AS_OF = datetime(2025, 7, 1)
NAMES = (
    "orders_fulfilment_days_mean_180d",
    "orders_fulfilment_days_max_180d",
    "orders_unfulfilled_90d",
    "orders_unfulfilled_oldest_days_90d",
)


def waits(*orders: tuple[str, str | None], as_of: datetime = AS_OF) -> list[float | None]:
    """Return the features `NAMES` of one customer with these orders, each with when it left the shop."""
    frame = table(
        order_id=[f"o{n}" for n in range(len(orders))],
        customer_id=["a"] * len(orders),
        ordered_at=[ordered for ordered, _ in orders],
        fulfilled_at=[left for _, left in orders],
        amount=[1000] * len(orders),
    )
    tables = connect({"customers": table(customer_id=["a"]), "orders": frame})
    row = build_features(tables, population_at(tables, as_of)).iloc[0]
    return [None if pd.isna(row[name]) else float(row[name]) for name in NAMES]


def test_an_order_waits_until_it_leaves_the_shop() -> None:
    # Waited 2 and 6 days; the third, ordered 10 days before as_of, waits still.
    orders = (("2025-06-01", "2025-06-03"), ("2025-05-01", "2025-05-07"), ("2025-06-21", None))
    assert waits(*orders) == [4, 10, 1, 10]


def test_an_order_that_left_after_as_of_waits_at_as_of() -> None:
    assert waits(("2025-06-26", "2025-07-09")) == waits(("2025-06-26", None)) == [None, 5, 1, 5]
    assert waits(("2025-06-26", "2025-07-09"), as_of=datetime(2025, 7, 10)) == [13, 13, 0, 0]


@pytest.mark.parametrize(
    ("ordered", "left", "expected"),
    [
        ("2025-03-01", None, [None, 122, 0, 0]),  # 122 days ago: too old to be still expected
        ("2024-12-01", None, [None, None, 0, 0]),
        ("2024-12-01", "2024-12-09", [None, None, 0, 0]),
        ("2025-06-10", "2025-06-09", [None, None, None, None]),  # nobody knows whether it has left
    ],
)
def test_old_orders_and_impossible_times_do_not_count(
    ordered: str, left: str | None, expected: list[float | None]
) -> None:
    assert waits((ordered, left)) == expected


def test_fulfilment_alone_gives_shadows() -> None:
    orders = {"order_id", "customer_id", "ordered_at", "amount"}
    assert families_of("shadow", {"orders": orders}) == []
    assert families_of("shadow", {"orders": {*orders, "fulfilled_at"}}) == ["delivery"]
