"""Engagement with messages and pages, and campaigns; neither depends on satisfaction."""

from __future__ import annotations

import numpy as np

from silentnps.numerics.arrays import Floats
from silentnps.simulation.customers import Customers
from silentnps.simulation.rows import Rows, arrivals, choose, select, stack
from silentnps.simulation.timeline import END, STEP, STEP_STARTS

ENGAGEMENT_KINDS = ("open", "click", "visit", "app", "share")
CAMPAIGN_STEPS = tuple(range(2, len(STEP_STARTS), 3))
CAMPAIGNS = tuple(f"campaign-{number:02d}" for number in range(1, len(CAMPAIGN_STEPS) + 1))

PLANTED = "planted"
"""The campaign with a known effect, which is only there on request; its code is the number of the others."""

_REACHED_SHARE = np.array([0.2, 0.35, 0.5])
_UPLIFT = 1.3


def draw_engagement(rng: np.random.Generator, customers: Customers) -> Rows:
    """Draw the whole history's opens, clicks, visits, app uses and shares."""
    customer, day = arrivals(rng, customers.engagement_rate * END, 0.0, END)
    engagement = {
        "customer_id": customer,
        "occurred_at": day,
        "kind": choose(rng, len(customer), (0.42, 0.15, 0.25, 0.13, 0.05)),
    }
    return select(engagement, day > customers.signed_up[customer])


def draw_campaigns(rng: np.random.Generator, customers: Customers) -> Rows:
    """Draw the customers that each campaign reaches, by tier; a campaign lasts one step."""
    parts = []
    for number, step in enumerate(CAMPAIGN_STEPS):
        start = STEP_STARTS[step]
        reached = (rng.random(customers.n) < _REACHED_SHARE[customers.tier]) & (customers.signed_up < start)
        customer = np.flatnonzero(reached)
        n = len(customer)
        parts.append(
            {
                "campaign_id": np.full(n, number),
                "starts_at": np.full(n, start),
                "ends_at": np.full(n, start + STEP),
                "customer_id": customer,
            }
        )
    return stack(parts)


def campaign_factor(customers: Customers, campaigns: Rows, start: float) -> Floats:
    """Return the factor of each customer's order rate in the step from `start`."""
    factor = np.ones(customers.n)
    factor[campaigns["customer_id"][campaigns["starts_at"] == start]] = _UPLIFT
    return factor
