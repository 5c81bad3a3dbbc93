"""Two years of customers, step by step: experience shapes satisfaction, satisfaction shapes behaviour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from silentnps.numerics.arrays import Floats
from silentnps.schema import TABLES
from silentnps.simulation.contacts import case_shocks, draw_cases, draw_outreach, draw_referrals
from silentnps.simulation.customers import Customers
from silentnps.simulation.marketing import campaign_factor, draw_campaigns, draw_engagement
from silentnps.simulation.orders import draw_orders, draw_returns, late_shocks, return_shocks
from silentnps.simulation.rows import Rows, by_customer, stack
from silentnps.simulation.satisfaction import Shocks, join_shocks, satisfaction_at
from silentnps.simulation.timeline import STEP_STARTS


@dataclass(frozen=True)
class History:
    """The events of a chunk: rows of each table, sorted by customer and time, and the shocks they caused."""

    tables: dict[str, Rows]
    shocks: Shocks


def draw_history(rng: np.random.Generator, customers: Customers, first_order: int) -> History:
    """Draw everything that happens to the customers; `first_order` is the number of their first order."""
    campaigns = draw_campaigns(rng, customers)
    shocks = Shocks(np.empty(0, dtype=np.int64), np.empty(0), np.empty(0))
    steps: list[dict[str, Rows]] = []
    for start in STEP_STARTS:
        satisfaction = satisfaction_at(customers, shocks, np.full(customers.n, start))
        factor = campaign_factor(customers, campaigns, start)
        steps.append(_draw_step(rng, customers, satisfaction, factor, start, first_order))
        first_order += len(steps[-1]["orders"]["order_id"])
        shocks = join_shocks((shocks, _shocks(steps[-1])))
    tables = {name: stack([step[name] for step in steps]) for name in steps[0]}
    tables |= {"engagement": draw_engagement(rng, customers), "campaigns": campaigns}
    return History({name: by_customer(rows, str(TABLES[name].clock)) for name, rows in tables.items()}, shocks)


def _draw_step(
    rng: np.random.Generator, customers: Customers, satisfaction: Floats, factor: Floats, start: float, first: int
) -> dict[str, Rows]:
    orders = draw_orders(rng, customers, satisfaction, factor, start, first)
    returns = draw_returns(rng, orders)
    return {
        "orders": orders,
        "returns": returns,
        "support": draw_cases(rng, customers, orders, returns, start),
        "outreach": draw_outreach(rng, customers, satisfaction, start),
        "referrals": draw_referrals(rng, customers, satisfaction, start),
    }


def _shocks(step: dict[str, Rows]) -> Shocks:
    return join_shocks((late_shocks(step["orders"]), return_shocks(step["returns"]), case_shocks(step["support"])))
