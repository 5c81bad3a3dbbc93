"""Changes with a known effect, planted into the history: stores that disappoint, a late carrier, a team's actions.

They draw from a generator of their own. Only satisfaction at the surveys, and the deliveries of the late carrier,
change; orders, returns and cases are the same with and without them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from silentnps.errors import ConfigError
from silentnps.numerics.arrays import Floats, Integers
from silentnps.simulation.customers import Customers
from silentnps.simulation.events import History
from silentnps.simulation.orders import STORES, STORES_PER_REGION, late_by, late_shocks
from silentnps.simulation.rows import Rows, known
from silentnps.simulation.satisfaction import Shocks, check_shift, join_shocks
from silentnps.simulation.timeline import END, EPOCH, WAVES

CARRIER_START = WAVES[-1].start - 90.0
"""The late carrier brings parcels ordered from this day on: three months before the last wave."""

PLANTED_STORES = STORES[::STORES_PER_REGION]
"""The stores that an effect is planted in: the first of each region."""


def _nobody() -> pd.DataFrame:
    return pd.DataFrame({"customer_id": pd.Series(dtype=str), "done_at": pd.Series(dtype="datetime64[ns, UTC]")})


@dataclass(frozen=True)
class Changes:
    """What is planted; without any, nothing changes.

    Parameters
    ----------
    store_satisfaction
        What an order in one of `PLANTED_STORES` adds to satisfaction on its day; it fades as every experience does.
    late_share
        Share of the parcels ordered from `CARRIER_START` on that come late though they would not have.
    acted
        One row per action, columns customer_id and done_at (with a time zone).
    action_satisfaction
        What an action adds to satisfaction when it is done; it fades too.
    """

    store_satisfaction: float = 0.0
    late_share: float = 0.0
    acted: pd.DataFrame = field(default_factory=_nobody)
    action_satisfaction: float = 0.0

    def check(self) -> None:
        """Raise ConfigError if a number is out of its range, or the actions are no table of them."""
        for name in ("store_satisfaction", "action_satisfaction"):
            check_shift(name, getattr(self, name))
        if not 0.0 <= self.late_share <= 1.0:
            raise ConfigError(f"late_share must be from 0 to 1; got {self.late_share}. Pass a share such as 0.5.")
        for name in ("customer_id", "done_at"):
            if name not in self.acted:
                raise ConfigError(f"acted must have the column {name!r}; got none. Add it.")
        if getattr(self.acted["done_at"].dtype, "tz", None) is None:
            raise ConfigError("acted must have times with a zone in done_at; got none. Add the zone.")


def plant_changes(
    rng: np.random.Generator, customers: Customers, history: History, changes: Changes, first_id: int
) -> History:
    """Return the history with the changes.

    `first_id` is the number in the id of the customer at position 0: an action is of the customer whose id ends in
    it, whatever the zeros before it.
    """
    orders, shocks = history.tables["orders"], [history.shocks]
    if changes.store_satisfaction:
        shocks.append(_of_stores(orders, changes.store_satisfaction))
    if changes.late_share:
        orders, late = _late(rng, orders, changes.late_share)
        shocks.append(late)
    if changes.action_satisfaction:
        shocks.append(_of_actions(customers.n, changes, first_id))
    return History(history.tables | {"orders": orders}, join_shocks(shocks))


def _of_stores(orders: Rows, size: float) -> Shocks:
    visited = np.flatnonzero((orders["store_id"] >= 0) & (orders["store_id"] % STORES_PER_REGION == 0))
    return Shocks(orders["customer_id"][visited], orders["ordered_at"][visited], np.full(len(visited), size))


def _late(rng: np.random.Generator, orders: Rows, share: float) -> tuple[Rows, Shocks]:
    """Return the orders with the parcels of the late carrier, and what they do to satisfaction."""
    n = len(orders["ordered_at"])
    carried = rng.random(n) < share
    delay = late_by(rng, n)
    arrived = orders["promised_at"] + delay
    on_time = orders["delivered_at"] <= orders["promised_at"]
    chosen = np.flatnonzero(carried & on_time & (orders["ordered_at"] >= CARRIER_START))
    delivered: Floats = orders["delivered_at"].copy()
    delivered[chosen] = known(arrived[chosen], END)
    changed = orders | {"delivered_at": delivered}
    newly: Rows = {name: values[chosen] for name, values in changed.items()}
    return changed, late_shocks(newly)


def _of_actions(n: int, changes: Changes, first_id: int) -> Shocks:
    numbers = changes.acted["customer_id"].astype(str).str.extract(r"(\d+)$", expand=False).astype("Int64")
    position: Integers = np.asarray((numbers - first_id).fillna(-1), dtype=np.int64)
    days = _days_of(changes.acted["done_at"])
    here = (position >= 0) & (position < n) & np.isfinite(days)
    return Shocks(position[here], days[here], np.full(int(here.sum()), changes.action_satisfaction))


def _days_of(times: pd.Series) -> Floats:
    """Return times in days of the timeline, NaN where missing."""
    since = times.dt.tz_convert("UTC") - pd.Timestamp(EPOCH, tz="UTC")
    return np.asarray(since / pd.Timedelta(days=1), dtype=np.float64)
