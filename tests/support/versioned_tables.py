"""Tables of events with several versions of their rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
from event_tables import later
from feature_oracle import CLOCKS

CLOCK = CLOCKS | {"responses": "responded_at"}
SAME_ROW = {
    "orders": ["order_id"],
    "returns": ["customer_id", "returned_at"],
    "outreach": ["customer_id", "sent_at"],
    "engagement": ["customer_id", "occurred_at"],
    "support": ["customer_id", "opened_at"],
    "referrals": ["customer_id", "referred_at"],
    "responses": ["customer_id", "responded_at"],
}
LATER_COLUMNS = (
    "fulfilled_at",
    "delivered_at",
    "replied_at",
    "closed_at",
    "converted_at",
    "first_response_at",
    "escalated",
)


def written_again(frames, seed=0):
    """Return the tables of events with versions: a first without later columns, half corrected days after."""
    rng = np.random.default_rng(seed)
    versions = dict(frames)
    for name, clock in CLOCK.items():
        last = frames[name].drop_duplicates(SAME_ROW[name])
        first = last.assign(**{c: None for c in LATER_COLUMNS if c in last})
        first["known_at"] = later(rng, first[clock].reset_index(drop=True), days=15, missing=0.3).to_numpy()
        again = last[rng.uniform(size=len(last)) < 0.5].reset_index(drop=True)
        again["known_at"] = later(rng, again[clock] + pd.Timedelta(days=16), days=90, missing=0)
        if name == "orders":  # some orders turn out to belong to another customer or another day
            again["customer_id"] = again.customer_id.where(rng.uniform(size=len(again)) < 0.8, "c03")
            moved = again.ordered_at + pd.Timedelta(days=2)
            again["ordered_at"] = again.ordered_at.where(rng.uniform(size=len(again)) < 0.8, moved)
        both = pd.concat([first.astype(last.dtypes.drop("escalated", errors="ignore")), again], ignore_index=True)
        versions[name] = both.sample(frac=1, random_state=seed)
    return versions
