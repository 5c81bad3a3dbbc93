"""Orders, their deliveries and their returns."""

from __future__ import annotations

import numpy as np

from silentnps.numerics.arrays import Floats, Integers
from silentnps.simulation.customers import Customers
from silentnps.simulation.rows import Rows, arrivals, choose, known
from silentnps.simulation.satisfaction import Shocks, shocks_of
from silentnps.simulation.timeline import END, STEP

ORDER_CHANNELS = ("web", "app", "store")
STORES = tuple(f"store-{number:02d}" for number in range(1, 31))
RETURN_REASONS = ("changed_mind", "wrong_size", "not_as_described", "defective")
FAULTY_FROM = 2
"""Reasons from this position on are the retailer's fault."""

STORES_PER_REGION = 5
_IN_STORE = 2
_REASON_SHARES = (0.3, 0.25, 0.2, 0.25)
_REASON_SHOCK = np.array([-0.15, -0.35, -0.9, -1.2])


def draw_orders(
    rng: np.random.Generator,
    customers: Customers,
    satisfaction: Floats,
    campaign_factor: Floats,
    start: float,
    first: int,
) -> Rows:
    """Draw the orders of one step; satisfied customers and those in a campaign order more.

    `campaign_factor` multiplies the order rate, one entry per customer; `first` is the number of the first order.
    """
    expected = customers.order_rate * campaign_factor * STEP * np.exp(0.35 * np.clip(satisfaction, -3.0, 2.0) + 0.3)
    customer, day = arrivals(rng, expected, start, STEP)
    member = day > customers.signed_up[customer]
    customer, day = customer[member], day[member]
    orders = {"order_id": first + np.arange(len(customer)), "customer_id": customer, "ordered_at": day}
    return orders | _basket(rng, customers, orders) | _delivery(rng, customers, orders)


def draw_orders_in_store(
    rng: np.random.Generator, customers: Customers, customer: Integers, day: Floats, first: int
) -> Rows:
    """Draw orders of given customers and days; being in a store they are never late, and nobody returns them."""
    n = len(customer)
    orders = {"order_id": first + np.arange(n), "customer_id": customer, "ordered_at": day}
    store = customers.region[customer] * STORES_PER_REGION + rng.integers(0, STORES_PER_REGION, n)
    nowhere = np.full(n, np.nan)
    where = {"channel": np.full(n, _IN_STORE), "store_id": store, "promised_at": nowhere, "delivered_at": nowhere}
    return orders | _basket(rng, customers, orders) | where


def _basket(rng: np.random.Generator, customers: Customers, orders: Rows) -> Rows:
    n = len(orders["customer_id"])
    items = 1 + rng.poisson(0.9, n)
    price = customers.basket[orders["customer_id"]] * np.exp(0.5 * rng.standard_normal(n)) * np.sqrt(items)
    discount = np.where(rng.random(n) < 0.35, price * rng.uniform(0.05, 0.3, n), 0.0)
    return {"amount": price - discount, "discount": discount, "items": items}


def _delivery(rng: np.random.Generator, customers: Customers, orders: Rows) -> Rows:
    customer, n = orders["customer_id"], len(orders["customer_id"])
    channel = choose(rng, n, (0.5, 0.3, 0.2))
    shipped = channel != _IN_STORE
    promised = np.where(shipped, orders["ordered_at"] + rng.uniform(2.0, 5.0, n), np.nan)
    late = rng.random(n) < customers.late_share[customer]
    delivered = promised + np.where(late, late_by(rng, n), -rng.uniform(0.0, 1.5, n))
    store = customers.region[customer] * STORES_PER_REGION + rng.integers(0, STORES_PER_REGION, n)
    return {
        "channel": channel,
        "store_id": np.where(shipped, -1, store),
        "promised_at": promised,
        "delivered_at": known(delivered, END),
    }


def late_by(rng: np.random.Generator, n: int) -> Floats:
    """Draw by how many days late deliveries are late."""
    return np.asarray(0.5 + rng.exponential(3.0, n))


def late_shocks(orders: Rows) -> Shocks:
    """Return the effect of late deliveries on satisfaction: the later, the worse."""
    days_late = orders["delivered_at"] - orders["promised_at"]
    size = -0.6 - 0.08 * np.minimum(days_late, 10.0)
    return shocks_of(orders["customer_id"], orders["delivered_at"], size, days_late > 0)


def draw_returns(rng: np.random.Generator, orders: Rows) -> Rows:
    """Draw which orders are returned, when and why; late ones more often."""
    n = len(orders["customer_id"])
    received = np.where(np.isnan(orders["promised_at"]), orders["ordered_at"], orders["delivered_at"])
    late = orders["delivered_at"] > orders["promised_at"]
    returned = received + 0.5 + rng.exponential(7.0, n)
    refund = orders["amount"] * np.where(rng.random(n) < 0.7, 1.0, rng.uniform(0.2, 0.9, n))
    reason = choose(rng, n, _REASON_SHARES)
    keep = (rng.random(n) < np.where(late, 0.18, 0.11)) & (returned < END)
    return {
        "customer_id": orders["customer_id"][keep],
        "returned_at": returned[keep],
        "order_id": orders["order_id"][keep],
        "refund_amount": refund[keep],
        "reason": reason[keep],
    }


def return_shocks(returns: Rows) -> Shocks:
    """Return the effect of returns on satisfaction, by their reason."""
    return Shocks(returns["customer_id"], returns["returned_at"], _REASON_SHOCK[returns["reason"]])
