"""The customers: what the retailer knows about them, and the traits that it does not know."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from silentnps.numerics.arrays import Booleans, Floats, Integers
from silentnps.simulation.rows import Rows, choose, sigmoid
from silentnps.simulation.timeline import END, WAVES, WINDOW

REGIONS = ("centre", "east", "islands", "north", "south", "west")
TIERS = ("basic", "silver", "gold")
ACQUISITION_CHANNELS = ("search", "social", "store", "referral")
AGE_BANDS = ("18-29", "30-44", "45-59", "60+")

_REGION_SHARES = (0.26, 0.18, 0.06, 0.16, 0.18, 0.16)
_LATE_LOGIT = np.array([-2.0, -1.5, -0.4, -0.7, -1.6, -1.3])
_TIER_TRAIT = np.array([0.0, -0.05, -0.1])
_ACQUISITION_TRAIT = np.array([0.0, -0.15, 0.1, 0.2])


@dataclass(frozen=True)
class Customers:
    """A chunk of customers, one entry of each array per customer.

    Codes are positions in the vocabularies above; `signed_up` is in days of the timeline, mostly negative.
    The rest is hidden from the retailer: `trait` is lasting satisfaction, `order_rate` and `engagement_rate`
    are events per day, `late_share` is the probability that a delivery to the customer is late, and `basket`
    is the median price of an order.
    """

    first: int
    region: Integers
    tier: Integers
    acquisition: Integers
    age: Integers
    signed_up: Floats
    opted_out: Booleans
    trait: Floats
    order_rate: Floats
    engagement_rate: Floats
    late_share: Floats
    basket: Floats

    @property
    def n(self) -> int:
        """Return the number of customers in the chunk."""
        return len(self.tier)

    @property
    def rows(self) -> Rows:
        """Return the rows of the table `customers`."""
        return {
            "customer_id": np.arange(self.n),
            "signed_up_at": self.signed_up,
            "opted_out": self.opted_out,
            "region": self.region,
            "tier": self.tier,
            "acquisition_channel": self.acquisition,
            "age_band": self.age,
        }


def draw_customers(rng: np.random.Generator, first: int, n: int) -> Customers:
    """Draw `n` customers, the first of whom has the number `first`."""
    signed_up = _draw_signed_up(rng, n)
    region, acquisition = choose(rng, n, _REGION_SHARES), choose(rng, n, (0.4, 0.25, 0.25, 0.1))
    appetite = rng.standard_normal(n)
    tier = np.searchsorted((0.25, 1.28), 0.8 * appetite + 0.6 * rng.standard_normal(n))
    lasting = _ACQUISITION_TRAIT[acquisition] + _TIER_TRAIT[tier] - 0.36 * tenure_score(0.75 * END - signed_up)
    return Customers(
        first=first,
        region=region,
        tier=tier,
        acquisition=acquisition,
        age=choose(rng, n, (0.22, 0.31, 0.28, 0.19)),
        signed_up=signed_up,
        opted_out=rng.random(n) < 0.03,
        trait=lasting + 0.6 * rng.standard_normal(n),
        order_rate=np.exp(0.8 * appetite - 0.32) * 11.0 / END,
        engagement_rate=np.exp(rng.standard_normal(n) - 0.5) * 14.0 / END,
        late_share=sigmoid(_LATE_LOGIT[region] + 1.1 * rng.standard_normal(n)),
        basket=np.exp(3.8 + 0.25 * tier + 0.4 * rng.standard_normal(n)),
    )


def tenure_score(days: Floats) -> Floats:
    """Return the logarithm of tenure, scaled to about mean 0 and standard deviation 1, within 2.5."""
    return np.clip((np.log(np.maximum(days, 0.0) + 30.0) - 6.6) / 0.9, -2.5, 2.5)


def _draw_signed_up(rng: np.random.Generator, n: int) -> Floats:
    old = -np.minimum(rng.exponential(900.0, n), 4000.0)
    new = rng.uniform(0.0, WAVES[-1].start - 3 * WINDOW, n)
    signed_up = np.where(rng.random(n) < 0.15, new, old)
    for wave in WAVES:
        # Nobody joins while invitations go out, so that the base of a wave is well defined.
        joins_within = (signed_up >= wave.start) & (signed_up < wave.start + WINDOW)
        signed_up = np.where(joins_within, signed_up + WINDOW, signed_up)
    return signed_up
