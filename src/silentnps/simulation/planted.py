"""A campaign with a known effect, planted into the history: who gets it, and what it adds.

It draws from a generator of its own, and nothing else changes: orders, returns and cases are the same with and
without it, beside what it adds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from silentnps.numerics.arrays import Booleans, Floats
from silentnps.schema import TABLES
from silentnps.simulation.customers import Customers, tenure_score
from silentnps.simulation.events import History
from silentnps.simulation.marketing import CAMPAIGNS
from silentnps.simulation.orders import draw_orders_in_store
from silentnps.simulation.rows import Rows, by_customer, sigmoid, stack
from silentnps.simulation.timeline import STEP, STEP_STARTS

PLANTED_START = STEP_STARTS[21]
"""2025-10-01: after the third of the four waves, and six weeks before the last."""

ORDER_DAYS = 90.0
"""The planted orders fall into so many days from the start."""

_TIER_LOGIT = np.array([0.0, 0.5, 1.0])
_REGION_LOGIT = np.array([0.0, 0.4, 0.6, 0.0, 0.0, -0.4])


@dataclass(frozen=True)
class Effect:
    """What the campaign adds for who gets it: to satisfaction, from the start on, and orders in 90 days."""

    satisfaction: float
    orders: float


@dataclass(frozen=True)
class Planted:
    """A planted campaign, one entry per customer: how likely it was, who got it, and what it brought."""

    probability: Floats
    treated: Booleans
    satisfaction: Floats
    orders: Floats


def plant(
    rng: np.random.Generator, customers: Customers, history: History, first_order: int, effect: Effect
) -> tuple[Planted, History]:
    """Draw who gets the campaign, and return it with the history that has its rows and its orders.

    Customers of long standing, of higher tiers and of some regions get it more often: they differ in satisfaction
    and orders from the others anyway.
    """
    tenure = tenure_score(PLANTED_START - customers.signed_up)
    logit = -1.2 + 0.5 * tenure + _TIER_LOGIT[customers.tier] + _REGION_LOGIT[customers.region]
    probability = np.where(customers.signed_up < PLANTED_START, sigmoid(logit), 0.0)
    treated = rng.random(customers.n) < probability
    n_orders = np.where(treated, rng.poisson(effect.orders, customers.n), 0)
    customer = np.repeat(np.arange(customers.n), n_orders)
    day = PLANTED_START + ORDER_DAYS * rng.random(len(customer))
    orders = draw_orders_in_store(rng, customers, customer, day, first_order)
    added = {"orders": orders, "campaigns": _rows(treated)}
    tables = {name: by_customer(stack([history.tables[name], rows]), _clock(name)) for name, rows in added.items()}
    planted = Planted(
        probability, treated, np.where(treated, effect.satisfaction, 0.0), n_orders.astype(np.float64)
    )
    return planted, History(history.tables | tables, history.shocks)


def truth_rows(planted: Planted, nps_effect: Floats) -> Rows:
    """Return the rows of the table `truth_of_campaign`; `nps_effect` is that on the last wave, one per customer."""
    return {
        "customer_id": np.arange(len(planted.treated)),
        "treated": planted.treated,
        "probability": planted.probability,
        "satisfaction_effect": planted.satisfaction,
        "nps_effect": nps_effect,
        "orders_effect": planted.orders,
    }


def _clock(name: str) -> str:
    return str(TABLES[name].clock)


def _rows(treated: Booleans) -> Rows:
    customer = np.flatnonzero(treated)
    n = len(customer)
    return {
        "campaign_id": np.full(n, len(CAMPAIGNS)),
        "starts_at": np.full(n, PLANTED_START),
        "ends_at": np.full(n, PLANTED_START + STEP),
        "customer_id": customer,
    }
